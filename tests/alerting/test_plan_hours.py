"""Business hours and digest hours in several time zones, and on the days on which clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pipeline.alerting.hours import is_open, last_close_at, next_digest_at, next_open_at
from pipeline.receivers import BusinessHours
from tests.alerting.clock import COMMS, DAY, HOUR, NOW, Clock, an_alert, danger

WORK = {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "until": "18:00"}


def test_out_of_hours_waits_for_the_morning_and_danger_does_not() -> None:
    clock = Clock(business_hours=WORK)
    friday = datetime(2026, 10, 17, 2, tzinfo=UTC)
    assert friday.astimezone(ZoneInfo("America/Los_Angeles")).strftime("%a %H:%M") == "Fri 19:00"
    clock.put(an_alert(at=friday), danger(friday))
    assert clock.run(friday) == [("new", COMMS)]
    monday = datetime(2026, 10, 19, 15, tzinfo=UTC)
    assert clock.held(friday)["out_of_hours"] == monday
    for hour in range(1, 61):
        assert ("new", COMMS) not in clock.run(friday + hour * HOUR), hour
    assert clock.held(monday - HOUR)["out_of_hours"] == monday
    # Its bucket is 63 hours old, but nobody was at work: it is told.
    assert ("new", COMMS) in clock.run(monday)


@pytest.mark.parametrize(
    ("zone", "evening", "opens"),
    [
        # Clocks go forward on Sunday 8 March 2026 there, and back on 1 November; in Berlin on 29 March and 25 October.
        ("America/Los_Angeles", datetime(2026, 3, 7, 3, tzinfo=UTC), datetime(2026, 3, 9, 15, tzinfo=UTC)),
        ("America/Los_Angeles", datetime(2026, 10, 31, 2, tzinfo=UTC), datetime(2026, 11, 2, 16, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 3, 27, 18, tzinfo=UTC), datetime(2026, 3, 30, 6, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 23, 18, tzinfo=UTC), datetime(2026, 10, 26, 7, tzinfo=UTC)),
    ],
)
def test_the_morning_is_eight_on_the_wall_whatever_the_clocks_did(
    zone: str, evening: datetime, opens: datetime
) -> None:
    clock = Clock(business_hours=WORK, time_zone=zone)
    clock.put(an_alert(at=evening))
    assert clock.run(evening) == []
    assert clock.held(evening)["out_of_hours"] == opens
    assert opens.astimezone(ZoneInfo(zone)).strftime("%a %H:%M") == "Mon 08:00"
    assert clock.run(opens - timedelta(minutes=1)) == []
    assert clock.run(opens) == [("new", COMMS)]


def test_one_moment_is_work_here_and_night_there() -> None:
    told = {}
    for zone in ("America/Los_Angeles", "Europe/Berlin", "Asia/Kathmandu"):
        clock = Clock(business_hours=WORK, time_zone=zone)
        clock.put(an_alert())
        told[zone] = clock.run(NOW)
    assert told == {"America/Los_Angeles": [("new", COMMS)], "Europe/Berlin": [("new", COMMS)], "Asia/Kathmandu": []}


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25)])
def test_the_cap_lasts_from_digest_to_digest_on_short_and_long_days(day: str, hours: int) -> None:
    zone = ZoneInfo("America/Los_Angeles")
    written_at = (datetime.fromisoformat(f"{day}T08:00").replace(tzinfo=zone) - DAY).astimezone(UTC)
    clock = Clock(telling={"daily_mails": 1})
    clock.digest_at = written_at
    clock.put(an_alert("a", at=written_at), an_alert("b", at=written_at))
    assert clock.run(written_at + HOUR) == [("new", COMMS)]
    assert clock.held(written_at + HOUR)["cap"] == written_at + hours * HOUR


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe"])
@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01", "2026-03-29", "2026-10-25", "2026-04-05", "2026-10-04"])
def test_hours_agree_with_the_wall_clock_every_quarter_of_an_hour(zone: str, day: str) -> None:
    hours, place = (
        BusinessHours.model_validate({"days": ["sun", "mon"], "from": "01:30", "until": "24:00"}),
        ZoneInfo(zone),
    )
    start = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=place).astimezone(UTC) - DAY
    for quarter in range(4 * 72):
        moment = start + quarter * timedelta(minutes=15)
        local = moment.astimezone(place)
        at_work = local.weekday() in (6, 0) and (local.hour, local.minute) >= (1, 30)
        assert is_open(hours, place, moment) == at_work
        opens, closed = next_open_at(hours, place, moment), last_close_at(hours, place, moment)
        assert closed <= moment <= opens
        assert is_open(hours, place, opens)
        assert not is_open(hours, place, closed)
        assert is_open(hours, place, closed - timedelta(minutes=1))


def test_the_next_digest_is_now_where_todays_is_due() -> None:
    zone = ZoneInfo("America/Los_Angeles")
    assert next_digest_at(8, zone, NOW + HOUR, None) == NOW + HOUR
    assert next_digest_at(8, zone, NOW + HOUR, NOW - DAY) == NOW + HOUR
    assert next_digest_at(8, zone, NOW + HOUR, NOW) == NOW + DAY
    assert next_digest_at(8, zone, NOW - HOUR, NOW - DAY) == NOW


def test_what_only_a_digest_told_is_not_called_a_repeat() -> None:
    clock = Clock(business_hours=WORK)
    friday, monday = datetime(2026, 10, 17, 2, tzinfo=UTC), datetime(2026, 10, 19, 15, tzinfo=UTC)
    clock.put(an_alert(at=friday))
    assert clock.run(friday) == []
    clock.digest(friday + 13 * HOUR)
    assert ("new", COMMS) in clock.run(monday)
