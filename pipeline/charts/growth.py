"""A narrative's growth: posts a day; a day that was not heard in full is hatched and has no bar."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pipeline.charts.bars import name_places, shade, whole_top
from pipeline.charts.chart import Chart, Period, posts_words
from pipeline.charts.coverage import FULL, States, heard_on, tick_days
from pipeline.charts.palette import COUNTED, UNHEARD
from pipeline.charts.sheet import INK, LINE, NARROW, SMALL, WIDE, Mark, Sheet, legend_height
from pipeline.charts.words import count, fit, hidden_words, number, plain_day, rated_claim

MOST_NARRATIVES = 4
MARKS = (Mark("posts a day", COUNTED), Mark("day not heard in full: no number", UNHEARD, "////"))
_PLOT, _TICKS, _BETWEEN = 64, 20, 14


def narrative_days(rows: pd.DataFrame, states: States, period: Period) -> pd.DataFrame:
    """The largest narratives day by day, of rows (narrative_id, day, posts, claim, rating, kept_apart, platforms).

    Index: narrative_id and day, the largest narrative first. Columns: title, kept_apart, posts (NaN where the day was
    not heard in full, 0 where it was and nobody told it) and hidden, how many numbers of that day may not be shown.
    """
    sums = rows.groupby("narrative_id")["posts"].sum().sort_values(ascending=False, kind="stable")
    found = []
    for narrative_id in sums.index[:MOST_NARRATIVES]:
        told = rows[rows["narrative_id"] == narrative_id]
        apart = told["kept_apart"].fillna("").iloc[0]
        platforms = {platform for listed in told["platforms"] for platform in listed}
        by_day = told.groupby("day")["posts"].sum()
        hidden = told["posts"].isna().groupby(told["day"]).sum()
        for day in period.days:
            whole = heard_on(states, [day], platforms) == FULL
            posts = float(by_day.get(day, 0)) if whole else float("nan")
            found.append((narrative_id, day, _title(told.iloc[0]), apart, posts, int(hidden.get(day, 0))))
    columns = ["narrative_id", "day", "title", "kept_apart", "posts", "hidden"]
    return pd.DataFrame(found, columns=columns).set_index(["narrative_id", "day"])


def draw_growth(table: pd.DataFrame, period: Period) -> Chart:
    """The narratives of `narrative_days`, on one scale."""
    names = list(dict.fromkeys(table.index.get_level_values("narrative_id")))
    posts = posts_words(table["posts"], table["kept_apart"])
    caption = f"Posts a day that tell one story, {period.days_words}; n = {posts} on days heard in full, in"
    caption += f" {count(len(names), 'story', 'stories')}, the largest first."
    if not names:
        caption = f"No story was told by several people, {period.days_words}."
    caption += hidden_words(int(table["hidden"].sum()))
    wide, narrow = (_draw(table, names, period, width) if names else "" for width in (WIDE, NARROW))
    told = table[table["posts"] != 0]
    days = [plain_day(day) for day in told.index.get_level_values("day")]
    numbers = ["not heard in full" if np.isnan(amount) else number(amount) for amount in told["posts"]]
    rows = tuple(zip(told["title"], days, numbers, strict=True))
    columns = ("story", "day", "posts (days of none are left out)")
    return Chart("growth", "Which stories grow", caption, wide, narrow, columns, rows)


def _title(row: pd.Series) -> str:
    if isinstance(row["claim"], str):
        said = rated_claim(row["rating"], row["claim"])
    else:
        said = f"A story about no claim that we hold ({fit(row['narrative_id'], 40)[0]})"
    return f"{said} ({row['kept_apart']} alone)" if isinstance(row["kept_apart"], str) else said


def _draw(table: pd.DataFrame, names: list[str], period: Period, width: int) -> str:
    days = period.days
    titles = {name: fit(table.loc[name]["title"].iloc[0], width // 8, 3) for name in names}
    lines = sum(map(len, titles.values())) * LINE
    height = legend_height(width, MARKS) + lines + len(names) * (_PLOT + _TICKS + _BETWEEN)
    sheet = Sheet(width, height)
    top, most = sheet.legend(0, MARKS), whole_top(table["posts"].max() if table["posts"].notna().any() else 0)
    for name in names:
        posts = table.loc[name]["posts"].to_numpy(float)
        top = sheet.write_lines(0, top, titles[name], bold=True)
        panel = sheet.panel(0, top, width, _PLOT)
        panel.set(xlim=(-0.5, len(days) - 0.5), ylim=(0, most))
        shade(panel, [int(place) for place in np.flatnonzero(np.isnan(posts))], MARKS[1])
        panel.bar(range(len(days)), posts, 0.7, **MARKS[0].style())
        _name_highest(panel, posts, most)
        name_places(panel, days, width, [place for place, _ in tick_days(days)])
        top += _PLOT + _TICKS + _BETWEEN
    told = "; ".join(table.loc[name]["title"].iloc[0] for name in names)
    return sheet.svg(f"growth-{width}", "Posts a day of the largest stories", told)


def _name_highest(panel: Axes, posts: np.ndarray, most: float) -> None:
    # One number a story gives the scale; the others are in the table.
    if np.isnan(posts).all() or not np.nanmax(posts):
        return
    place = int(np.nanargmax(posts))
    side = {0: "left", len(posts) - 1: "right"}.get(place, "center")
    panel.text(place, posts[place] + most * 0.03, number(posts[place]), ha=side, size=SMALL, color=INK)
