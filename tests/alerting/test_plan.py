"""The plan of notifications at a scripted clock: what is told, what is held back, why and until when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.alerting.plan import Plan, Silence
from pipeline.config import POLICY
from tests.alerting.clock import CHIEF, COMMS, DAY, HOUR, NOW, ON_CALL, Clock, an_alert, danger


def test_one_group_is_told_once_and_then_once_a_day_while_it_is_fresh_and_open() -> None:
    clock = Clock()
    clock.put(an_alert())
    told = {hour: clock.run(NOW + hour * HOUR) for hour in range(4)}
    assert told == {0: [("new", COMMS)], 1: [], 2: [], 3: []}
    assert clock.held(NOW + HOUR) == {"waiting": NOW + DAY}
    clock.alerts = {key: replace(one, state="acknowledged") for key, one in clock.alerts.items()}
    assert clock.run(NOW + DAY) == []
    clock.alerts = {key: replace(one, state="open") for key, one in clock.alerts.items()}
    assert ("repeat", COMMS) in clock.run(NOW + DAY)
    # Its bucket began 63 hours ago: not fresh, so it is the digest's.
    assert clock.run(NOW + 2 * DAY) == []
    assert set(clock.held(NOW + 2 * DAY)) == {"stale"}


def test_twenty_five_posts_about_one_thing_are_not_twenty_five_mails() -> None:
    clock = Clock()
    mails = []
    for minute in range(25):
        clock.put(an_alert(posts=3 + minute, voices=3))
        mails += clock.run(NOW + minute * timedelta(minutes=2))
    assert mails == [("new", COMMS)]


def test_a_group_waits_for_its_posts() -> None:
    clock = Clock(telling={"group_wait_minutes": 30})
    clock.put(an_alert(), danger())
    assert clock.run(NOW) == [("new", COMMS)], "danger waits for nothing"
    assert clock.held(NOW)["waiting"] is not None
    assert clock.run(NOW + timedelta(minutes=29)) == []
    assert clock.run(NOW + timedelta(minutes=30)) == [("new", COMMS)]


def test_what_grew_waits_for_the_interval_and_what_became_worse_does_not() -> None:
    clock = Clock(routes=[{"severities": ["high", "urgent"], "receivers": ["Communications"]}])
    clock.put(an_alert(severity="high"))
    assert clock.run(NOW) == [("new", COMMS)]
    clock.put(an_alert(severity="high", posts=10))
    assert clock.run(NOW + timedelta(minutes=59)) == []
    assert clock.run(NOW + HOUR) == [("grew", COMMS)]
    clock.put(an_alert(severity="high", posts=19))
    assert clock.run(NOW + 3 * HOUR) == [], "not twice as many as were told"
    clock.put(an_alert(severity="urgent", posts=19))
    assert clock.run(NOW + 3 * HOUR + timedelta(minutes=1)) == [("worse", COMMS)]
    clock.put(an_alert(severity="high", posts=19))
    clock.put(an_alert(severity="urgent", posts=19))
    assert clock.run(NOW + 4 * HOUR) == [], "up and down again is not worse"


def test_a_new_bucket_does_not_begin_the_telling_anew() -> None:
    clock = Clock()
    evening = datetime(2026, 10, 14, 23, 30, tzinfo=UTC)
    clock.put(an_alert(at=evening))
    assert clock.run(evening) == [("new", COMMS)]
    midnight = evening + HOUR
    clock.put(an_alert(at=midnight))
    assert clock.run(midnight) == []
    assert clock.held(midnight)["waiting"] == evening + DAY
    clock.put(an_alert(at=midnight, posts=10))
    assert clock.run(midnight + HOUR) == [("grew", COMMS)]
    clock.put(danger(evening), danger(midnight))
    assert clock.run(midnight + HOUR) == [("new", COMMS), ("new", COMMS)], "another day's danger is another danger"


def test_a_silence_holds_until_it_ends_also_danger() -> None:
    clock = Clock()
    clock.put(an_alert(), danger())
    by = {"practice_id": "riverside", "owner": "Jo", "reason": "known", "starts_at": NOW, "ends_at": NOW + 5 * HOUR}
    clock.silences = [Silence(**by, claim_id="vax-harm"), Silence(**by, category="urgent:threat")]
    assert clock.run(NOW) == []
    assert clock.held(NOW) == {"silenced": NOW + 5 * HOUR}
    assert clock.run(NOW + 4 * HOUR) == []
    assert clock.run(NOW + 5 * HOUR) == [("new", COMMS), ("new", COMMS)]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"claim_id": "vax-harm"}, 0),
        ({"claim_id": "vax-harm", "kind": "surge"}, 1),
        ({"claim_id": "tea"}, 1),
        ({"kind": "misinformation"}, 0),
        ({}, 1),
        ({"claim_id": "vax-harm", "practice_id": "elsewhere"}, 1),
        ({"claim_id": "vax-harm", "ended_at": NOW - HOUR}, 1),
        ({"claim_id": "vax-harm", "starts_at": NOW + HOUR}, 1),
        ({"alert_key": "riverside|misinformation|vax-harm|2026-10-14T00:00:00+00:00"}, 0),
    ],
)
def test_a_silence_fits_what_it_names_and_nothing_else(changes: dict[str, Any], told: int) -> None:
    clock = Clock()
    clock.put(an_alert())
    given = {"practice_id": "riverside", "starts_at": NOW - 2 * HOUR, "ends_at": NOW + DAY, **changes}
    clock.silences = [Silence(owner="Jo", reason="known", **given)]
    assert len(clock.run(NOW)) == told


def test_a_surge_inhibits_the_single_post_alerts_of_its_subject() -> None:
    clock = Clock()
    surge = an_alert(kind="surge")
    clock.put(surge, an_alert(), an_alert("tea"), an_alert(apart="youtube"))
    told = {notice.alert.alert_key for notice in clock.plan(NOW).notices}
    assert told == {surge.alert_key, an_alert("tea").alert_key, an_alert(apart="youtube").alert_key}
    assert clock.held(NOW)["inhibited"] == surge.bucket_start_at + timedelta(days=POLICY["surge_lasts_days"])
    clock.put(replace(surge, state="resolved"))
    assert an_alert().alert_key not in {notice.alert.alert_key for notice in clock.plan(NOW + DAY).notices}
    long_ago = replace(surge, state="resolved", bucket_start_at=surge.bucket_start_at - 7 * DAY)
    clock.put(replace(long_ago, alert_key=surge.alert_key))
    assert an_alert().alert_key in {notice.alert.alert_key for notice in clock.plan(NOW).notices}
    clock.put(replace(surge, severity="high"))
    assert an_alert().alert_key in {notice.alert.alert_key for notice in clock.plan(NOW).notices}, (
        "it would not be told"
    )


def test_a_surge_of_danger_inhibits_no_danger() -> None:
    clock = Clock()
    surge = replace(an_alert(kind="surge"), claim_id=None, category="urgent:threat")
    clock.put(surge, danger())
    assert clock.run(NOW) == [("new", COMMS), ("new", COMMS)]


def test_what_nobody_takes_on_is_escalated_once() -> None:
    clock = Clock()
    clock.put(an_alert())
    assert clock.run(NOW) == [("new", COMMS)]
    assert clock.run(NOW + 4 * HOUR - timedelta(minutes=1)) == []
    assert clock.run(NOW + 4 * HOUR) == [("escalation", CHIEF)]
    assert [clock.run(NOW + hour * HOUR) for hour in (5, 8, 12)] == [[], [], []]


@pytest.mark.parametrize("state", ["acknowledged", "resolved"])
def test_what_somebody_took_on_is_not_escalated(state: Any) -> None:
    clock = Clock()
    clock.put(an_alert())
    clock.run(NOW)
    clock.put(an_alert(state=state))
    assert clock.run(NOW + 6 * HOUR) == []
    assert ("acknowledged" in clock.held(NOW + 6 * HOUR)) == (state == "acknowledged")


def test_what_was_acknowledged_is_told_again_only_where_it_becomes_worse() -> None:
    clock = Clock(routes=[{"severities": ["high", "urgent"], "receivers": ["Communications"]}])
    clock.put(an_alert(severity="high"))
    clock.run(NOW)
    clock.put(an_alert(severity="high", posts=50, state="acknowledged"))
    assert clock.run(NOW + 2 * HOUR) == []
    clock.put(an_alert(severity="urgent", posts=50, state="acknowledged"))
    assert clock.run(NOW + 3 * HOUR) == [("worse", COMMS)]


def test_the_first_route_that_fits_wins() -> None:
    routes = [
        {"kinds": ["mention"], "receivers": ["On call", "Communications"]},
        {"kinds": ["mention", "misinformation"], "severities": ["high"], "receivers": ["Chief"]},
    ]
    clock = Clock(routes=routes)
    clock.put(danger())
    assert clock.run(NOW) == [("new", COMMS), ("new", ON_CALL)]
    clock = Clock(routes=routes)
    clock.put(an_alert(severity="high"), an_alert("tea"))
    assert clock.run(NOW) == [("new", COMMS), ("new", CHIEF)], "urgent ones fit no route"
    clock = Clock(routes=routes)
    clock.put(an_alert(severity="normal"))
    assert clock.plan(NOW) == Plan((), ())


def test_over_the_cap_everything_waits_for_the_digest_except_danger() -> None:
    clock = Clock(telling={"daily_mails": 3})
    clock.digest_at = NOW
    afternoon = NOW + 6 * HOUR
    clock.put(*(an_alert(f"claim-{number}", at=afternoon) for number in range(8)))
    assert clock.run(afternoon) == [("new", COMMS)] * 3
    next_digest = NOW + DAY
    held = [one for one in clock.plan(afternoon).held if one.why == "cap"]
    assert (len(held), {one.until_at for one in held}) == (5, {next_digest})
    clock.put(danger(afternoon))
    assert clock.run(afternoon) == [("new", COMMS)]
    # Midnight there changes nothing: the next digest tells them.
    for hour in range(7, 24):
        assert ("new", COMMS) not in clock.run(NOW + hour * HOUR), hour
    assert clock.run(next_digest) == []
    clock.digest(next_digest)
    assert COMMS not in {place for _, place in clock.run(next_digest + HOUR)}


def test_old_posts_and_old_buckets_are_not_told_by_themselves() -> None:
    clock = Clock()
    clock.put(an_alert(historical=True), an_alert("tea", at=NOW - 4 * DAY), danger(NOW - 4 * DAY))
    assert clock.run(NOW) == [("new", COMMS)], "danger that is found late is still danger"
    assert set(clock.held(NOW)) >= {"historical", "stale"}


def test_a_run_that_is_repeated_with_an_earlier_clock_tells_nothing() -> None:
    clock = Clock()
    clock.put(an_alert())
    clock.run(NOW)
    assert clock.plan(NOW - HOUR).notices == ()


def test_a_digest_is_a_telling_and_no_mail_of_the_cap() -> None:
    clock = Clock(telling={"daily_mails": 1})
    clock.put(an_alert(severity="high"))
    assert clock.run(NOW) == []
    clock.digest(NOW)
    clock.put(an_alert())
    assert clock.run(NOW + HOUR) == [("worse", COMMS)]


@pytest.mark.parametrize(("state", "told"), [("acknowledged", []), ("open", ["new"]), ("resolved", ["new"])])
def test_what_was_taken_on_is_not_told_anew_for_every_day(state: Any, told: list[str]) -> None:
    clock = Clock()
    clock.put(an_alert())
    clock.run(NOW)
    clock.put(an_alert(state=state))
    later = NOW + 2 * DAY
    clock.put(an_alert(at=later))
    assert [why for why, place in clock.run(later) if place == COMMS] == told
    if state == "acknowledged":
        assert clock.held(later)["waiting"] == NOW + 7 * DAY
        clock.put(an_alert(at=later, posts=10))
        assert clock.run(later + HOUR) == [("grew", COMMS)]
