"""Claims by week with their reach: one small picture a claim, all on the same scales."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pipeline.charts.bars import MOST_LABELLED, amount_words, name_places, shade, whole_top
from pipeline.charts.chart import Chart, Period, posts_words
from pipeline.charts.coverage import PART, SILENT, UNKNOWN
from pipeline.charts.palette import OTHER, REACH, REFUTED, SPREAD, UNHEARD
from pipeline.charts.sheet import INK, LINE, NARROW, SMALL, WIDE, Mark, Sheet, legend_height
from pipeline.charts.words import count, fit, hidden_words, number, plain_day, rated_claim

MOST_CLAIMS = 4
STACK = {
    "promoting_posts": Mark("posts that spread it", SPREAD),
    "debunking_posts": Mark("posts that refute it", REFUTED),
    "other_posts": Mark("posts that ask or say something else", OTHER),
}
_REACTIONS = Mark("reactions", REACH)
GAPS = {
    PART: Mark("week read in part: there may be more", UNHEARD, "////"),
    SILENT: Mark("week not heard", UNHEARD, "xxxx"),
}
_PLOT, _TICKS, _BETWEEN = 84, 20, 16
# How high, of the panel, the hatched part is that stands for what was not heard: nobody knows its true height.
_CAP = 0.1


def claim_weeks(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of mart_claims_weekly with platforms added up where they may be, as `subject` and `week_on` index them.

    Columns: claim_id, title, kept_apart ("" for those that are added up), the three of STACK, reactions, views (NaN
    where no platform shows any), and hidden, how many cells stand for too few people to be shown. The subject that is
    spread most comes first.
    """
    counted = rows.assign(
        kept_apart=rows["kept_apart"].fillna(""),
        subject=rows["claim_id"] + "|" + rows["kept_apart"].fillna(""),
        title=[_title(row) for row in rows.itertuples()],
        other_posts=rows["questioning_posts"].fillna(0) + rows["neutral_posts"].fillna(0),
        hidden=rows["posts"].isna(),
    )
    sums = {name: (name, "sum") for name in (*STACK, "reactions", "hidden")}
    table = counted.groupby(["subject", "week_on"]).agg(
        **{name: (name, "last") for name in ("claim_id", "title", "kept_apart")},
        **sums,
        views=("views", lambda views: views.sum(min_count=1)),
    )
    order = table.groupby("subject")[list(STACK)].sum().sort_values(list(STACK), ascending=False, kind="stable").index
    return table.loc[order]


def draw_claims(table: pd.DataFrame, heard: Mapping[date, str], period: Period) -> Chart:
    """The claims of `claim_weeks` that are spread most; `heard` says how each week was listened to."""
    subjects = list(dict.fromkeys(table.index.get_level_values("subject")))
    shown, posts = subjects[:MOST_CLAIMS], posts_words(table[list(STACK)].sum(axis=1), table["kept_apart"])
    caption = f"Posts and their reactions a week (Monday to Sunday), {period.words}; n = {posts}"
    caption += f" about {count(table['claim_id'].nunique(), 'claim')}"
    caption += f"; drawn are the {len(shown)} that spread most." if len(subjects) > len(shown) else "."
    if not subjects:
        caption = f"No post about a claim of ours was heard, {period.words}."
    caption += _limits(table, heard)
    wide, narrow = (_draw(table, shown, heard, width) if shown else "" for width in (WIDE, NARROW))
    columns = ("claim", "week of", *(mark.label for mark in STACK.values()), "reactions", "views", "heard")
    rows = tuple(_row(table.loc[key], key[1], heard) for key in table.index)
    return Chart("claims", "Which claims are spread, and how far", caption, wide, narrow, columns, rows)


def _title(row: object) -> str:
    claim = getattr(row, "claim", None) or getattr(row, "claim_id", "")
    apart = getattr(row, "kept_apart", None)
    said = rated_claim(getattr(row, "rating", None), claim)
    return f"{said} ({apart} alone)" if isinstance(apart, str) else said


def _limits(table: pd.DataFrame, heard: Mapping[date, str]) -> str:
    said = ""
    if PART in heard.values():
        said += " Hatched, and a number with + or ?: a week read in part, so there may be more."
    if SILENT in heard.values():
        said += " No bar at all: a week not heard."
    if UNKNOWN in heard.values():
        said += " How fully the oldest weeks were heard is no longer on record."
    return said + hidden_words(int(table["hidden"].sum()))


def _row(week: pd.Series, week_on: date, heard: Mapping[date, str]) -> tuple[str, ...]:
    views = "not shown" if pd.isna(week["views"]) else number(week["views"])
    numbers = (number(week[name]) for name in (*STACK, "reactions"))
    return (week["title"], plain_day(week_on), *numbers, views, heard.get(week_on, ""))


def _draw(table: pd.DataFrame, subjects: list[str], heard: Mapping[date, str], width: int) -> str:
    marks = [*STACK.values(), _REACTIONS, *(mark for state, mark in GAPS.items() if state in heard.values())]
    called = {subject: str(_weeks_of(table, subject)["title"].iloc[-1]) for subject in subjects}
    titles = {subject: fit(title, width // 8, 3) for subject, title in called.items()}
    lines = sum(map(len, titles.values())) + 2 * len(subjects)
    height = legend_height(width, marks) + lines * LINE + len(subjects) * (_PLOT + _TICKS + _BETWEEN)
    sheet = Sheet(width, height)
    top = sheet.legend(0, marks)
    weeks = list(heard)
    drawn = table.loc[subjects]
    most = whole_top(drawn[list(STACK)].sum(axis=1).max()), whole_top(drawn["reactions"].max())
    half = (width - 24) / 2
    for subject in subjects:
        of_claim = _weeks_of(table, subject).reindex(weeks)
        top = sheet.write_lines(0, top, titles[subject], bold=True)
        sheet.write_lines(0, top, [_reach(of_claim)])
        top += LINE
        for place, heading in enumerate(("posts", "reactions")):
            sheet.write(place * (half + 24), top, heading, size=SMALL)
        top += LINE
        panels = [sheet.panel(place * (half + 24), top, half, _PLOT) for place in (0, 1)]
        _bars(panels[0], of_claim, list(STACK.items()), heard, most[0])
        _bars(panels[1], of_claim, [("reactions", _REACTIONS)], heard, most[1])
        for panel in panels:
            name_places(panel, weeks, half)
        top += _PLOT + _TICKS + _BETWEEN
    return sheet.svg(
        f"claims-{width}", "Posts about each claim by week, and their reactions", "; ".join(called.values())
    )


def _weeks_of(table: pd.DataFrame, subject: str) -> pd.DataFrame:
    return table[table.index.get_level_values("subject") == subject].droplevel("subject")


def _reach(of_claim: pd.DataFrame) -> str:
    views = of_claim["views"].sum(min_count=1)
    said = f"{number(of_claim['reactions'].sum())} reactions"
    return f"Reach: {said}" if pd.isna(views) else f"Reach: {said}, {number(views)} views"


def _bars(
    panel: Axes, of_claim: pd.DataFrame, stack: list[tuple[str, Mark]], heard: Mapping[date, str], most: float
) -> None:
    panel.set(xlim=(-0.5, len(heard) - 0.5), ylim=(0, most))
    states = list(heard.values())
    shade(panel, [place for place, state in enumerate(states) if state == SILENT], GAPS[SILENT])
    heard_at_all = np.array([state != SILENT for state in states])
    floor = np.zeros(len(states))
    for name, mark in stack:
        amounts = of_claim[name].astype(float).fillna(0).to_numpy() * heard_at_all
        panel.bar(range(len(heard)), amounts, 0.7, bottom=floor, **mark.style())
        floor = floor + amounts
    more = np.array([most * _CAP if state == PART else 0.0 for state in states])
    parts = np.flatnonzero(more)
    panel.bar(parts, more[parts], 0.7, bottom=floor[parts], **GAPS[PART].style())
    if len(heard) <= MOST_LABELLED:
        for place, (amount, state) in enumerate(zip(floor, states, strict=True)):
            said = "" if state == SILENT else amount_words(amount, state != PART)
            panel.text(place, amount + more[place] + most * 0.03, said, ha="center", size=SMALL, color=INK)
