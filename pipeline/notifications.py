"""A rendered mail as a row of the outbox, for whoever has something to tell."""

from datetime import datetime
from typing import Any

from pipeline.alerting.message import build_message
from pipeline.alerting.render import Rendered
from pipeline.workplace import Workplace


def notification_row(
    workplace: Workplace, rendered: Rendered, kind: str, key: str, alert_keys: list[str], receiver: str, now: datetime
) -> dict[str, Any]:
    """The columns of the outbox for one receiver, due at once; what is told is `key`, told once to each receiver."""
    sender, notification_key = workplace.listening.mail_from, f"{key}|{receiver}"
    message_id, message = build_message(rendered, sender, receiver, notification_key, now)
    return {
        "notification_key": notification_key,
        "practice_id": workplace.practice.practice_id,
        "kind": kind,
        "receiver": receiver,
        "sender": sender,
        "message_id": message_id,
        "message": message,
        "alert_keys": alert_keys,
        "due_at": now,
        "written_at": now,
    }
