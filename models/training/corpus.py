"""The project's own labelled posts, and its labels of real posts whose texts stay in the research sets."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from models.matcher import ClaimText
from models.training.examples import column, table

_PLAN: tuple[str, ...] = ("kind", "platform", "voice", "style", "person", "length")
Split = Literal["training", "development", "test"]
# Health posts of every kind, as a stream holds them.
ORDINARY = {"cw_cure": "cw_cure/tweets.tsv", "ct25": "ct25_4b_science_tweets/dev.tsv"}
FOLDER = Path(__file__).parents[1] / "corpus"


@dataclass(frozen=True, slots=True)
class WrittenPost:
    """An invented post about one claim; `plan` says what its writer was asked for (kind, platform, voice, style, …)."""

    post_id: str
    claim_id: str
    stance: str
    writer: str
    plan: Mapping[str, str]
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RealPost:
    """A real post with the claims it was shown with; `labels` holds those it is about, the others are unrelated."""

    source: str
    key: str
    candidates: tuple[str, ...]
    labels: Mapping[str, str]
    best: str | None
    text: str = field(repr=False)


def claim_splits() -> dict[str, Split]:
    """The split of every claim by its id: posts about a test claim are in the test split only."""
    splits: dict[str, Split] = json.loads((FOLDER / "claim_splits.json").read_text())
    return splits


def corpus_claims() -> list[ClaimText]:
    """The claims as they were when the posts were written, with all their wordings."""
    return [
        ClaimText.of(row["id"], row["claim"], (*row["variants"], *row["spanish_variants"]), row["correction"])
        for row in _rows(FOLDER / "claims.jsonl")
    ]


def corpus_true_neighbours() -> dict[str, list[str]]:
    """True statements near each claim, by its id."""
    return {row["id"]: row["true_neighbours"] for row in _rows(FOLDER / "claims.jsonl")}


def written_posts(split: Split) -> list[WrittenPost]:
    """The written posts of a split. Splits share neither claims nor writers."""
    return list(_written(FOLDER / f"posts_{split}.jsonl"))


def spanish_posts() -> list[WrittenPost]:
    """The written Spanish test posts."""
    return list(_written(FOLDER / "posts_spanish_test.jsonl"))


def real_posts(folder: Path, split: Split) -> list[RealPost]:
    """The labelled real posts of a split with their texts from the research sets under `folder`.

    Raises KeyError where a labelled post is not in its set: the sets are pinned.
    """
    found = []
    for row in _rows(FOLDER / "real_labels.jsonl"):
        if row["split"] == split:
            text = set_texts(folder, row["source"])[row["key"]]
            found.append(
                RealPost(row["source"], row["key"], tuple(row["candidates"]), row["labels"], row["best"], text)
            )
    return found


def ordinary_posts(folder: Path, name: str, split: Split) -> list[tuple[str, str, dict[str, str]]]:
    """Key, text and labels of the posts of an ordinary set: its development half or its test half, by a hash.

    The posts that come nearest to a claim were labelled; the others are taken as about none.
    """
    labels = {row["key"]: row["labels"] for row in _rows(FOLDER / "ordinary_labels.jsonl") if row["source"] == name}
    found = []
    for text in dict.fromkeys(column(folder / ORDINARY[name], "text")):
        key = text_key(text)
        if (int(key, 16) % 2 == 0) == (split == "development"):
            found.append((key, text, labels.get(key, {})))
    return found


def post_claims() -> list[tuple[str, str, str, str]]:
    """Claims that were written for training posts: source, key of the post, claim, relation of the post to it."""
    rows = _rows(FOLDER / "post_claims.jsonl")
    return [(row["source"], row["key"], claim, relation) for row in rows for claim, relation in row["claims"]]


@cache
def set_texts(folder: Path, source: str) -> dict[str, str]:
    """All texts of a research set by the key that the labels use. The first of equal keys stands."""
    path, key, text = _SETS[source]
    texts: dict[str, str] = {}
    for row in table(folder / path):
        texts.setdefault(key(row), text(row))
    return texts


def text_key(text: str) -> str:
    """The key of a text in a set that has no ids: 16 hex digits of its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _written(path: Path) -> Iterator[WrittenPost]:
    for row in _rows(path):
        plan = {name: row[name] for name in _PLAN if name in row}
        yield WrittenPost(row["id"], row["claim_id"], row["stance"], row.get("writer", ""), plan, row["text"])


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def _text_hash(row: Mapping[str, str]) -> str:
    return text_key(row["text"])


def _plain(row: Mapping[str, str]) -> str:
    return row["text"]


def _reddit(row: Mapping[str, str]) -> str:
    return f"{row['title']}\n{row['body']}".strip() if row["kind"] == "post" else row["body"]


_Cell = Callable[[Mapping[str, str]], str]
_SETS: dict[str, tuple[str, _Cell, _Cell]] = {
    "rumor": ("covid19_rumor_stance/roots_twitter.tsv", lambda row: row["thread_id"], _plain),
    "misinfo_reddit": ("reddit_health/health_misinfo_reddit.tsv", lambda row: row["idx"], _plain),
    "covid_vax": ("covid_vax_stance_tweets/pairs.tsv", _text_hash, _plain),
    "ct22": ("ct22_1c_covid_tweets/train.tsv", lambda row: row["tweet_id"], _plain),
    "caves": ("caves_antivax_tweets/pairs.tsv", _text_hash, _plain),
    "vaxmyths": ("reddit_health/vaccinemyths_reddit.tsv", lambda row: row["id"], _reddit),
}
