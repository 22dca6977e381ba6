"""Shards of posts out, their matches and mentions in: a shard's rows are replaced as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.errors import ConfigError
from pipeline.post import screening_text
from pipeline.warehouse.conditions import any_of, has_words
from pipeline.warehouse.copying import copy_rows
from pipeline.warehouse.leases import dead_leases
from pipeline.warehouse.tables import matches, mentions, posts

SHARD_COLUMNS = ("post_id", "platform", "source", "content_hash", "channel", "own", "text")
_NEWEST = (posts.c.ingested_at, posts.c.post_id)


@dataclass(frozen=True)
class Wanted:
    """Which posts need screening: stored in [since, until], not yet screened with `screened_key` and `claim_set`.

    Posts screened with one of `sets` are as if screened with `claim_set`, which is among them.
    """

    screened_key: str
    claim_set: int
    sets: Sequence[int]
    since: datetime
    until: datetime


@dataclass(frozen=True)
class ShardRequest:
    """Which of the posts that are `wanted` a worker may take.

    What another worker screened after `started_at` (wall clock of the server) is left alone, even with another key.
    `below` is where this worker is, (ingested_at, post_id): what stands before it was offered already.
    """

    wanted: Wanted
    started_at: datetime
    lease: int
    lease_seconds: float
    limit: int
    below: tuple[datetime, int] | None = None


def server_clock(connection: Connection) -> datetime:
    """The wall clock of the server, which all workers share."""
    now: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return now


def claim_shard(connection: Connection, request: ShardRequest) -> pd.DataFrame:
    """Lease up to `limit` posts that need screening, the newest first.

    Returns SHARD_COLUMNS and ingested_at, newest first, maybe no row; text is title and body as screening reads them.
    """
    free = sa.or_(
        posts.c.screen_lease.is_(None),
        posts.c.screen_leased_until < sa.func.clock_timestamp(),
        posts.c.screen_lease.in_(dead_leases(connection, posts.c.screen_lease)),
    )
    before = sa.or_(posts.c.screened_at.is_(None), posts.c.screened_at < request.started_at)
    wanted = sa.and_(_needs_screening(request.wanted), before, free)
    if request.below:
        # Without it each shard of a backlog would look at all the posts that the shards before it have done.
        wanted = sa.and_(wanted, sa.tuple_(*_NEWEST) < sa.tuple_(*map(sa.literal, request.below)))
    taken = (
        sa.select(posts.c.post_id)
        .where(wanted)
        .order_by(*(column.desc() for column in _NEWEST))
        .limit(request.limit)
        .with_for_update(skip_locked=True)
    )
    until = sa.func.clock_timestamp() + sa.func.make_interval(0, 0, 0, 0, 0, 0, request.lease_seconds)
    leased = connection.execute(
        sa.update(posts)
        .where(posts.c.post_id.in_(taken.scalar_subquery()))
        .values(screen_lease=request.lease, screen_leased_until=until)
        .returning(*_NEWEST, *(posts.c[name] for name in (*SHARD_COLUMNS[1:-1], "title", "text")))
    )
    rows = [(*row[:-2], screening_text(row.title, row.text)) for row in leased]
    return pd.DataFrame(sorted(rows, reverse=True), columns=["ingested_at", *SHARD_COLUMNS])


def count_unscreened(connection: Connection, wanted: Wanted) -> int:
    """How many posts still need screening."""
    needed = sa.select(sa.func.count()).select_from(posts).where(_needs_screening(wanted))
    return int(connection.execute(needed).scalar_one())


@dataclass(frozen=True)
class Rows:
    """What was found in a shard: matches and mentions by the columns of their tables, redacted copies by post_id."""

    matches: pd.DataFrame
    mentions: pd.DataFrame
    copies: Mapping[int, str] = field(repr=False)


def replace_screened(connection: Connection, shard: pd.DataFrame, request: ShardRequest, rows: Rows) -> int:
    """Make `rows` all that is stored of the shard's posts, and mark them screened.

    Rows that say the same stay. Returns how many posts were still ours.

    A post that was edited, erased or taken over by another worker meanwhile is left to whoever has it now.
    """
    leased = sa.and_(posts.c.post_id == any_of(shard["post_id"].tolist()), posts.c.screen_lease == request.lease)
    ours = sa.and_(leased, posts.c.status == "live")
    held = connection.execute(sa.select(posts.c.post_id, posts.c.content_hash).where(ours).with_for_update())
    kept = set(shard.set_index(["post_id", "content_hash"]).index) & {(row.post_id, row.content_hash) for row in held}
    post_ids = [post_id for post_id, _ in kept]
    for table, frame in ((matches, rows.matches), (mentions, rows.mentions)):
        _replace(connection, table, post_ids, *_rows(table, frame[frame["post_id"].isin(post_ids)]))
    released: dict[str, Any] = {"screen_lease": None, "screen_leased_until": None}
    connection.execute(sa.update(posts).where(leased).values(**released))
    done = sa.update(posts).where(posts.c.post_id == any_of(post_ids))
    key, claim_set = request.wanted.screened_key, request.wanted.claim_set
    told = {"screened_key": key, "claim_set_id": claim_set, "screened_at": sa.func.clock_timestamp()}
    connection.execute(done.values(**told))
    _copy_redacted(connection, post_ids, rows.copies)
    return len(post_ids)


def _copy_redacted(connection: Connection, post_ids: Sequence[int], copies: Mapping[int, str]) -> None:
    """Make `copies` the redacted texts of these posts; the others of them have none."""
    made = {post_id: copies[post_id] for post_id in post_ids if post_id in copies}
    without = [post_id for post_id in post_ids if post_id not in made]
    stale = sa.and_(posts.c.post_id == any_of(without), posts.c.redacted_text.is_not(None))
    connection.execute(sa.update(posts).where(stale).values(redacted_text=None))
    if made:
        listed = sa.values(sa.column("post_id", sa.BigInteger), sa.column("copy", sa.Text), name="copies").data(
            list(made.items())
        )
        other = sa.and_(posts.c.post_id == listed.c.post_id, posts.c.redacted_text.is_distinct_from(listed.c.copy))
        connection.execute(sa.update(posts).where(other).values(redacted_text=listed.c.copy))


def _replace(
    connection: Connection, table: sa.Table, post_ids: Sequence[int], names: list[str], rows: list[list[Any]]
) -> None:
    """Make `rows` (values of the columns `names`) all that `table` holds of these posts."""
    (surrogate,) = [column for column in table.columns if column.identity]
    stored = sa.select(surrogate, *(table.c[name] for name in names)).where(table.c.post_id == any_of(post_ids))
    # When it was found first is no part of what a row says.
    told = [number for number, name in enumerate(names) if name != "screened_at"]
    known = {_said(row[1:], told): row[0] for row in connection.execute(stored)}
    new = [row for row in rows if known.pop(_said(row, told), None) is None]
    if known:
        connection.execute(sa.delete(table).where(surrogate == any_of(list(known.values()))))
    if new:
        copy_rows(connection, table, names, new)


def _said(row: Sequence[Any], told: Sequence[int]) -> tuple[Any, ...]:
    return tuple(tuple(row[number]) if isinstance(row[number], list) else row[number] for number in told)


def _needs_screening(wanted: Wanted) -> sa.ColumnElement[bool]:
    # What was stored after the clock of a step is a later step's work, or a repeat with an old clock would date it so.
    # An edited post has no key and is screened whatever its age; others while they are in the window.
    due = sa.or_(posts.c.ingested_at >= wanted.since, posts.c.screened_key.is_(None))
    known = posts.c.claim_set_id == any_of(wanted.sets)
    fresh = sa.and_(posts.c.screened_key == wanted.screened_key, known)
    stale = fresh.is_not(True)
    return sa.and_(has_words(), posts.c.ingested_at <= wanted.until, due, stale)


def _rows(table: sa.Table, frame: pd.DataFrame) -> tuple[list[str], list[list[Any]]]:
    wanted = {column.name for column in table.columns if not column.identity}
    if set(frame.columns) != wanted:
        different = sorted(wanted ^ set(frame.columns))
        raise ConfigError(f"the frame for {table.name} and the table differ in: {', '.join(different)}")
    # A missing number would reach PostgreSQL as NaN, which is a value there and not NULL.
    rows = frame.astype(object).itertuples(index=False, name=None)
    return list(frame.columns), [[None if _is_missing(value) else value for value in row] for row in rows]


def _is_missing(value: Any) -> bool:  # noqa: ANN401
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and np.isnan(value))
