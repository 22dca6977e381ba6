"""Alerts and digests as mail: subject, plain text and HTML, from templates with autoescape. Pure."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from pipeline.alerting.alert import Alert, ClaimFacts
from pipeline.alerting.digest import Coverage, DigestCounts, view_digest
from pipeline.alerting.views import PATIENT_LINE, view_alert
from pipeline.alerting.wording import SEVERITY, clean, count, day, header_text, mention_words, moment, slug
from pipeline.config import POLICY, Policy

TEXT_WIDTH = 76
PRACTICE_IN_SUBJECT = 40


@dataclass(frozen=True)
class Rendered:
    """One mail before it has an address: an ASCII subject and the same words as plain text and as HTML."""

    subject: str
    text: str
    html: str
    slug: str


def render_urgent(
    alert: Alert, facts: ClaimFacts | None, practice_name: str, time_zone: str, now: datetime
) -> Rendered:
    """The mail about one alert, times in `time_zone`; `facts` is None for a mention or a claim no longer known."""
    zone = ZoneInfo(time_zone)
    people = f"{count(alert.posts, 'post')}, {count(alert.voices, 'person', 'people')}"
    about = (
        f"false claim {slug(alert.claim_id) or ''}"
        if alert.claim_id
        else f"practice named, {mention_words(alert.category)}"
    )
    words = {
        "alert": view_alert(alert, facts, zone),
        "practice": clean(practice_name, 200),
        "patient_line": PATIENT_LINE,
        "written": moment(now, zone),
    }
    subject = f"{SEVERITY[alert.severity]}: {about}, {people}"
    return _rendered("urgent", _with_practice(subject, practice_name), _name(alert), words)


def render_digest(
    alerts: Sequence[Alert],
    facts_by_id: Mapping[str, ClaimFacts],
    counts: DigestCounts,
    coverage: Sequence[Coverage],
    practice_name: str,
    time_zone: str,
    now: datetime,
    policy: Policy = POLICY,
) -> Rendered:
    """The daily mail: one sentence, four numbers, what needs a person, and which sources were not read."""
    zone = ZoneInfo(time_zone)
    view = view_digest(alerts, facts_by_id, counts, coverage, zone, int(policy["review_digest_rows"]))
    words = {
        "digest": view,
        "practice": clean(practice_name, 200),
        "patient_line": PATIENT_LINE,
        "written": moment(now, zone),
        "today": day(now.astimezone(zone)),
    }
    numbers = ", ".join(f"{number:,} {label}" for number, label in view.tiles[:3])
    return _rendered("digest", _with_practice(f"Digest {words['today']}: {numbers}", practice_name), "digest", words)


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
    }
    return _rendered("operator", _with_practice(f"Operator: {words['sentence']}", practice_name), "operator", words)


def _rendered(template: str, subject: str, name: str, words: dict[str, Any]) -> Rendered:
    text = _TEMPLATES.get_template(f"{template}.txt").render(words)
    html = _TEMPLATES.get_template(f"{template}.html").render(words, subject=subject)
    return Rendered(subject=subject, text=text, html=html, slug=name)


def _with_practice(subject: str, practice_name: str) -> str:
    short = clean(practice_name, PRACTICE_IN_SUBJECT)
    # A name that ASCII cannot hold would arrive mangled; the mail's body has it in full.
    return header_text(f"{subject} - {short}" if short and header_text(short) == short else subject)


def _name(alert: Alert) -> str:
    subject = slug(alert.claim_id or alert.category)
    return f"{alert.kind}:{subject}"[:80] if subject else alert.kind


def _wrap(text: object, indent: int = 0) -> str:
    pad = " " * indent
    return textwrap.fill(
        str(text),
        TEXT_WIDTH,
        initial_indent=pad,
        subsequent_indent=pad,
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
