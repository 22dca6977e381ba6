"""What to do about an alert: respond, watch or leave, with the reason. Pure; the response card grows from here."""

from dataclasses import dataclass
from typing import Literal

from pipeline.alerting.alert import Alert, ClaimFacts
from pipeline.alerting.severity import NAMES_PRACTICE

Action = Literal["respond", "watch", "leave"]


@dataclass(frozen=True)
class Suggestion:
    """What we suggest, and why, in a sentence that a mail can print."""

    action: Action
    why: str


def suggest(alert: Alert, facts: ClaimFacts | None) -> Suggestion:
    """The suggestion for one alert; `facts` is None for mentions and for claims that are no longer known."""
    if alert.historical:
        return Suggestion("leave", "The posts are old; an answer now would bring them back.")
    if alert.kind == "mention":
        return _suggest_for_mention(alert)
    if alert.kind == "surge":
        return _suggest_for_surge(alert, facts)
    if facts is None:
        return Suggestion("watch", "We hold no correction for this claim; ask a clinician before anyone answers.")
    if NAMES_PRACTICE in alert.reasons:
        return Suggestion(
            "respond", "The practice is named, so silence may be read as agreement. Answer with the correction."
        )
    if alert.severity == "urgent":
        return Suggestion(
            "respond", "Several people spread it and it can do harm. Publish the correction on your own channels."
        )
    if alert.severity == "high":
        return Suggestion("watch", "It can do harm and few people spread it so far; an answer may carry it further.")
    return Suggestion("leave", "Little harm and little spread; an answer would carry it further.")


def _suggest_for_mention(alert: Alert) -> Suggestion:
    if alert.severity == "urgent":
        return Suggestion("respond", "Somebody may need help now. Read the post, then tell the person in charge today.")
    if alert.severity == "high":
        return Suggestion("respond", "Several people are unhappy in public. Acknowledge it and move it offline.")
    return Suggestion("watch", "Read them; nothing marked them as urgent.")


def _suggest_for_surge(alert: Alert, facts: ClaimFacts | None) -> Suggestion:
    if alert.category:
        if alert.severity == "urgent":
            return Suggestion(
                "respond", "Many people speak badly of the practice at once. Agree on one answer and publish it once."
            )
        return Suggestion("watch", "Read them and find out what set it off; answer only if it is ours to answer.")
    if facts is None:
        return Suggestion("watch", "We hold no correction for it; read the posts and ask a clinician before answering.")
    if alert.severity == "normal":
        return Suggestion("watch", "It can do little harm; have the correction ready if it goes on growing.")
    return Suggestion(
        "respond", "It grows faster than usual. Publish the correction on your own channels; leave single posts alone."
    )
