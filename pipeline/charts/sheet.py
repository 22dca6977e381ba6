"""A sheet to draw on, measured in pixels from its upper left corner, and what becomes of it: SVG as text."""

import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as Tree

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pipeline.charts.palette import GREY
from pipeline.charts.words import printable

# Of a wide screen or a printed page, and of a phone: one chart is drawn for each, so that its words stay readable.
WIDE, NARROW = 700, 340
SMALL, TEXT, LINE = 11, 12, 16
# A letter of DejaVu Sans is this many pixels wide for each pixel of its size, on average; of most others it is less.
LETTER, BOLD_LETTER = 0.58, 0.66

# Stands for the page's own text colour until the picture is written, for matplotlib knows no `currentColor`.
INK = "#010203"
_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
# The reader's own, instead of the list of those that matplotlib knows.
_FONTS = "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif"
_FONTS_OF_TEXT = re.compile(r"font-family: [^;]*;? ?")


@dataclass(frozen=True)
class Mark:
    """How one kind of value is filled: a colour; with a `hatch` only its lines and an outline, with "" the outline."""

    label: str
    colour: str
    hatch: str | None = None

    def style(self) -> dict[str, Any]:
        """What matplotlib's patches call it."""
        if self.hatch is None:
            return {"facecolor": self.colour, "edgecolor": "none", "linewidth": 0}
        return {"facecolor": "none", "edgecolor": self.colour, "hatch": self.hatch or None, "linewidth": 0.8}


class Sheet:
    """One picture of `width` x `height` pixels on no ground; all places are pixels from the upper left corner."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._figure = Figure(figsize=(width / 72, height / 72), dpi=72, facecolor="none")

    def panel(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes at this place, with a ground line and nothing else yet."""
        place = (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        axes = self._figure.add_axes(place, facecolor="none")
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(GREY)
        axes.tick_params(left=False, labelleft=False, color=GREY, labelcolor=INK, labelsize=SMALL, pad=3)
        return axes

    def write(self, left: float, top: float, words: str, *, size: int = TEXT, bold: bool = False) -> None:
        """One line of words, its upper edge at `top`; what cannot be printed is left out."""
        place = (left / self.width, 1 - (top + size) / self.height)
        weight = "bold" if bold else "normal"
        # Words of others are no formulas, whatever dollars are in them.
        self._figure.text(*place, printable(words), size=size, weight=weight, color=INK, parse_math=False)

    def write_lines(self, left: float, top: float, lines: Sequence[str], *, bold: bool = False) -> float:
        """Lines below each other; returns where the next one would begin."""
        for number, line in enumerate(lines):
            self.write(left, top + number * LINE, line, bold=bold)
        return top + len(lines) * LINE

    def swatch(self, left: float, top: float, width: float, height: float, mark: Mark) -> None:
        """A rectangle filled as the mark says."""
        place = (left / self.width, 1 - (top + height) / self.height)
        size = (width / self.width, height / self.height)
        self._figure.add_artist(Rectangle(place, *size, **mark.style()))

    def legend(self, top: float, marks: Sequence[Mark]) -> float:
        """Swatches with their words, as many in a line as fit; returns where the next thing may begin."""
        left = 0.0
        for mark in marks:
            needed = 20 + len(mark.label) * TEXT * LETTER
            if left and left + needed > self.width:
                left, top = 0.0, top + LINE + 2
            self.swatch(left, top + 1, 14, 12, mark)
            self.write(left + 20, top, mark.label)
            left += needed + 14
        return top + LINE + 10

    def svg(self, name: str, title: str, described: str) -> str:
        """The picture as one `svg` element: ids begin with `name`, `title` and `described` are read out for it.

        The same drawing gives the same text: no date, no random id.
        """
        written = io.BytesIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        # What font the reader has is not ours to warn of.
        settings = mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "auscult"})
        with settings, warnings.catch_warnings(action="ignore"):
            self._figure.savefig(written, format="svg", metadata=nothing, transparent=True)
        return _inline(written.getvalue(), name, printable(title), printable(described), self.width)


def legend_height(width: int, marks: Sequence[Mark]) -> int:
    """Pixels that `legend` takes on a sheet of this width."""
    return int(Sheet(width, 100).legend(0, marks))


def _inline(svg: bytes, name: str, title: str, described: str, width: int) -> str:
    # matplotlib wrote it and escaped what is in it.
    root = Tree.fromstring(svg)  # noqa: S314
    _leave_out_style(root)
    for element in root.iter():
        _adapt(element, name)
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.attrib |= {
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-desc",
        "style": f"max-width:{width}px;stroke-linejoin:round;font-family:{_FONTS}",
    }
    for place, (tag, words) in enumerate((("title", title), ("desc", described))):
        told = Tree.Element(tag, {"id": f"{name}-{tag}"})
        told.text = words
        root.insert(place, told)
    root.set("xmlns", "http://www.w3.org/2000/svg")
    return Tree.tostring(root, encoding="unicode", short_empty_elements=True)


def _leave_out_style(root: Tree.Element) -> None:
    # It speaks of every element of the page that the picture stands in.
    for definitions in root.findall(f"{_SVG}defs"):
        for style in definitions.findall(f"{_SVG}style"):
            definitions.remove(style)


def _adapt(element: Tree.Element, name: str) -> None:
    element.tag = element.tag.removeprefix(_SVG)
    for key, said in list(element.attrib.items()):
        if key == "id":
            element.set(key, f"{name}-{said}")
        elif key == _LINK:
            del element.attrib[key]
            element.set("href", said.replace("#", f"#{name}-", 1))
        elif key in {"style", "clip-path", "fill"}:
            told = said.replace("url(#", f"url(#{name}-").replace(INK, "currentColor")
            element.set(key, _FONTS_OF_TEXT.sub("", told))
