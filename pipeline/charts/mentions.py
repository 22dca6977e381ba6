"""Mentions by theme and tone: one bar a theme, good, bad, neither and not judged."""

import pandas as pd

from pipeline.charts.chart import Chart, Period, posts_words
from pipeline.charts.palette import BAD, GOOD, NEITHER
from pipeline.charts.sheet import LINE, NARROW, WIDE, Mark, Sheet, legend_height
from pipeline.charts.words import count, fit, hidden_words, number

TONES = {
    "good": Mark("good", GOOD),
    "bad": Mark("bad", BAD),
    "neither": Mark("neither, or both", NEITHER),
    "not judged": Mark("tone not judged", NEITHER, "////"),
}
_OF_TONE = {"positive": "good", "negative": "bad", "neutral": "neither", "mixed": "neither"}
_BAR, _BETWEEN = 16, 14
_THEME_CHARACTERS = 40


def theme_tones(rows: pd.DataFrame) -> pd.DataFrame:
    """Posts by theme (index) and tone (columns of TONES) of rows (theme, tone, kept_apart, mentioning_posts).

    `hidden` counts the cells that stand for too few people to be shown. A platform that may not be counted with others
    has lines of its own, by its name in `kept_apart`, which is "" elsewhere. The theme with most posts comes first.
    """
    sorted_as = rows["theme"].fillna("not sorted").replace("none", "no theme")
    theme = sorted_as.map(lambda said: fit(said, _THEME_CHARACTERS)[0])
    apart = rows["kept_apart"]
    named = theme.where(apart.isna(), theme + " (" + apart.fillna("") + " alone)")
    judged = rows["tone"].map(_OF_TONE).fillna("not judged")
    counted = rows.assign(theme=named, tone=judged, hidden=rows["mentioning_posts"].isna())
    posts = counted.pivot_table("mentioning_posts", "theme", "tone", "sum", fill_value=0, observed=True)
    table = posts.reindex(columns=list(TONES), fill_value=0).astype(float)
    table["hidden"] = counted.groupby("theme")["hidden"].sum().reindex(table.index).astype(float)
    table["kept_apart"] = apart.fillna("").groupby(named).first().reindex(table.index)
    order = table[list(TONES)].sum(axis=1).sort_values(ascending=False, kind="stable").index
    return table.loc[order]


def draw_mentions(table: pd.DataFrame, period: Period) -> Chart:
    """The themes of `theme_tones`."""
    posts = table[list(TONES)].sum(axis=1)
    shown = table[posts > 0]
    caption = f"Posts that surely name the practice, {period.words}; n = {posts_words(posts, table['kept_apart'])}."
    if shown.empty:
        caption = f"No post that surely names the practice was heard or may be shown, {period.words}."
    caption += hidden_words(int(table["hidden"].sum()))
    wide, narrow = ("" if shown.empty else _draw(shown, width) for width in (WIDE, NARROW))
    rows = tuple((str(theme), *(number(row[tone]) for tone in TONES)) for theme, row in shown.iterrows())
    title = "What people say about us, and in which tone"
    return Chart("mentions", title, caption, wide, narrow, ("theme", *TONES), rows)


def theme_words(theme: object, row: pd.Series) -> str:
    """`Billing: 12 posts, 3 good, 9 bad`."""
    tones = [f"{number(row[tone])} {tone}" for tone in TONES if row[tone]]
    posts = count(row[list(TONES)].sum(), "post")
    return f"{str(theme)[:1].upper()}{str(theme)[1:]}: {posts}, {', '.join(tones)}"


def _draw(table: pd.DataFrame, width: int) -> str:
    marks = list(TONES.values())
    told = {theme: theme_words(theme, row) for theme, row in table.iterrows()}
    lines = {theme: fit(words, width // 7, 2) for theme, words in told.items()}
    text = sum(map(len, lines.values())) * LINE
    sheet = Sheet(width, legend_height(width, marks) + text + len(table) * (_BAR + _BETWEEN + 2))
    top = sheet.legend(0, marks)
    scale = width / table[list(TONES)].sum(axis=1).max()
    for theme, row in table.iterrows():
        top, left = sheet.write_lines(0, top, lines[theme]) + 2, 0.0
        for tone, mark in TONES.items():
            if row[tone]:
                # A gap between two parts, so that the border is seen whatever the colours are to the reader.
                sheet.swatch(left, top, max(row[tone] * scale - 2, 2), _BAR, mark)
                left += row[tone] * scale
        top += _BAR + _BETWEEN
    return sheet.svg(f"mentions-{width}", "Mentions of the practice by theme and tone", "; ".join(told.values()))
