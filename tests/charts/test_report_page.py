"""The page: whole in one file, the same each time, harmless whatever its texts say, and readable without pictures."""

import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pandas as pd
import pytest

from pipeline.charts.chart import Period
from pipeline.reporting import ReportRows, build_report, render_report
from tests.charts.invented import NOW, PERIOD, invented_rows
from tests.charts.pictures import draw_page

HOSTILE = (
    "<script>alert(1)</script>",
    "</style></svg><img src=x onerror=alert(1)>",
    '" onload="alert(1)',
    "]]><!--",
    "$\\frac{1}{0}$ \x00\x1b[31m",
    "\u202eevil\u2066",
    "{{ 7*7 }}{% raw %}",
    "url(#x) http://evil.example/ javascript:alert(1)",
    "W" * 100_000,
    "漢字🙂" * 40,
    "",
)
FRAME = "html head meta link title style body main header section h1 h2 p ul li figure div details summary"
TABLE, PICTURE = "table thead tbody tr th td", "svg desc g path defs use text rect pattern clippath"
TAGS = set(f"{FRAME} {TABLE} {PICTURE}".split())


class Seen(HTMLParser):
    """The elements, attributes and ids of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.ids: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}
        self.ids += [value or "" for name, value in attrs if name == "id"]


@pytest.fixture(scope="module")
def page() -> str:
    return draw_page()


def hostile_rows(turn: int) -> ReportRows:
    """Every field of text, in each row and each turn another of HOSTILE."""
    rows = invented_rows()
    fields = {
        "claims": ("claim_id", "claim", "rating", "kept_apart"),
        "mentions": ("theme", "kept_apart"),
        "coverage": ("source",),
        "responses": ("severity",),
        "narratives": ("narrative_id", "claim", "rating", "kept_apart"),
    }
    told = {}
    for name, columns in fields.items():
        frame = getattr(rows, name)
        texts = [HOSTILE[(number + turn) % len(HOSTILE)] for number in range(len(frame) + len(columns))]
        told[name] = frame.assign(**{column: texts[at : at + len(frame)] for at, column in enumerate(columns)})
    return replace(rows, **told)


def test_the_page_is_one_small_file_that_asks_for_nothing(page: str) -> None:
    assert len(page.encode()) < 1_500_000
    seen = Seen(page)
    assert seen.tags <= TAGS
    asked = {value for name, value in seen.attributes if name in {"src", "href", "action", "data"}}
    assert all(value.startswith(("#", "data:,")) for value in asked)
    assert not re.search(r"@import|url\((?!#)", page)
    assert "default-src 'none'" in page


def test_ids_are_there_once_and_what_points_to_them_finds_them(page: str) -> None:
    seen = Seen(page)
    assert len(seen.ids) == len(set(seen.ids))
    pointed = set(re.findall(r"url\(#([^)]+)\)", page))
    for name, value in seen.attributes:
        pointed |= set(value.split()) if name in {"aria-labelledby"} else set()
        pointed |= {value[1:]} if name == "href" and value.startswith("#") else set()
    assert pointed <= set(seen.ids)


def test_every_picture_has_a_name_words_and_a_table(page: str) -> None:
    assert page.count('role="img"') == page.count("<desc") == 10
    assert page.count("<details>") == page.count("<table>") == 5
    assert "27 good, 27 bad" in page
    assert "Not heard in full: Google reviews, Reddit and YouTube, on 7 days" in page


# Four claims and four stories are drawn at a time.
@pytest.mark.parametrize("turn", [0, 4, 8])
def test_hostile_words_in_every_field_stay_words(turn: int) -> None:
    report = build_report(hostile_rows(turn), PERIOD)
    page = render_report(report, "".join(HOSTILE), "America/Los_Angeles", PERIOD, "officer")
    seen = Seen(page)
    assert seen.tags <= TAGS
    assert not [name for name, _ in seen.attributes if name.startswith("on")]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page, "they were drawn"
    assert len(page.encode()) < 1_500_000
    assert not set(page) & set("\x00\x1b\u202e\u2066")


def test_half_a_year_still_fits(page: str) -> None:
    period = Period.of_weeks(26, NOW)
    rows = invented_rows()
    weeks = pd.concat([rows.claims.assign(week_on=rows.claims["week_on"] - timedelta(weeks=4 * n)) for n in range(7)])
    report = build_report(replace(rows, claims=weeks), period)
    drawn = render_report(report, "Larkspur", "UTC", period, "analyst")
    assert len(drawn.encode()) < 1_500_000
    assert "fewer than five people stand are left out" in drawn


def test_another_process_draws_the_same_page(page: str) -> None:
    script = "import sys; from tests.charts.pictures import draw_page; sys.stdout.buffer.write(draw_page().encode())"
    where = {"PYTHONPATH": ".", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7", "HOME": "/tmp"}
    done = subprocess.run([sys.executable, "-c", script], env=where, capture_output=True, check=True)
    assert done.stdout.decode() == page


def test_mails_and_other_commands_load_no_plotting_library() -> None:
    script = (
        "import sys; from pipeline.alerting import charts, render; from pipeline.__main__ import build_app;"
        "build_app('status'); sys.exit('matplotlib' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
