"""What a person may do from an alert's page, and the doing of it."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from pipeline import handling
from pipeline.alerting.alert import Alert
from pipeline.alerting.plan import Silence
from pipeline.alerting.severity import is_own_post
from pipeline.alerting.wording import clean
from pipeline.web.pages import Refusal
from pipeline.workplace import Workplace

NOTE_CHARACTERS = 300
# Hours of a silence, and their words.
SILENCES = {4: "4 hours", 24: "1 day", 72: "3 days", 168: "1 week"}
NOT_POSSIBLE = "Nothing was changed: this alert cannot be silenced from here. Ask who runs Auscult."
NO_REASON = "Nothing was changed. A silence needs a reason, so that others understand why no mail came."

# State of an alert → what its page offers. Anything else that is sent was offered by a page that is out of date.
OFFERS = {
    "open": ("acknowledge", "silence", "resolve"),
    "acknowledged": ("silence", "resolve", "reopen"),
    "resolved": ("reopen",),
}
_ACTS = {"acknowledge": handling.acknowledge, "resolve": handling.resolve, "reopen": handling.reopen}
_UNREADABLE = "That cannot be read", "Nothing was changed. Go back to the page and use one of its buttons."


def perform(workplace: Workplace, alert: Alert, fields: Mapping[str, str], by: str, now: datetime) -> str:
    """Do what the form asks for, as the receiver `by`; returns what is missing from it, or "" where it is done.

    An act that the alert's state no longer offers is left out: somebody was faster, and the page shows who. Raises
    Refusal for a form that no page of ours sends.
    """
    act = fields.get("act", "")
    if act == "unsilence":
        return _end_silence(workplace, alert, fields.get("silence", ""), by, now)
    if act != "silence" and act not in _ACTS:
        raise Refusal(400, *_UNREADABLE)
    if act not in OFFERS[alert.state]:
        return ""
    note = clean(fields.get("note", ""), NOTE_CHARACTERS)
    if act == "silence":
        return _silence(workplace, alert, fields.get("hours", ""), note, by, now)
    # Somebody may have been faster since the state was read.
    with suppress(handling.NotPossible):
        _ACTS[act](workplace, alert.alert_key, by, now, note)
    return ""


def silenced_words(alert: Alert) -> str:
    """What a silence from this page covers."""
    if alert.claim_id:
        return "No mail about this claim, nor about new posts that spread it."
    if alert.narrative_id:
        return "No mail about this narrative, nor about new posts that tell it."
    return "No mail about this alert. Mentions of another day are told all the same."


def escalated_words(workplace: Workplace, alert: Alert) -> str:
    """Who is told when a person escalates an alert."""
    names = [clean(one.name, 80) for one in workplace.listening.receivers if one.escalation]
    if not names or is_own_post(alert):
        return "Marks it for others in its history. Nobody is told by Auscult: call who must know."
    return f"Told at once, whatever the hour, unless they were: {', '.join(names)}."


def _silence(workplace: Workplace, alert: Alert, hours: str, reason: str, by: str, now: datetime) -> str:
    if hours not in map(str, SILENCES):
        raise Refusal(400, *_UNREADABLE)
    if not reason:
        return NO_REASON
    # Tomorrow's bucket of a claim is another alert, and who silences the claim means it too; another day's mention
    # may be another danger.
    subject = alert.claim_id or alert.narrative_id
    silence = Silence(
        practice_id=alert.practice_id,
        alert_key=None if subject else alert.alert_key,
        claim_id=alert.claim_id,
        narrative_id=alert.narrative_id if not alert.claim_id else None,
        owner=by,
        reason=reason,
        starts_at=now,
        ends_at=now + timedelta(hours=int(hours)),
    )
    try:
        handling.add_silence(workplace, silence, now, about=alert.alert_key)
    except handling.NotPossible:
        return NOT_POSSIBLE
    return ""


def _end_silence(workplace: Workplace, alert: Alert, number: str, by: str, now: datetime) -> str:
    if not (number.isascii() and number.isdigit()):
        raise Refusal(400, *_UNREADABLE)
    shown = {str(one.silence_id) for one in handling.active_silences(workplace, alert, now) if not one.is_wide}
    if number in shown:
        # Somebody may have been faster.
        with suppress(handling.NotPossible):
            handling.end_silence(workplace, int(number), by, now, about=alert.alert_key)
    return ""
