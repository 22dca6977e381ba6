"""What rises, falls and surges: on simulated streams, with gaps of several kinds, and an hour at a time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.alerting.baselines import DAY
from pipeline.alerting.trends import COVERAGE_COLUMNS, FRAME_COLUMNS, Trend, baseline_start, find_trends
from pipeline.config import POLICY
from pipeline.evaluation.surges import KINDS, false_surges, judge_hour, simulate

NOW = datetime(2026, 10, 14, 9, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
BASE = int(POLICY["surge_hours"] + POLICY["surge_days"] * DAY)
SPAN = BASE + int(POLICY["surge_lasts_days"]) * DAY
NOBODY = pd.DataFrame(columns=list(FRAME_COLUMNS))


def hours_before(now: datetime, count: int = SPAN) -> list[datetime]:
    newest = now.replace(minute=0)
    return [newest - back * HOUR for back in reversed(range(count))]


def heard(now: datetime, *sources: str, count: int = SPAN) -> pd.DataFrame:
    rows = [(source, hour, True, False) for source in sources for hour in hours_before(now, count)]
    return pd.DataFrame(rows, columns=list(COVERAGE_COLUMNS))


def unheard(coverage: pd.DataFrame, source: str, start: datetime, end: datetime) -> pd.DataFrame:
    out = (coverage["source"] == source) & (coverage["hour_at"] >= start) & (coverage["hour_at"] < end)
    return coverage.assign(heard=coverage["heard"] & ~out)


def told(
    subject: str, at: list[datetime], source: str = "x", *, kind: str = "claim", voice: str | None = ""
) -> pd.DataFrame:
    """One post at each moment, by an author of its own unless `voice` names one."""
    rows = [
        (kind, subject, "", source, source, moment.replace(minute=0, second=0), voice or f"{subject}{place}", 1)
        for place, moment in enumerate(at)
    ]
    return pd.DataFrame(rows, columns=list(FRAME_COLUMNS))


def steady(now: datetime, a_day: float, seed: int = 0, count: int = SPAN) -> list[datetime]:
    """Moments of a plain stream up to `now`."""
    chance = np.random.default_rng(seed)
    return [hour for hour in hours_before(now, count) for _ in range(chance.poisson(a_day / DAY))]


def burst(end: datetime, posts: int, hours: int = 12) -> list[datetime]:
    return [end - (place % hours) * HOUR for place in range(posts)]


def one(frame: pd.DataFrame, coverage: pd.DataFrame, now: datetime = NOW, subject: str = "a") -> Trend:
    (trend,) = [trend for trend in find_trends(frame, coverage, POLICY, now) if trend.subject == subject]
    return trend


def joined(*frames: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True)


@pytest.mark.parametrize(("a_day", "posts"), [(0.0, 10), (2 / 7, 12), (1.0, 16), (4.0, 28), (15.0, 50)])
def test_a_planted_surge_is_found_with_its_size_and_platforms(a_day: float, posts: int) -> None:
    found = 0
    for seed in range(20):
        frame = joined(told("a", steady(NOW, a_day, seed)), told("a", burst(NOW, posts), "reddit"))
        trend = one(frame, heard(NOW, "x", "reddit"))
        found += trend.surge
        assert trend.posts >= posts
        assert "reddit" in trend.platforms
        assert not trend.surge or (trend.direction == "rising" and trend.chance < POLICY["surge_chance"])
    assert found >= 19


def test_two_hundred_quiet_subjects_surge_less_than_once_a_week() -> None:
    weeks, hours = 2, BASE + 2 * 7 * DAY
    counts = [simulate(kind, rate, 25, hours, 1) for kind in KINDS for rate in (2 / 7, 1.0)]
    assert sum(map(len, counts)) == 200
    assert false_surges(np.concatenate(counts)).sum() < weeks


def test_busy_restless_subjects_surge_seldom() -> None:
    assert false_surges(simulate("restless", 15.0, 50, BASE + 2 * 7 * DAY, 9)).sum() <= 2


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_simulated_has_the_rate_that_was_asked_for(kind: str) -> None:
    counts = simulate(kind, 4.0, 60, BASE, 2)
    assert counts.sum(axis=(1, 2)).mean() / (BASE / DAY) == pytest.approx(4.0, rel=0.1)
    expected = judge_hour(counts, BASE - 1).expected.mean()
    assert expected == pytest.approx(counts[:, :, -DAY:].sum(axis=(1, 2)).mean(), rel=0.25)


def lasting(start: datetime, hours: int, a_hour: int = 2) -> list[datetime]:
    return [start + place * HOUR for place in range(hours) for _ in range(a_hour)]


def run_hourly(moments: list[datetime], start: datetime, hours: int, step: int = 1) -> Iterator[tuple[datetime, Trend]]:
    for place in range(0, hours, step):
        now = start + place * HOUR
        seen = [moment for moment in moments if moment <= now]
        yield now, one(told("a", seen), heard(now, "x"), now)


def test_a_surge_over_midnight_has_one_beginning() -> None:
    onset = datetime(2026, 10, 13, 20, tzinfo=UTC)
    moments = [*steady(onset, 1.0, 3), *lasting(onset, 30)]
    runs = [(now, trend) for now, trend in run_hourly(moments, onset, 60, 2) if trend.surge]
    assert {trend.began_at for _, trend in runs} == {runs[0][0]}
    assert runs[0][1].began_at is not None
    assert runs[0][1].began_at.date() < runs[-1][0].date()
    assert len(runs) > 20, "it lasts until its posts have left the window"


def test_what_surges_for_a_week_is_the_new_normal() -> None:
    onset = datetime(2026, 10, 1, 3, tzinfo=UTC)
    moments = [*steady(onset, 1.0, 3), *lasting(onset, 24 * 14, 1)]
    began = {trend.began_at for _, trend in run_hourly(moments, onset + 20 * HOUR, 24 * 9, 11) if trend.surge}
    assert len(began) == 1
    assert not one(told("a", moments), heard(onset + 13 * DAY * HOUR, "x"), onset + 13 * DAY * HOUR).surge


def test_a_gap_is_not_a_drop() -> None:
    busy = steady(NOW, 30.0)
    start = NOW.replace(minute=0) - 20 * HOUR
    silent = [moment for moment in busy if moment < start]
    coverage = heard(NOW, "x")
    assert one(told("a", silent), coverage).direction == "falling"
    assert one(told("a", silent), unheard(coverage, "x", start, NOW + HOUR)).direction == "steady"


def test_an_outage_in_the_past_does_not_make_today_a_surge() -> None:
    busy, start = steady(NOW, 12.0), NOW.replace(minute=0) - 16 * DAY * HOUR
    end = start + 12 * DAY * HOUR
    lost = [moment for moment in busy if not start <= moment < end]
    coverage = heard(NOW, "x")
    assert not one(told("a", lost), unheard(coverage, "x", start, end)).surge
    expected = one(told("a", lost), unheard(coverage, "x", start, end)).expected
    assert expected == pytest.approx(12, rel=0.35)
    assert one(told("a", lost), coverage).expected < 0.7 * expected, "taken for heard, the outage would be a quiet time"


def test_a_surge_shows_on_one_source_while_another_is_down() -> None:
    frame = joined(told("a", steady(NOW, 3.0), "x"), told("a", burst(NOW, 30), "reddit"))
    coverage = unheard(heard(NOW, "x", "reddit"), "x", NOW - 30 * HOUR, NOW + HOUR)
    assert one(frame, coverage).surge


def test_what_an_outage_held_back_counts_when_it_was_written() -> None:
    onset = NOW.replace(minute=0) - 60 * HOUR
    moments = [*steady(NOW, 1.0), *lasting(onset, 12, 3)]
    later = one(told("a", moments), heard(NOW, "x"))
    assert not later.surge, "it was a surge two days ago, and is none today"
    then = onset + 12 * HOUR
    assert one(told("a", [moment for moment in moments if moment <= then]), heard(then, "x"), then).surge


def test_a_source_that_is_never_read_whole_is_compared_with_itself() -> None:
    coverage = heard(NOW, "x").assign(heard=False, partly=True)
    busy = steady(NOW, 30.0)
    assert one(told("a", [*busy, *burst(NOW, 90)]), coverage).surge
    assert not one(told("a", busy), coverage).surge
    silent = one(told("a", [moment for moment in busy if moment < NOW - 25 * HOUR]), coverage)
    assert (silent.direction, any(silent.covered)) == ("steady", False), "what is missing may have been said"
    mended = coverage.assign(heard=coverage["hour_at"] > NOW - 20 * HOUR, partly=coverage["hour_at"] <= NOW - 20 * HOUR)
    assert not one(told("a", [*busy, *burst(NOW, 90)]), mended).surge, "read whole, it must sound louder than before"


@pytest.mark.parametrize("days", [0, 3])
def test_a_source_that_was_just_added_makes_no_surge(days: int) -> None:
    frame = joined(told("a", steady(NOW, 2.0), "x"), told("a", steady(NOW, 40.0, count=days * DAY + 15), "reddit"))
    coverage = joined(heard(NOW, "x"), heard(NOW, "reddit", count=days * DAY + 15))
    trend = one(frame, coverage)
    assert not trend.surge
    assert trend.posts >= 5
    assert one(frame, heard(NOW, "x", "reddit")).surge, "had it been heard all along, it would be one"


def test_an_earlier_surge_does_not_hide_the_next() -> None:
    past = lasting(NOW.replace(minute=0) - 10 * DAY * HOUR, 30, 2)
    quiet = one(told("a", [*steady(NOW, 1.0), *burst(NOW, 22)]), heard(NOW, "x"))
    again = one(told("a", [*steady(NOW, 1.0), *past, *burst(NOW, 22)]), heard(NOW, "x"))
    assert quiet.surge
    assert again.surge
    assert again.expected < 2 * quiet.expected


def test_one_voice_is_no_surge_however_loud() -> None:
    frame = joined(told("a", steady(NOW, 1.0)), told("a", burst(NOW, 400), voice="loud"))
    trend = one(frame, heard(NOW, "x"))
    assert trend.posts >= 400
    assert not trend.surge


def test_a_new_story_is_compared_with_how_stories_begin_here() -> None:
    old = [told(f"s{number}", burst(NOW - (100 + 30 * number) * HOUR, 12, 20), kind="narrative") for number in range(9)]
    big, small = (told("a", burst(NOW, posts), kind="narrative") for posts in (60, 12))
    coverage = heard(NOW, "x")
    assert one(joined(*old, big), coverage).surge
    assert not one(joined(*old, small), coverage).surge
    assert one(told("a", burst(NOW, 20), kind="narrative"), coverage).surge, "where stories are rare, it is one"


def test_days_that_were_not_heard_are_gaps_and_no_zeros() -> None:
    day = NOW.replace(hour=0, minute=0)
    coverage = unheard(heard(NOW, "x", "reddit"), "x", day - 50 * HOUR, day - 49 * HOUR)
    coverage = unheard(coverage, "reddit", day - 30 * HOUR, day)
    trend = one(told("a", [NOW, NOW, day - 26 * HOUR]), coverage)
    assert (trend.days[-1], trend.counts[-1], trend.counts[-3]) == (NOW.date(), 2, 1)
    assert [day for day, covered in zip(trend.days, trend.covered, strict=True) if not covered] == [
        (day - 50 * HOUR).date()
    ], "only a source that brings the subject's posts matters"


def test_without_a_week_of_past_nothing_surges() -> None:
    coverage = heard(NOW, "x", count=6 * DAY)
    trend = one(told("a", burst(NOW, 50)), coverage)
    assert (trend.surge, trend.direction, trend.chance) == (False, "steady", 1.0)


def test_no_posts_no_trends() -> None:
    assert find_trends(NOBODY, heard(NOW, "x"), POLICY, NOW) == []
    assert baseline_start(POLICY, NOW) == hours_before(NOW)[0]
    with pytest.raises(ValueError, match="frame lacks author_hash"):
        find_trends(NOBODY.drop(columns="author_hash"), heard(NOW, "x"), POLICY, NOW)


@settings(max_examples=5)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_says_nothing(chance: object) -> None:
    frame = joined(
        told("a", [*steady(NOW, 1.0), *burst(NOW, 20)]),
        told("b", steady(NOW, 3.0, 1), "reddit"),
        told("c", burst(NOW, 9), kind="narrative"),
    )
    coverage = heard(NOW, "x", "reddit")
    places = list(range(len(frame)))
    chance.shuffle(places)  # type: ignore[attr-defined]
    assert find_trends(frame.iloc[places], coverage.iloc[::-1], POLICY, NOW) == find_trends(
        frame, coverage, POLICY, NOW
    )
