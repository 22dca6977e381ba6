"""Which claims, mentions and narratives rise, fall or surge against their own past. Pure."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.alerting.baselines import DAY, LOUDEST, PRIOR_POSTS, Flags, Floats, Judged, Places, Streams, judge_window
from pipeline.config import Policy

FRAME_COLUMNS = ("kind", "subject", "apart", "platform", "source", "hour_at", "author_hash", "posts")
COVERAGE_COLUMNS = ("source", "hour_at", "heard", "partly")
SHOWN_DAYS = 14
# Posts a day that a narrative is born with, where there is no other to compare it with, and for how many that stands.
NEWBORN_POSTS, NEWBORN_NARRATIVES = 1.0, 3.0
# Tests that must fail between two surges of one subject: what pauses for a day and goes on is one surge.
PAUSE_HOURS = 24

TrendKind = Literal["claim", "narrative", "mention"]
Direction = Literal["rising", "falling", "steady"]
_KEY = ["kind", "subject", "apart"]


@dataclass(frozen=True)
class Trend:
    """One subject over the last days.

    `posts`, `voices` (distinct authors; all unknown ones are one) and `platforms` are those of the last `surge_hours`;
    `expected` is what the baseline says of them and `chance` how likely it makes so many or more. `counts` are posts
    of each of the UTC `days`, newest last; where `covered` is False the day was not fully heard on the sources that
    brought the subject's posts: a gap, not a zero. `began_at` is the hour in which a surge began.
    """

    kind: TrendKind
    subject: str
    apart: str
    platforms: tuple[str, ...]
    posts: int
    expected: float
    chance: float
    voices: int
    days: tuple[date, ...]
    counts: tuple[int, ...]
    covered: tuple[bool, ...]
    direction: Direction
    surge: bool
    began_at: datetime | None

    @property
    def key(self) -> tuple[str, str, str]:
        """Kind, subject and the platform whose posts are kept apart ("" for others)."""
        return self.kind, self.subject, self.apart


def baseline_start(policy: Policy, now: datetime) -> datetime:
    """The first hour that `find_trends` looks at."""
    return _hour(now) - timedelta(hours=_span(policy) - 1)


def find_trends(frame: pd.DataFrame, coverage: pd.DataFrame, policy: Policy, now: datetime) -> list[Trend]:
    """The trends of every subject in `frame`, surges first, then the least likely; rows may be in any order.

    `frame` has FRAME_COLUMNS: posts of a subject by platform, source, hour (UTC, when they were written) and author
    (None: unknown) since `baseline_start`; an author counts once an hour in what is judged. `coverage` has
    COVERAGE_COLUMNS: whether an hour was heard, or `partly` (by some queries, or up to a gap); one that is not in it
    was not. A source that is only ever read in part is compared with itself: it may rise and surge, but never fall.
    Every hour of a surge gives the same `began_at` while its posts and the coverage stay the same; what surges for
    nearly `surge_lasts_days` is no surge any more. Raises ValueError where a column is missing.
    """
    for name, given, columns in (("frame", frame, FRAME_COLUMNS), ("coverage", coverage, COVERAGE_COLUMNS)):
        if missing := [column for column in columns if column not in given.columns]:
            raise ValueError(f"{name} lacks {', '.join(missing)}")
    start = baseline_start(policy, now)
    frame, coverage = (given.assign(hour_at=pd.to_datetime(given["hour_at"], utc=True)) for given in (frame, coverage))
    frame = frame[(frame["hour_at"] >= start) & (frame["hour_at"] <= _hour(now))]
    if frame.empty:
        return []
    table = _Table(frame, coverage, start, policy)
    ended = _judge(table, np.arange(len(table.keys)), table.last, policy)
    surging = np.flatnonzero(ended.surges)
    began = _began(table, surging, policy) if len(surging) else {}
    trends = [_trend(table, ended, number, began.get(number), policy) for number in range(len(table.keys))]
    return sorted(trends, key=lambda trend: (not trend.surge, trend.chance, *trend.key))


class _Table:
    """The frame as arrays: subjects by sources by hours."""

    def __init__(self, frame: pd.DataFrame, coverage: pd.DataFrame, start: datetime, policy: Policy) -> None:
        self.start, self.hours = start, _span(policy)
        self.last = self.hours - 1
        place = ((frame["hour_at"] - start) / pd.Timedelta(hours=1)).astype(int)
        groups = frame.groupby(_KEY, sort=True)
        self.keys: list[tuple[str, str, str]] = [_key(key) for key in groups.groups]
        self.frame = frame.assign(place=place, number=groups.ngroup())
        self._rows = self.frame.groupby("number").indices
        self._number, self._place = (self.frame[name].to_numpy(np.int64) for name in ("number", "place"))
        self._author = pd.factorize(self.frame["author_hash"])[0]
        sources = sorted(set(frame["source"]))
        column = {name: number for number, name in enumerate(sources)}
        # One voice that repeats itself all hour long is no crowd.
        told = self.frame.assign(
            row=frame["source"].map(column), told=frame["posts"].where(frame["author_hash"].isna(), 1)
        )
        counts = np.zeros((len(self.keys), len(sources), self.hours))
        np.add.at(counts, (told["number"], told["row"], told["place"]), told["told"].to_numpy(float))
        whole, partly = (_flags(coverage[coverage[name].astype(bool)], column, self) for name in ("heard", "partly"))
        newest = slice(self.hours - int(policy["surge_hours"]), None)
        seldom = whole.sum(axis=1) < policy["surge_heard_days"] * DAY
        in_part = seldom & (partly[:, newest].mean(axis=1) > 0.5)
        self.brings = counts.sum(axis=2) > 0
        first = self.frame.groupby("number")["place"].min().to_numpy()
        self.is_story = is_story = np.array([kind == "narrative" for kind, *_ in self.keys])
        self.streams = Streams(
            counts=counts,
            heard=whole | (partly & in_part[:, None]),
            whole=whole,
            hours=np.arange(self.hours) + int(start.timestamp() // 3600),
            # A story has no past before its first post; of a claim, silence is a past.
            begins=np.where(is_story, first, 0),
            prior_posts=np.where(is_story, _newborn(counts, first, is_story), PRIOR_POSTS),
            pooled=np.minimum(counts, LOUDEST).sum(axis=0),
        )

    def rows_of(self, number: int) -> pd.DataFrame:
        """The rows of one subject."""
        return self.frame.iloc[self._rows[number]]

    def voices_until(self, end: int, policy: Policy) -> Places:
        """Distinct authors of each subject in the window that ends at a place; all unknown ones are one."""
        inside = (self._place > end - int(policy["surge_hours"])) & (self._place <= end)
        pairs = np.unique(np.stack([self._number[inside], self._author[inside]]), axis=1)
        return np.bincount(pairs[0], minlength=len(self.keys))


@dataclass(frozen=True)
class _Ended:
    """What is said of the window that ends at a place, and of the voices in it."""

    judged: Judged
    voices: Places
    surges: Flags


def _judge(table: "_Table", subjects: Places, end: int, policy: Policy) -> _Ended:
    streams = table.streams.of(subjects)
    judged, voices = judge_window(streams, end, policy), table.voices_until(end, policy)[subjects]
    # It is tested once in its life, and not each day of the year.
    young = table.is_story[subjects] & (streams.begins > end - int(policy["surge_hours"] + policy["surge_days"] * DAY))
    chance = np.where(young, policy["story_chance"], policy["surge_chance"])
    many = (judged.observed >= policy["surge_posts"]) & (voices >= policy["surge_voices"])
    return _Ended(judged, voices, many & judged.known & (judged.many < chance))


def _began(table: _Table, surging: Places, policy: Policy) -> dict[int, datetime | None]:
    """For each surging subject the hour in which its surge began; None where that is too long ago."""
    began, reach = np.full(len(surging), table.last), int(policy["surge_lasts_days"]) * DAY
    for end in range(table.last - 1, table.last - reach - 1, -1):
        # A pause of more than a day ends the search: what is before it was another surge.
        if (began - end > PAUSE_HOURS).all():
            break
        surges = _judge(table, surging, end, policy).surges
        began = np.where(surges & (began - end <= PAUSE_HOURS), end, began)
    seen_whole = began > table.last - reach + PAUSE_HOURS
    return {
        int(number): table.start + timedelta(hours=int(place)) if whole else None
        for number, place, whole in zip(surging, began, seen_whole, strict=True)
    }


def _trend(table: _Table, ended: _Ended, number: int, began_at: datetime | None, policy: Policy) -> Trend:
    kind, subject, apart = table.keys[number]
    judged, rows = ended.judged, table.rows_of(number)
    window = rows[rows["place"] > table.last - int(policy["surge_hours"])]
    days, counts, covered = _by_day(table, number, rows)
    many, few = float(judged.many[number]), float(judged.few[number])
    expected = float(judged.expected[number])
    direction: Direction = "steady"
    if many < policy["trend_chance"]:
        direction = "rising"
    elif few < policy["trend_chance"]:
        direction = "falling"
    return Trend(
        kind=kind,  # type: ignore[arg-type]
        subject=subject,
        apart=apart,
        platforms=tuple(sorted(set(window["platform"]))),
        posts=int(window["posts"].sum()),
        expected=expected,
        chance=many,
        voices=int(ended.voices[number]),
        days=days,
        counts=counts,
        covered=covered,
        direction=direction,
        surge=began_at is not None,
        began_at=began_at,
    )


def _by_day(
    table: _Table, number: int, rows: pd.DataFrame
) -> tuple[tuple[date, ...], tuple[int, ...], tuple[bool, ...]]:
    newest = (table.start + timedelta(hours=table.last)).astimezone(UTC).date()
    days = tuple(newest - timedelta(days=back) for back in reversed(range(SHOWN_DAYS)))
    told = rows.groupby(rows["hour_at"].dt.date)["posts"].sum()
    heard = table.streams.whole[table.brings[number]].all(axis=0)
    of_hour = (table.streams.hours * 3600).astype("datetime64[s]").astype("datetime64[D]").astype(object)
    covered = {day: bool(heard[of_hour == day].all()) for day in days}
    return days, tuple(int(told.get(day, 0)) for day in days), tuple(covered[day] for day in days)


def _flags(hours: pd.DataFrame, column: dict[str, int], table: _Table) -> Flags:
    """Which (source, hour) are among some hours of the coverage."""
    flags = np.zeros((len(column), table.hours), dtype=bool)
    place = ((hours["hour_at"] - table.start) / pd.Timedelta(hours=1)).to_numpy(np.int64)
    row = hours["source"].map(column)
    inside = (place >= 0) & (place < table.hours) & row.notna().to_numpy()
    flags[row[inside].to_numpy(np.int64), place[inside]] = True
    return flags


def _newborn(counts: Floats, first: Places, is_story: Flags) -> float:
    """The posts of a story's first day, over the stories whose first day is past."""
    total, hours = counts.sum(axis=1), counts.shape[2]
    past = [number for number in np.flatnonzero(is_story) if first[number] + 2 * DAY <= hours]
    posts = sum(float(total[number, first[number] : first[number] + DAY].sum()) for number in past)
    return (NEWBORN_POSTS * NEWBORN_NARRATIVES + posts) / (NEWBORN_NARRATIVES + len(past))


def _span(policy: Policy) -> int:
    return int(policy["surge_hours"]) + int(policy["surge_days"] + policy["surge_lasts_days"]) * DAY


def _hour(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _key(key: Hashable) -> tuple[str, str, str]:
    kind, subject, apart = map(str, key)  # type: ignore[call-overload]
    return kind, subject, apart
