"""What a signed-in person says of an alert: it is right, it is wrong, others must see it, a note."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from pipeline import handling
from pipeline.alerting.alert import Alert
from pipeline.warehouse import alerts as alert_rows
from pipeline.warehouse import events, queue
from pipeline.workplace import Workplace

# Without all of them nobody could learn from a verdict on a match.
_OF_MATCH = ("platform", "platform_id", "p_match", "promotes")


def review(workplace: Workplace, alert: Alert, verdict: str, by: str, now: datetime, note: str = "") -> None:
    """Store a verdict (confirmed or rejected) on the alert and, where it is about a claim, on its clearest match.

    A rejected alert is resolved. The rows stand apart from all that is recomputed.
    """
    told = {"practice_id": alert.practice_id, "verdict": verdict, "reviewed_by": by, "reviewed_at": now, "note": note}
    scores = {name: alert.evidence.get(name) for name in ("p_match", "promotes")}
    rows = [_row("alert", told, scores, alert, {"alert_key": alert.alert_key})]
    for post in alert.evidence.get("posts", ())[:1] if alert.claim_id else ():
        if any(post.get(name) is None for name in _OF_MATCH):
            continue
        of_match = {name: post[name] for name in ("platform", "platform_id")}
        rows.append(_row("match", told, post, alert, of_match | {"alert_key": alert.alert_key}))
    with workplace.engine.begin() as connection:
        queue.add_reviews(connection, rows)
    if verdict == "rejected":
        # It may be resolved already.
        with suppress(handling.NotPossible):
            handling.resolve(workplace, alert.alert_key, by, now, note)


def escalate(workplace: Workplace, alert: Alert, by: str, now: datetime, note: str = "") -> None:
    """Mark an alert as one that others must look at; who sees it next is theirs to say, no mail leaves."""
    with workplace.engine.begin() as connection:
        alert_rows.mark_escalated(connection, [alert.alert_key], now)
        events.add_events(connection, alert.practice_id, "escalated", [alert.alert_key], now, by, note)


def add_note(workplace: Workplace, alert: Alert, by: str, now: datetime, note: str) -> None:
    """Write a line into the alert's history."""
    with workplace.engine.begin() as connection:
        events.add_events(connection, alert.practice_id, "noted", [alert.alert_key], now, by, note)


def verdicts(workplace: Workplace, alert_key: str) -> tuple[handling.AlertEvent, ...]:
    """The verdicts on an alert, as events, the oldest first."""
    with workplace.engine.begin() as connection:
        rows = queue.reviews_of(connection, alert_key)
    return tuple(
        handling.AlertEvent(row["verdict"], row["reviewed_at"], row["reviewed_by"], row["note"]) for row in rows
    )


def _row(
    subject: str, told: Mapping[str, Any], scores: Mapping[str, Any], alert: Alert, of: Mapping[str, Any]
) -> dict[str, Any]:
    numbers = {"p_match": scores.get("p_match"), "promotes": scores.get("promotes")}
    return {
        "platform": None,
        "platform_id": None,
        "subject": subject,
        "claim_id": alert.claim_id,
        **numbers,
        **told,
        **of,
    }
