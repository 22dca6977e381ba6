"""Reads of the triage page: the queue of alerts, page by page, and what stands behind one alert."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.warehouse.conditions import has_words
from pipeline.warehouse.narratives import written_at
from pipeline.warehouse.tables import alert_posts, alerts, claims, coverage_gaps, matches, mentions, posts, reviews

LEVELS = ("urgent", "high", "normal")
# What the guard found in a post of our own.
OWN_POST = "own_post"

_OF_POST = ("post_id", "platform", "platform_id", "url", "title", "text", "created_at")
_OF_MATCH = (
    *("claim_id", "p_match", "promotes", "debunks", "questions", "neutral", "stance", "cues", "field", "matched_text"),
    *("span_start", "span_end", "true_statement", "score", "decision", "reason"),
)


@dataclass(frozen=True)
class Queue:
    """The alerts of one state, the worst first; among equals who has waited longest, of resolved ones the newest.

    Without `own_posts` what the guard found in the practice's own posts is left out.
    """

    practice_id: str
    state: str
    own_posts: bool = False

    @property
    def newest_first(self) -> bool:
        """Whether the newest of a severity comes first."""
        return self.state == "resolved"


@dataclass(frozen=True)
class Place:
    """Where an alert stands in a queue: the list goes on behind it, whatever came or went before it."""

    severity: str
    raised_at: datetime
    alert_id: int


def read_queue(
    connection: Connection, queue: Queue, after: Place | None, most: int, *, backwards: bool = False
) -> list[dict[str, Any]]:
    """At most `most` alerts behind a place (before it where `backwards`), in the queue's order, all columns.

    One query for each severity, so that each follows ix_alerts_queue and none sorts the whole table.
    """
    levels = LEVELS[::-1] if backwards else LEVELS
    ascending = queue.newest_first == backwards
    found: list[dict[str, Any]] = []
    for level in levels[levels.index(after.severity) if after else 0 :]:
        wanted = sa.and_(_waiting(queue), alerts.c.severity == level)
        if after and level == after.severity:
            wanted = sa.and_(wanted, _behind(after, ascending))
        order = [one.asc() if ascending else one.desc() for one in (alerts.c.raised_at, alerts.c.alert_id)]
        page = sa.select(alerts).where(wanted).order_by(*order).limit(most - len(found))
        found += [dict(row._mapping) for row in connection.execute(page)]
        if len(found) == most:
            break
    return found[::-1] if backwards else found


def count_queue(connection: Connection, queue: Queue, most: int) -> int:
    """How many alerts are in a queue; it stops counting at `most`."""
    some = sa.select(alerts.c.alert_id).where(_waiting(queue)).limit(most).subquery()
    return int(connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())


def place_of(connection: Connection, alert_key: str) -> Place | None:
    """Where an alert stands."""
    columns = (alerts.c.severity, alerts.c.raised_at, alerts.c.alert_id)
    row = connection.execute(sa.select(*columns).where(alerts.c.alert_key == alert_key)).one_or_none()
    return Place(*row) if row else None


def read_grounds(
    connection: Connection, practice_id: str, subject: tuple[str | None, int | None], ids: Sequence[tuple[str, str]]
) -> list[dict[str, Any]]:
    """The posts of these (platform, platform_id) that still have words, in that order, and why each is in the alert.

    `subject` is claim id and version. Columns of the post, of its match with the claim (NULL where there is none),
    `claim` as that version says it, and of its clearest mention of the practice term_start, term_end, tone, theme,
    urgency and p_mention.
    """
    if not ids:
        return []
    best = (
        sa.select(mentions)
        .where(mentions.c.post_id == posts.c.post_id, mentions.c.practice_id == practice_id)
        .order_by(mentions.c.p_mention.desc(), mentions.c.mention_id)
        .limit(1)
        .lateral("best")
    )
    claim_id, version = subject
    found = (
        sa.select(
            *(posts.c[name] for name in _OF_POST),
            *(matches.c[name] for name in _OF_MATCH),
            claims.c.claim,
            *(best.c[name] for name in ("term_start", "term_end", "tone", "theme", "urgency", "p_mention")),
        )
        .outerjoin(matches, sa.and_(matches.c.post_id == posts.c.post_id, matches.c.claim_id == claim_id))
        .outerjoin(claims, sa.and_(claims.c.claim_id == claim_id, claims.c.version == version))
        .outerjoin(best, sa.true())
        .where(sa.tuple_(posts.c.platform, posts.c.platform_id).in_(list(ids)), has_words())
    )
    rows = {(row.platform, row.platform_id): dict(row._mapping) for row in connection.execute(found)}
    return [rows[one] for one in dict.fromkeys(ids) if one in rows]


def posts_by_day(connection: Connection, alert_key: str) -> dict[date, int]:
    """How many live posts of an alert were written on each UTC day."""
    day = sa.func.date(sa.func.timezone("UTC", written_at())).label("day")
    counted = (
        sa.select(day, sa.func.count())
        .select_from(alerts.join(alert_posts).join(posts, posts.c.post_id == alert_posts.c.post_id))
        .where(alerts.c.alert_key == alert_key, posts.c.status == "live")
        .group_by(day)
    )
    return {row[0]: row[1] for row in connection.execute(counted)}


def gaps_since(connection: Connection, since: datetime) -> list[tuple[datetime, datetime]]:
    """The stretches of time since a moment that some source may not have covered."""
    columns = (coverage_gaps.c.from_at, coverage_gaps.c.to_at)
    found = (
        sa.select(*columns)
        .where(coverage_gaps.c.to_at > since, coverage_gaps.c.from_at.is_not(None))
        .order_by(coverage_gaps.c.from_at)
    )
    return [(row[0], row[1]) for row in connection.execute(found)]


def match_by_id(connection: Connection, match_id: int) -> dict[str, Any] | None:
    """What a review notes of a match, by the columns of `reviews`, and the stance; None where it is gone."""
    return _reviewed(connection, matches.c.match_id == match_id)


def match_of(connection: Connection, platform: str, platform_id: str, claim_id: str) -> dict[str, Any] | None:
    """The same of the match of a post with a claim."""
    of_post = sa.and_(posts.c.platform == platform, posts.c.platform_id == platform_id)
    return _reviewed(connection, sa.and_(of_post, matches.c.claim_id == claim_id))


def add_reviews(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write verdicts of a person; nothing that is recomputed touches them."""
    for row in rows:
        connection.execute(sa.insert(reviews).values(**row))


def reviews_of(connection: Connection, alert_key: str) -> list[dict[str, Any]]:
    """The verdicts on an alert as such, the oldest first."""
    of_alert = sa.and_(reviews.c.alert_key == alert_key, reviews.c.subject == "alert")
    found = sa.select(reviews).where(of_alert).order_by(reviews.c.reviewed_at, reviews.c.review_id)
    return [dict(row._mapping) for row in connection.execute(found)]


def _reviewed(connection: Connection, which: sa.ColumnElement[bool]) -> dict[str, Any] | None:
    scored_by = sa.func.concat_ws("/", matches.c.model_id, matches.c.reader_id, matches.c.stance_id)
    found = (
        sa.select(
            *(posts.c[name] for name in ("platform", "platform_id", "source")),
            *(
                matches.c[name]
                for name in ("claim_id", "claim_version", "p_match", "promotes", "stance", "calibration")
            ),
            scored_by.label("scored_by"),
        )
        .join(posts, posts.c.post_id == matches.c.post_id)
        .where(which, has_words(), posts.c.own.is_(False))
    )
    row = connection.execute(found).one_or_none()
    return dict(row._mapping) if row else None


def _waiting(queue: Queue) -> sa.ColumnElement[bool]:
    wanted = [alerts.c.practice_id == queue.practice_id, alerts.c.state == queue.state, alerts.c.kind != "canary"]
    if not queue.own_posts:
        wanted.append(sa.or_(alerts.c.category.is_(None), sa.not_(alerts.c.category.startswith(OWN_POST))))
    return sa.and_(*wanted)


def _behind(after: Place, ascending: bool) -> sa.ColumnElement[bool]:
    here, there = sa.tuple_(alerts.c.raised_at, alerts.c.alert_id), sa.tuple_(after.raised_at, after.alert_id)
    return here > there if ascending else here < there
