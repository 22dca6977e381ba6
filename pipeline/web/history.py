"""What became of an alert, in words: its state, and what was done with it by whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pipeline.alerting.alert import Alert
from pipeline.alerting.plan import Silence
from pipeline.alerting.wording import clean, moment
from pipeline.handling import AlertEvent

EVENTS = {
    "raised": "Raised",
    "grew": "Grew",
    "worse": "Became worse",
    "acknowledged": "Acknowledged",
    "silenced": "Silenced",
    "unsilenced": "Silence ended",
    "escalated": "Escalated, because nobody had acknowledged it",
    "resolved": "Resolved",
    "reopened": "Opened again",
    "noted": "Note",
    "confirmed": "Confirmed",
    "rejected": "Rejected",
}
STATES = {"open": "Open", "acknowledged": "Acknowledged", "resolved": "Resolved"}
# Which event put an alert into its state.
_BEGAN = {"acknowledged": "acknowledged", "resolved": "resolved"}
# What a step does by itself needs no name beside it.
_OWN_DOING = frozenset({"raised", "grew", "worse", "escalated"})
OURSELVES = "auscult"
NOTE = 300
# Newest events that the page lists before the rest is counted: a group that grows for days has one an hour.
LISTED = 30
# Silences that the page lists, those that hold longest.
LISTED_SILENCES = 5


@dataclass(frozen=True)
class SilenceView:
    """A silence in words; `silence_id` is None where it holds back more than what the page is about."""

    words: str
    silence_id: int | None


@dataclass(frozen=True)
class StateView:
    """Where an alert stands: its state in a word, in a sentence, and its silences of now, `more` unlisted."""

    state: str
    word: str
    words: str
    silences: tuple[SilenceView, ...]
    more: int


@dataclass(frozen=True)
class EventView:
    """One line of the history; `words` say what was done and by whom, `note` is what that person wrote."""

    at: str
    words: str
    note: str


def view_state(alert: Alert, events: Sequence[AlertEvent], silences: Sequence[Silence], zone: ZoneInfo) -> StateView:
    """Where the alert stands, times in `zone`."""
    last = next((one for one in reversed(events) if one.event == _BEGAN.get(alert.state)), None)
    words = "Nobody has acknowledged it yet." if alert.state == "open" else _by(last, zone)
    held = tuple(
        SilenceView(
            f"Silenced until {moment(one.ends_at, zone)} by {clean(one.owner, 80)}: {clean(one.reason, NOTE)}",
            None if one.is_wide else one.silence_id,
        )
        for one in sorted(silences, key=lambda one: one.ends_at, reverse=True)[:LISTED_SILENCES]
    )
    return StateView(alert.state, STATES[alert.state], words, held, len(silences) - len(held))


def view_history(events: Sequence[AlertEvent], zone: ZoneInfo) -> tuple[EventView, ...]:
    """The alert's events in words, the newest first, times in `zone`."""
    return tuple(
        EventView(moment(one.at, zone), _done(one), clean(one.note, NOTE)) for one in list(reversed(events))[:LISTED]
    )


def _by(event: AlertEvent | None, zone: ZoneInfo) -> str:
    return f"by {clean(event.by, 80)}, {moment(event.at, zone)}." if event else ""


def _done(event: AlertEvent) -> str:
    words = EVENTS.get(event.event, "Changed")
    if event.event in _OWN_DOING and event.by == OURSELVES:
        return words
    if event.event == "escalated":
        words = "Escalated"
    return f"{words} by {clean(event.by, 80)}"
