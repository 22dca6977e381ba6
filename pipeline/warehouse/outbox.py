"""The outbox: a notification is written once, leased by one sender at a time, and its bytes never change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from pipeline.warehouse.conditions import any_of
from pipeline.warehouse.leases import dead_leases
from pipeline.warehouse.tables import outbox

_WAITING = ("pending", "deferred", "unknown")
UNSENT = (*_WAITING, "leased")
_BACKOFF = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))


@dataclass(frozen=True)
class Due:
    """A notification that this sender has leased."""

    outbox_id: int
    sender: str
    receiver: str
    message: bytes
    attempts: int


def write_notifications(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Write notifications, once per notification_key; returns how many are new.

    Call it in the transaction that writes the alerts they tell of.
    """
    written = 0
    for row in rows:
        statement = insert(outbox).values(**row).on_conflict_do_nothing().returning(outbox.c.outbox_id)
        written += connection.execute(statement).first() is not None
    return written


def written_keys(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Which of these notification keys have been written."""
    found = sa.select(outbox.c.notification_key).where(outbox.c.notification_key == any_of(keys)) if keys else None
    return set(connection.execute(found).scalars()) if found is not None else set()


def last_digest_at(connection: Connection, practice_id: str, before: datetime) -> datetime | None:
    """When the newest digest of a practice was written before a moment, so that the next one leaves nothing out."""
    earlier = sa.and_(outbox.c.kind == "digest", outbox.c.practice_id == practice_id, outbox.c.written_at < before)
    found: datetime | None = connection.execute(sa.select(sa.func.max(outbox.c.written_at)).where(earlier)).scalar()
    return found


def release_parked(connection: Connection, now: datetime) -> int:
    """Make parked notifications due again, as after a long outage of the relay; returns how many."""
    parked = outbox.c.state == "parked"
    return connection.execute(sa.update(outbox).where(parked).values(state="deferred", attempts=0, due_at=now)).rowcount


def lease_next(connection: Connection, lease: int, lease_seconds: float, now: datetime) -> Due | None:
    """Lease the next notification that is due, or None.

    One whose sender died or overran its lease may have reached the relay: it is sent again and counted as a repeat.
    """
    lost = sa.and_(
        outbox.c.state == "leased",
        sa.or_(
            outbox.c.leased_until < sa.func.clock_timestamp(),
            outbox.c.lease.in_(dead_leases(connection, outbox.c.lease)),
        ),
    )
    due = sa.or_(sa.and_(outbox.c.state.in_(_WAITING), outbox.c.due_at <= now), lost)
    next_one = (
        sa.select(outbox.c.outbox_id)
        .where(due)
        .order_by(outbox.c.kind.desc(), outbox.c.outbox_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    until = sa.func.clock_timestamp() + sa.func.make_interval(0, 0, 0, 0, 0, 0, lease_seconds)
    was_lost = sa.case((outbox.c.state.in_(("leased", "unknown")), 1), else_=0)
    row = connection.execute(
        sa.update(outbox)
        .where(outbox.c.outbox_id == next_one.scalar_subquery())
        .values(state="leased", lease=lease, leased_until=until, repeats=outbox.c.repeats + was_lost)
        .returning(outbox.c.outbox_id, outbox.c.sender, outbox.c.receiver, outbox.c.message, outbox.c.attempts)
    ).first()
    return Due(row.outbox_id, row.sender, row.receiver, bytes(row.message), row.attempts) if row else None


def record_outcome(
    connection: Connection, due: Due, lease: int, state: str, code: int | None, problem: str | None, now: datetime
) -> bool:
    """Write what the relay answered; False where the lease has meanwhile gone to another sender (fencing)."""
    wait = _BACKOFF[min(due.attempts, len(_BACKOFF) - 1)]
    values: dict[str, Any] = {
        "state": state,
        "attempts": outbox.c.attempts + 1,
        "lease": None,
        "leased_until": None,
        "last_code": code,
        "last_problem": problem,
        "due_at": now + wait if state in {"deferred", "unknown"} else outbox.c.due_at,
        "sent_at": sa.func.clock_timestamp() if state == "sent" else None,
    }
    ours = sa.and_(outbox.c.outbox_id == due.outbox_id, outbox.c.lease == lease, outbox.c.state == "leased")
    return connection.execute(sa.update(outbox).where(ours).values(**values)).rowcount == 1


def outbox_counts(connection: Connection) -> dict[str, int]:
    """How many notifications are in each state, canaries aside."""
    counted = sa.select(outbox.c.state, sa.func.count()).where(outbox.c.kind != "canary").group_by(outbox.c.state)
    return {row[0]: row[1] for row in connection.execute(counted)}
