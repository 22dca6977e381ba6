"""What the analysts' views hold, read from the database itself: views, columns, comments, and where each comes from."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

_COLUMNS = sa.text(
    """
    select
        pg_class.relname as view,
        obj_description(pg_class.oid, 'pg_class') as view_comment,
        pg_attribute.attname as name,
        format_type(pg_attribute.atttypid, pg_attribute.atttypmod) as type,
        col_description(pg_class.oid, pg_attribute.attnum) as comment
    from pg_class
    inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
    inner join pg_attribute on pg_class.oid = pg_attribute.attrelid
    where pg_namespace.nspname = 'marts' and pg_class.relkind = 'v' and pg_attribute.attnum > 0
    order by pg_class.relname, pg_attribute.attnum
    """
)
# A view depends on what it reads through its rule; views of staging are followed down to tables.
_LINEAGE = sa.text(
    """
    with recursive read_of as (
        select distinct pg_rewrite.ev_class as reader, pg_depend.refobjid as origin
        from pg_rewrite
        inner join pg_depend on pg_rewrite.oid = pg_depend.objid and pg_depend.classid = 'pg_rewrite'::regclass
        where pg_depend.refclassid = 'pg_class'::regclass and pg_depend.refobjid <> pg_rewrite.ev_class
    ),

    origins as (
        select reader, origin from read_of
        union
        select origins.reader, read_of.origin
        from origins
        inner join read_of on origins.origin = read_of.reader
    )

    select view.relname as view, origin.relname as origin
    from origins
    inner join pg_class as view on origins.reader = view.oid
    inner join pg_class as origin on origins.origin = origin.oid
    where view.relnamespace = 'marts'::regnamespace and origin.relnamespace = 'public'::regnamespace
        and origin.relkind = 'r'
    order by view.relname, origin.relname
    """
)


@dataclass(frozen=True)
class ViewColumn:
    """One column of a view: its name, its PostgreSQL type and its comment ("" for none)."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True)
class View:
    """One view of schema marts: its comment, its columns in order, and the tables that its rows come from."""

    name: str
    comment: str
    columns: tuple[ViewColumn, ...]
    tables: tuple[str, ...]


def read_dictionary(connection: Connection) -> list[View]:
    """The views of schema marts by name."""
    tables: dict[str, list[str]] = {}
    for row in connection.execute(_LINEAGE):
        tables.setdefault(row.view, []).append(row.origin)
    columns: dict[tuple[str, str], list[ViewColumn]] = {}
    for row in connection.execute(_COLUMNS):
        key = (row.view, row.view_comment or "")
        columns.setdefault(key, []).append(ViewColumn(row.name, row.type, row.comment or ""))
    return [
        View(name, comment, tuple(listed), tuple(tables.get(name, ()))) for (name, comment), listed in columns.items()
    ]


def dictionary_page(views: Sequence[View]) -> str:
    """The dictionary as a Markdown page."""
    lines = [
        "# The data dictionary",
        "",
        "Written from the database's own comments by `auscult dictionary`; a test compares the two. Every time is UTC. "
        "Analysts see these views and nothing else ([the warehouse](warehouse.md)).",
        "",
        *(f"- [`{view.name}`](#{view.name}): {view.comment}" for view in views),
    ]
    for view in views:
        origin = ", ".join(f"`{table}`" for table in view.tables)
        lines += ["", f"## {view.name}", "", f"{view.comment} From: {origin}.", "", "| column | type | what it is |"]
        lines += ["|---|---|---|"]
        lines += [f"| `{column.name}` | {column.type} | {column.comment} |" for column in view.columns]
    return "\n".join(lines) + "\n"
