"""What happened to alerts, row by row, and the silences that hold them back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from pipeline.warehouse.tables import alert_events, silences

# Who did what a step did.
OURSELVES = "auscult"


def add_events(
    connection: Connection,
    practice_id: str,
    event: str,
    keys: Iterable[str],
    now: datetime,
    by: str = OURSELVES,
    note: str = "",
) -> None:
    """Note an event of each alert, once per moment and doer; call it in the transaction of what it tells of."""
    told = {"practice_id": practice_id, "event": event, "at": now, "by": by, "note": note}
    rows = [{"alert_key": key, **told} for key in keys]
    if rows:
        connection.execute(insert(alert_events).on_conflict_do_nothing(), rows)


def events_of(connection: Connection, alert_key: str) -> list[dict[str, Any]]:
    """The events of an alert, the oldest first."""
    ordered = (alert_events.c.at, alert_events.c.event_id)
    found = sa.select(alert_events).where(alert_events.c.alert_key == alert_key).order_by(*ordered)
    return [dict(row._mapping) for row in connection.execute(found)]


def add_silence(connection: Connection, row: Mapping[str, Any], now: datetime) -> int:
    """Write a silence; returns its id."""
    statement = insert(silences).values(**row, written_at=now).returning(silences.c.silence_id)
    return int(connection.execute(statement).scalar_one())


def end_silence(connection: Connection, practice_id: str, silence_id: int, now: datetime) -> bool:
    """End a silence that lasts or has not begun; False where there is none."""
    lasts = sa.and_(
        silences.c.practice_id == practice_id,
        silences.c.silence_id == silence_id,
        silences.c.ended_at.is_(None),
        silences.c.ends_at > now,
    )
    return connection.execute(sa.update(silences).where(lasts).values(ended_at=now)).rowcount == 1


def read_silences(connection: Connection, practice_id: str, after: datetime) -> Sequence[dict[str, Any]]:
    """The silences that end, or ended, after a moment, the first to end first."""
    end = sa.func.coalesce(silences.c.ended_at, silences.c.ends_at)
    found = sa.select(silences).where(silences.c.practice_id == practice_id, end > after)
    return [dict(row._mapping) for row in connection.execute(found.order_by(end, silences.c.silence_id))]
