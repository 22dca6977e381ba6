"""Rows of an outbox and ways out of it, for the tests of sending."""

import os
from dataclasses import replace
from datetime import UTC, datetime

import sqlalchemy as sa

from pipeline import sending
from pipeline.alerting.chat import build_service_message
from pipeline.alerting.message import build_message
from pipeline.alerting.render import Rendered
from pipeline.alerting.smtp import SmtpSettings
from pipeline.config import Settings, read_settings
from pipeline.errors import ConfigError
from pipeline.warehouse import outbox
from pipeline.warehouse.tables import outbox as table
from pipeline.workplace import Workplace

NOW = datetime(2026, 10, 12, 15, tzinfo=UTC)
NAME, CANARY = "AUSCULT_ONCALL_SERVICE", "CANARYSECRET"
SENDER, RECEIVER = "auscult@clinic.org", "officer@clinic.org"


def write(workplace: Workplace, key: str, channel: str = "mail", kind: str = "urgent", **changes: object) -> None:
    rendered = Rendered(f"Urgent: {key}", f"text of {key}\n", "<p>html</p>", "slug", chat=f"words of {key}", link=None)
    if channel == "mail":
        message_id, message = build_message(rendered, SENDER, RECEIVER, key, NOW)
    else:
        message_id, message = build_service_message(rendered, key)
    row = {
        "notification_key": key,
        "practice_id": "p",
        "kind": kind,
        "channel": channel,
        "receiver": RECEIVER if channel == "mail" else NAME,
        "sender": SENDER if channel == "mail" else "",
        "message_id": message_id,
        "message": message,
        "alert_keys": [key],
        "due_at": NOW,
        "written_at": NOW,
    }
    with workplace.engine.begin() as connection:
        assert outbox.write_notifications(connection, [row | changes]) == 1


def rows(workplace: Workplace) -> dict[str, sa.Row]:
    with workplace.engine.begin() as connection:
        return {row.notification_key: row for row in connection.execute(sa.select(table))}


def row_of(workplace: Workplace) -> sa.Row:
    (row,) = rows(workplace).values()
    return row


def relay_at(port: int) -> sending.FindRelay:
    return lambda _: SmtpSettings("127.0.0.1", port, tls="none", timeout_s=20)


def no_relay(_: Settings) -> SmtpSettings:
    raise ConfigError("no relay here")


def told_at(workplace: Workplace, port: int) -> Workplace:
    """The workplace with a webhook at a port of this machine."""
    address = f"json://127.0.0.1:{port}/{CANARY}"
    return replace(workplace, settings=read_settings({**os.environ, NAME: address}))
