"""Alerts in the warehouse: what was screened in a window, and the upsert on `alert_key`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from pipeline.warehouse.conditions import any_of
from pipeline.warehouse.tables import alert_posts, alerts, matches, mentions, posts, source_uses

# One raise at a time: two at once would each see the other's groups as gone.
_RAISE_LOCK = 0x4155_5343_0002

_OF_POST = ("platform", "platform_id", "url", "created_at", "ingested_at", "author_hash", "content_hash", "backfilled")
# What a step resolved is open again when its posts are back; what was quiet or a person resolved stays resolved.
BY_A_STEP = ("withdrawn", "ended")
_BY_A_STEP = alerts.c.resolution.in_(BY_A_STEP)
_TAKEN_ON = sa.case((alerts.c.acknowledged_at.is_not(None), "acknowledged"), else_="open")
_REOPENED = {
    "state": sa.case((_BY_A_STEP, _TAKEN_ON), else_=alerts.c.state),
    "resolved_at": sa.case((_BY_A_STEP, None), else_=alerts.c.resolved_at),
    "resolution": sa.case((_BY_A_STEP, None), else_=alerts.c.resolution),
}

_OPENED = {"state": "open", "resolved_at": None, "resolution": None, "acknowledged_at": None, "acknowledged_by": None}


@dataclass(frozen=True)
class Before:
    """What an alert was before a step wrote it."""

    severity: str
    state: str
    resolution: str | None
    wordings: int


def lock_alerts(connection: Connection) -> None:
    """Wait until no other transaction raises alerts."""
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_RAISE_LOCK)))


def screened_matches(connection: Connection, since: datetime, until: datetime) -> pd.DataFrame:
    """All matches of live posts stored in [since, until], with the columns of the post that rules read."""
    return _screened(connection, matches, since, until, sa.true())


def screened_mentions(connection: Connection, since: datetime, until: datetime, practice_id: str) -> pd.DataFrame:
    """All mentions of the practice by live posts stored in [since, until], with the columns that rules read."""
    return _screened(connection, mentions, since, until, mentions.c.practice_id == practice_id)


def upsert_alerts(connection: Connection, rows: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, Before | None]:
    """Write alerts on their key; each row holds the table's columns and `post_ids`, the posts of its group.

    State, acknowledgement and the moment it was raised stay, but danger of another wording opens what a person took on
    or resolved, because it may be another person in need; `updated_at` moves only where something changed, so a
    rerun changes nothing. Returns what each alert was before, None for a new one; one that a later run wrote is left
    as it is and not returned.
    """
    before = _before(connection, [row["alert_key"] for row in rows], now)
    for row in rows:
        values = {name: value for name, value in row.items() if name != "post_ids"}
        was = before.get(row["alert_key"])
        state = _OPENED if was is not None and is_danger_again(was, row) else _REOPENED
        statement = insert(alerts).values(**values, raised_at=now, updated_at=now)
        changed = {name: statement.excluded[name] for name in values if name != "alert_key"}
        # A later run knows more than one that is repeated with an earlier clock.
        not_later = alerts.c.updated_at <= now
        differs = sa.or_(
            sa.func.coalesce(_BY_A_STEP, False),
            *(alerts.c[name].is_distinct_from(excluded) for name, excluded in changed.items()),
        )
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["alert_key"],
                set_={**changed, **state, "updated_at": now},
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
    return before


def is_danger_again(was: Before, row: Mapping[str, Any]) -> bool:
    """Whether somebody had dealt with a mention that cannot wait, and another wording of it came since."""
    dealt_with = was.state != "open" and was.resolution not in BY_A_STEP
    danger = row["kind"] == "mention" and row["severity"] == "urgent" and not row["historical"]
    return dealt_with and danger and int(row["evidence"].get("wordings") or 0) > was.wordings


def resolve_absent(
    connection: Connection, practice_id: str, keys: Sequence[str], since: datetime, now: datetime
) -> list[str]:
    """Resolve alerts of the window whose posts no longer make a group; returns their keys.

    They were rematched, withdrawn or erased. A surge that is no longer found is over: what it was stays true.
    """
    gone = sa.and_(
        alerts.c.practice_id == practice_id,
        alerts.c.bucket_start_at >= since,
        alerts.c.updated_at <= now,
        alerts.c.state != "resolved",
        alerts.c.alert_key.not_in(list(keys)),
    )
    ended = _resolve(connection, sa.and_(gone, alerts.c.kind == "surge"), "ended", now)
    # Its posts are no longer linked to it, so a later erasure could not find their ids in its evidence.
    unlinked = {"evidence": sa.text("jsonb_set(evidence, '{posts}', '[]'::jsonb)")}
    withdrawn = _resolve(connection, sa.and_(gone, alerts.c.kind != "surge"), "withdrawn", now, **unlinked)
    for alert_id in withdrawn.values():
        connection.execute(sa.delete(alert_posts).where(alert_posts.c.alert_id == alert_id))
    return sorted([*ended, *withdrawn])


def resolve_quiet(connection: Connection, practice_id: str, before: datetime, now: datetime) -> list[str]:
    """Resolve alerts whose bucket began before a moment and that nothing changed since then; returns their keys."""
    quiet = sa.and_(
        alerts.c.practice_id == practice_id,
        alerts.c.kind != "canary",
        alerts.c.state != "resolved",
        alerts.c.bucket_start_at < before,
        alerts.c.updated_at < before,
    )
    return sorted(_resolve(connection, quiet, "quiet", now))


def mark_escalated(connection: Connection, keys: Sequence[str], now: datetime) -> None:
    """Note when alerts were first told further because nobody had taken them on."""
    first = sa.and_(alerts.c.alert_key == any_of(keys), alerts.c.escalated_at.is_(None))
    if keys:
        connection.execute(sa.update(alerts).where(first).values(escalated_at=now))


def change_state(connection: Connection, alert_key: str, states: Sequence[str], values: Mapping[str, Any]) -> bool:
    """Set columns of an alert that is in one of `states`; False where it is not."""
    there = sa.and_(alerts.c.alert_key == alert_key, alerts.c.state.in_(states))
    return connection.execute(sa.update(alerts).where(there).values(**values)).rowcount == 1


def read_alerts(connection: Connection, practice_id: str, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """The alerts that were raised or changed in [since, until], all columns and `post_ids`, by key."""
    return _read(connection, practice_id, sa.and_(alerts.c.updated_at > since, alerts.c.updated_at <= until))


def read_live(connection: Connection, practice_id: str, since: datetime) -> list[dict[str, Any]]:
    """The alerts that are not resolved, and surges that ended, whose bucket began at a moment or later, likewise."""
    live = sa.or_(alerts.c.state != "resolved", alerts.c.resolution == "ended")
    return _read(connection, practice_id, sa.and_(live, alerts.c.bucket_start_at >= since))


def read_keys(connection: Connection, practice_id: str, keys: Sequence[str]) -> list[dict[str, Any]]:
    """The alerts of these keys, likewise."""
    return _read(connection, practice_id, alerts.c.alert_key == any_of(keys)) if keys else []


def read_newest(connection: Connection, practice_id: str, live: bool, most: int) -> list[dict[str, Any]]:
    """The newest alerts, all or those that are not resolved, `most` at most, likewise but the newest first."""
    wanted = alerts.c.state != "resolved" if live else sa.true()
    newest = sa.select(alerts.c.alert_id).where(_of_practice(practice_id), wanted)
    newest = newest.order_by(alerts.c.bucket_start_at.desc(), alerts.c.alert_key).limit(most)
    found = _read(connection, practice_id, alerts.c.alert_id.in_(newest))
    return sorted(found, key=lambda row: row["bucket_start_at"], reverse=True)


def _read(connection: Connection, practice_id: str, which: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    group = (
        sa.select(sa.func.coalesce(sa.func.array_agg(alert_posts.c.post_id), sa.cast([], sa.ARRAY(sa.BigInteger))))
        .where(alert_posts.c.alert_id == alerts.c.alert_id)
        .scalar_subquery()
        .label("post_ids")
    )
    wanted = sa.and_(_of_practice(practice_id), which)
    found = connection.execute(sa.select(alerts, group).where(wanted).order_by(alerts.c.alert_key))
    return [dict(row._mapping) for row in found]


def _of_practice(practice_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(alerts.c.practice_id == practice_id, alerts.c.kind != "canary")


def _before(connection: Connection, keys: Sequence[str], now: datetime) -> dict[str, Before | None]:
    if not keys:
        return {}
    wordings = sa.func.coalesce(alerts.c.evidence["wordings"].as_integer(), alerts.c.posts).label("wordings")
    columns = (alerts.c.severity, alerts.c.state, alerts.c.resolution, wordings)
    wanted = sa.select(alerts.c.alert_key, alerts.c.updated_at, *columns).where(alerts.c.alert_key == any_of(keys))
    known = {row.alert_key: row for row in connection.execute(wanted)}
    written = [key for key in keys if key not in known or known[key].updated_at <= now]
    return {key: Before(*known[key][2:]) if key in known else None for key in written}


def _resolve(
    connection: Connection,
    which: sa.ColumnElement[bool],
    resolution: str,
    now: datetime,
    **more: Any,  # noqa: ANN401  # values of columns
) -> dict[str, int]:
    changes = {"state": "resolved", "resolution": resolution, "resolved_at": now, "updated_at": now, **more}
    statement = sa.update(alerts).where(which).values(**changes).returning(alerts.c.alert_key, alerts.c.alert_id)
    return {row.alert_key: row.alert_id for row in connection.execute(statement)}


def _screened(
    connection: Connection, table: sa.Table, since: datetime, until: datetime, which: sa.ColumnElement[bool]
) -> pd.DataFrame:
    # Of our own posts only what the guard stopped is told, to the owner alone.
    told = sa.or_(posts.c.own.is_(False), table.c.kind == "own_post") if table is mentions else posts.c.own.is_(False)
    heard = sa.and_(posts.c.status == "live", told)
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
