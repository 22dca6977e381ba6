"""The outbox: a notification is written once, leased by one sender at a time, and its bytes never change."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from pipeline.warehouse.conditions import any_of
from pipeline.warehouse.leases import dead_leases
from pipeline.warehouse.tables import alert_posts, alerts, outbox

_WAITING = ("pending", "deferred", "unknown")
UNSENT = (*_WAITING, "leased")
# Nothing of these is ever sent again, so nothing promises their bytes any more.
_ENDED = ("sent", "failed", "kept")
# The problem of an unknown outcome, as relay and services name it.
ANSWER_LOST = "answer_lost"
_BACKOFF = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))


@dataclass(frozen=True)
class Due:
    """A notification that this sender has leased; `receiver` is a mail address or names a service's variable."""

    outbox_id: int
    channel: str
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
    # One whose last answer was lost may be there already: it stays unknown, so that the next try counts as a repeat.
    state = sa.case((outbox.c.last_problem == ANSWER_LOST, "unknown"), else_="deferred")
    parked = outbox.c.state == "parked"
    return connection.execute(sa.update(outbox).where(parked).values(state=state, attempts=0, due_at=now)).rowcount


def waiting_receivers(connection: Connection) -> dict[str, set[str]]:
    """Whom unsent notifications wait for, by channel."""
    waiting = sa.select(outbox.c.channel, outbox.c.receiver).where(outbox.c.state.in_(UNSENT)).distinct()
    found: dict[str, set[str]] = {}
    for row in connection.execute(waiting):
        found.setdefault(row.channel, set()).add(row.receiver)
    return found


def lease_next(
    connection: Connection,
    lease: int,
    lease_seconds: float,
    now: datetime,
    *,
    mail: bool = True,
    services: Collection[str] = (),
) -> Due | None:
    """Lease the next notification that is due, of mail and of these services, or None.

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
    of_services = sa.and_(outbox.c.channel == "service", outbox.c.receiver.in_(services))
    ours = sa.or_(of_services, outbox.c.channel == "mail") if mail else of_services
    next_one = (
        sa.select(outbox.c.outbox_id)
        .where(due, ours)
        .order_by(outbox.c.kind.desc(), outbox.c.channel, outbox.c.outbox_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    until = sa.func.clock_timestamp() + sa.func.make_interval(0, 0, 0, 0, 0, 0, lease_seconds)
    was_lost = sa.case((outbox.c.state.in_(("leased", "unknown")), 1), else_=0)
    row = connection.execute(
        sa.update(outbox)
        .where(outbox.c.outbox_id == next_one.scalar_subquery())
        .values(state="leased", lease=lease, leased_until=until, repeats=outbox.c.repeats + was_lost)
        .returning(*(outbox.c[name] for name in Due.__dataclass_fields__))
    ).first()
    return Due(**{**row._mapping, "message": bytes(row.message)}) if row else None


def record_outcome(
    connection: Connection, due: Due, lease: int, state: str, code: int | None, problem: str | None, now: datetime
) -> bool:
    """Write what came of it; False where the lease has meanwhile gone to another sender (fencing).

    A message that is to be forgotten is emptied once it is sent or refused for good.
    """
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
    if state in _ENDED:
        values["message"] = sa.case((outbox.c.forget, b""), else_=outbox.c.message)
    ours = sa.and_(outbox.c.outbox_id == due.outbox_id, outbox.c.lease == lease, outbox.c.state == "leased")
    return connection.execute(sa.update(outbox).where(ours).values(**values)).rowcount == 1


def keys_telling_of(connection: Connection, post_id: int) -> list[str]:
    """The keys of the alerts that hold a post; ask before its place in them is taken back."""
    holding = sa.select(alerts.c.alert_key).join(alert_posts, alert_posts.c.alert_id == alerts.c.alert_id)
    return list(connection.execute(holding.where(alert_posts.c.post_id == post_id)).scalars())


def forget_sent(connection: Connection, alert_keys: Sequence[str]) -> int:
    """Empty the messages that tell of alerts from which a post was erased; returns how many rows that concerns.

    Call it in the transaction of the erasure. A permalink of the post may stand in them. The row stays, with its keys
    and times. What has not been sent yet keeps its bytes, which every attempt must repeat, and is emptied once it is.
    """
    if not alert_keys:
        return 0
    ended = outbox.c.state.in_(_ENDED)
    emptied = {"forget": True, "message": sa.case((ended, b""), else_=outbox.c.message)}
    telling = outbox.c.alert_keys.op("&&")(sa.cast(list(alert_keys), outbox.c.alert_keys.type))
    return connection.execute(sa.update(outbox).where(telling, outbox.c.forget.is_(False)).values(**emptied)).rowcount


def outbox_counts(connection: Connection) -> dict[str, int]:
    """How many notifications are in each state, canaries aside."""
    counted = sa.select(outbox.c.state, sa.func.count()).where(outbox.c.kind != "canary").group_by(outbox.c.state)
    return {row[0]: row[1] for row in connection.execute(counted)}
