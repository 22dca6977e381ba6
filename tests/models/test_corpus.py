"""The corpus: splits that share nothing, enough posts of every kind, no style shortcut, no text of a research set."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from models.cross_encoder import RELATIONS
from models.stance import STANCES
from models.training.corpus import (
    FOLDER,
    claim_splits,
    corpus_claims,
    post_claims,
    spanish_posts,
    written_posts,
)
from models.training.style import style_precision

SPLITS = ("training", "development", "test")


def test_splits_share_neither_claims_nor_writers_nor_texts() -> None:
    posts = {split: written_posts(split) for split in SPLITS}
    splits = claim_splits()
    for split, own in posts.items():
        assert {splits[post.claim_id] for post in own} == {split}
    for what in ("claim_id", "writer", "text"):
        seen = [{getattr(post, what) for post in own} for own in posts.values()]
        assert sum(map(len, seen)) == len(set().union(*seen)), what


def test_every_claim_has_posts_of_every_stance() -> None:
    counts = Counter((post.claim_id, post.stance) for split in SPLITS for post in written_posts(split))
    least = {"promotes": 6, "debunks": 4, "questions": 3, "neutral": 3}
    short = [(claim.claim_id, s) for claim in corpus_claims() for s in STANCES if counts[claim.claim_id, s] < least[s]]
    assert short == []


def test_some_platforms_are_in_the_test_split_only() -> None:
    platforms = {split: {post.plan["platform"] for post in written_posts(split)} for split in SPLITS}
    assert platforms["test"] - platforms["training"] - platforms["development"]


def test_style_alone_does_not_tell_who_promotes() -> None:
    precision, chance = style_precision(written_posts("training"), written_posts("development"))
    assert precision < chance + 0.07


def test_the_style_test_can_fail() -> None:
    posts = written_posts("development")
    loud = [replace(post, text=post.text + "!!!") if post.stance == "promotes" else post for post in posts]
    assert style_precision(loud, loud)[0] > 0.9


def test_spanish_posts_are_of_known_claims() -> None:
    known = {claim.claim_id for claim in corpus_claims()}
    assert {post.claim_id for post in spanish_posts()} <= known
    assert len(spanish_posts()) == 180


@pytest.mark.parametrize("split", SPLITS)
def test_real_posts_are_ids_and_labels_only(split: str) -> None:
    rows = [json.loads(line) for line in (FOLDER / "real_labels.jsonl").read_text().splitlines()]
    own = [row for row in rows if row["split"] == split]
    assert sum(len(row["candidates"]) for row in own) >= {"training": 800, "development": 500, "test": 500}[split]
    for row in own:
        assert set(row) == {"source", "key", "split", "candidates", "first", "second", "labels", "best"}
        assert set(row["labels"]) <= set(row["candidates"])
        assert set(row["labels"].values()) <= set(STANCES)
        assert len(row["key"]) <= 24


def test_claims_made_for_posts_are_of_training_posts_and_of_sets_that_may_be_trained_on() -> None:
    written = {post.post_id for post in written_posts("training")}
    sources = {source for source, *_ in post_claims()}
    assert sources == {"written", "rumor", "misinfo_reddit"}
    assert {key for source, key, *_ in post_claims() if source == "written"} <= written
    assert {relation for *_, relation in post_claims()} == set(RELATIONS)


def test_ordinary_labels_are_ids_and_labels_only() -> None:
    rows = [json.loads(line) for line in (FOLDER / "ordinary_labels.jsonl").read_text().splitlines()]
    assert {row["split"] for row in rows} == {"development", "test"}
    for row in rows:
        assert set(row) == {"source", "key", "split", "candidates", "first", "second", "labels"}
        assert set(row["labels"]) <= set(row["candidates"])
        assert set(row["labels"].values()) <= set(STANCES)
        assert (int(row["key"], 16) % 2 == 0) == (row["split"] == "development")
