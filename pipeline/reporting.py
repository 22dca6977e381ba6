"""The weekly report: one HTML file of its own, with a headline in numbers and five charts, for a meeting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.alerting.wording import clean, listed, moment, platform_name
from pipeline.charts.chart import Chart, Period, posts_words
from pipeline.charts.claims import STACK, claim_weeks, draw_claims
from pipeline.charts.coverage import FULL, OFF, States, day_states, draw_coverage, week_states
from pipeline.charts.growth import draw_growth, narrative_days
from pipeline.charts.mentions import TONES, draw_mentions, theme_tones
from pipeline.charts.responses import Step, draw_responses, find_steps
from pipeline.charts.words import count, length, number
from pipeline.errors import ConfigError
from pipeline.warehouse import report_rows
from pipeline.warehouse.reading import as_role
from pipeline.warehouse.reports import set_clock
from pipeline.workplace import Workplace

DEFAULT_WEEKS, MOST_WEEKS = 4, 26
# Without small numbers the file may leave the house.
ROLES = ("officer", "analyst")

_TEMPLATES = Path(__file__).parent / "charts" / "templates"


@dataclass(frozen=True)
class ReportRows:
    """What a report is made of, frames as pipeline.warehouse.report_rows has them."""

    claims: pd.DataFrame
    mentions: pd.DataFrame
    coverage: pd.DataFrame
    read_weeks: set[date]
    responses: pd.DataFrame
    narratives: pd.DataFrame


@dataclass(frozen=True)
class Report:
    """The headline, one sentence a subject, and the charts in the order of the page."""

    sentences: tuple[str, ...]
    charts: tuple[Chart, ...]


def write_report(workplace: Workplace, now: datetime, weeks: int = DEFAULT_WEEKS, role: str = "officer") -> str:
    """The report of the week of `now` and those before it, `weeks` in all, as HTML; it reads and changes nothing.

    Raises ConfigError for a number of weeks out of 1 to MOST_WEEKS, and for a role that is none of ROLES.
    """
    if not 1 <= weeks <= MOST_WEEKS:
        raise ConfigError(f"a report is about 1 to {MOST_WEEKS} weeks, not {weeks}")
    if role not in ROLES:
        raise ConfigError(f"a report is read as {' or '.join(ROLES)}, not {role!r}")
    period = Period.of_weeks(weeks, now)
    rows = read_rows(workplace, period, role)
    zone = workplace.listening.time_zone
    return render_report(build_report(rows, period), workplace.practice.name, zone, period, role)


def read_rows(workplace: Workplace, period: Period, role: str) -> ReportRows:
    """All rows, read at one moment as this role."""
    practice_id, first, last = workplace.practice.practice_id, period.first, period.last
    with workplace.engine.connect() as connection, as_role(connection, role):
        set_clock(connection, period.now)
        return ReportRows(
            claims=report_rows.claim_rows(connection, first, last),
            mentions=report_rows.mention_rows(connection, practice_id, first, last),
            coverage=report_rows.coverage_rows(connection, period.days[0], last),
            read_weeks=report_rows.read_weeks(connection, first, last),
            responses=report_rows.response_rows(connection, practice_id, first, last),
            narratives=report_rows.narrative_rows(connection, period.days[0], last),
        )


def build_report(rows: ReportRows, period: Period) -> Report:
    """The headline and the charts."""
    states = day_states(rows.coverage, period.days)
    called = {platform_name(source): of_day for source, of_day in states.items()}
    claims, mentions = claim_weeks(_named(rows.claims)), theme_tones(_named(rows.mentions))
    heard = week_states(states, period.weeks, period.last, rows.read_weeks)
    charts = (
        draw_claims(claims, heard, period),
        draw_mentions(mentions, period),
        draw_coverage(called, period),
        draw_responses(rows.responses, period),
        draw_growth(narrative_days(_named(rows.narratives), states, period), period),
    )
    sentences = (
        _claims_said(claims),
        _mentions_said(mentions),
        _alerts_said(rows.responses, find_steps(rows.responses)),
        _heard_said(called),
    )
    return Report(sentences, charts)


def render_report(report: Report, practice_name: str, time_zone: str, period: Period, role: str) -> str:
    """The page; every text of others is escaped, the pictures come from pipeline.charts alone."""
    words = {
        "practice": clean(practice_name, 200),
        "period": period.words,
        "written": moment(period.now, ZoneInfo(time_zone)),
        "hidden": role == "analyst",
        "sentences": report.sentences,
        "charts": [(chart, Markup(chart.wide), Markup(chart.narrow)) for chart in report.charts],  # noqa: S704
    }
    return _environment().get_template("report.html").render(words)


def _claims_said(table: pd.DataFrame) -> str:
    spread = table[table["promoting_posts"] > 0]
    told, refuted = (posts_words(table[name], table["kept_apart"]) for name in list(STACK)[:2])
    if spread.empty:
        return f"No claim was seen to spread; {refuted} refuted one."
    return f"{count(spread['claim_id'].nunique(), 'claim')} spread in {told}; {refuted} refuted one."


def _mentions_said(table: pd.DataFrame) -> str:
    posts = table[list(TONES)].sum(axis=1)
    if not posts.sum():
        return "No post that surely names us was seen."
    # Of platforms that are counted apart no tone is added up.
    sums = table.loc[table["kept_apart"] == "", list(TONES)].sum()
    tones = ", ".join(f"{number(sums[tone])} {tone}" for tone in TONES if sums[tone])
    named = posts_words(posts, table["kept_apart"])
    return f"We were named in {named}{': ' if tones else ''}{tones}."


def _alerts_said(rows: pd.DataFrame, steps: Sequence[Step]) -> str:
    if not len(rows):
        return "No alert was raised."
    urgent, taken = int((rows["severity"] == "urgent").sum()), steps[2]
    said = f"{count(len(rows), 'alert')} raised, {urgent} of them urgent; "
    answered = (
        f"half of those taken on had a person within {length(taken.quartiles[1])}" if taken.minutes else "none taken on"
    )
    return f"{said}{answered}; {taken.waiting} still wait for somebody."


def _heard_said(states: States) -> str:
    on = {name: set(days.values()) - {OFF} for name, days in states.items()}
    listening = [name for name, found in on.items() if found]
    if not listening:
        return "No source was listened to: that nothing is reported says nothing."
    broken = [name for name in listening if on[name] != {FULL}]
    if not broken:
        return f"All {len(listening)} sources were heard in full on every day."
    days = {day for name in listening for day, said in states[name].items() if said not in {FULL, OFF}}
    return (
        f"Not heard in full: {listed(broken)}, on {count(len(days), 'day')} in all; {len(listening) - len(broken)}"
        f" of {count(len(listening), 'source')} heard in full on every day."
    )


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(kept_apart=rows["kept_apart"].map(platform_name, na_action="ignore"))


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
