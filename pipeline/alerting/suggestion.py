"""What to do about an alert: which situation it is, and with it respond, watch or leave and why. Pure."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from pipeline.alerting.alert import Alert, ClaimFacts
from pipeline.alerting.severity import NAMES_PRACTICE, OWN_POST, URGENT, WIDE, is_own_post

Action = Literal["respond", "watch", "leave"]

# Of business hours: what is due within them is for today.
TODAY_HOURS = 8.0

# What a mention's category or urgency may be called; each is a situation, any other is not sorted yet.
_CATEGORIES = frozenset({"praise", "complaint", "question", "press", "job"})
_URGENCIES = frozenset(
    ("danger_to_life", "threat_to_staff", "adverse_event", "patient_safety", "privacy_breach", "time_critical")
)
_FILE = Path(__file__).parent / "templates" / "cards.yaml"


@dataclass(frozen=True)
class Suggestion:
    """What we suggest in a situation, and why; the words are those of cards.yaml, with their {places} still open.

    `hours` until it is due are business hours, or hours of the clock where `at_once`; None where nothing is due.
    """

    situation: str
    action: Action
    why: str
    channel: str
    hours: float | None = None
    at_once: bool = False
    draft: str = ""
    steps: tuple[str, ...] = ()

    @property
    def is_for_today(self) -> bool:
        """Whether a person has to answer before the day is over."""
        return self.action == "respond" and self.hours is not None and self.hours <= TODAY_HOURS


def suggest(alert: Alert, facts: ClaimFacts | None) -> Suggestion:
    """The suggestion for one alert; `facts` is None for mentions and for claims that are no longer known.

    Harm, reach and growth are in its severity and reasons; what an answer would amplify is watched or left.
    """
    return situations()[_situation(alert, facts)]


@cache
def situations() -> dict[str, Suggestion]:
    """All suggestions by their situation."""
    entries = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {
        name: Suggestion(name, **(entry | {"steps": tuple(entry.get("steps", ()))})) for name, entry in entries.items()
    }


def _situation(alert: Alert, facts: ClaimFacts | None) -> str:
    if alert.historical:
        return "historical"
    if alert.kind == "mention":
        return _of_mention(alert)
    if alert.kind == "surge":
        return _of_surge(alert, facts)
    if facts is None:
        return "claim_unknown"
    if NAMES_PRACTICE in alert.reasons:
        return "claim_named"
    if alert.severity == "urgent":
        return "claim_spreading"
    if alert.severity == "high":
        return "claim_wide" if WIDE in alert.reasons else "claim_watched"
    return "claim_small"


def _of_mention(alert: Alert) -> str:
    category = alert.category or ""
    if is_own_post(alert):
        return "own_post_false_claim" if category == f"{OWN_POST}false_claim" else "own_post_disclosure"
    if category.startswith(URGENT):
        urgency = category.removeprefix(URGENT)
        return urgency if urgency in _URGENCIES else "urgent_mention"
    if alert.severity == "high":
        return "complaint_spreading"
    return category if category in _CATEGORIES else "unsorted"


def _of_surge(alert: Alert, facts: ClaimFacts | None) -> str:
    if alert.category:
        return "surge_against_us" if alert.severity == "urgent" else "surge_of_mentions"
    if facts is None:
        return "surge_of_story"
    return "surge_of_small_claim" if alert.severity == "normal" else "surge_of_claim"
