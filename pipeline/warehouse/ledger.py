"""How far each source is read, what became of every record, and what may be missing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from pipeline.warehouse.posts import Counts
from pipeline.warehouse.tables import (
    account_metrics,
    alert_posts,
    coverage_gaps,
    ingest_runs,
    posts,
    quarantine,
    source_terms,
    source_uses,
    watermarks,
)


@dataclass(frozen=True)
class Watermark:
    """How far a query is read: all up to `floor_at`, and where an unfinished pass goes on."""

    floor_at: datetime | None = None
    pending_cursor: str | None = None
    pending_high_at: datetime | None = None
    finished_at: datetime | None = None
    validators: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rejected:
    """A record that could not become a post; `record_hash` recognises it, the record itself is not kept."""

    position: str
    platform_id: str | None
    reason: str
    record_hash: str
    detail: str = ""


@dataclass(frozen=True)
class Spent:
    """What reading cost: requests, and US dollars."""

    calls: int
    cost_usd: float


class Metric(Protocol):
    """A number of an account of our own (pipeline.sources.AccountMetric)."""

    @property
    def account(self) -> str:
        """The account's id."""

    @property
    def metric(self) -> str:
        """What is counted."""

    @property
    def value(self) -> int:
        """How many."""


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


def finished_queries(connection: Connection, source: str) -> dict[str, datetime]:
    """When each query (by key) of a source was last read to its end; those that never were are not in it."""
    mark = watermarks.c
    found = sa.select(mark.query_key, mark.finished_at).where(mark.source == source, mark.finished_at.is_not(None))
    return {row.query_key: row.finished_at for row in connection.execute(found)}


def lowest_floor(connection: Connection, source: str) -> datetime | None:
    """Up to where all queries of a source that were ever finished are read."""
    mark = watermarks.c
    finished = sa.and_(mark.source == source, mark.finished_at.is_not(None))
    found: datetime | None = connection.execute(sa.select(sa.func.min(mark.floor_at)).where(finished)).scalar()
    return found


def open_run(
    connection: Connection, source: str, query_key: str, now: datetime, mode: str = "", purpose: str = "listen"
) -> int:
    """Begin a row of the ledger; returns its run_id."""
    values = {"source": source, "query_key": query_key, "run_at": now, "mode": mode, "purpose": purpose}
    statement = insert(ingest_runs).values(**values)
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


# With the source's hash as its second half.
_SPENDING_LOCK = 0x4155_5353


def lock_spending(connection: Connection, source: str) -> None:
    """Wait until no other transaction asks what a source may still spend."""
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SPENDING_LOCK, sa.func.hashtext(source))))


def add_calls(connection: Connection, run_id: int, calls: int, cost_usd: float = 0.0) -> None:
    """Add requests to the run, and what the platform charges for what they brought."""
    table = ingest_runs.c
    changes = {"calls": table.calls + calls, "cost_usd": table.cost_usd + cost_usd}
    connection.execute(sa.update(ingest_runs).where(table.run_id == run_id).values(**changes))


def close_run(
    connection: Connection, run_id: int, outcome: str, detail: str = "", retry_at: datetime | None = None
) -> None:
    """Say how the run ended, and until when the platform, or a budget, asks us to wait."""
    values = {
        "outcome": outcome,
        "detail": detail[:500],
        "retry_at": retry_at,
        "finished_at": sa.func.clock_timestamp(),
    }
    connection.execute(sa.update(ingest_runs).where(ingest_runs.c.run_id == run_id).values(**values))


def close_abandoned(connection: Connection, source: str, query_key: str | None = None) -> None:
    """Close the runs of a source (or one query) whose process ended without a word; call it while holding it."""
    abandoned = sa.and_(ingest_runs.c.source == source, ingest_runs.c.outcome == "running")
    if query_key is not None:
        abandoned = sa.and_(abandoned, ingest_runs.c.query_key == query_key)
    values = {"outcome": "failed", "detail": "the process ended before its run did"}
    connection.execute(sa.update(ingest_runs).where(abandoned).values(**values))


def spent_between(
    connection: Connection, source: str, since: datetime, until: datetime, modes: Collection[str] = ()
) -> Spent:
    """What reading a source has cost in [since, until), by the clocks of its runs; of queries of these modes, or all.

    Later runs count too: a backfill that takes hours must see what listening spent meanwhile.
    """
    table = ingest_runs.c
    wanted = sa.and_(table.source == source, table.run_at >= since, table.run_at < until)
    if modes:
        wanted = sa.and_(wanted, table.mode.in_(sorted(modes)))
    sums = (sa.func.coalesce(sa.func.sum(column), 0) for column in (table.calls, table.cost_usd))
    calls, cost_usd = connection.execute(sa.select(*sums).where(wanted)).one()
    return Spent(int(calls), float(cost_usd))


def asked_to_wait(connection: Connection, source: str) -> datetime | None:
    """Until when the platform asked us to wait when it was last asked, where that is ahead of the server's clock."""
    table = ingest_runs.c
    newest = sa.select(table.retry_at, table.outcome).where(table.source == source)
    row = connection.execute(newest.order_by(table.run_id.desc()).limit(1)).first()
    if row is None or row.retry_at is None or row.outcome != "rate_limited":
        return None
    now: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return row.retry_at if row.retry_at > now else None


def alerting_posts(connection: Connection, source: str, since: datetime) -> dict[str, int]:
    """How many posts of each query (by key) stand in an alert, of those stored since a moment."""
    wanted = sa.and_(posts.c.source == source, posts.c.query_key.is_not(None), posts.c.ingested_at >= since)
    counted = (
        sa.select(posts.c.query_key, sa.func.count(sa.distinct(posts.c.post_id)))
        .join(alert_posts, alert_posts.c.post_id == posts.c.post_id)
        .where(wanted)
        .group_by(posts.c.query_key)
    )
    return {row[0]: row[1] for row in connection.execute(counted)}


def store_metrics(connection: Connection, source: str, metrics: Sequence[Metric], now: datetime) -> None:
    """Store numbers of our own accounts, once a clock."""
    rows = [
        {"source": source, "account": one.account, "metric": one.metric, "value": one.value, "measured_at": now}
        for one in metrics
    ]
    if rows:
        connection.execute(insert(account_metrics).on_conflict_do_nothing(), rows)


def metrics_on_day(connection: Connection, source: str, now: datetime) -> bool:
    """Whether numbers of our own accounts were asked of a source within the day before `now`."""
    table = ingest_runs.c
    asked = sa.and_(table.source == source, table.purpose == "metrics", table.run_at > now - timedelta(days=1))
    return connection.execute(sa.select(table.run_id).where(asked)).first() is not None


def declare_uses(connection: Connection, platform: str, tone: bool, combined: bool) -> None:
    """Write down what may be made of a platform's posts, for the views and for screening."""
    values = {"tone": tone, "combined": combined}
    statement = insert(source_uses).values(platform=platform, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["platform"], set_=values))


def toneless_platforms(connection: Connection) -> set[str]:
    """The platforms whose terms do not let us derive the tone or category of a mention."""
    found = sa.select(source_uses.c.platform).where(source_uses.c.tone.is_(False))
    return set(connection.execute(found).scalars())


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
