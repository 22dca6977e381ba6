"""How often each subject was told, hour by hour, and which hours were heard: what trends and surges are made of."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.warehouse.narratives import apart_of_platform, written_at
from pipeline.warehouse.reports import set_clock
from pipeline.warehouse.tables import alerts, matches, mentions, narrative_posts, narratives, posts, source_uses

_OF_POST = ("post_id", "platform", "platform_id", "url", "created_at", "ingested_at", "author_hash", "content_hash")
_OF_MENTION = ("p_mention", "tone", "urgency", "category")


@dataclass(frozen=True)
class Telling:
    """Which posts count: told in [since, until] and stored by `until`, within `historical_days` of being told.

    Mentions are those of this practice at `mention_sure` or above, one a post: what cannot wait first (an urgency
    that is not among `unhurried`). `left_out` are platforms whose posts are not kept for long enough to be compared.
    """

    practice_id: str
    since: datetime
    until: datetime
    historical_days: float
    mention_sure: float
    unhurried: Collection[str]
    left_out: Collection[str] = ()


@dataclass(frozen=True)
class Subject:
    """A claim, mention or narrative whose posts are asked for: those told since a moment."""

    kind: str
    subject: str
    apart: str
    since: datetime


def hourly_counts(connection: Connection, telling: Telling) -> pd.DataFrame:
    """Posts by subject, platform, source, hour (UTC) and author, as pipeline.alerting.trends reads them.

    Columns: kind (claim, mention or narrative), subject (None for a mention), urgency and category (of a mention),
    apart, platform, source, hour_at, author_hash, posts. Only a match that alerts tells a claim.
    """
    told = _told(telling)
    nothing = sa.cast(sa.null(), sa.Text)
    alerting = matches.c.decision == "alert"
    best = _best_mentions(telling)
    parts = [
        _counted(told, "claim", matches.c.claim_id, (nothing, nothing), matches, alerting),
        _counted(told, "narrative", narrative_posts.c.narrative_id, (nothing, nothing), narrative_posts, sa.true()),
        _counted(told, "mention", nothing, (best.c.urgency, best.c.category), best, sa.true()),
    ]
    result = connection.execute(sa.union_all(*parts))
    frame = pd.DataFrame(result.all(), columns=list(result.keys()))
    return frame.assign(hour_at=pd.to_datetime(frame["hour_at"], utc=True))


def heard_hours(connection: Connection, now: datetime) -> pd.DataFrame:
    """Columns source, hour_at, heard and partly, as marts.mart_coverage has it at `now`, for its 31 days.

    `heard`: a complete pass has read past the hour and no coverage gap lies in it; `partly`: it was read in part.
    """
    set_clock(connection, now)
    found = sa.text("select source, hour_at, state = 'ok', state = 'partial' from marts.mart_coverage")
    frame = pd.DataFrame(connection.execute(found).all(), columns=["source", "hour_at", "heard", "partly"])
    return frame.assign(hour_at=pd.to_datetime(frame["hour_at"], utc=True))


def told_since(connection: Connection, telling: Telling, subjects: Sequence[Subject]) -> pd.DataFrame:
    """The posts of some subjects: one row per post and subject, as pipeline.alerting.surges reads them.

    Columns: kind, subject, apart, those of the post, at, claim_id, p_match and promotes (of the subject's claim, else
    of the best match that alerts), p_mention, tone, urgency, category and names_practice. All mentions are in it where
    one is asked for, with the subject None: which of them are meant is the caller's to say.
    """
    told, best = _told(telling), _best_mentions(telling)
    first = (
        sa.select(matches.c.post_id, matches.c.claim_id, matches.c.p_match, matches.c.promotes)
        .where(matches.c.decision == "alert")
        .distinct(matches.c.post_id)
        .order_by(matches.c.post_id, matches.c.p_match.desc(), matches.c.claim_id)
        .subquery("first")
    )
    frames = []
    for kind in sorted({subject.kind for subject in subjects}):
        asked = [subject for subject in subjects if subject.kind == kind]
        since, names = min(subject.since for subject in asked), sorted({subject.subject for subject in asked})
        match: sa.FromClause = matches if kind == "claim" else first
        of_match = match.c.post_id == told.c.post_id
        joined = told.join(match, sa.and_(of_match, match.c.decision == "alert")) if kind == "claim" else told
        if kind != "claim":
            joined = joined.outerjoin(match, of_match)
        joined = joined.join(best, best.c.post_id == told.c.post_id, isouter=kind != "mention")
        subject_of: sa.ColumnElement[Any] = sa.cast(sa.null(), sa.Text)
        wanted = told.c.at >= since
        if kind == "claim":
            subject_of, wanted = matches.c.claim_id, sa.and_(wanted, matches.c.claim_id.in_(names))
        elif kind == "narrative":
            joined = joined.join(narrative_posts, narrative_posts.c.post_id == told.c.post_id)
            subject_of = narrative_posts.c.narrative_id
            wanted = sa.and_(wanted, narrative_posts.c.narrative_id.in_(names))
        chosen = sa.select(
            sa.literal(kind).label("kind"),
            subject_of.label("subject"),
            *told.c,
            *(match.c[name] for name in ("claim_id", "p_match", "promotes")),
            *(best.c[name] for name in _OF_MENTION),
            best.c.post_id.is_not(None).label("names_practice"),
        )
        result = connection.execute(chosen.select_from(joined).where(wanted))
        frames.append(pd.DataFrame(result.all(), columns=list(result.keys())))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def raised_surges(connection: Connection, practice_id: str, since: datetime) -> list[tuple[str, datetime]]:
    """Key and bucket of the surge alerts whose onset is `since` or later."""
    wanted = sa.and_(alerts.c.practice_id == practice_id, alerts.c.kind == "surge", alerts.c.bucket_start_at >= since)
    found = sa.select(alerts.c.alert_key, alerts.c.bucket_start_at).where(wanted).order_by(alerts.c.alert_key)
    return [(row.alert_key, row.bucket_start_at) for row in connection.execute(found)]


def merged_narratives(connection: Connection) -> dict[str, str]:
    """What each narrative that is no longer in force became part of."""
    found = sa.select(narratives.c.narrative_id, narratives.c.merged_into).where(narratives.c.merged_into.is_not(None))
    return {row.narrative_id: row.merged_into for row in connection.execute(found)}


def _told(telling: Telling) -> sa.Subquery:
    at = written_at()
    fresh = posts.c.ingested_at - posts.c.created_at <= timedelta(days=telling.historical_days)
    wanted = sa.and_(
        posts.c.status == "live",
        posts.c.own.is_(False),
        posts.c.backfilled.is_(False),
        posts.c.platform.not_in(["canary", *telling.left_out]),
        # Nothing is told after it was stored, so that the index serves.
        posts.c.ingested_at >= telling.since,
        posts.c.ingested_at <= telling.until,
        sa.or_(posts.c.created_at.is_(None), fresh),
        at >= telling.since,
    )
    return (
        sa.select(*(posts.c[name] for name in _OF_POST), posts.c.source, apart_of_platform(), at)
        .outerjoin(source_uses, source_uses.c.platform == posts.c.platform)
        .where(wanted)
        .subquery("told")
    )


def _best_mentions(telling: Telling) -> sa.Subquery:
    table = mentions.c
    urgent = sa.and_(table.urgency.is_not(None), table.urgency.not_in(list(telling.unhurried)))
    urgency = sa.case((urgent, table.urgency)).label("urgency")
    order = (urgent.desc(), table.category.is_(None), table.p_mention.desc(), table.urgency, table.category, table.tone)
    return (
        sa.select(table.post_id, table.p_mention, table.tone, urgency, table.category)
        .where(table.practice_id == telling.practice_id, table.p_mention >= telling.mention_sure)
        .distinct(table.post_id)
        .order_by(table.post_id, *order)
        .subquery("best")
    )


def _counted(
    told: sa.Subquery,
    kind: str,
    subject: sa.ColumnElement[Any],
    of_mention: tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]],
    table: sa.FromClause,
    which: sa.ColumnElement[bool],
) -> sa.Select[Any]:
    columns = [
        sa.literal(kind).label("kind"),
        subject.label("subject"),
        of_mention[0].label("urgency"),
        of_mention[1].label("category"),
        told.c.apart,
        told.c.platform,
        told.c.source,
        sa.func.date_trunc("hour", told.c.at, "UTC").label("hour_at"),
        told.c.author_hash,
    ]
    joined = told.join(table, table.c.post_id == told.c.post_id)
    amount = sa.func.count().label("posts")
    return sa.select(*columns, amount).select_from(joined).where(which).group_by(*map(sa.text, map(str, range(1, 10))))
