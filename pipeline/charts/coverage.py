"""The coverage strip: a row a source, a cell a day, and which days and weeks were heard at all."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta

import pandas as pd

from pipeline.charts.chart import Chart, Period
from pipeline.charts.palette import HEARD, UNHEARD
from pipeline.charts.sheet import LINE, NARROW, SMALL, WIDE, Mark, Sheet, legend_height
from pipeline.charts.words import count, fit, short_day

FULL, PART, SILENT, OFF = "in full", "in part", "not heard", "off"
# Days of which nothing is on record any more.
UNKNOWN = "not on record"
MARKS = {
    FULL: Mark("read in full", HEARD),
    PART: Mark("read in part", HEARD, "////"),
    SILENT: Mark("not heard", UNHEARD, "xxxx"),
    OFF: Mark("off, or not set up yet", UNHEARD, ""),
}
_CELL, _TICKS = 20, 24

States = dict[str, dict[date, str]]


def day_states(hours: pd.DataFrame, days: Sequence[date]) -> States:
    """How each source was heard on each of the days, of rows (source, hour_at, state) as mart_coverage has them.

    A day before the first hour of a source counts as off.
    """
    states: States = {}
    dated = hours.assign(day=pd.to_datetime(hours["hour_at"], utc=True).dt.date)
    for source, of_source in dated.groupby("source", sort=True):
        by_day = of_source.groupby("day")["state"].agg(set)
        states[str(source)] = {day: _of_day(by_day.get(day, set())) for day in days}
    return states


def heard_on(states: States, days: Iterable[date], platforms: Collection[str] = ()) -> str:
    """How these days were heard by the sources of these platforms, or by all where none of them is on.

    A source that is off does not count; `off` where none is on.
    """
    wanted = [day for day in days if any(day in of_source for of_source in states.values())]
    if not wanted:
        return UNKNOWN
    of_platforms = {name: of_day for name, of_day in states.items() if name in platforms}
    for chosen in (of_platforms, states):
        found = {of_day[day] for of_day in chosen.values() for day in wanted} - {OFF}
        if found:
            return found.pop() if len(found) == 1 else PART
    return OFF


def week_states(states: States, weeks: Sequence[date], last: date, read_weeks: Collection[date]) -> dict[date, str]:
    """How each week was heard, up to `last`.

    What is too old for the record of hours is silent where `read_weeks`, those with any complete read, has it not.
    """
    found = {}
    for week in weeks:
        days = [week + timedelta(days=number) for number in range(7) if week + timedelta(days=number) <= last]
        heard = heard_on(states, days)
        found[week] = SILENT if heard == OFF or (heard == UNKNOWN and week not in read_weeks) else heard
    return found


def draw_coverage(states: States, period: Period) -> Chart:
    """The strip of all sources; the keys of `states` are what they are called."""
    rows = tuple((source, *(str(_days(of_day, state)) for state in MARKS)) for source, of_day in states.items())
    caption = f"One row a source, one cell a day, {period.days_words}; n = {count(len(states), 'source')}."
    if not states:
        caption = f"No source was read from {period.days_words}: nothing was heard, and silence means nothing."
    wide, narrow = (_draw(states, period, width) if states else "" for width in (WIDE, NARROW))
    columns = ("source", *(f"days {state}" for state in MARKS))
    return Chart("coverage", "What was listened to, day by day", caption, wide, narrow, columns, rows)


def tick_days(days: Sequence[date]) -> list[tuple[int, date]]:
    """The Mondays among the days, with their places: what is written below."""
    return [(place, day) for place, day in enumerate(days) if day.weekday() == 0]


def _of_day(states: set[str]) -> str:
    measured = states - {"not configured"}
    if not measured:
        return OFF
    if states == {"ok"}:
        return FULL
    return PART if {"ok", "partial"} & states else SILENT


def _days(of_day: dict[date, str], state: str) -> int:
    return sum(said == state for said in of_day.values())


def _draw(states: States, period: Period, width: int) -> str:
    days, marks = period.days, list(MARKS.values())
    row = LINE + _CELL + 10
    sheet = Sheet(width, legend_height(width, marks) + len(states) * row + _TICKS)
    top = sheet.legend(0, marks)
    slot = width / len(days)
    for source, of_day in states.items():
        sheet.write(0, top, fit(source, 40)[0], bold=True)
        for place, day in enumerate(days):
            sheet.swatch(place * slot + 1, top + LINE + 2, slot - 2, _CELL, MARKS[of_day[day]])
        top += row
    for place, day in tick_days(days):
        if place * slot + 40 <= width:
            sheet.write(place * slot + 1, top - 2, short_day(day), size=SMALL)
    told = "; ".join(
        f"{fit(source, 40)[0]}: " + ", ".join(f"{_days(of_day, state)} days {state}" for state in MARKS)
        for source, of_day in states.items()
    )
    return sheet.svg(f"coverage-{width}", "Coverage strip: how each source was read on each day", told)
