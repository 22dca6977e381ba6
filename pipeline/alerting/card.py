"""The response card of an alert: what to do, two facts, words to start from, where to take it, and by when. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.alerting.alert import Alert, ClaimFacts
from pipeline.alerting.card_deadlines import due_at
from pipeline.alerting.links import evidence_link
from pipeline.alerting.suggestion import Action, Suggestion, suggest
from pipeline.alerting.wording import clean, evidence_date, platform_names
from pipeline.charts.words import plain_day
from pipeline.listening import Listening, Practice
from pipeline.receivers import BusinessHours

# What is true is told in two facts; of the evidence as many sources are named, the rest is counted.
FACTS = 2
# Where help is found in the United States, unless auscult.yaml names a line nearer by (https://988lifeline.org).
CRISIS_LINE = "call or text 988, at any hour (Suicide and Crisis Lifeline, United States)"

_SENTENCE_END = re.compile(r"(?<=[.!?]) (?=[A-Z0-9“])")
_CONTACT = re.compile(r"[^\w +().:/@-]")


@dataclass(frozen=True)
class Desk:
    """Who answers: the practice's name and contacts, its zone, when people are at work, the local crisis line."""

    practice: str
    zone: ZoneInfo
    hours: BusinessHours | None = None
    phone: str = ""
    website: str = ""
    crisis_line: str = ""

    @property
    def reach(self) -> str:
        """How the public reaches the practice, in words that follow "please"."""
        phone, website = _contact(self.phone), _contact(self.website)
        if phone:
            return f"call us at {phone}"
        return f"write to us through {website}" if website else "contact our office"

    @property
    def crisis(self) -> str:
        """Where somebody in distress finds help, in words that follow a colon."""
        return clean(self.crisis_line, 120).rstrip(".") or CRISIS_LINE


@dataclass(frozen=True)
class Card:
    """The card of one alert. `facts` are the correction's sentences, none where there is no claim we know.

    `sources` are the best entries of the claim's evidence, `deadline_at` is UTC and None where nothing is due; a draft
    is empty where nothing should be published, or a word that it needs is missing.
    """

    situation: str
    action: Action
    why: str
    facts: tuple[str, ...]
    sources: tuple[Mapping[str, Any], ...]
    draft: str
    channel: str
    deadline_at: datetime | None
    at_once: bool
    steps: tuple[str, ...]
    is_for_today: bool


def desk_of(practice: Practice, listening: Listening) -> Desk:
    """The desk of a practice, from its two files."""
    return Desk(
        practice=practice.name,
        zone=ZoneInfo(listening.time_zone),
        hours=listening.business_hours,
        phone=practice.phone,
        website=practice.website,
        crisis_line=listening.crisis_line,
    )


def build_card(alert: Alert, facts: ClaimFacts | None, desk: Desk) -> Card:
    """The card of an alert; `facts` is None for a mention or a claim that is no longer known.

    What is due counts from the moment it was raised, or the start of its bucket where it never was.
    """
    suggestion = suggest(alert, facts)
    sources = order_evidence(facts)
    words = _words(alert, facts, sources, desk)
    return Card(
        situation=suggestion.situation,
        action=suggestion.action,
        why=suggestion.why,
        facts=split_facts(clean(facts.correction)) if facts else (),
        sources=tuple(sources[:FACTS]),
        draft=_filled(suggestion.draft, words),
        channel=_filled(suggestion.channel, words),
        deadline_at=_deadline_at(alert, suggestion, desk),
        at_once=suggestion.at_once,
        steps=tuple(_filled(step, words) for step in suggestion.steps),
        is_for_today=suggestion.is_for_today,
    )


def order_evidence(facts: ClaimFacts | None) -> list[Mapping[str, Any]]:
    """The evidence of a claim, what a reader can follow and date first; the curators' order decides the rest."""
    sources = list(facts.evidence) if facts else []
    return sorted(sources, key=lambda source: (source.get("verified") is not True, source.get("date") is None))


def dated(source: Mapping[str, Any], facts: ClaimFacts | None) -> str:
    """The date of an evidence entry; where it bears none, when it was last checked."""
    day = evidence_date(source)
    checked = f", checked {plain_day(facts.as_of)}" if facts and facts.as_of else ""
    return f"{day}{checked}" if day == "undated" else day


def split_facts(correction: str) -> tuple[str, ...]:
    """A correction as FACTS facts at most, at the end of a sentence; together they are the whole correction."""
    return tuple(part for part in _SENTENCE_END.split(correction, maxsplit=FACTS - 1) if part)


def _words(alert: Alert, facts: ClaimFacts | None, sources: list[Mapping[str, Any]], desk: Desk) -> dict[str, str]:
    return {
        "platforms": platform_names(alert.platforms),
        "practice": clean(desk.practice, 200),
        "reach": desk.reach,
        "website": _contact(desk.website),
        "crisis": desk.crisis,
        "correction": clean(facts.correction) if facts else "",
        "source": _source(sources, facts),
    }


def _source(sources: list[Mapping[str, Any]], facts: ClaimFacts | None) -> str:
    """The first source that a reader can follow, in words that may be published."""
    for source in sources:
        address = evidence_link(source).address
        if address:
            return f"{clean(source.get('publisher'), 80)} ({dated(source, facts)}), {address}"
    return ""


def _filled(pattern: str, words: Mapping[str, str]) -> str:
    needed = [name for name in words if f"{{{name}}}" in pattern]
    if not all(words[name] for name in needed):
        return ""
    return pattern.format_map(words) if needed else pattern


def _deadline_at(alert: Alert, suggestion: Suggestion, desk: Desk) -> datetime | None:
    if suggestion.hours is None:
        return None
    hours = None if suggestion.at_once else desk.hours
    return due_at(hours, desk.zone, alert.raised_at or alert.bucket_start_at, suggestion.hours)


def _contact(text: str) -> str:
    return clean(_CONTACT.sub("", text), 120)
