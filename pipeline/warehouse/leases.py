"""Leases that end with their holder: a worker holds an advisory lock, and a lease whose lock is free is dead."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

# Advisory locks have two 32-bit keys: the first says what is locked, the second which one.
_WORKER = 0x4155_5701
_NAMED = 0x4155_5702


@contextmanager
def held_lease(engine: Engine) -> Iterator[int]:
    """A lease number that is alive while the block runs and this process lives.

    The lock sits on a connection of its own; the server frees it when the process dies, however it dies. A process
    that is alive but stuck keeps it, which is why a lease also has a time at which it ends.
    """
    with _session(engine) as connection:
        number = secrets.randbelow(2**31 - 1) + 1
        connection.execute(sa.select(sa.func.pg_advisory_lock(_WORKER, number)))
        yield number


@contextmanager
def held_name(engine: Engine, name: str, *, wait: bool = False) -> Iterator[bool]:
    """Whether this process got the lock called `name`, which it then holds while the block runs.

    With `wait` it gets it in any case, when the one that has it is done.
    """
    with _session(engine) as connection:
        lock = sa.func.pg_advisory_lock if wait else sa.func.pg_try_advisory_lock
        got = connection.execute(sa.select(lock(_NAMED, sa.func.hashtext(name)))).scalar()
        yield wait or bool(got)


def lock_claims(connection: Connection, *, to_change: bool) -> None:
    """Until this transaction ends, nobody else changes the claims; nor relies on them, where it is `to_change` them."""
    lock = sa.func.pg_advisory_xact_lock if to_change else sa.func.pg_advisory_xact_lock_shared
    connection.execute(sa.select(lock(_NAMED, sa.func.hashtext("claims"))))


def dead_leases(connection: Connection, column: sa.Column[int]) -> list[int]:
    """The lease numbers in `column` whose holder is gone."""
    numbers = connection.execute(sa.select(column).where(column.is_not(None)).distinct()).scalars()
    return [number for number in numbers if _is_free(connection, number)]


def _is_free(connection: Connection, number: int) -> bool:
    got = sa.select(sa.func.pg_try_advisory_xact_lock(_WORKER, sa.cast(number, sa.Integer)))
    return bool(connection.execute(got).scalar())


@contextmanager
def _session(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            yield connection
        finally:
            # A pooled connection would keep the lock for as long as the pool keeps it.
            connection.invalidate()
