"""What notifications told of alerts: to whom, when and how it was put."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.warehouse.tables import outbox


def tellings(connection: Connection, practice_id: str, since: datetime) -> list[dict[str, Any]]:
    """One mapping per notification and alert since a moment: alert_key, receiver, at, severity, posts and why."""
    entry = sa.func.jsonb_each(outbox.c.told).table_valued("key", sa.column("value", outbox.c.told.type))
    joined = outbox.join(entry, sa.true())
    told = sa.select(outbox.c.receiver, outbox.c.written_at, entry.c.key, entry.c.value).select_from(joined)
    told = told.where(
        outbox.c.practice_id == practice_id,
        outbox.c.kind.in_(("urgent", "digest")),
        outbox.c.written_at >= since,
    )
    found = connection.execute(told.order_by(outbox.c.written_at, outbox.c.outbox_id, entry.c.key))
    return [{"alert_key": row.key, "receiver": row.receiver, "at": row.written_at, **row.value} for row in found]


def times_told(
    connection: Connection, practice_id: str, keys: Sequence[str], before: datetime
) -> dict[tuple[str, str], int]:
    """How many urgent mails told each receiver of each of these alerts before a moment, by (alert key, receiver)."""
    if not keys:
        return {}
    key = sa.func.unnest(outbox.c.alert_keys).label("alert_key")
    each = (
        sa.select(key, outbox.c.receiver)
        .where(
            outbox.c.practice_id == practice_id,
            outbox.c.kind == "urgent",
            outbox.c.written_at < before,
            outbox.c.alert_keys.overlap(sa.cast(list(keys), outbox.c.alert_keys.type)),
        )
        .subquery()
    )
    counted = sa.select(each.c.alert_key, each.c.receiver, sa.func.count().label("times"))
    found = connection.execute(counted.group_by(each.c.alert_key, each.c.receiver))
    return {(row.alert_key, row.receiver): row.times for row in found}


def most_urgent_mails(connection: Connection, practice_id: str, since: datetime, until: datetime) -> int:
    """How many urgent mails were written between two moments to the receiver who got the most."""
    counted = (
        sa.select(sa.func.count().label("mails"))
        .where(
            outbox.c.practice_id == practice_id,
            outbox.c.kind == "urgent",
            outbox.c.written_at > since,
            outbox.c.written_at <= until,
        )
        .group_by(outbox.c.receiver)
        .subquery()
    )
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(counted.c.mails), 0))).scalar_one())
