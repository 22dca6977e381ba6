"""Alerts at a scripted clock, by the real steps in a real warehouse: told once, in time, and never again in vain."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from pipeline import handling, steps
from pipeline.alerting.plan import Silence
from pipeline.config import POLICY
from pipeline.erasing import erase
from pipeline.handling import NotPossible
from pipeline.warehouse import reports
from pipeline.warehouse.tables import alerts, matches, mentions, narrative_posts, narratives, outbox
from pipeline.workplace import Workplace
from tests.steps.desk import DAY, HOUR, PRACTICE, Desk

# A Wednesday, 09:00 in Los Angeles; the digest is due since an hour.
NOW = datetime(2026, 10, 14, 16, tzinfo=UTC)
NEW = [("new", "comms")]


@pytest.fixture
def desk(workplace: Workplace) -> Desk:
    made = Desk(workplace)
    steps.sync_claims(NOW)
    return made


def test_three_people_are_one_alert_and_one_mail(desk: Desk) -> None:
    desk.spread(NOW)
    assert desk.run(NOW) == NEW
    assert [desk.run(NOW + hour * HOUR) for hour in (1, 2, 3)] == [[], [], []]
    assert (desk.alert().state, desk.alert().severity, desk.events()) == ("open", "urgent", ["raised"])


def test_a_thousand_copies_are_one_alert_and_one_mail(desk: Desk) -> None:
    desk.spread(NOW, people=1000, copies=True)
    assert desk.run(NOW) == NEW
    assert (desk.alert().posts, desk.alert().evidence["wordings"]) == (1000, 1)


def test_grew_worse_and_repeat_are_told_each_in_its_time(desk: Desk) -> None:
    desk.spread(NOW, people=2)
    assert desk.run(NOW) == [], "two voices are not urgent"
    assert steps.write_digest(NOW)["mails_written"] == 1
    desk.spread(NOW + HOUR, people=1)
    assert desk.run(NOW + HOUR) == [("worse", "comms")]
    desk.spread(NOW + HOUR, people=6)
    assert desk.run(NOW + HOUR + timedelta(minutes=50)) == []
    assert desk.run(NOW + 2 * HOUR) == [("grew", "comms")]
    handling.acknowledge(desk.workplace, desk.alert().alert_key, "Jo", NOW + 2 * HOUR)
    assert desk.run(NOW + 27 * HOUR) == []
    handling.reopen(desk.workplace, desk.alert().alert_key, "Jo", NOW + 27 * HOUR, "not done")
    assert ("repeat", "comms") in desk.run(NOW + 28 * HOUR)
    assert desk.events()[:5] == ["raised", "worse", "grew", "acknowledged", "reopened"]
    keys = [row.notification_key for row in desk.rows(outbox) if row.kind == "urgent"]
    assert len(set(keys)) == len(keys)
    assert len({row.message_id for row in desk.rows(outbox)}) == len(desk.rows(outbox))


def test_a_group_waits_for_its_posts(workplace: Workplace) -> None:
    desk = Desk(workplace, "telling: {group_wait_minutes: 45}\n")
    steps.sync_claims(NOW)
    desk.spread(NOW)
    assert desk.run(NOW) == []
    desk.spread(NOW, people=9)
    assert desk.run(NOW + HOUR) == NEW
    assert desk.rows(outbox)[0].told[desk.alert().alert_key]["posts"] == 12


def test_what_nobody_takes_on_is_escalated_once(desk: Desk) -> None:
    desk.spread(NOW)
    assert desk.run(NOW) == NEW
    assert desk.run(NOW + 3 * HOUR) == []
    assert desk.run(NOW + 4 * HOUR) == [("escalation", "chief")]
    assert desk.alert().escalated_at == NOW + 4 * HOUR
    assert desk.run(NOW + 6 * HOUR) == []
    assert desk.events() == ["raised", "escalated"]


def test_what_was_acknowledged_is_not_escalated_and_survives_what_a_step_writes(desk: Desk) -> None:
    desk.spread(NOW)
    desk.run(NOW)
    handling.acknowledge(desk.workplace, desk.alert().alert_key, "Jo  Smith", NOW + HOUR, "on it\0\n")
    desk.spread(NOW + 2 * HOUR, people=9)
    assert desk.run(NOW + 5 * HOUR) == []
    row = desk.alert()
    assert (row.state, row.acknowledged_by, row.acknowledged_at, row.posts) == (
        "acknowledged",
        "Jo Smith",
        NOW + HOUR,
        12,
    )
    with pytest.raises(NotPossible, match="acknowledged: it cannot be acknowledged"):
        handling.acknowledge(desk.workplace, row.alert_key, "Jo", NOW + 5 * HOUR)


def test_what_a_person_resolved_stays_resolved_and_what_was_withdrawn_comes_back(desk: Desk) -> None:
    desk.spread(NOW)
    desk.run(NOW)
    with desk.workplace.engine.begin() as connection:
        connection.execute(sa.update(matches).values(decision="counted"))
    desk.run(NOW + HOUR)
    assert (desk.alert().state, desk.alert().resolution) == ("resolved", "withdrawn")
    with desk.workplace.engine.begin() as connection:
        connection.execute(sa.update(matches).values(decision="alert"))
    assert desk.run(NOW + 2 * HOUR) == []
    assert desk.alert().state == "open"
    handling.resolve(desk.workplace, desk.alert().alert_key, "Jo", NOW + 2 * HOUR, "answered")
    desk.spread(NOW + 3 * HOUR, people=9)
    assert desk.run(NOW + 3 * HOUR) == []
    assert (desk.alert().state, desk.alert().resolution) == ("resolved", "person")
    assert desk.events() == ["raised", "resolved", "reopened", "resolved"]


@pytest.mark.parametrize("act", [handling.acknowledge, handling.resolve])
def test_danger_in_other_words_opens_what_somebody_had_dealt_with(desk: Desk, act: Any) -> None:
    desk.name(NOW, "danger_to_life")
    assert desk.run(NOW) == [("new", "comms")]
    act(desk.workplace, desk.alert().alert_key, "Jo", NOW + HOUR, "called")
    assert desk.run(NOW + 2 * HOUR) == []
    assert desk.alert().state != "open"
    desk.name(NOW + 3 * HOUR, "danger_to_life")
    assert desk.run(NOW + 3 * HOUR) == [("grew", "comms")]
    row = desk.alert()
    assert (row.state, row.resolution, row.acknowledged_by, row.posts) == ("open", None, None, 2)
    assert desk.events()[-2:] == ["reopened", "grew"]


def test_what_is_quiet_for_a_week_is_resolved_and_stays_so(desk: Desk) -> None:
    desk.spread(NOW)
    desk.run(NOW)
    desk.run(NOW + 6 * DAY)
    assert desk.alert().state == "open"
    assert desk.run(NOW + 8 * DAY) == []
    assert (desk.alert().state, desk.alert().resolution) == ("resolved", "quiet")
    desk.run(NOW + 9 * DAY)
    assert desk.events() == ["raised", "escalated", "resolved"] or desk.events() == ["raised", "resolved"]


def test_a_silence_holds_back_and_says_so_until_it_ends(desk: Desk) -> None:
    desk.spread(NOW - HOUR)
    desk.run(NOW - HOUR)
    silence = Silence(PRACTICE, "Jo", "we know", NOW, NOW + 30 * HOUR, claim_id="vax-mmr-autism")
    number = handling.add_silence(desk.workplace, silence, NOW)
    assert desk.events() == ["raised", "silenced"]
    desk.spread(NOW, people=20)
    assert desk.run(NOW + HOUR) == []
    ((_, held),) = handling.list_alerts(desk.workplace, NOW + HOUR)
    assert {(one.receiver, one.why, one.until_at) for one in held} == {("Communications", "silenced", NOW + 30 * HOUR)}
    steps.write_digest(NOW + HOUR)
    (digest,) = [row for row in desk.rows(outbox) if row.kind == "digest"]
    assert digest.alert_keys == [], "what is silenced is counted, not listed"
    handling.end_silence(desk.workplace, number, "Jo", NOW + 2 * HOUR)
    assert desk.events().count("unsilenced") == 1
    assert handling.list_silences(desk.workplace, NOW + 2 * HOUR) == []
    assert desk.run(NOW + 2 * HOUR) == [("grew", "comms")]
    with pytest.raises(NotPossible, match=f"no silence {number}"):
        handling.end_silence(desk.workplace, number, "Jo", NOW + 3 * HOUR)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"claim_id": None}, "must name"),
        ({"reason": " \t"}, "needs a reason"),
        ({"owner": ""}, "by name"),
        ({"ends_at": NOW}, "in the future"),
        ({"ends_at": NOW + 400 * DAY}, "366 days"),
        ({"claim_id": "a\0b"}, "plain words"),
        ({"claim_id": None, "kind": "canary"}, "one of misinformation, mention, surge"),
    ],
)
def test_a_silence_that_says_too_little_is_refused(desk: Desk, changes: dict[str, object], problem: str) -> None:
    given = {"claim_id": "x", "owner": "Jo", "reason": "known", "starts_at": NOW, "ends_at": NOW + HOUR, **changes}
    with pytest.raises(NotPossible, match=problem):
        handling.add_silence(desk.workplace, Silence(PRACTICE, **given), NOW)


def test_over_the_cap_the_rest_goes_into_the_next_digest(workplace: Workplace) -> None:
    desk = Desk(workplace, "telling: {daily_mails: 3}\n")
    desk.settings.listening_file.write_text(
        desk.settings.listening_file.read_text().replace("health.example}", "health.example, digest: false}")
    )
    steps.sync_claims(NOW)
    for claim_id in desk.claim_ids()[:8]:
        desk.spread(NOW, claim_id=claim_id)
    desk.name(NOW, urgency="danger_to_life")
    told = desk.run(NOW)
    assert told == [("new", "comms")] * 3, "danger first, then two of the eight"
    assert any("urgent:danger_to_life" in row.alert_keys[0] for row in desk.rows(outbox))
    midnight = datetime(2026, 10, 15, 7, tzinfo=UTC)
    assert ("new", "comms") not in desk.run(midnight), "the cap lasts until the digest, not until midnight"
    morning = datetime(2026, 10, 15, 15, tzinfo=UTC)
    assert [why for why, to in desk.run(morning) if to == "comms"] == []
    assert steps.write_digest(morning)["mails_written"] == 1, "also for who has no digest otherwise"
    (digest,) = [row for row in desk.rows(outbox) if row.kind == "digest"]
    assert digest.receiver.startswith("comms")
    in_mails = {key for row in desk.rows(outbox) for key in row.alert_keys}
    assert {row.alert_key for row in desk.rows(alerts)} == in_mails, "nothing is lost"
    assert desk.run(morning + HOUR) == []


def test_the_evening_waits_for_the_morning_and_danger_does_not(workplace: Workplace) -> None:
    desk = Desk(workplace, "business_hours: {from: '08:00', until: 18:00}\n")
    steps.sync_claims(NOW)
    # Friday 30 October, 20:00 in Los Angeles; clocks go back on Sunday.
    friday, monday = datetime(2026, 10, 31, 3, tzinfo=UTC), datetime(2026, 11, 2, 16, tzinfo=UTC)
    desk.spread(friday)
    desk.name(friday, urgency="threat_to_staff")
    assert desk.run(friday) == NEW
    ((_, held),) = [pair for pair in handling.list_alerts(desk.workplace, friday) if pair[0].kind == "misinformation"]
    assert {(one.why, one.until_at) for one in held} == {("out_of_hours", monday)}
    assert desk.run(monday - HOUR) == [], "the danger's day is over, and nobody is at work"
    assert ("new", "comms") in desk.run(monday)


def test_a_service_is_told_through_the_same_outbox(workplace: Workplace) -> None:
    desk = Desk(workplace, "routes: [{kinds: [misinformation], receivers: [Ring, Communications]}]\n")
    file = desk.settings.listening_file
    file.write_text(
        file.read_text().replace("receivers:\n", "receivers:\n  - {name: Ring, service: AUSCULT_RING}\n", 1)
    )
    steps.sync_claims(NOW)
    desk.spread(NOW)
    assert sorted(desk.run(NOW)) == [("new", "AUSCULT_RING"), ("new", "comms")]
    (ring,) = [row for row in desk.rows(outbox) if row.channel == "service"]
    assert (ring.sender, ring.notification_key.endswith("|new|1|Ring")) == ("", True)


def test_a_run_of_an_earlier_clock_tells_nothing_more(desk: Desk) -> None:
    desk.spread(NOW)
    assert desk.run(NOW + 2 * HOUR) == NEW
    assert desk.run(NOW) == []
    assert desk.run(NOW + 2 * HOUR) == []


def test_mentions_are_counted_once_by_their_worst_tone(desk: Desk) -> None:
    desk.name(NOW, people=4)
    with desk.workplace.engine.begin() as connection:
        for post_id, tones in enumerate((("positive", "negative"), ("neutral", "positive"), ("negative",)), start=1):
            of_post = mentions.c.post_id == post_id
            connection.execute(sa.update(mentions).where(of_post).values(tone=tones[0]))
            for place, tone in enumerate(tones[1:], start=10):
                names = [
                    column.name for column in mentions.c if column.name not in {"mention_id", "tone", "term_start"}
                ]
                copied = sa.select(*(mentions.c[name] for name in names), sa.literal(tone), sa.literal(place))
                copied = copied.where(of_post).limit(1)
                values = {"term_end": 20}
                connection.execute(sa.update(mentions).where(of_post).values(**values))
                connection.execute(sa.insert(mentions).from_select([*names, "tone", "term_start"], copied))
        heard = reports.heard(connection, PRACTICE, NOW - HOUR, NOW, POLICY["mention_sure"])
    assert (heard["mentions"], heard["tones"]) == (4, {"negative": 2, "positive": 1})


def test_an_erased_post_leaves_its_narrative_its_alert_and_the_sent_mail(desk: Desk) -> None:
    desk.spread(NOW)
    desk.run(NOW)
    with desk.workplace.engine.begin() as connection:
        story = {"narrative_id": "n1", "posts": 3, "voices": 3, "updated_at": NOW}
        connection.execute(sa.insert(narratives).values(**story))
        connection.execute(sa.insert(narrative_posts), [{"post_id": 1, "narrative_id": "n1"}])
        connection.execute(sa.update(outbox).values(state="sent"))
        erase(desk.workplace, connection, [("reddit", "t3_00001")], "gone", NOW)
    assert desk.rows(narrative_posts) == []
    assert [bytes(row.message) for row in desk.rows(outbox)] == [b""]
    assert steps.run_checks(NOW)["erased_posts_leave_nothing"] == 0
