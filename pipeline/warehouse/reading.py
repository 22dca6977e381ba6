"""One read-only query of a person, as the owner or as a role that sees less."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from pipeline.errors import ConfigError
from pipeline.warehouse.copying import driver_of

# What a person calls a role, and the role and search path it stands for.
ROLES = {
    "owner": (None, "public, marts"),
    "analyst": ("auscult_analyst", "marts"),
    "officer": ("auscult_officer", "marts"),
}
TIMEOUT = "60s"


def read_query(engine: Engine, query: str, role: str = "owner") -> tuple[list[str], list[tuple[Any, ...]]]:
    """The column names and rows of one statement, run read-only and in a transaction that is thrown away.

    Raises ConfigError for an unknown role, for more than one statement, and with the server's words for a query that
    it refuses.
    """
    if not query.strip():
        raise ConfigError("the query is empty")
    with engine.connect() as connection, as_role(connection, role):
        try:
            # Prepared, because the server then takes exactly one statement: none can hide behind a semicolon.
            cursor = driver_of(connection).execute(query, prepare=True)
            if cursor.description is None:
                raise ConfigError("the statement returns no rows; only queries are run here")
            return [column.name for column in cursor.description], cursor.fetchall()
        except psycopg.Error as error:
            raise ConfigError(f"the query failed: {str(error).splitlines()[0]}") from None


@contextmanager
def as_role(connection: Connection, role: str) -> Iterator[None]:
    """A read-only transaction as one of ROLES, thrown away at the end of the block. Raises ConfigError."""
    if role not in ROLES:
        raise ConfigError(f"no role is called {role!r}; known: {', '.join(ROLES)}")
    name, path = ROLES[role]
    try:
        connection.execute(sa.text("set transaction read only"))
        connection.execute(sa.text(f"set local search_path to {path}"))
        connection.execute(sa.text(f"set local statement_timeout to '{TIMEOUT}'"))
        if name is not None:
            connection.execute(sa.text(f"set local role {name}"))
        yield
    except sa.exc.DBAPIError as error:
        raise ConfigError(f"the server does not let you read as {role}: {type(error.orig).__name__}") from None
    finally:
        connection.rollback()
