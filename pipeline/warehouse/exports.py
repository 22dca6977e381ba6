"""A view of the analysts as a file, Parquet or JSON Lines, row by row from the server and whole or not at all."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql
from sqlalchemy.engine import Connection, Engine

from pipeline.errors import ConfigError
from pipeline.warehouse.copying import driver_of
from pipeline.warehouse.dictionary import View, ViewColumn, read_dictionary
from pipeline.warehouse.reading import as_role
from pipeline.whole_files import written_whole

Form = Literal["parquet", "jsonl"]
FORMS: tuple[Form, ...] = ("parquet", "jsonl")
# Rows held in memory at once.
BATCH_ROWS = 5_000

_ARROW = {
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "double precision": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp with time zone": pa.timestamp("us", "UTC"),
    "text[]": pa.list_(pa.string()),
}


def export_view(engine: Engine, name: str, path: Path, form: Form, role: str = "analyst") -> int:
    """Write all rows of a view of schema marts, as `role` may see them; returns how many.

    Parquet keeps the types (times in UTC, lists of texts; JSON as text); JSON Lines has times as ISO 8601. Raises
    ConfigError for a view that there is not and for a file that cannot be written.
    """
    with engine.connect() as connection, as_role(connection, role):
        view = _view(connection, name)
        with written_whole(path) as part:
            write = _write_parquet if form == "parquet" else _write_lines
            return write(part, view, _batches(connection, view))


def _view(connection: Connection, name: str) -> View:
    views = {view.name: view for view in read_dictionary(connection)}
    if name not in views:
        raise ConfigError(f"no view is called {name!r}; there are {', '.join(views)}")
    return views[name]


def _batches(connection: Connection, view: View) -> Iterator[list[tuple[Any, ...]]]:
    # A cursor of the server, or the driver would hold the whole view.
    with driver_of(connection).cursor("auscult_export") as cursor:
        cursor.execute(sql.SQL("select * from marts.{}").format(sql.Identifier(view.name)))
        while rows := cursor.fetchmany(BATCH_ROWS):
            yield rows


def _write_parquet(path: Path, view: View, batches: Iterator[list[tuple[Any, ...]]]) -> int:
    schema = pa.schema([_field(column) for column in view.columns], metadata={"comment": view.comment})
    written = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for rows in batches:
            arrays = [
                pa.array([_plain(value, field) for value in values], field.type)
                for values, field in zip(zip(*rows, strict=True), schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            written += len(rows)
    return written


def _write_lines(path: Path, view: View, batches: Iterator[list[tuple[Any, ...]]]) -> int:
    names = [column.name for column in view.columns]
    written = 0
    with path.open("w", encoding="utf-8") as file:
        for rows in batches:
            file.writelines(f"{_line(names, row)}\n" for row in rows)
            written += len(rows)
    return written


def _field(column: ViewColumn) -> pa.Field:
    return pa.field(column.name, _ARROW.get(column.type, pa.string()), metadata={"comment": column.comment})


def _plain(value: Any, field: pa.Field) -> Any:  # noqa: ANN401  # one cell
    if value is None or not pa.types.is_string(field.type) or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def _line(names: Sequence[str], row: Sequence[Any]) -> str:
    def said(value: object) -> str:
        return value.isoformat() if hasattr(value, "isoformat") else str(value)

    return json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, default=said)
