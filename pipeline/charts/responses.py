"""Response times: from what is first seen to the alert, the person who takes it on, and its end."""

from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes

from pipeline.charts.chart import Chart, Period
from pipeline.charts.palette import COUNTED
from pipeline.charts.sheet import LINE, NARROW, WIDE, Sheet
from pipeline.charts.words import count, fit, length, number

# Column of mart_response_times → the step in words.
STEPS = {
    "minutes_to_alert": "First seen to alert",
    "minutes_to_tell": "Alert to first message",
    "minutes_to_acknowledge": "Alert to taken on by a person",
    "minutes_to_resolve": "Alert to closed by a person",
}
# Of fewer the quartiles say nothing: each is drawn by itself.
LEAST_FOR_QUARTILES = 4
_MINUTE, _LEAST_END = 1.0, 1_440.0
_TICKS = {1: "1 min", 10: "10 min", 60: "1 h", 360: "6 h", 1_440: "1 d", 10_080: "7 d", 43_200: "30 d"}
_PLOT, _BETWEEN, _EDGE = 18, 12, 22


@dataclass(frozen=True)
class Step:
    """One step: its times in minutes, sorted, and how many alerts have not come so far."""

    name: str
    minutes: tuple[float, ...]
    waiting: int

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """Lower quartile, median, upper quartile; linear between two alerts."""
        low, middle, high = pd.Series(self.minutes).quantile([0.25, 0.5, 0.75])
        return float(low), float(middle), float(high)

    @property
    def words(self) -> str:
        """`median 40 min, middle half 10 min to 2 h, n = 12, 3 not yet`."""
        waiting = f"; {self.waiting} not yet" if self.waiting else ""
        if not self.minutes:
            return f"none so far{waiting}"
        low, middle, high = self.quartiles
        half = f", middle half {length(low)} to {length(high)}" if len(self.minutes) >= LEAST_FOR_QUARTILES else ""
        return f"median {length(middle)}{half}; n = {len(self.minutes)}{waiting}"


def find_steps(rows: pd.DataFrame) -> list[Step]:
    """The four steps of the alerts, rows as mart_response_times has them.

    An alert that ended by itself was closed by nobody: it counts neither as closed nor as waiting for it.
    """
    ours = rows["minutes_to_resolve"].where(rows["resolution"] == "person")
    answered = rows.assign(minutes_to_resolve=ours)
    waiting = {
        "minutes_to_tell": answered,
        "minutes_to_acknowledge": answered[answered["state"] == "open"],
        "minutes_to_resolve": answered[answered["state"] != "resolved"],
    }
    found = []
    for column, name in STEPS.items():
        times = answered[column].dropna().astype(float).clip(lower=0)
        behind = int(waiting[column][column].isna().sum()) if column in waiting else 0
        found.append(Step(name, tuple(sorted(times)), behind))
    return found


def draw_responses(rows: pd.DataFrame, period: Period) -> Chart:
    """The steps of the alerts that were raised in the period."""
    steps = find_steps(rows)
    caption = (
        f"Length of each step, on a scale on which each mark is several times the one before; alerts raised"
        f" {period.words}; n = {count(len(rows), 'alert')}. Bar: the middle half of alerts; white line: the median."
        f" Fewer than {LEAST_FOR_QUARTILES} alerts are drawn one by one."
    )
    if not len(rows):
        caption = f"No alert was raised, {period.words}."
    wide, narrow = (_draw(steps, width) if len(rows) else "" for width in (WIDE, NARROW))
    title = "How fast we see, tell and answer"
    columns = ("step", "lower quartile", "median", "upper quartile", "alerts", "not yet")
    return Chart("responses", title, caption, wide, narrow, columns, tuple(map(_row, steps)) if len(rows) else ())


def _row(step: Step) -> tuple[str, ...]:
    few = len(step.minutes) < LEAST_FOR_QUARTILES
    low, middle, high = map(length, step.quartiles) if step.minutes else ("", "none so far", "")
    return (step.name, "" if few else low, middle, "" if few else high, number(len(step.minutes)), str(step.waiting))


def _draw(steps: list[Step], width: int) -> str:
    lines = {step.name: fit(f"{step.name}: {step.words}", width // 7, 3) for step in steps}
    text = sum(map(len, lines.values())) * LINE
    sheet = Sheet(width, text + len(steps) * (_PLOT + _BETWEEN) + 24)
    top = 0.0
    longest = max([_LEAST_END, *(step.minutes[-1] for step in steps if step.minutes)])
    for step in steps:
        top = sheet.write_lines(0, top, lines[step.name])
        panel = sheet.panel(_EDGE, top, width - 2 * _EDGE, _PLOT)
        panel.set(xscale="log", xlim=(_MINUTE * 0.9, longest * 1.2), ylim=(0, 1))
        panel.minorticks_off()
        ticks = [place for place in _TICKS if place <= longest]
        panel.set_xticks(ticks, [_TICKS[place] if step is steps[-1] else "" for place in ticks])
        _mark(panel, step)
        top += _PLOT + _BETWEEN
    told = "; ".join(f"{step.name}: {step.words}" for step in steps)
    return sheet.svg(f"responses-{width}", "Response times: median and middle half of each step", told)


def _mark(panel: Axes, step: Step) -> None:
    if len(step.minutes) < LEAST_FOR_QUARTILES:
        panel.scatter([max(one, _MINUTE) for one in step.minutes], [0.5] * len(step.minutes), s=60, color=COUNTED)
        return
    low, middle, high = (max(one, _MINUTE) for one in step.quartiles)
    # A step that always takes as long still has a bar to see.
    panel.barh(0.5, max(high, low * 1.08) - low, 0.8, low, color=COUNTED)
    panel.plot([middle, middle], [0.1, 0.9], color="white", linewidth=2.5, solid_capstyle="butt")
