"""Draws docs/pictures/report.png again, from invented data: python -m tests.charts.pictures CHROMIUM [FOLDER].

With a folder, every width and scheme is drawn there instead, and the page beside them.
"""

import sys
from itertools import product
from pathlib import Path

from pipeline.reporting import build_report, render_report
from tests.alerting.pictures import FOLDER, SCHEMES, shoot_page, trim
from tests.charts.invented import PERIOD, invented_rows

SIZES = {"desktop": (860, 3000), "phone": (390, 3900)}


def draw_page() -> str:
    """The report of the invented weeks."""
    report = build_report(invented_rows(), PERIOD)
    return render_report(report, "Larkspur Family Health", "America/Los_Angeles", PERIOD, "officer")


def shoot(chromium: str, file: Path, width: str = "desktop", scheme: str = "light") -> None:
    """The page as a picture."""
    shoot_page(chromium, draw_page(), SIZES[width], SCHEMES[scheme], file)
    trim(file)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        folder = Path(sys.argv[2])
        (folder / "report.html").write_text(draw_page(), encoding="utf-8")
        for width, scheme in product(SIZES, SCHEMES):
            shoot(sys.argv[1], folder / f"report_{width}_{scheme}.png", width, scheme)
    else:
        shoot(sys.argv[1], FOLDER / "report.png")
