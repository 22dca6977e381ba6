"""Reliability plots: whether what is called 70 % happens 70 % of the time."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from models.metrics import calibration_error, reliability

# (title, column)
_PANELS = (("p(match)", "p_match"), ("p(promotes), of posts about the claim", "promotes"))


def reliability_plot(sets: Mapping[str, pd.DataFrame], path: Path) -> None:
    """One line a set in two panels, p(match) and p(promotes); `sets` are rows as `judged_rows` makes them.

    Points stand at the mean of their bin, larger where it holds more. Raises OSError where `path` cannot be written.
    """
    with mpl.rc_context({"font.size": 10, "svg.hashsalt": "auscult"}):
        figure = Figure(figsize=(9, 5), layout="constrained")
        axes = figure.subplots(1, len(_PANELS))
        for panel, (title, column) in zip(axes, _PANELS, strict=True):
            _panel(panel, title)
            for name, rows in sets.items():
                _line(panel, name, rows, column)
            panel.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), frameon=False)
        figure.savefig(path, dpi=110, bbox_inches="tight")


def _panel(panel: Axes, title: str) -> None:
    panel.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    panel.set(title=title, xlabel="what was said", ylabel="how often it was so", xlim=(0, 1), ylim=(0, 1))
    panel.set_aspect("equal")


def _line(panel: Axes, name: str, rows: pd.DataFrame, column: str) -> None:
    known = rows[rows["label"] != ""]
    if column == "promotes":
        known = known[known["label"] != "unrelated"]
        happened = (known["label"] == "promotes").to_numpy()
    else:
        happened = (known["label"] != "unrelated").to_numpy()
    chances = known[column].to_numpy(float)
    points = reliability(chances, happened)
    error = calibration_error(chances, happened)
    said, came, counts = zip(*points, strict=True)
    (line,) = panel.plot(said, came, linewidth=1.5, label=f"{name} (error {error:.3f})")
    panel.scatter(said, came, s=[12 + 60 * (count / max(counts)) ** 0.5 for count in counts], color=line.get_color())
