"""What a signed-in person says of an alert or a match: it is right, it is wrong, others must see it, a note."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from pipeline import handling, telling
from pipeline.alerting.alert import Alert
from pipeline.warehouse import events, queue
from pipeline.workplace import Workplace

# Without all of them nobody could learn from a verdict on a match.
_OF_MATCH = ("platform", "platform_id", "p_match", "promotes")


def review(workplace: Workplace, alert: Alert, verdict: str, by: str, now: datetime, note: str = "") -> None:
    """Store a verdict (confirmed or rejected) on the alert and, where it is about a claim, on its clearest match.

    A rejected alert is resolved. The rows stand apart from all that is recomputed.
    """
    told = {"practice_id": alert.practice_id, "verdict": verdict, "reviewed_by": by, "reviewed_at": now, "note": note}
    of_alert = {"subject": "alert", "alert_key": alert.alert_key, "claim_id": alert.claim_id}
    scores = {name: alert.evidence.get(name) for name in ("p_match", "promotes")}
    with workplace.engine.begin() as connection:
        rows = [{**of_alert, **scores, **told}]
        if alert.claim_id and (match := _clearest(connection, alert)):
            rows.append({**of_alert, **match, **told, "subject": "match"})
        queue.add_reviews(connection, rows)
    if verdict == "rejected":
        # It may be resolved already.
        with suppress(handling.NotPossible):
            handling.resolve(workplace, alert.alert_key, by, now, note)


def review_match(workplace: Workplace, match_id: int, verdict: str, by: str, now: datetime, note: str = "") -> bool:
    """Store a verdict on a match that was drawn to be checked; False where it is gone."""
    told = {"verdict": verdict, "reviewed_by": by, "reviewed_at": now, "note": note}
    with workplace.engine.begin() as connection:
        match = queue.match_by_id(connection, match_id)
        if match is None:
            return False
        # No threshold lets another stance alarm, so that a verdict on it says nothing of one.
        drawn = "check" if match.pop("stance") == "promotes" else None
        of_practice = {"subject": "match", "practice_id": workplace.practice.practice_id, "drawn": drawn}
        queue.add_reviews(connection, [{**match, **of_practice, **told}])
    return True


def escalate(workplace: Workplace, alert: Alert, by: str, now: datetime, note: str = "") -> int:
    """Tell others of an alert at once: everybody whose receiver says `escalation`; returns how many were told."""
    return telling.escalate(workplace, alert, by, now, note)


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


def _clearest(connection: Connection, alert: Alert) -> Mapping[str, Any] | None:
    """The first post of the alert's evidence with the scores that its match has now; else those of the evidence.

    What is not stored any more does not say what scored it, and so teaches nothing.
    """
    post: Mapping[str, Any] = next(iter(alert.evidence.get("posts", ())), {})
    if any(post.get(name) is None for name in _OF_MATCH):
        return None
    stored = queue.match_of(connection, post["platform"], post["platform_id"], str(alert.claim_id))
    if stored is None:
        return {name: post[name] for name in _OF_MATCH}
    del stored["stance"]
    return {**stored, "drawn": "alert"}
