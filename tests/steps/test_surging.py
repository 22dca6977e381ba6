"""What the warehouse gives trends and surges: who is counted, once, under what, and which hours were heard."""

from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from pipeline import narrating
from pipeline.config import POLICY
from pipeline.warehouse import counts, ledger
from pipeline.warehouse.tables import alerts, posts
from pipeline.workplace import Workplace
from tests.steps.stories import DAY, GARAGE, HOUR, NOW, claim, hear, listened, match, mention, stored, surges

MANY = tuple(f"They say {number} words about the claim" for number in range(12))


def test_a_claim_that_rises_is_one_surge_with_its_posts(workplace: Workplace) -> None:
    listened(workplace)
    facts = {"c1": claim(workplace, "c1")}
    ids = hear(workplace, MANY)
    match(workplace, ids, "c1")
    mention(workplace, ids[:2], tone="negative")
    match(workplace, hear(workplace, MANY[:3], NOW - 3 * HOUR, first=50), "c1", "counted")
    trends, (alert,) = surges(workplace, facts)
    (trend,) = [trend for trend in trends if trend.kind == "claim"]
    assert (trend.subject, trend.posts, trend.voices, trend.surge) == ("c1", 12, 12, True)
    assert (alert.kind, alert.claim_id, alert.posts, alert.post_ids) == ("surge", "c1", 12, tuple(ids))
    assert alert.evidence["posts_naming_practice"] == 2
    assert alert.evidence["counted_at"] == NOW.isoformat()
    assert alert.severity == "urgent"
    assert all(trend.covered[-14:])


@pytest.mark.parametrize(
    "changes",
    [{"own": True}, {"status": "gone"}, {"backfilled": True}, {"created_at": NOW - 9 * DAY}, {"platform": "canary"}],
)
def test_what_is_ours_old_or_gone_tells_nothing(workplace: Workplace, changes: dict[str, Any]) -> None:
    listened(workplace)
    claim(workplace, "c1")
    ids = hear(workplace, MANY)
    match(workplace, ids, "c1")
    with workplace.engine.begin() as connection:
        connection.execute(sa.update(posts).values(**changes))
    assert surges(workplace, {}) == ([], [])


def test_mentions_are_counted_once_under_what_cannot_wait(workplace: Workplace) -> None:
    listened(workplace)
    ids = hear(workplace, GARAGE)
    mention(workplace, ids, category="billing", urgency="routine")
    mention(workplace, ids[:3], term_start=20, term_end=28, p_mention=0.8)
    mention(workplace, ids[:1], kind="clinician", urgency="danger_to_life", p_mention=0.6)
    mention(workplace, ids[4:], kind="location", p_mention=POLICY["mention_sure"] - 0.1, category="praise")
    trends, _ = surges(workplace, {})
    assert {trend.subject: trend.posts for trend in trends} == {"urgent:danger_to_life": 1, "billing": 4}


def test_a_mention_surge_holds_the_posts_of_its_category_only(workplace: Workplace) -> None:
    listened(workplace)
    ids = hear(workplace, MANY)
    mention(workplace, ids, category="billing", tone="negative")
    mention(workplace, hear(workplace, GARAGE[:2], first=50), category="praise")
    _, (alert,) = surges(workplace, {})
    assert (alert.category, alert.post_ids) == ("billing", tuple(ids))
    assert alert.severity == "urgent", "many people speak badly of the practice"


def test_a_story_that_is_the_same_surge_is_not_told_again(workplace: Workplace) -> None:
    listened(workplace)
    texts = tuple(f"{GARAGE[number % 5]} {'!' * number}" for number in range(16))
    ids = hear(workplace, texts)
    mention(workplace, ids)
    assert narrating.write_narratives(workplace, NOW)["narratives"] == 1
    trends, found = surges(workplace, {})
    assert {trend.kind for trend in trends if trend.surge} == {"mention", "narrative"}
    (alert,) = found
    assert alert.narrative_id == stored(workplace)[ids[0]]
    assert alert.evidence["posts_naming_practice"] == 16


def test_the_key_of_a_raised_surge_is_kept(workplace: Workplace) -> None:
    listened(workplace)
    practice_id = workplace.practice.practice_id
    facts = {"c1": claim(workplace, "c1")}
    match(workplace, hear(workplace, MANY), "c1")
    _, (alert,) = surges(workplace, facts)
    yesterday = alert.bucket_start_at - DAY
    key = f"{practice_id}|surge|claim:c1|{yesterday.isoformat()}"
    told = {
        "alert_key": key,
        "practice_id": practice_id,
        "kind": "surge",
        "claim_id": "c1",
        "claim_version": 1,
        "bucket_start_at": yesterday,
        "severity": "high",
        "reason": "surge",
        "posts": 1,
        "voices": 1,
        "platforms": ["x"],
        "historical": False,
        "evidence": {},
        "raised_at": NOW,
        "updated_at": NOW,
    }
    with workplace.engine.begin() as connection:
        connection.execute(sa.insert(alerts).values(**told))
    _, (again,) = surges(workplace, facts)
    assert (again.alert_key, again.bucket_start_at) == (key, yesterday)


def test_a_coverage_gap_and_an_unread_source_are_not_heard(workplace: Workplace) -> None:
    listened(workplace)
    start = NOW.replace(minute=0) - 40 * HOUR
    with workplace.engine.begin() as connection:
        ledger.store_gap(connection, "x", "q", "listing_cap", NOW, (start, start + 3 * HOUR))
        heard = counts.heard_hours(connection, NOW)
    out = heard[~heard["heard"]]["hour_at"].tolist()
    assert [pd.Timestamp(start) + number * HOUR for number in range(3)] == out
    assert set(heard["source"]) == {"x"}
    assert (heard["partly"] == ~heard["heard"]).all()
