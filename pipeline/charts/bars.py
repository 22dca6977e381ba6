"""What charts of bars share: gaps that are hatched, dates that do not run into each other, a top with room."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from matplotlib.axes import Axes

from pipeline.charts.sheet import Mark
from pipeline.charts.words import number, short_day

Side = Literal["left", "center", "right"]
# More bars than these have no number above each: the numbers would run into each other.
MOST_LABELLED = 6
_DATE_WIDTH = 46
_ROOM = 1.4


def whole_top(most: float) -> float:
    """The upper end of a scale on which the highest bar leaves room for its number; never 0."""
    return max(float(most), 1.0) * _ROOM


def shade(panel: Axes, places: Sequence[int], mark: Mark) -> None:
    """A column filled as the mark says at each of the places, as high as the panel."""
    panel.bar(places, [panel.get_ylim()[1] * 0.98] * len(places), 0.92, **mark.style())


def amount_words(posts: float, heard_whole: bool) -> str:
    """A short number above a bar; `12+` and `?` where there may be more, as mails write it: `1.3k+`."""
    said = number(posts) if posts < 1_000 else f"{posts / 1_000:,.1f}k"
    if heard_whole:
        return said
    return f"{said}+" if posts else "?"


def name_places(panel: Axes, days: Sequence[date], width: float, named: Sequence[int] | None = None) -> None:
    """Dates below the places (all, or those `named`), as many as stand side by side in so many pixels."""
    kept: dict[int, Side] = {}
    end = 0.0
    for place in range(len(days)) if named is None else named:
        middle = width / len(days) * (place + 0.5)
        side, start = _side(middle, width)
        if start >= end:
            kept[place], end = side, start + _DATE_WIDTH
    ticks = panel.set_xticks(list(kept), [short_day(days[place]) for place in kept])
    for tick, side in zip(ticks, kept.values(), strict=True):
        tick.label1.set_horizontalalignment(side)


def _side(middle: float, width: float) -> tuple[Side, float]:
    # In the middle of a narrow bar at the edge, a part of the date would be cut.
    if middle < _DATE_WIDTH / 2:
        return "left", middle
    if width - middle < _DATE_WIDTH / 2:
        return "right", middle - _DATE_WIDTH
    return "center", middle - _DATE_WIDTH / 2
