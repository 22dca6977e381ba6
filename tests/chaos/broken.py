"""Three ways in which such a pipeline is often written, put in the place of ours: each must fail the kill test."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline import passes, steps
from pipeline.alerting.relay import deliver
from pipeline.budget import Room
from pipeline.sending import FindRelay
from pipeline.sources import Query
from pipeline.sources.reading import PageRead
from pipeline.warehouse import ledger
from pipeline.warehouse import outbox as rows
from pipeline.warehouse.posts import Counts
from pipeline.warehouse.tables import alerts, outbox
from pipeline.workplace import Workplace


def cursor_before_posts() -> None:
    """Commit how far a source is read, and then the posts."""
    store_page = passes._store_page

    def broken(reading: passes.Reading, query: Query, page: PageRead, run_id: int, aside: Room) -> Counts:
        with reading.workplace.engine.begin() as connection:
            mark = ledger.read_watermark(connection, reading.source.name, query.key)
            finished_at = reading.now if page.finished else mark.finished_at
            moved = ledger.Watermark(**asdict(page.state_after), finished_at=finished_at, validators=mark.validators)
            ledger.write_watermark(connection, reading.source.name, query.key, moved)
        return store_page(reading, query, page, run_id, aside)

    passes._store_page = broken


def mail_before_commit() -> None:
    """Send every mail that is due, without a lease, and then commit that it was sent."""
    send_due = steps.sending.send_due

    def broken(workplace: Workplace, now: datetime, find_relay: FindRelay) -> dict[str, int]:
        relay = find_relay(workplace.settings)
        with workplace.engine.begin() as connection:
            due = sa.select(outbox).where(outbox.c.state == "pending", outbox.c.channel == "mail")
            for row in connection.execute(due.order_by(outbox.c.outbox_id)).all():
                deliver(bytes(row.message), row.sender, row.receiver, relay)
                sent = {"state": "sent", "attempts": 1, "sent_at": sa.func.clock_timestamp()}
                connection.execute(sa.update(outbox).where(outbox.c.outbox_id == row.outbox_id).values(**sent))
        return send_due(workplace, now, find_relay)

    steps.sending.send_due = broken


def alerts_before_mail() -> None:
    """Commit the alerts, and then write the mails of those that are new."""
    raise_alerts, write = steps.telling.raise_alerts, rows.write_notifications

    def broken(workplace: Workplace, now: datetime) -> dict[str, int]:
        kept: list[Mapping[str, Any]] = []

        def keep(connection: sa.Connection, notifications: Sequence[Mapping[str, Any]]) -> int:
            kept.extend(notifications)
            return len(notifications)

        with workplace.engine.begin() as connection:
            known = set(connection.execute(sa.select(alerts.c.alert_key)).scalars())
        rows.write_notifications = keep
        try:
            told = raise_alerts(workplace, now)
        finally:
            rows.write_notifications = write
        with workplace.engine.begin() as connection:
            write(connection, [row for row in kept if row["kind"] == "canary" or not known & set(row["alert_keys"])])
        return told

    steps.telling.raise_alerts = broken


VARIANTS: Mapping[str, Callable[[], None]] = {
    function.__name__: function for function in (cursor_before_posts, mail_before_commit, alerts_before_mail)
}
# Where each of them breaks: in which step, and in which of its functions.
PLACES: Mapping[str, str] = {
    "cursor_before_posts": "ingest reddit: commit in passes._read_passes",
    "mail_before_commit": "notify: message",
    "alerts_before_mail": "raise_alerts: commit in telling.raise_alerts",
}
