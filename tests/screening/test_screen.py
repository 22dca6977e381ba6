"""The screen step's heart, with the shipped models: what alarms, what never does, and equal rows on every rerun."""

from dataclasses import replace

import pandas as pd
import pytest

from models.stance import STANCES, StanceScore
from pipeline.config import POLICY
from pipeline.listening import Practice
from pipeline.screening.judges import Judge, build_judge
from pipeline.screening.screen import MATCH_COLUMNS, MENTION_COLUMNS, Screened, screen_posts
from tests.fakes import FakeStance

PROMOTING = "The MMR vaccine causes autism. My nephew stopped talking two weeks after his shot."
POSTS = [
    PROMOTING,
    "The MMR vaccine does not cause autism.",
    "Does the MMR vaccine cause autism?",
    "The m\u200bmr v\u0430ccine caus\u0435s autism, wake up",
    "Ivermectin cures covid, big pharma hides it",
    "Ivermectin doesn't cure covid. Please stop sharing this.",
    "We had a lovely picnic by the river on Sunday.",
    "Larkspur Family Health gave my kid the wrong dose",
    "",
]


@pytest.fixture
def screened(judge: Judge, practice: Practice):
    def screen(texts: list[str], stance=None) -> Screened:
        frame = pd.DataFrame({"post_id": range(len(texts)), "source": "x", "channel": None, "text": texts})
        used = replace(judge, models=replace(judge.models, stance=stance)) if stance else judge
        return screen_posts(frame, judge.models.encoder.encode(texts), used, practice)

    return screen


def decisions(matches: pd.DataFrame, claim_id: str) -> dict[int, str]:
    own = matches[matches["claim_id"] == claim_id]
    return dict(zip(own["post_id"], own["decision"], strict=True))


def test_promoting_alarms_and_nothing_else_does(screened) -> None:
    matches = screened(POSTS).matches
    assert decisions(matches, "vax-mmr-autism") == {0: "alert", 1: "counted", 2: "counted", 3: "alert"}
    assert decisions(matches, "covid-ivermectin") == {4: "alert", 5: "counted"}
    assert set(matches["post_id"]) == {0, 1, 2, 3, 4, 5}


def test_rows_say_what_matched_and_why(screened) -> None:
    row = screened([PROMOTING]).matches.iloc[0]
    assert tuple(row.index) == MATCH_COLUMNS
    assert (row["rank"], row["field"], row["matched_text"]) == (1, "claim", "The MMR vaccine causes autism.")
    assert row["stance"] == "promotes"
    assert row["reason"] in ("promotes_claim", "unproven_alert")
    assert "promote:repeats the claim" in row["cues"]
    assert sum(row[name] for name in STANCES) == pytest.approx(1)
    assert row["p_match"] >= POLICY["match_floor"]


def test_mentions_carry_their_urgency(screened) -> None:
    mentions = screened(POSTS).mentions
    assert tuple(mentions.columns) == MENTION_COLUMNS
    (row,) = mentions.to_dict("records")
    assert POSTS[row["post_id"]][row["term_start"] : row["term_end"]] == "Larkspur Family Health"
    assert row["urgency"] in ("patient_safety", "adverse_event")
    assert (row["category"], row["tone"]) == ("complaint", "negative")
    assert 0.5 < row["p_urgent"] < 1


def test_no_posts_give_no_rows(screened) -> None:
    empty = screened([])
    assert (len(empty.matches), len(empty.mentions)) == (0, 0)
    assert tuple(empty.matches.columns) == MATCH_COLUMNS


def test_a_rerun_in_other_batches_gives_equal_rows(screened) -> None:
    whole = screened(POSTS).matches
    parts = pd.concat([screened([text]).matches.assign(post_id=number) for number, text in enumerate(POSTS)])
    pd.testing.assert_frame_equal(whole, parts.reset_index(drop=True), check_dtype=False)
    pd.testing.assert_frame_equal(whole, screened(POSTS).matches)


def test_the_stance_decides_and_not_the_similarity(screened) -> None:
    against = FakeStance(StanceScore(promotes=0.1, debunks=0.7, questions=0.1, neutral=0.1))
    assert set(screened(POSTS, against).matches["decision"]) == {"counted"}
    for_it = FakeStance(StanceScore(promotes=0.7, debunks=0.1, questions=0.1, neutral=0.1))
    assert "alert" in set(screened(POSTS, for_it).matches["decision"])


def test_a_claim_deep_in_a_long_post_is_found_with_its_place(screened) -> None:
    padding = "We spent the whole afternoon at the lake and the kids swam until it got dark. " * 12
    text = padding + PROMOTING + " " + padding
    row = screened([text]).matches.iloc[0]
    assert row["claim_id"] == "vax-mmr-autism"
    assert PROMOTING[:30] in text[row["span_start"] : row["span_end"]]
    assert row["span_end"] - row["span_start"] < 600


def test_the_nearest_true_statement_stands_beside_the_match(screened) -> None:
    matches = screened(["fluoride doesn't prevent cavities, it only marks childhood teeth"]).matches
    row = matches[matches["claim_id"] == "dent-fluoride"].iloc[0]
    assert row["true_statement"] in (
        "Decades of studies show fewer cavities.",
        "Too much fluoride in childhood can mark the teeth.",
    )


def test_no_claims_give_mentions_all_the_same(models, practice) -> None:
    frame = pd.DataFrame(
        {"post_id": [1], "source": ["x"], "channel": [None], "text": ["Larkspur Family Health is nice"]}
    )
    found = screen_posts(frame, models.encoder.encode(frame["text"].tolist()), build_judge(models, []), practice)
    assert (len(found.matches), len(found.mentions)) == (0, 1)
