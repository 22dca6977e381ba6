"""How far each source is read, what became of every record, and what may be missing."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from pipeline.warehouse.posts import Counts
from pipeline.warehouse.tables import coverage_gaps, ingest_runs, quarantine, source_terms, watermarks


@dataclass(frozen=True)
class Watermark:
    """How far a query is read: all up to `floor_at`, and where an unfinished pass goes on."""

    floor_at: datetime | None = None
    pending_cursor: str | None = None
    pending_high_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True)
class Rejected:
    """A record that could not become a post; `record_hash` recognises it, the record itself is not kept."""

    position: str
    platform_id: str | None
    reason: str
    record_hash: str
    detail: str = ""


def read_watermark(connection: Connection, source: str, query_key: str) -> Watermark:
    """The watermark of a query, empty where it was never read."""
    columns = (watermarks.c[name] for name in Watermark.__dataclass_fields__)
    row = connection.execute(
        sa.select(*columns).where(watermarks.c.source == source, watermarks.c.query_key == query_key)
    ).first()
    return Watermark(*row) if row else Watermark()


def write_watermark(connection: Connection, source: str, query_key: str, watermark: Watermark) -> None:
    """Set the watermark; call it in the transaction that stores the posts it speaks for."""
    values = asdict(watermark)
    statement = insert(watermarks).values(source=source, query_key=query_key, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["source", "query_key"], set_=values))


def open_run(connection: Connection, source: str, query_key: str, now: datetime) -> int:
    """Begin a row of the ledger; returns its run_id."""
    statement = insert(ingest_runs).values(source=source, query_key=query_key, run_at=now)
    run_id: int = connection.execute(statement.returning(ingest_runs.c.run_id)).scalar_one()
    return run_id


def add_to_run(connection: Connection, run_id: int, counts: Counts) -> None:
    """Add a page's counts to the run, in the transaction that stores the page."""
    table = ingest_runs.c
    connection.execute(
        sa.update(ingest_runs)
        .where(table.run_id == run_id)
        .values(
            fetched_posts=table.fetched_posts + counts.fetched,
            new_posts=table.new_posts + counts.new,
            duplicate_posts=table.duplicate_posts + counts.duplicate,
            edited_posts=table.edited_posts + counts.edited,
            skipped_posts=table.skipped_posts + counts.skipped,
            quarantined_posts=table.quarantined_posts + counts.quarantined,
        )
    )


def close_run(connection: Connection, run_id: int, outcome: str, detail: str = "") -> None:
    """Say how the run ended."""
    values = {"outcome": outcome, "detail": detail[:500], "finished_at": sa.func.clock_timestamp()}
    connection.execute(sa.update(ingest_runs).where(ingest_runs.c.run_id == run_id).values(**values))


def close_abandoned(connection: Connection, source: str, query_key: str | None = None) -> None:
    """Close the runs of a source (or one query) whose process ended without a word; call it while holding it."""
    abandoned = sa.and_(ingest_runs.c.source == source, ingest_runs.c.outcome == "running")
    if query_key is not None:
        abandoned = sa.and_(abandoned, ingest_runs.c.query_key == query_key)
    values = {"outcome": "failed", "detail": "the process ended before its run did"}
    connection.execute(sa.update(ingest_runs).where(abandoned).values(**values))


def fetched_on_day(connection: Connection, source: str, now: datetime) -> int:
    """How many records a source handed over on the day (UTC) of `now`."""
    day = sa.func.date_trunc("day", sa.func.timezone("UTC", ingest_runs.c.run_at))
    wanted = sa.and_(ingest_runs.c.source == source, day == sa.func.date_trunc("day", sa.func.timezone("UTC", now)))
    total = sa.select(sa.func.coalesce(sa.func.sum(ingest_runs.c.fetched_posts), 0)).where(wanted)
    return int(connection.execute(total).scalar_one())


def store_rejected(
    connection: Connection, source: str, query_key: str, rejected: Sequence[Rejected], now: datetime
) -> None:
    """Put records into quarantine; one that is there already is not doubled."""
    if rejected:
        rows = [{"source": source, "query_key": query_key, "quarantined_at": now, **asdict(one)} for one in rejected]
        connection.execute(insert(quarantine).on_conflict_do_nothing(), rows)


def store_gap(
    connection: Connection,
    source: str,
    query_key: str,
    reason: str,
    now: datetime,
    stretch: tuple[datetime | None, datetime | None] = (None, None),
) -> None:
    """Record that a stretch of time may not be covered."""
    values = {"source": source, "query_key": query_key, "reason": reason, "found_at": now}
    connection.execute(
        insert(coverage_gaps).values(**values, from_at=stretch[0], to_at=stretch[1]).on_conflict_do_nothing()
    )


def accept_terms(connection: Connection, source: str, terms_version: str, by: str, now: datetime) -> None:
    """Record that the operator accepts a platform's terms; a standing acceptance of the same version stays as it is."""
    row = {"source": source, "terms_version": terms_version, "accepted_by": by, "accepted_at": now}
    statement = insert(source_terms).values(**row)
    again = {"accepted_by": by, "accepted_at": now, "withdrawn_at": None}
    withdrawn = source_terms.c.withdrawn_at.is_not(None)
    keys = ["source", "terms_version"]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=again, where=withdrawn))


def withdraw_terms(connection: Connection, source: str, now: datetime) -> int:
    """Withdraw every acceptance of a source's terms, which switches it off; returns how many stood."""
    standing = sa.and_(source_terms.c.source == source, source_terms.c.withdrawn_at.is_(None))
    return connection.execute(sa.update(source_terms).where(standing).values(withdrawn_at=now)).rowcount


def terms_accepted(connection: Connection, source: str, terms_version: str) -> bool:
    """Whether this version of the platform's terms has been accepted."""
    found = sa.select(source_terms.c.source).where(
        source_terms.c.source == source,
        source_terms.c.terms_version == terms_version,
        source_terms.c.withdrawn_at.is_(None),
    )
    return connection.execute(found).first() is not None
