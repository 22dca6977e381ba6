"""Testimonials: praise whose author may be asked, who was asked, and the consent that was recorded before any use."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from pipeline.warehouse.conditions import any_of
from pipeline.warehouse.tables import mentions, posts, testimonials

Consent = Literal["granted", "refused", "withdrawn"]
Key = tuple[str, str]

# What triage calls a mention that may become a testimonial.
PRAISE = "praise"
# Consent → what may have been recorded before it. Nobody can withdraw what was never granted.
_BEFORE: dict[Consent, tuple[Consent | None, ...]] = {
    "granted": (None, "refused", "withdrawn"),
    "refused": (None,),
    "withdrawn": ("granted",),
}


def list_candidates(connection: Connection, practice_id: str, most: int) -> list[dict[str, Any]]:
    """Public posts that praise the practice and whose author was not asked: platform, platform_id, url, created_at.

    The newest first, `most` at most.
    """
    found = (
        sa.select(posts.c.platform, posts.c.platform_id, posts.c.url, posts.c.created_at)
        .where(_is_praise(practice_id), sa.not_(_is_asked(practice_id)))
        .order_by(posts.c.ingested_at.desc(), posts.c.post_id.desc())
        .limit(most)
    )
    return [dict(row._mapping) for row in connection.execute(found)]


def list_asked(connection: Connection, practice_id: str) -> list[dict[str, Any]]:
    """All rows of the practice, those without an answer first, then the newest."""
    order = (testimonials.c.consent.is_not(None), testimonials.c.asked_at.desc(), testimonials.c.testimonial_id)
    found = sa.select(testimonials).where(testimonials.c.practice_id == practice_id).order_by(*order)
    return [dict(row._mapping) for row in connection.execute(found)]


def add_asked(connection: Connection, practice_id: str, key: Key, by: str, now: datetime) -> bool:
    """Note that the author of a post (platform, platform_id) was asked; False where it is no candidate."""
    found = sa.select(posts.c.post_id).where(
        _is_post(posts, key), _is_praise(practice_id), sa.not_(_is_asked(practice_id))
    )
    if connection.execute(found).first() is None:
        return False
    row = {"practice_id": practice_id, "platform": key[0], "platform_id": key[1], "asked_at": now, "asked_by": by}
    written = insert(testimonials).values(row).on_conflict_do_nothing().returning(testimonials.c.testimonial_id)
    return connection.execute(written).first() is not None


def record_consent(
    connection: Connection, practice_id: str, key: Key, consent: Consent, by: str, now: datetime, note: str = ""
) -> bool:
    """Record what the author of a post answered; False where nobody asked, or it cannot follow the last answer.

    A consent withdrawn for a post that is gone leaves nothing: the row stayed for the consent alone.
    """
    before = _BEFORE[consent]
    allowed = sa.or_(
        testimonials.c.consent.in_([one for one in before if one]),
        sa.and_(testimonials.c.consent.is_(None), sa.literal(None in before)),
    )
    row = sa.and_(testimonials.c.practice_id == practice_id, _is_post(testimonials, key), allowed)
    values = {"consent": consent, "recorded_at": now, "recorded_by": by, "note": note}
    recorded = connection.execute(sa.update(testimonials).where(row).values(**values)).rowcount == 1
    if recorded and consent == "withdrawn":
        there = sa.select(posts.c.post_id).where(_is_post(posts, key), posts.c.status == "live")
        if connection.execute(there).first() is None:
            _delete(connection, key[0], [key[1]])
    return recorded


def forget_posts(connection: Connection, platform: str, ids: Sequence[str]) -> None:
    """Erase what is kept of erased posts: whole rows, but of a granted consent the note alone."""
    _delete(connection, platform, ids)
    kept = sa.and_(testimonials.c.platform == platform, testimonials.c.platform_id == any_of(ids))
    connection.execute(sa.update(testimonials).where(kept).values(note=""))


def _delete(connection: Connection, platform: str, ids: Iterable[str]) -> None:
    of_posts = sa.and_(testimonials.c.platform == platform, testimonials.c.platform_id == any_of(ids))
    not_granted = testimonials.c.consent.is_distinct_from("granted")
    connection.execute(sa.delete(testimonials).where(of_posts, not_granted))


def _is_post(table: sa.Table, key: Key) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.platform == key[0], table.c.platform_id == key[1])


def _is_praise(practice_id: str) -> sa.ColumnElement[bool]:
    praised = sa.select(mentions.c.mention_id).where(
        mentions.c.post_id == posts.c.post_id,
        mentions.c.practice_id == practice_id,
        mentions.c.category == PRAISE,
    )
    return sa.and_(posts.c.status == "live", posts.c.own.is_(False), praised.exists())


def _is_asked(practice_id: str) -> sa.ColumnElement[bool]:
    return (
        sa.select(testimonials.c.testimonial_id)
        .where(
            testimonials.c.practice_id == practice_id,
            testimonials.c.platform == posts.c.platform,
            testimonials.c.platform_id == posts.c.platform_id,
        )
        .exists()
    )
