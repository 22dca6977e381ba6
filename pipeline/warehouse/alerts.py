"""Alerts in the warehouse: what was screened in a window, and the upsert on `alert_key`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from pipeline.warehouse.tables import alert_posts, alerts, matches, mentions, posts, source_uses

# One raise at a time: two at once would each see the other's groups as gone.
_RAISE_LOCK = 0x4155_5343_0002

_OF_POST = ("platform", "platform_id", "url", "created_at", "ingested_at", "author_hash", "content_hash", "backfilled")
# What a withdrawn alert becomes when its posts are back; what a person resolved stays resolved.
_REOPENED = {
    "state": sa.case((alerts.c.resolution == "withdrawn", "open"), else_=alerts.c.state),
    "resolved_at": sa.case((alerts.c.resolution == "withdrawn", None), else_=alerts.c.resolved_at),
    "resolution": sa.case((alerts.c.resolution == "withdrawn", None), else_=alerts.c.resolution),
}


def lock_alerts(connection: Connection) -> None:
    """Wait until no other transaction raises alerts."""
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_RAISE_LOCK)))


def screened_matches(connection: Connection, since: datetime, until: datetime) -> pd.DataFrame:
    """All matches of live posts stored in [since, until], with the columns of the post that rules read."""
    return _screened(connection, matches, since, until, sa.true())


def screened_mentions(connection: Connection, since: datetime, until: datetime, practice_id: str) -> pd.DataFrame:
    """All mentions of the practice by live posts stored in [since, until], with the columns that rules read."""
    return _screened(connection, mentions, since, until, mentions.c.practice_id == practice_id)


def upsert_alerts(connection: Connection, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Write alerts on their key; each row holds the table's columns and `post_ids`, the posts of its group.

    State and the moment it was raised stay; `updated_at` moves only where something changed, so a rerun changes
    nothing.
    """
    for row in rows:
        values = {name: value for name, value in row.items() if name != "post_ids"}
        statement = insert(alerts).values(**values, raised_at=now, updated_at=now)
        changed = {name: statement.excluded[name] for name in values if name != "alert_key"}
        # A later run knows more than one that is repeated with an earlier clock.
        not_later = alerts.c.updated_at <= now
        differs = sa.or_(
            alerts.c.resolution.is_not_distinct_from("withdrawn"),
            *(alerts.c[name].is_distinct_from(excluded) for name, excluded in changed.items()),
        )
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["alert_key"],
                set_={**changed, **_REOPENED, "updated_at": now},
                where=sa.and_(not_later, differs),
            )
        )
        found = sa.select(alerts.c.alert_id).where(alerts.c.alert_key == row["alert_key"], not_later)
        alert_id = connection.execute(found).scalar()
        if alert_id is None:
            continue
        connection.execute(sa.delete(alert_posts).where(alert_posts.c.alert_id == alert_id))
        group = [{"alert_id": alert_id, "post_id": post_id} for post_id in row["post_ids"]]
        if group:
            connection.execute(insert(alert_posts), group)


def resolve_absent(
    connection: Connection, practice_id: str, keys: Sequence[str], since: datetime, now: datetime
) -> int:
    """Resolve alerts of the window whose posts no longer make a group (rematched, withdrawn or erased)."""
    gone = sa.and_(
        alerts.c.practice_id == practice_id,
        alerts.c.bucket_start_at >= since,
        alerts.c.updated_at <= now,
        alerts.c.state != "resolved",
        alerts.c.alert_key.not_in(list(keys)),
    )
    changes = {"state": "resolved", "resolution": "withdrawn", "resolved_at": now, "updated_at": now}
    # Its posts are no longer linked to it, so a later erasure could not find their ids in its evidence.
    changes["evidence"] = sa.text("jsonb_set(evidence, '{posts}', '[]'::jsonb)")
    found = connection.execute(sa.update(alerts).where(gone).values(**changes).returning(alerts.c.alert_id)).all()
    for row in found:
        connection.execute(sa.delete(alert_posts).where(alert_posts.c.alert_id == row.alert_id))
    return len(found)


def read_alerts(connection: Connection, practice_id: str, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """The alerts that were raised or changed in [since, until], all columns and `post_ids`, by key."""
    group = (
        sa.select(sa.func.coalesce(sa.func.array_agg(alert_posts.c.post_id), sa.cast([], sa.ARRAY(sa.BigInteger))))
        .where(alert_posts.c.alert_id == alerts.c.alert_id)
        .scalar_subquery()
        .label("post_ids")
    )
    updated = sa.and_(alerts.c.updated_at > since, alerts.c.updated_at <= until)
    wanted = sa.and_(alerts.c.practice_id == practice_id, alerts.c.kind != "canary", updated)
    found = connection.execute(sa.select(alerts, group).where(wanted).order_by(alerts.c.alert_key))
    return [dict(row._mapping) for row in found]


def _screened(
    connection: Connection, table: sa.Table, since: datetime, until: datetime, which: sa.ColumnElement[bool]
) -> pd.DataFrame:
    heard = sa.and_(posts.c.status == "live", posts.c.own.is_(False))
    wanted = sa.and_(heard, posts.c.ingested_at >= since, posts.c.ingested_at <= until, which)
    # Where its terms forbid to count a platform's posts together with others', its name keeps them apart.
    apart = sa.case((source_uses.c.combined.is_(False), posts.c.platform), else_="").label("apart")
    chosen = (
        sa.select(table, *(posts.c[name] for name in _OF_POST), apart)
        .join(posts, posts.c.post_id == table.c.post_id)
        .outerjoin(source_uses, source_uses.c.platform == posts.c.platform)
        .where(wanted)
        .order_by(posts.c.platform, posts.c.platform_id)
    )
    result = connection.execute(chosen)
    return pd.DataFrame(result.all(), columns=list(result.keys()))
