import io
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from PIL import Image

from pipeline.alerting.charts import BAR, SURGING, UNHEARD, draw_days
from pipeline.alerting.digest import Coverage, DigestCounts
from pipeline.alerting.growth import view_trend
from pipeline.alerting.render import render_digest, render_urgent
from pipeline.alerting.trends import Trend

NUMBERS = "Posts a day, 19 Sep to 2 Oct 2026 so far: 0, 2, 1, 0, ?, 3+, 0, 1, 2, 1, 0, 4, 9, 6"


@pytest.fixture
def trend():
    return Trend(
        kind="claim",
        subject="vax-harm",
        apart="",
        platforms=("reddit", "x"),
        posts=15,
        expected=1.4,
        chance=1e-7,
        voices=11,
        days=tuple(date(2026, 9, 19) + timedelta(days=number) for number in range(14)),
        counts=(0, 2, 1, 0, 0, 3, 0, 1, 2, 1, 0, 4, 9, 6),
        covered=(*[True] * 4, False, False, *[True] * 8),
        direction="rising",
        surge=True,
        began_at=datetime(2026, 10, 1, 7, tzinfo=UTC),
    )


def _slots(picture, days):
    """The colours of each day's slot, the ground aside."""
    image = Image.open(io.BytesIO(picture.png))
    width = image.width // days
    slots = (image.crop((place * width, 0, (place + 1) * width, image.height)) for place in range(days))
    return [{colour for _, colour in slot.getcolors(10_000) if colour[3]} for slot in slots]


def test_a_day_that_was_not_fully_heard_is_striped_and_is_no_zero():
    quiet, silent, partly, loud, surging = _slots(
        draw_days((0, 0, 4, 2, 9), (True, False, False, True, True), (False,) * 4 + (True,), ""), 5
    )
    assert quiet == {UNHEARD}
    assert silent == partly == {UNHEARD}
    assert loud == {UNHEARD, BAR}
    assert surging == {UNHEARD, SURGING}
    # The line of a zero is two pixels high; stripes reach the top.
    picture = Image.open(io.BytesIO(draw_days((0, 0), (True, False), (False, False), "").png))
    half = picture.width // 2
    assert picture.crop((0, 0, half, picture.height - 4)).getbbox() is None
    assert picture.crop((half, 0, picture.width, picture.height)).getbbox()[1] == 0


def test_no_days_and_nothing_but_gaps_can_be_drawn():
    assert draw_days((), (), (), "").png.startswith(b"\x89PNG")
    assert draw_days((5, 5), (False, False), (False, False), "").png.startswith(b"\x89PNG")


def test_another_process_draws_the_same_bytes_and_nothing_of_the_machine():
    script = (
        "import sys; from pipeline.alerting.charts import draw_days;"
        "sys.stdout.buffer.write(draw_days((1, 2, 0), (True, True, False), (False, True, False), '').png)"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONPATH": ".", "TZ": zone}, capture_output=True, check=True
        ).stdout
        for zone in ("UTC", "Asia/Tokyo")
    }
    assert runs == {draw_days((1, 2, 0), (True, True, False), (False, True, False), "another text").png}
    chunks, png = [], runs.pop()
    place = 8
    while place < len(png):
        chunks.append(png[place + 4 : place + 8])
        place += 12 + int.from_bytes(png[place : place + 4], "big")
    assert set(chunks) == {b"IHDR", b"IDAT", b"IEND"}


@pytest.mark.parametrize("ground", [(255, 255, 255), (0x1E, 0x23, 0x27)])
@pytest.mark.parametrize("colour", [BAR, SURGING, UNHEARD])
def test_every_colour_stands_out_on_light_and_on_dark(ground, colour):
    def light(channels):
        linear = [(c / 255 / 12.92) if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in channels[:3]]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(ground), light(colour)))
    assert (high + 0.05) / (low + 0.05) >= 3


def test_a_trend_in_words(trend, facts, now):
    view = view_trend(trend, facts, now)
    assert view.said == "False: “The shot changes your genes.”"
    assert view.size == "15 posts in 24 hours, where about 1 is usual"
    assert view.most == "most: 9 on 1 Oct"
    assert view.picture.alt == f"{NUMBERS} (? and + mark days that were not fully heard)."
    assert view.key == "Orange: the surge. Striped: not fully heard."
    calm = view_trend(replace(trend, surge=False, began_at=None, covered=(True,) * 14, expected=0.2), None, now)
    assert calm.said == "Claim vax-harm"
    assert calm.key == ""
    assert calm.size == "15 posts in 24 hours, where fewer than 1 is usual"
    assert calm.picture.content_id != view.picture.content_id
    story = view_trend(replace(trend, kind="narrative", subject="n-1"), None, now)
    assert story.said == "A story about no claim that we hold (n-1)"
    crowd = view_trend(replace(trend, kind="mention", subject="mention"), None, now)
    assert crowd.said == "Mentions of the practice: not sorted yet"


def test_the_urgent_mail_is_complete_with_and_without_pictures(alert, facts, trend, now):
    rendered = render_urgent(alert, facts, "R", "UTC", now, trend=trend)
    (picture,) = rendered.pictures
    assert rendered.html.count(f'src="cid:{picture.content_id}"') == 1
    assert f'alt="{NUMBERS} (' in rendered.html
    assert NUMBERS in " ".join(rendered.text.split())
    assert "<img" not in render_urgent(alert, facts, "R", "UTC", now).html


def test_a_surge_says_its_size_against_what_is_usual(alert, facts, now):
    surge = replace(
        alert,
        kind="surge",
        reasons=("surge_of_harm",),
        evidence={"expected": 1.4, "window_posts": 15, "window_hours": 24, "chance": 1e-7, "posts": []},
    )
    rendered = render_urgent(surge, facts, "R", "UTC", now)
    words = " ".join(rendered.text.split())
    assert rendered.subject == "Urgent: fast growing false claim vax-harm, 7 posts, 5 people - R"
    assert "Urgent: false health claim is spreading faster than usual" in words
    assert "Lately 15 posts in 24 hours, where about 1 is usual." in words
    assert "by chance on fewer than 1 in 10,000 days" in words
    story = replace(surge, claim_id=None, claim_version=None, narrative_id="n-1", reasons=("surge_elsewhere",))
    rendered = render_urgent(story, None, "R", "UTC", now)
    assert "A story about no claim that we hold (n-1)" in rendered.text
    assert rendered.subject == "Urgent: fast growing story, 7 posts, 5 people - R"
    crowd = replace(story, narrative_id=None, category="access", evidence={"chance": 1.0})
    rendered = render_urgent(crowd, None, "R", "UTC", now)
    assert "Mentions of the practice: access" in rendered.text
    assert "The rise is measured against the same hours" in rendered.text


def test_the_digest_leads_with_what_rises_and_falls(alert, facts, trend, now):
    fall = replace(trend, subject="tea", surge=False, began_at=None, direction="falling", posts=1, expected=9.0)
    steady = replace(trend, subject="calm", surge=False, began_at=None, direction="steady")
    many = [replace(trend, subject=f"c{number}", counts=(number,) * 14) for number in range(5)]
    counts = DigestCounts(now - timedelta(days=1), now, 9, 9, 0)
    rendered = render_digest(
        [], {"vax-harm": facts}, counts, [Coverage("x", "ok")], "R", "UTC", now, trends=[trend, *many, fall, steady]
    )
    words = " ".join(rendered.text.split())
    assert "6 rising, most of all False: “The shot changes your genes.” (15 posts in 24 hours, where about 1" in words
    assert "1 falling Claim tea (1 post in 24 hours, where about 9 are usual)." in words
    assert "and 3 more in the warehouse" in words
    assert "calm" not in words
    assert len(rendered.pictures) == rendered.html.count("<img") == 4
    assert NUMBERS in words


def test_the_digest_links_to_the_page_of_each_alert(alert, facts, now):
    page = "https://auscult.clinic.org/alert?token=a.b.c"
    counts = DigestCounts(now - timedelta(days=1), now, 9, 9, 0)
    rendered = render_digest([alert], {"vax-harm": facts}, counts, [], "R", "UTC", now, links={alert.alert_key: page})
    assert f'href="{page}"' in rendered.html
    assert page in rendered.text
    assert rendered.link is None
