"""A rendered notification as a row of the outbox, for whoever has something to tell."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipeline.alerting.chat import build_service_message
from pipeline.alerting.message import build_message
from pipeline.alerting.render import Rendered
from pipeline.alerting.tokens import alert_address, link_key
from pipeline.receivers import Receiver
from pipeline.workplace import Workplace


def notification_row(
    workplace: Workplace,
    rendered: Rendered,
    kind: str,
    key: str,
    receiver: Receiver,
    now: datetime,
    told: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """The columns of the outbox for one receiver, due at once; what is told is `key`, told once to each receiver.

    `told` holds, by alert key, the severity, the posts and why it is told.
    """
    of_service = receiver.channel == "service"
    # Two receivers may share a service; a mail address is one receiver.
    notification_key = f"{key}|{receiver.name if of_service else receiver.place}"
    sender = "" if of_service else workplace.listening.mail_from
    if of_service:
        message_id, message = build_service_message(rendered, notification_key)
    else:
        message_id, message = build_message(rendered, sender, receiver.place, notification_key, now)
    return {
        "notification_key": notification_key,
        "practice_id": workplace.practice.practice_id,
        "kind": kind,
        "channel": receiver.channel,
        "receiver": receiver.place,
        "sender": sender,
        "message_id": message_id,
        "message": message,
        "alert_keys": list(told or {}),
        "told": dict(told or {}),
        "due_at": now,
        "written_at": now,
    }


def alert_link(workplace: Workplace, alert_key: str, receiver: Receiver, now: datetime) -> str | None:
    """The signed address of an alert's page for one receiver; None where auscult.yaml says no `web_address`."""
    address, secret = workplace.listening.web_address, workplace.settings.author_key
    # Without a key nothing can be signed; nothing new is ingested then either, and what is known is told all the same.
    if not address or not secret:
        return None
    return alert_address(address, alert_key, receiver.name, now, link_key(workplace.settings.require_author_key()))
