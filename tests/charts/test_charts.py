"""What the charts say: sums, gaps that are no zeros, and words where there is nothing to draw."""

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree as Tree

import pandas as pd
import pytest

from pipeline.charts.chart import Chart, Period, posts_words
from pipeline.charts.claims import claim_weeks, draw_claims
from pipeline.charts.coverage import (
    FULL,
    OFF,
    PART,
    SILENT,
    UNKNOWN,
    day_states,
    draw_coverage,
    heard_on,
    week_states,
)
from pipeline.charts.growth import draw_growth, narrative_days
from pipeline.charts.mentions import draw_mentions, theme_tones
from pipeline.charts.responses import draw_responses, find_steps
from pipeline.charts.words import length
from tests.charts.invented import NOW, OUTAGE, PERIOD, invented_rows

ROWS = invented_rows()
STATES = day_states(ROWS.coverage, PERIOD.days)
WHOLE = dict.fromkeys(PERIOD.weeks, FULL)
# "26 Nov" in DejaVu Sans, 11 pixels high; other fonts are narrower.
DATE_WIDTH = 40
LONG = Period.of_weeks(8, NOW)


def hours(day: date, *states: str) -> pd.DataFrame:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    rows = [("reddit", start + timedelta(hours=number), state) for number, state in enumerate(states)]
    return pd.DataFrame(rows, columns=["source", "hour_at", "state"])


def words_of(svg: str) -> list[str]:
    return ["".join(element.itertext()) for element in Tree.fromstring(svg).iter() if element.tag.endswith("text")]


def numbers(chart: Chart, column: str) -> list[str]:
    return [row[chart.columns.index(column)] for row in chart.rows]


def test_a_period_is_whole_weeks_from_a_monday() -> None:
    assert (PERIOD.first, PERIOD.last, len(PERIOD.weeks)) == (date(2026, 10, 26), date(2026, 11, 19), 4)
    assert Period.of_weeks(1, datetime(2026, 11, 16, 0, 30, tzinfo=UTC)).days == [date(2026, 11, 16)]
    assert len(LONG.days) == 28


@pytest.mark.parametrize(
    ("states", "day"),
    [
        (["ok"] * 24, FULL),
        (["ok"] * 23 + ["quota exhausted"], PART),
        (["partial"] * 24, PART),
        (["not measured", "rate limited"], SILENT),
        (["not configured"] * 24, OFF),
        (["not configured", "ok"], PART),
        (["not configured", "not measured"], SILENT),
    ],
)
def test_a_day_is_as_its_hours_were(states: list[str], day: str) -> None:
    assert day_states(hours(PERIOD.first, *states), [PERIOD.first])["reddit"] == {PERIOD.first: day}


def test_a_source_that_is_off_makes_no_gap_and_one_of_the_platform_counts_alone() -> None:
    out = PERIOD.days[OUTAGE[0]]
    assert heard_on(STATES, [out]) == PART
    assert heard_on(STATES, [out], ["google_reviews"]) == SILENT
    assert heard_on(STATES, [out], ["bluesky", "x"]) == FULL
    assert heard_on(STATES, [out], ["x", "tiktok"]) == PART, "neither is on: others brought its posts"
    assert heard_on(STATES, [date(2026, 1, 1)]) == UNKNOWN


def test_weeks_before_the_record_are_silent_where_nothing_was_read() -> None:
    read = set(LONG.weeks) - {LONG.weeks[1]}
    found = week_states(STATES, LONG.weeks, LONG.last, read)
    assert [found[week] for week in LONG.weeks] == [UNKNOWN, SILENT, UNKNOWN, UNKNOWN, PART, PART, PART, FULL]


def test_claims_are_added_up_but_for_platforms_that_are_kept_apart() -> None:
    table = claim_weeks(pd.concat([ROWS.claims, ROWS.claims[ROWS.claims["claim_id"] == "vitd-replaces"]]))
    subjects = list(dict.fromkeys(table.index.get_level_values("subject")))
    assert subjects[:2] == ["vax-mmr-autism|", "vitd-replaces|"], "the one that is spread most stands first"
    assert table.loc["vitd-replaces|", "promoting_posts"].tolist() == [10, 12, 4]
    chart = draw_claims(table, WHOLE, PERIOD)
    assert "counted apart: 16 of youtube" in chart.caption
    assert any("(youtube alone)" in words for words in words_of(chart.wide))


@pytest.mark.parametrize(("place", "drawn"), [(0, ["2", "?", "0"]), (1, ["0", "2+", "0"]), (2, ["0", "?", "0"])])
def test_a_silent_week_has_no_number_and_one_in_part_no_plain_one(place: int, drawn: list[str]) -> None:
    heard = dict(zip(PERIOD.weeks, (FULL, PART, SILENT, FULL), strict=True))
    row = ROWS.claims[ROWS.claims["claim_id"] == "fluoride-iq"].head(1).assign(week_on=PERIOD.weeks[place])
    words = words_of(draw_claims(claim_weeks(row), heard, PERIOD).wide)
    assert [said for said in words if said.rstrip("+").isdigit() or said == "?"] == drawn * 2, "posts, then reactions"


@pytest.mark.parametrize("weeks", [1, 2, 5, 13, 26])
def test_dates_below_the_bars_never_touch(weeks: int) -> None:
    period = Period.of_weeks(weeks, NOW)
    row = ROWS.claims[ROWS.claims["claim_id"] == "fluoride-iq"].head(1).assign(week_on=period.first)
    svg = draw_claims(claim_weeks(row), dict.fromkeys(period.weeks, FULL), period).narrow
    dates = []
    for element in Tree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        if re.fullmatch(r"\d+ [A-Z][a-z]{2}", element.text or ""):
            side = re.findall("text-anchor: (\\w+)", element.attrib["style"])[0]
            start = float(element.attrib["x"]) - {"start": 0, "middle": 0.5, "end": 1}[side] * DATE_WIDTH
            dates.append((start, start + DATE_WIDTH))
    assert dates
    assert all(end <= start for (_, end), (start, _) in pairwise(sorted(dates)))
    assert min(dates)[0] >= 0
    assert max(dates)[1] <= 340


def test_mentions_are_sorted_by_theme_and_tone() -> None:
    table = theme_tones(ROWS.mentions)
    assert table.index.tolist() == ["access", "staff", "billing", "care", "not sorted", "no theme"]
    assert table.loc["access", ["good", "bad", "neither", "not judged"]].tolist() == [4, 14, 3, 2]
    chart = draw_mentions(table, PERIOD)
    assert "n = 67 posts" in chart.caption
    assert "Access: 23 posts, 4 good, 14 bad, 3 neither, 2 not judged" in words_of(chart.wide)


def test_hidden_numbers_are_counted_and_never_drawn_as_zero_posts() -> None:
    few = ROWS.mentions.assign(mentioning_posts=ROWS.mentions["mentioning_posts"].where(lambda posts: posts >= 5))
    chart = draw_mentions(theme_tones(few), PERIOD)
    assert f"{few['mentioning_posts'].isna().sum()} numbers are left out" in chart.caption
    assert "no theme" not in numbers(chart, "theme")


def test_steps_have_median_and_quartiles_and_say_who_waits() -> None:
    alert, tell, taken, closed = find_steps(ROWS.responses)
    assert alert.quartiles == pytest.approx((8.25, 16, 29.75))
    assert (taken.words, len(tell.minutes)) == (
        "median 1 h 8 min, middle half 34 min to 3 h 44 min; n = 4; 2 not yet",
        6,
    )
    assert closed.words == "median 25 h; n = 3; 2 not yet", "one ended by itself"
    chart = draw_responses(ROWS.responses, PERIOD)
    assert numbers(chart, "lower quartile")[-1] == "", "three say nothing of quartiles"


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0, "under 1 min"), (59.4, "59 min"), (60, "1 h"), (135, "2 h 15 min"), (2_880, "2 d"), (4_500, "3 d 3 h")],
)
def test_lengths_are_said_as_people_say_them(minutes: float, said: str) -> None:
    assert length(minutes) == said


def test_a_day_that_was_not_heard_in_full_is_a_gap_in_the_growth_of_a_story() -> None:
    table = narrative_days(ROWS.narratives, STATES, PERIOD)
    posts = table.loc["n-77c0", "posts"]
    assert posts[posts.isna()].index.tolist() == [PERIOD.days[number] for number in OUTAGE]
    assert table.loc[("n-2a41", PERIOD.days[0]), "posts"] == 0
    chart = draw_growth(table, PERIOD)
    assert numbers(chart, chart.columns[2]).count("not heard in full") == len(OUTAGE) + 2
    assert chart.wide.count("fill: url(#") == len(OUTAGE) + 2 + 1, "the days, and the legend"


def test_platforms_kept_apart_are_in_no_sum() -> None:
    platforms = pd.Series(["", "YouTube", "", "Yelp"])
    said = posts_words(pd.Series([100.0, 16, 40, 0]), platforms)
    assert said == "140 posts (and counted apart: 16 of YouTube)"
    assert posts_words(pd.Series([1.0]), platforms.head(1)) == "1 post"


def test_nothing_to_draw_is_said_in_words() -> None:
    none = (
        draw_claims(claim_weeks(ROWS.claims.head(0)), WHOLE, PERIOD),
        draw_mentions(theme_tones(ROWS.mentions.head(0)), PERIOD),
        draw_coverage(day_states(ROWS.coverage.head(0), PERIOD.days), PERIOD),
        draw_responses(ROWS.responses.head(0), PERIOD),
        draw_growth(narrative_days(ROWS.narratives.head(0), STATES, PERIOD), PERIOD),
    )
    for chart in none:
        assert chart.empty
        assert not chart.rows
        assert chart.caption.startswith("No ")
