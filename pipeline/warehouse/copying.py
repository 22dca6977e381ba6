"""Rows into a table by COPY, within the transaction of a connection: the fastest way in that PostgreSQL has."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.engine import Connection


def copy_rows(connection: Connection, table: sa.Table, names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Append `rows`, whose values are those of the columns `names` in order; None is NULL. Raises psycopg.Error."""
    with _copying(connection, table, names, "text") as copy:
        for row in rows:
            copy.write_row(row)


def copy_bytes(connection: Connection, table: sa.Table, names: Sequence[str], rows: Iterable[Sequence[bytes]]) -> None:
    """Append `rows` of values that are already in PostgreSQL's binary form. Raises psycopg.Error."""
    with _copying(connection, table, names, "binary") as copy:
        # The binary format: a signature, flags and an extension, rows of counted fields, and -1 at the end.
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        for row in rows:
            fields = b"".join(len(value).to_bytes(4, "big") + value for value in row)
            copy.write(len(row).to_bytes(2, "big") + fields)
        copy.write(b"\xff\xff")


def driver_of(connection: Connection) -> psycopg.Connection:
    """The driver's own connection, in the same transaction."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError(f"the warehouse needs the driver psycopg, not {type(driver).__module__}")
    return driver


@contextmanager
def _copying(connection: Connection, table: sa.Table, names: Sequence[str], form: str) -> Iterator[psycopg.Copy]:
    listed = sql.SQL(", ").join(map(sql.Identifier, names))
    statement = sql.SQL("copy {} ({}) from stdin (format {})")
    try:
        with driver_of(connection).cursor() as cursor:
            asked = statement.format(sql.Identifier(table.name), listed, sql.Identifier(form))
            with cursor.copy(asked) as copy:
                yield copy
    except psycopg.Error as error:
        # The server's detail and context quote the row, and an error ends in a log.
        raise type(error)(error.diag.message_primary or "COPY failed") from None
