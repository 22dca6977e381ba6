"""Erasure: what is gone at the source goes here too, with everything that was derived from it, in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from pipeline.post import NO_WORDS
from pipeline.warehouse.tables import alert_posts, matches, mentions, posts, tombstones, vectors

_SCRUB_EVIDENCE = sa.text(
    """
    update alerts set evidence = jsonb_set(evidence, '{posts}', coalesce((
        select jsonb_agg(entry) from jsonb_array_elements(evidence -> 'posts') as entry
        where not (entry ->> 'platform' = :platform and entry ->> 'platform_id' = :platform_id)
    ), '[]'::jsonb))
    where alert_id in (select alert_id from alert_posts where post_id = :post_id)
    """
)


def erase_posts(connection: Connection, keys: Sequence[tuple[str, str]], reason: str, now: datetime) -> int:
    """Erase posts by (platform, platform_id): words, author, address, vectors, matches, mentions and excerpts.

    The emptied row and a tombstone stay, so that counts hold and a late page brings nothing back. Returns how many
    were erased.
    """
    erased = 0
    for platform, platform_id in keys:
        same = sa.and_(posts.c.platform == platform, posts.c.platform_id == platform_id)
        row = connection.execute(sa.select(posts.c.post_id, posts.c.content_hash).where(same)).first()
        if row is not None:
            drop_derived(connection, row.post_id, (platform, platform_id))
            _empty(connection, row.post_id, row.content_hash, reason)
            erased += 1
        connection.execute(
            insert(tombstones)
            .values(platform=platform, platform_id=platform_id, erased_at=now, reason=reason)
            .on_conflict_do_nothing()
        )
    return erased


def expire_posts(connection: Connection, unmatched_before: datetime, matched_before: datetime) -> int:
    """Empty the posts that are past their retention (by `ingested_at`); returns how many. No tombstone is written."""
    matched = sa.select(matches.c.post_id).where(matches.c.post_id == posts.c.post_id).exists()
    mentioned = sa.select(mentions.c.post_id).where(mentions.c.post_id == posts.c.post_id).exists()
    kept = sa.or_(matched, mentioned)
    due = sa.or_(sa.and_(posts.c.ingested_at < unmatched_before, sa.not_(kept)), posts.c.ingested_at < matched_before)
    found = connection.execute(
        sa.select(posts.c.post_id, posts.c.content_hash, posts.c.platform, posts.c.platform_id).where(
            due, posts.c.content_hash != NO_WORDS
        )
    ).all()
    for row in found:
        drop_derived(connection, row.post_id, (row.platform, row.platform_id))
        _empty(connection, row.post_id, row.content_hash, None)
    # A post that was erased while its shard was being screened left its vector behind.
    connection.execute(sa.delete(vectors).where(_is_orphan()))
    return len(found)


def drop_derived(connection: Connection, post_id: int, key: tuple[str, str]) -> None:
    """Take back what was made of a post: matches, mentions, its place in alerts and in their evidence.

    `key` is its (platform, platform_id). The evidence goes first: the links in alert_posts say where it is.
    """
    connection.execute(_SCRUB_EVIDENCE, {"post_id": post_id, "platform": key[0], "platform_id": key[1]})
    for derived in (matches, mentions, alert_posts):
        connection.execute(sa.delete(derived).where(derived.c.post_id == post_id))


def drop_vector(connection: Connection, content_hash: str) -> None:
    """Delete the vectors of a text that no post holds any more."""
    connection.execute(sa.delete(vectors).where(vectors.c.content_hash == content_hash, _is_orphan()))


def _is_orphan() -> sa.ColumnElement[bool]:
    held = sa.select(posts.c.post_id).where(posts.c.content_hash == vectors.c.content_hash).exists()
    return sa.and_(vectors.c.of_claim.is_(False), sa.not_(held))


def _empty(connection: Connection, post_id: int, content_hash: str, status: str | None) -> None:
    emptied: dict[str, Any] = {
        "title": None,
        "text": "",
        "content_hash": NO_WORDS,
        "url": None,
        "author_hash": None,
        "metrics": {},
    }
    changes = emptied if status is None else {**emptied, "status": status}
    connection.execute(sa.update(posts).where(posts.c.post_id == post_id).values(**changes))
    drop_vector(connection, content_hash)
