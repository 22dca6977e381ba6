"""A lease ends with its holder, however it ends; an outbox row goes to one sender, with the same bytes each time."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from pipeline.warehouse import outbox
from pipeline.warehouse.leases import dead_leases, held_lease, held_name
from pipeline.warehouse.tables import outbox as table
from pipeline.workplace import Workplace

NOW = datetime(2026, 10, 12, 15, tzinfo=UTC)

HOLD_AND_DIE = """
import os, signal, sys
from pipeline.workplace import open_workplace
from pipeline.warehouse import outbox
from pipeline.warehouse.leases import held_lease
from datetime import datetime, UTC
engine = open_workplace().engine
with held_lease(engine) as lease:
    with engine.begin() as connection:
        assert outbox.lease_next(connection, lease, 900, datetime(2026, 10, 12, 15, tzinfo=UTC)) is not None
    os.kill(os.getpid(), signal.SIGKILL)
"""


def write(workplace: Workplace, key: str = "k", due_at: datetime = NOW) -> int:
    row = {
        "notification_key": key,
        "practice_id": "p",
        "kind": "urgent",
        "receiver": "a@b.example",
        "sender": "s@b.example",
        "message_id": f"<{key}@b.example>",
        "message": b"From: s@b.example\r\n\r\nwords\r\n",
        "alert_keys": ["one"],
        "due_at": due_at,
        "written_at": NOW,
    }
    with workplace.engine.begin() as connection:
        return outbox.write_notifications(connection, [row])


def lease_next(workplace: Workplace, lease: int, now: datetime = NOW) -> outbox.Due | None:
    with workplace.engine.begin() as connection:
        return outbox.lease_next(connection, lease, 900, now)


def row_of(workplace: Workplace) -> sa.Row:
    with workplace.engine.begin() as connection:
        return connection.execute(sa.select(table)).one()


def test_a_notification_is_written_once(workplace: Workplace) -> None:
    assert write(workplace) == 1
    assert write(workplace) == 0


def test_a_live_lease_is_respected(workplace: Workplace) -> None:
    write(workplace)
    with held_lease(workplace.engine) as mine, held_lease(workplace.engine) as other:
        assert lease_next(workplace, mine) is not None
        assert lease_next(workplace, other) is None


def test_a_killed_sender_is_replaced_at_once_and_the_repeat_is_counted(workplace: Workplace) -> None:
    write(workplace)
    died = subprocess.run([sys.executable, "-c", HOLD_AND_DIE], check=False)
    assert died.returncode == -9
    with held_lease(workplace.engine) as lease:
        due = lease_next(workplace, lease)
        assert due is not None
        assert due.message == b"From: s@b.example\r\n\r\nwords\r\n"
        assert row_of(workplace).repeats == 1


def test_a_late_sender_is_fenced(workplace: Workplace) -> None:
    write(workplace)
    with held_lease(workplace.engine) as first:
        due = lease_next(workplace, first)
        assert due is not None
        with workplace.engine.begin() as connection:
            connection.execute(sa.update(table).values(leased_until=sa.func.now() - sa.text("interval '1 second'")))
        with held_lease(workplace.engine) as second:
            assert lease_next(workplace, second) is not None
            with workplace.engine.begin() as connection:
                assert not outbox.record_outcome(connection, due, first, "failed", 550, "late", NOW)
                assert outbox.record_outcome(connection, due, second, "sent", 250, None, NOW)
    assert row_of(workplace).state == "sent"


def test_a_deferred_mail_waits_longer_each_time(workplace: Workplace) -> None:
    write(workplace)
    now = NOW
    waits = []
    with held_lease(workplace.engine) as lease:
        for _ in range(3):
            due = lease_next(workplace, lease, now)
            assert due is not None
            with workplace.engine.begin() as connection:
                outbox.record_outcome(connection, due, lease, "deferred", 451, "later", now)
            assert lease_next(workplace, lease, now) is None
            waits.append(row_of(workplace).due_at - now)
            now = row_of(workplace).due_at
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=5)


def test_the_name_lock_has_one_holder_and_ends_with_its_block(workplace: Workplace) -> None:
    with held_name(workplace.engine, "ingest:x") as first, held_name(workplace.engine, "ingest:x") as second:
        assert (first, second) == (True, False)
    with held_name(workplace.engine, "ingest:x") as third:
        assert third


def test_leases_of_live_holders_are_not_dead(workplace: Workplace) -> None:
    write(workplace)
    with held_lease(workplace.engine) as lease:
        lease_next(workplace, lease)
        with workplace.engine.begin() as connection:
            assert dead_leases(connection, table.c.lease) == []
    with workplace.engine.begin() as connection:
        assert dead_leases(connection, table.c.lease) == [lease]
