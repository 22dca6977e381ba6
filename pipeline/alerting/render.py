"""Alerts and digests as mail: subject, plain text and HTML, from templates with autoescape. Pure."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from pipeline.alerting.alert import Alert, ClaimFacts
from pipeline.alerting.card import Desk
from pipeline.alerting.charts import Picture
from pipeline.alerting.digest import Coverage, DigestCounts, view_digest
from pipeline.alerting.growth import view_trend
from pipeline.alerting.learning import Learned, learning_lines
from pipeline.alerting.notices import Noise, Why
from pipeline.alerting.summary import held_lines, noise_line, top_lines
from pipeline.alerting.trends import Trend
from pipeline.alerting.views import PATIENT_LINE, choose_links, view_alert
from pipeline.alerting.wording import (
    SEVERITY,
    WHY,
    WHY_IN_SUBJECT,
    clean,
    count,
    day,
    header_text,
    mention_words,
    moment,
    slug,
)
from pipeline.config import POLICY, Policy

TEXT_WIDTH = 76
PRACTICE_IN_SUBJECT = 40
NOTHING_HELD: Mapping[str, int] = MappingProxyType({})
NO_LINKS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Rendered:
    """One mail before it has an address: an ASCII subject and the same words as plain text and as HTML.

    `chat` is the short form for a service, `link` the signed page of the alert, if any; the HTML shows each of the
    `pictures` by its Content-ID.
    """

    subject: str
    text: str
    html: str
    slug: str
    chat: str = ""
    link: str | None = None
    pictures: tuple[Picture, ...] = ()


def render_urgent(
    alert: Alert,
    facts: ClaimFacts | None,
    practice_name: str,
    time_zone: str,
    now: datetime,
    *,
    link: str | None = None,
    why: Why = "new",
    trend: Trend | None = None,
    desk: Desk | None = None,
) -> Rendered:
    """The mail about one alert, times in `time_zone`; `facts` is None for a mention or a claim no longer known.

    `link` is the address of the alert's page, `why` the reason of this telling, `trend` that of the alert's subject,
    `desk` who answers; without one the card names no contact and knows no business hours.
    """
    zone = ZoneInfo(time_zone)
    view = view_alert(alert, facts, desk or Desk(practice_name, zone), now)
    links = choose_links(alert, view, link)
    growth = view_trend(trend, facts, now) if trend else None
    words = {
        "alert": view,
        "links": links,
        "growth": growth,
        "again": WHY[why],
        "practice": clean(practice_name, 200),
        "patient_line": PATIENT_LINE,
        "written": moment(now, zone),
        "link": links.page.address if links.page else None,
    }
    told = f", {WHY_IN_SUBJECT[why]}" if WHY_IN_SUBJECT[why] else ""
    people = f"{count(alert.posts, 'post')}, {count(alert.voices, 'person', 'people')}"
    subject = f"{SEVERITY[alert.severity]}{told}: {_about(alert)}, {people}"
    pictures = [growth.picture] if growth else []
    return _rendered("urgent", _with_practice(subject, practice_name), _name(alert), words, pictures)


def render_digest(
    alerts: Sequence[Alert],
    facts_by_id: Mapping[str, ClaimFacts],
    counts: DigestCounts,
    coverage: Sequence[Coverage],
    practice_name: str,
    time_zone: str,
    now: datetime,
    policy: Policy = POLICY,
    *,
    trends: Sequence[Trend] = (),
    noise: Noise | None = None,
    held: Mapping[str, int] = NOTHING_HELD,
    links: Mapping[str, str] = NO_LINKS,
    desk: Desk | None = None,
    learned: Learned | None = None,
) -> Rendered:
    """The daily mail: five numbers with a sentence each, what needs a person, what was held back, what was read.

    `held` counts what was not told at once, by reason; `links` holds the address of an alert's page by its key;
    `learned` says what people's verdicts showed.
    """
    zone = ZoneInfo(time_zone)
    rows = int(policy["review_digest_rows"])
    desk = desk or Desk(practice_name, zone)
    view = view_digest(alerts, facts_by_id, counts, coverage, desk, rows, now, trends, links)
    words = {
        "digest": view,
        "top": top_lines(view.needed, counts, coverage, zone, view.rising, view.falling),
        "held": held_lines(held),
        "noise": noise_line(noise),
        "learned": learning_lines(learned),
        "practice": clean(practice_name, 200),
        "patient_line": PATIENT_LINE,
        "written": moment(now, zone),
        "today": day(now.astimezone(zone)),
        "link": None,
    }
    numbers = ", ".join(f"{number:,} {label}" for number, label in view.tiles)
    subject = _with_practice(f"Digest {words['today']}: {numbers}", practice_name)
    shown = [trend.picture for trend in (*view.rising.shown, *view.falling.shown)]
    return _rendered("digest", subject, "digest", words, shown)


def render_operator(
    alarms: Sequence[tuple[str, datetime]], practice_name: str, time_zone: str, now: datetime
) -> Rendered:
    """The mail to who runs the program: (what is wrong, since when) for each alarm."""
    zone = ZoneInfo(time_zone)
    words = {
        "sentence": f"Listening needs you: {count(len(alarms), 'thing is', 'things are')} wrong.",
        "alarms": [(clean(said, 200), moment(since_at, zone)) for said, since_at in alarms],
        "practice": clean(practice_name, 200),
        "written": moment(now, zone),
        "link": None,
    }
    return _rendered("operator", _with_practice(f"Operator: {words['sentence']}", practice_name), "operator", words)


def _rendered(
    template: str, subject: str, name: str, words: dict[str, Any], pictures: Sequence[Picture] = ()
) -> Rendered:
    return Rendered(
        subject=subject,
        text=_TEMPLATES.get_template(f"{template}.txt").render(words),
        html=_TEMPLATES.get_template(f"{template}.html").render(words, subject=subject),
        slug=name,
        chat=_TEMPLATES.get_template("chat.txt").render(words),
        link=words["link"],
        # Two trends of the same shape share one picture.
        pictures=tuple({picture.content_id: picture for picture in pictures}.values()),
    )


def _about(alert: Alert) -> str:
    growing = "fast growing " if alert.kind == "surge" else ""
    if alert.claim_id:
        return f"{growing}false claim {slug(alert.claim_id) or ''}"
    if alert.category:
        return f"{growing}{'mentions' if growing else 'practice named'}, {mention_words(alert.category)}"
    return f"{growing}story"


def _with_practice(subject: str, practice_name: str) -> str:
    short = clean(practice_name, PRACTICE_IN_SUBJECT)
    # A name that ASCII cannot hold would arrive mangled; the mail's body has it in full.
    return header_text(f"{subject} - {short}" if short and header_text(short) == short else subject)


def _name(alert: Alert) -> str:
    subject = slug(alert.claim_id or alert.category or alert.narrative_id)
    return f"{alert.kind}:{subject}"[:80] if subject else alert.kind


def _wrap(text: object, indent: int = 0, hanging: int | None = None) -> str:
    pad = " " * indent
    return textwrap.fill(
        str(text),
        TEXT_WIDTH,
        initial_indent=pad,
        subsequent_indent=pad if hanging is None else " " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["wrap"] = _wrap
    return environment


_TEMPLATES = _templates()
