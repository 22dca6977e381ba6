"""From trends to surge alerts: one for one story, with what an officer needs to judge it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from pipeline.alerting.alert import ClaimFacts
from pipeline.alerting.surges import SURGE_COLUMNS, Raised, surge_alerts, surge_start
from pipeline.alerting.trends import Trend
from pipeline.config import POLICY

BEGAN = datetime(2026, 10, 13, 22, tzinfo=UTC)
DAY = timedelta(days=1)
FACTS = {
    "mmr-autism": ClaimFacts("mmr-autism", 3, "The MMR vaccine causes autism", "false", "high", "It does not."),
    "detox-foot-pads": ClaimFacts("detox-foot-pads", 1, "Foot pads draw toxins out", "false", "low", "They do not."),
}


def trend(subject: str = "detox-foot-pads", **changes: Any) -> Trend:
    days = tuple(date(2026, 10, 1) + number * DAY for number in range(14))
    told: dict[str, Any] = {
        "kind": "claim",
        "subject": subject,
        "apart": "",
        "platforms": ("reddit", "x"),
        "posts": 12,
        "expected": 1.5,
        "chance": 2.345e-7,
        "voices": 9,
        "days": days,
        "counts": (1,) * 13 + (12,),
        "covered": (True,) * 12 + (False, True),
        "direction": "rising",
        "surge": True,
        "began_at": BEGAN,
    }
    return Trend(**(told | changes))


def posts_of(of: Trend, ids: range, **changes: Any) -> pd.DataFrame:
    rows = [
        {
            "kind": of.kind,
            "subject": of.subject,
            "apart": of.apart,
            "post_id": number,
            "platform": "x" if number % 3 else "reddit",
            "platform_id": f"id{number}",
            "url": None,
            "created_at": pd.Timestamp(BEGAN) - pd.Timedelta(minutes=number),
            "author_hash": f"voice{number % 9}",
            "content_hash": f"{number // 2:064d}",
            "at": BEGAN,
            "claim_id": of.subject if of.kind == "claim" else None,
            "p_match": 0.5 + number / 100,
            "promotes": 0.9,
            "p_mention": None,
            "tone": None,
            "names_practice": False,
        }
        | changes
        for number in ids
    ]
    return pd.DataFrame(rows, columns=list(SURGE_COLUMNS))


def alerts_of(trends: list[Trend], posts: pd.DataFrame, *raised: Raised) -> Any:
    return surge_alerts(trends, posts, FACTS, "larkspur", POLICY, raised)


def test_a_surge_is_one_alert_with_size_trend_and_platforms() -> None:
    (alert,) = alerts_of([trend()], posts_of(trend(), range(12)))
    assert alert.alert_key == "larkspur|surge|claim:detox-foot-pads|2026-10-13T00:00:00+00:00"
    assert (alert.kind, alert.claim_id, alert.claim_version, alert.category) == ("surge", "detox-foot-pads", 1, None)
    assert (alert.posts, alert.voices, alert.platforms, alert.historical) == (12, 9, ("reddit", "x"), False)
    told = alert.evidence
    assert (told["window_posts"], told["expected"], told["growth"], told["chance"]) == (12, 1.5, 8.0, 2.3e-7)
    assert told["platform_posts"] == {"reddit": 4, "x": 8}
    assert told["per_day"][-2:] == [
        {"day": "2026-10-13", "posts": 1, "covered": False},
        {"day": "2026-10-14", "posts": 12, "covered": True},
    ]
    assert told["wordings"] == 6
    best = told["posts"][0]
    assert (best["platform_id"], best["p_match"]) == ("id11", pytest.approx(0.61))
    assert "surge" in alert.reasons


def test_a_claim_that_can_do_serious_harm_is_urgent() -> None:
    harmful = trend("mmr-autism")
    (alert,) = alerts_of([harmful], posts_of(harmful, range(12)))
    assert alert.severity == "urgent"
    assert alerts_of([trend("retired")], posts_of(trend("retired"), range(12))) == [], "nothing is known to say of it"


def test_the_order_of_rows_and_trends_says_nothing() -> None:
    one, two = trend(), trend("mmr-autism")
    posts = pd.concat([posts_of(one, range(12)), posts_of(two, range(100, 120))], ignore_index=True)
    found = alerts_of([one, two], posts)
    assert found == alerts_of([two, one], posts.iloc[::-1])
    assert len(found) == 2


def test_one_story_is_told_once() -> None:
    claim = trend()
    story = trend("abc123", kind="narrative")
    mention = trend("mention", kind="mention", began_at=BEGAN - DAY)
    posts = pd.concat([posts_of(claim, range(12)), posts_of(story, range(2, 14)), posts_of(mention, range(50, 60))])
    assert [alert.claim_id or alert.category for alert in alerts_of([story, claim, mention], posts)] == [
        "detox-foot-pads",
        "mention",
    ]
    told = Raised("narrative:abc123", "", BEGAN.replace(hour=0), "larkspur|surge|narrative:abc123|2026-10-13")
    (first, _) = alerts_of([story, claim, mention], posts, told)
    assert first.narrative_id is None
    assert [alert.narrative_id for alert in alerts_of([story, claim], posts, told)] == ["abc123"], (
        "what was told first stays"
    )


def test_a_story_about_a_claim_brings_what_is_true() -> None:
    story = trend("abc123", kind="narrative")
    half = pd.concat(
        [posts_of(story, range(6), claim_id="mmr-autism"), posts_of(story, range(6, 12))], ignore_index=True
    )
    (alert,) = alerts_of([story], half)
    assert (alert.narrative_id, alert.claim_id, alert.claim_version, alert.severity) == (
        "abc123",
        "mmr-autism",
        3,
        "urgent",
    )
    (plain,) = alerts_of([story], posts_of(story, range(12)))
    assert (plain.claim_id, plain.claim_version) == (None, None)


def test_posts_that_come_late_make_no_second_alert() -> None:
    key = "larkspur|surge|claim:detox-foot-pads|2026-10-14T00:00:00+00:00"
    before = Raised("claim:detox-foot-pads", "", datetime(2026, 10, 14, tzinfo=UTC), key)
    (alert,) = alerts_of([trend()], posts_of(trend(), range(12)), before)
    assert (alert.alert_key, alert.bucket_start_at) == (key, before.bucket_start_at)
    old = Raised("claim:detox-foot-pads", "", datetime(2026, 10, 11, tzinfo=UTC), "old")
    (alert,) = alerts_of([trend()], posts_of(trend(), range(12)), old)
    assert alert.alert_key.endswith("2026-10-13T00:00:00+00:00"), "another surge, two days later"


def test_a_narrative_that_merged_keeps_the_key_of_its_alert() -> None:
    story = trend("older", kind="narrative")
    before = Raised("narrative:older", "", BEGAN.replace(hour=0), "larkspur|surge|narrative:younger|2026-10-13")
    (alert,) = alerts_of([story], posts_of(story, range(12)), before)
    assert (alert.alert_key, alert.narrative_id) == (before.alert_key, "older")


def test_platforms_that_stand_apart_have_alerts_of_their_own() -> None:
    one, apart = trend(), trend(apart="facebook")
    posts = pd.concat([posts_of(one, range(12)), posts_of(apart, range(20, 32), platform="facebook")])
    keys = [alert.alert_key for alert in alerts_of([one, apart], posts)]
    assert keys == [
        "larkspur|surge|claim:detox-foot-pads|2026-10-13T00:00:00+00:00",
        "larkspur|surge|claim:detox-foot-pads|2026-10-13T00:00:00+00:00|facebook",
    ]


def test_what_does_not_surge_or_lost_its_posts_is_no_alert() -> None:
    quiet = trend(surge=False, began_at=None)
    assert alerts_of([quiet], posts_of(quiet, range(12))) == []
    assert alerts_of([trend()], posts_of(trend(), range(0))) == []
    with pytest.raises(ValueError, match="does not surge"):
        surge_start(quiet, POLICY)
    assert surge_start(trend(), POLICY) == BEGAN - timedelta(hours=23)
    with pytest.raises(ValueError, match="posts lack tone"):
        alerts_of([trend()], posts_of(trend(), range(3)).drop(columns="tone"))
