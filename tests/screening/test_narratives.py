"""Narratives: what tells one story is together, whatever order it came in, and keeps its name."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from pipeline.config import POLICY
from pipeline.post import content_hash
from pipeline.screening.likeness import prepare_wordings
from pipeline.screening.narratives import (
    POST_COLUMNS,
    Found,
    Known,
    cluster_wordings,
    find_narratives,
    narrative_id,
)
from tests.fakes import FakeEncoder

START = datetime(2026, 10, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
# Words of five stories; posts of one share most of theirs.
STORIES = {
    "parking": "parking garage charged card twice booth empty visitors entrance",
    "recall": "glucose strips recall lot number box pharmacy refund letter",
    "measles": "measles party bounce barn saturday children exposed rash",
    "phones": "phone line hold forty minutes transfer receptionist hung",
    "water": "boil water notice town treatment plant lithium rumour neighbours",
}
FILLER = ["honestly", "today", "anyone", "else", "again", "just", "really", "friend", "said", "morning", "ugh", "hm"]


def text_of(story: str, chance: Random) -> str:
    words = STORIES[story].split()
    return " ".join([*chance.sample(words, 6), *chance.sample(FILLER, 2)])


def post(number: int, text: str, hours: float = 0.0, **changes: Any) -> dict[str, Any]:
    told = {
        "post_id": number,
        "platform": "x",
        "platform_id": f"p{number:04d}",
        "apart": "",
        "content_hash": content_hash(None, text),
        "at": START + hours * HOUR,
        "ingested_at": START + hours * HOUR,
        "author_hash": f"voice{number}",
        "parent_id": None,
        "words": len(text.split()),
        "text": text,
    }
    return told | changes


def sorted_posts(rows: list[dict[str, Any]], known: Known | None = None) -> Found:
    frame = pd.DataFrame(rows, columns=[*POST_COLUMNS, "text"])
    texts = dict(zip(frame["content_hash"], frame["text"], strict=True))
    vectors = dict(zip(texts, FakeEncoder().encode(list(texts.values())), strict=True))
    return find_narratives(frame.drop(columns="text"), texts, vectors, known or Known(), POLICY)


def groups(found: Found) -> set[frozenset[int]]:
    members: dict[str, set[int]] = defaultdict(set)
    for post_id, name in found.narrative_of.items():
        members[name].add(post_id)
    return {frozenset(own) for own in members.values()}


def stored(found: Found, rows: list[dict[str, Any]], older: frozenset[str] = frozenset()) -> Known:
    began: dict[str, datetime] = {}
    for row in rows:
        if name := found.narrative_of.get(row["post_id"]):
            began[name] = min(began.get(name, row["at"]), row["at"])
    return Known(found.narrative_of, began | dict.fromkeys(found.merged_into, START), older)


def told(story: str, numbers: range, seed: int = 1, **changes: Any) -> list[dict[str, Any]]:
    chance = Random(f"{story}{seed}")
    return [post(number, text_of(story, chance), number * 0.5, **changes) for number in numbers]


MANY = [row for number, story in enumerate(STORIES) for row in told(story, range(number * 10, number * 10 + 6))]


def test_stories_are_told_apart_and_lone_posts_are_in_none() -> None:
    rows = [*MANY, post(90, "sunset over the harbor with my dog"), post(91, "my knee hurts when it rains")]
    found = sorted_posts(rows)
    assert groups(found) == {frozenset(range(start, start + 6)) for start in range(0, 50, 10)}
    assert found.narrative_of[0] == narrative_id("x", "p0000")
    assert len(found.narrative_of[0]) == 12
    assert not found.merged_into


@settings(max_examples=12)
@given(st.randoms(use_true_random=False), st.integers(2, 40))
def test_the_order_of_rows_says_nothing(chance: Random, size: int) -> None:
    rows = chance.sample(MANY, min(size, len(MANY)))
    found = sorted_posts(rows)
    chance.shuffle(rows)
    assert sorted_posts(rows) == found


@settings(max_examples=12, derandomize=True)
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_batches_make_the_same_narratives_as_all_at_once(chance: Random, batches: int) -> None:
    """The same groups; each is called as one of its posts was, or, where a narrative came apart, after a post of it."""
    rows = sorted(chance.sample(MANY, 20), key=lambda row: row["ingested_at"])
    known, became = Known(), dict[str, str]()
    given_names: dict[int, str] = {}
    for end in sorted({*chance.sample(range(1, 20), batches - 1), 20}):
        found = sorted_posts(rows[:end], known)
        became |= found.merged_into
        known = stored(found, rows[:end])
        given_names = {**found.narrative_of, **given_names}
    assert groups(found) == groups(sorted_posts(rows))
    assert sorted_posts(rows, known) == found, "a repeat changes nothing"
    places = {row["post_id"]: narrative_id(row["platform"], row["platform_id"]) for row in rows}
    for name in set(found.narrative_of.values()):
        own = [post_id for post_id, of in found.narrative_of.items() if of == name]
        before = {given_names[post_id] for post_id in own if post_id in given_names}
        assert name in {became.get(one, one) for one in before} | before | {places[post_id] for post_id in own}


def test_a_late_post_changes_no_name() -> None:
    rows = told("parking", range(10, 16))
    first = sorted_posts(rows)
    late = post(1, text_of("parking", Random(5)), 0.0)
    found = sorted_posts([late, *rows], stored(first, rows))
    assert set(found.narrative_of.values()) == {narrative_id("x", "p0010")}
    assert found.narrative_of[1] == narrative_id("x", "p0010")
    assert sorted_posts([late, *rows]).narrative_of[10] == narrative_id("x", "p0001"), "all at once, it is the founder"


def test_narratives_that_grow_together_keep_the_name_of_the_older() -> None:
    rows = told("parking", range(6))
    younger = rows[3:]
    known = Known(
        {row["post_id"]: "young" if row in younger else "old" for row in rows},
        {"old": START, "young": START + HOUR},
    )
    found = sorted_posts(rows, known)
    assert set(found.narrative_of.values()) == {"old"}
    assert found.merged_into == {"young": "old"}


def test_where_a_narrative_comes_apart_the_earliest_post_keeps_its_name() -> None:
    rows = [*told("parking", range(4)), *told("recall", range(10, 14))]
    known = Known({row["post_id"]: "both" for row in rows}, {"both": START})
    found = sorted_posts(rows, known)
    assert {found.narrative_of[number] for number in range(4)} == {"both"}
    assert {found.narrative_of[number] for number in range(10, 14)} == {narrative_id("x", "p0010")}


def test_no_name_is_given_twice() -> None:
    rows = [*told("parking", range(4)), *told("recall", range(10, 14))]
    taken = narrative_id("x", "p0010")
    known = Known({row["post_id"]: taken for row in rows}, {taken: START})
    found = sorted_posts(rows, known)
    assert found.narrative_of[0] == taken
    assert found.narrative_of[10] == narrative_id("x", "p0011")


def test_what_is_left_of_a_story_in_the_window_stays_in_it() -> None:
    rows = told("parking", range(6))
    first = sorted_posts(rows)
    (name,) = set(first.narrative_of.values())
    left = sorted_posts(rows[4:], stored(first, rows, frozenset({name})))
    assert left.narrative_of == {4: name, 5: name}
    assert sorted_posts(rows[4:], stored(first, rows)).narrative_of == {}, "its other posts are gone, not old"


def test_platforms_that_must_stay_apart_are_never_in_one_narrative() -> None:
    rows = told("parking", range(8))
    for row in rows[4:]:
        row |= {"platform": "facebook", "apart": "facebook"}
    found = sorted_posts(rows)
    assert groups(found) == {frozenset(range(4)), frozenset(range(4, 8))}
    assert groups(sorted_posts([*rows[:4], *rows[4:6]])) == {frozenset(range(4))}, "two posts are not three"


def test_few_posts_or_one_voice_are_no_narrative() -> None:
    rows = told("parking", range(5))
    assert groups(sorted_posts(rows[:2])) == set()
    assert groups(sorted_posts([row | {"author_hash": "same"} for row in rows])) == set()
    assert groups(sorted_posts([row | {"author_hash": None} for row in rows])) == set(), "unknown authors are one voice"
    copies = [post(number, rows[0]["text"], number) for number in range(3)]
    assert groups(sorted_posts(copies)) == {frozenset(range(3))}, "copies by three are"


def test_short_replies_follow_what_they_answer() -> None:
    rows = [*told("parking", range(4)), *told("recall", range(10, 14))]
    replies = [
        post(20, "same here", 3, parent_id="p0001"),
        post(21, "same here", 3, parent_id="p0011"),
        post(22, "exactly", 4, parent_id="p0020"),
        *(post(30 + number, "same here", 4, parent_id=f"gone{number}") for number in range(4)),
        post(24, "ring", 4, parent_id="p0025"),
        post(25, "ring", 4, parent_id="p0024"),
    ]
    found = sorted_posts([*rows, *replies])
    assert groups(found) == {frozenset({0, 1, 2, 3, 20, 22}), frozenset({10, 11, 12, 13, 21})}
    apart = [row | {"platform": "facebook", "apart": "facebook"} for row in replies]
    assert groups(sorted_posts([*rows, *apart])) == {frozenset(range(4)), frozenset(range(10, 14))}


def test_what_is_told_later_and_in_other_words_is_less_likely_the_same_story() -> None:
    vectors = FakeEncoder().encode(["parking garage charged twice"] * 2)
    same, other = "parking garage charged twice", "parking garage closed early"

    def chance(text: str, days: float) -> float:
        wordings = prepare_wordings(vectors, [same, text], np.zeros(2), np.array([0.0, 0.0]) + np.array([0, days * 24]))
        told = prepare_wordings(vectors, [same, text], np.array([0, days * 24.0]), np.array([0, days * 24.0]))
        assert wordings.chances(slice(None))[0, 1] >= told.chances(slice(None))[0, 1], "a wording lasts"
        return float(told.chances(slice(None))[0, 1])

    assert chance(same, 0) > chance(same, 3) > chance(same, 12)
    assert chance(same, 0) > chance(other, 0)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.floats(0.05, 0.9))
def test_clusters_are_those_of_average_linkage_over_everything(seed: int, chance: float) -> None:
    """Cutting the graph into components first changes nothing but the work."""
    random = np.random.default_rng(seed)
    size = int(random.integers(2, 30))
    vectors = random.standard_normal((size, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    hours = random.uniform(0, 300, size)
    texts = [text_of(str(random.choice(list(STORIES))), Random(int(number))) for number in random.integers(0, 99, size)]
    wordings = prepare_wordings(vectors, texts, hours, hours + random.uniform(0, 20, size))
    distances = 1.0 - wordings.chances(slice(None))
    np.fill_diagonal(distances, 0.0)
    whole = fcluster(linkage(squareform(distances, checks=False), "average"), 1.0 - chance, "distance")
    found = cluster_wordings(wordings, chance)
    assert (found[:, None] == found[None, :]).tolist() == (whole[:, None] == whole[None, :]).tolist()
    assert np.allclose(distances, distances.T, atol=1e-6)


def test_nothing_makes_nothing_and_a_missing_column_is_named() -> None:
    assert sorted_posts([]) == Found({}, {})
    with pytest.raises(ValueError, match="posts lack words"):
        find_narratives(pd.DataFrame(columns=list(POST_COLUMNS[:-1])), {}, {}, Known(), POLICY)
    lone = pd.DataFrame([post(1, "words")]).drop(columns="text")
    assert find_narratives(lone, {}, {}, Known(), POLICY) == Found({}, {}), "a wording without a vector"
