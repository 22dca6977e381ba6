"""Retention: what is past its time is emptied, and what is older than its purpose is deleted."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError, ProgrammingError

from pipeline.post import NO_WORDS
from pipeline.warehouse.erasure import drop_derived, drop_orphans, empty_post
from pipeline.warehouse.outbox import forget_sent, keys_telling_of
from pipeline.warehouse.tables import (
    account_metrics,
    alert_events,
    alerts,
    check_runs,
    coverage_gaps,
    ingest_runs,
    matches,
    mentions,
    narrative_posts,
    narratives,
    outbox,
    posts,
    quarantine,
    reviews,
    silences,
    tombstones,
)

# Tables whose rows hold, or held, something of a post.
_OF_POSTS = (
    *("posts", "vectors", "matches", "mentions", "narrative_posts"),
    *("alerts", "alert_posts", "reviews", "quarantine", "outbox"),
)
_LOCK_TIMEOUT = "20s"
_A_NIGHT = timedelta(days=1)
NO_RULES: Mapping[str, "Rule"] = MappingProxyType({})


class Rule(Protocol):
    """A platform's own retention (pipeline.privacy.retention)."""

    @property
    def period(self) -> timedelta:
        """The longest time since a post was stored."""

    @property
    def refreshed(self) -> bool:
        """Whether it counts from the last recheck that found the post public."""


def expire_posts(
    connection: Connection,
    now: datetime,
    unmatched: timedelta,
    matched: timedelta,
    rules: Mapping[str, Rule] = NO_RULES,
) -> int:
    """Empty the posts that are past their retention; returns how many. No tombstone is written.

    An unmatched post is kept for `unmatched`, one with a match or a mention for `matched`, both since `ingested_at`;
    a platform's own rule overrides downwards.
    """
    derived = [
        sa.select(table.c.post_id).where(table.c.post_id == posts.c.post_id).exists() for table in (matches, mentions)
    ]
    age = sa.literal(now) - posts.c.ingested_at
    due = [sa.and_(age > unmatched, sa.not_(sa.or_(*derived))), age > matched]
    for platform, rule in rules.items():
        since = sa.func.greatest(posts.c.ingested_at, posts.c.rechecked_at) if rule.refreshed else posts.c.ingested_at
        # What would pass its limit before the next night goes tonight.
        due.append(sa.and_(posts.c.platform == platform, sa.literal(now) - since > rule.period - _A_NIGHT))
    columns = (posts.c.post_id, posts.c.content_hash, posts.c.platform, posts.c.platform_id)
    found = connection.execute(sa.select(*columns).where(sa.or_(*due), posts.c.content_hash != NO_WORDS)).all()
    for row in found:
        # Nothing ties the post to its alerts afterwards, so an erasure could not find the mail that links to it.
        forget_sent(connection, keys_telling_of(connection, row.post_id))
        drop_derived(connection, row.post_id, (row.platform, row.platform_id))
        empty_post(connection, row.post_id, row.content_hash, {})
    drop_orphans(connection)
    return len(found)


def delete_old(
    connection: Connection, now: datetime, aggregates: timedelta, audit: timedelta, canaries: timedelta
) -> int:
    """Delete what is older than its purpose; returns how many rows.

    `aggregates`: emptied posts, alerts, narratives and account metrics. `audit`: the ledger, gaps, quarantine, mails,
    checks, reviews, events of alerts, silences and tombstones. `canaries`: our own posts and what came of them.
    """
    of_canary = posts.c.platform == "canary"
    told = (
        sa.select(narrative_posts.c.post_id).where(narrative_posts.c.narrative_id == narratives.c.narrative_id).exists()
    )
    too_old = (
        (outbox, sa.and_(outbox.c.kind == "canary", outbox.c.written_at < now - canaries)),
        (alerts, sa.and_(alerts.c.kind == "canary", alerts.c.updated_at < now - canaries)),
        (posts, sa.and_(of_canary, posts.c.ingested_at < now - canaries)),
        (posts, sa.and_(posts.c.content_hash == NO_WORDS, posts.c.ingested_at < now - aggregates)),
        (alerts, alerts.c.updated_at < now - aggregates),
        (account_metrics, account_metrics.c.measured_at < now - aggregates),
        (narratives, sa.and_(narratives.c.updated_at < now - aggregates, sa.not_(told))),
        (ingest_runs, ingest_runs.c.run_at < now - audit),
        (coverage_gaps, coverage_gaps.c.found_at < now - audit),
        (quarantine, quarantine.c.quarantined_at < now - audit),
        (outbox, outbox.c.written_at < now - audit),
        (check_runs, check_runs.c.ran_at < now - audit),
        (reviews, reviews.c.reviewed_at < now - audit),
        (alert_events, alert_events.c.at < now - audit),
        (silences, silences.c.ends_at < now - audit),
        (tombstones, tombstones.c.erased_at < now - audit),
    )
    return sum(connection.execute(sa.delete(table).where(old)).rowcount for table, old in too_old)


def erased_since(connection: Connection, moment: datetime) -> int:
    """How many posts were erased after a moment."""
    counted = sa.select(sa.func.count()).select_from(tombstones).where(tombstones.c.erased_at > moment)
    return int(connection.execute(counted).scalar_one())


def purge_disk(engine: Engine) -> list[str]:
    """Rewrite the tables of posts and drop the server's old log, so that what was erased is on no page of the disk.

    A plain VACUUM leaves the bytes of dead rows where they were. Each table is locked while it is rewritten; one that
    others keep busy is left for the next night, for nobody shall wait behind us. Returns what was left: tables, and
    "log" where the role may not drop it (pg_checkpoint and pg_switch_wal).
    """
    left: list[str] = []
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text(f"set lock_timeout = '{_LOCK_TIMEOUT}'"))
        for table in _OF_POSTS:
            try:
                connection.execute(sa.text(f"vacuum (full, analyze) {table}"))
            except OperationalError:
                left.append(table)
        connection.execute(sa.text("reset lock_timeout"))
        try:
            # The first ends with the old log still in use; the second finds it behind the last checkpoint.
            for _ in range(2):
                connection.execute(sa.select(sa.func.pg_switch_wal()))
                connection.execute(sa.text("checkpoint"))
        except ProgrammingError:
            left.append("log")
    return left
