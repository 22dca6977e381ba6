"""Erasure: what is gone at the source goes here too, with everything that was derived from it, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from pipeline.post import NO_WORDS
from pipeline.warehouse.conditions import any_of
from pipeline.warehouse.outbox import forget_sent, keys_telling_of
from pipeline.warehouse.tables import (
    alert_posts,
    erasure_journal,
    matches,
    mentions,
    narrative_posts,
    posts,
    quarantine,
    reviews,
    tombstones,
    vectors,
)
from pipeline.warehouse.testimonials import forget_posts

Key = tuple[str, str]

# Any fixed number, ours alone.
_ERASURE_LOCK = 0x4155_5343_0010

_SCRUB_EVIDENCE = sa.text(
    """
    update alerts set evidence = jsonb_set(evidence, '{posts}', coalesce((
        select jsonb_agg(entry) from jsonb_array_elements(evidence -> 'posts') as entry
        where not (entry ->> 'platform' = :platform and entry ->> 'platform_id' = :platform_id)
    ), '[]'::jsonb))
    where alert_id in (select alert_id from alert_posts where post_id = :post_id)
    """
)
_EMPTIED: dict[str, Any] = {
    "title": None,
    "text": "",
    "redacted_text": None,
    "content_hash": NO_WORDS,
    "url": None,
    "author_hash": None,
    "metrics": {},
}
# What could still tell which post it was.
_UNTRACED: dict[str, Any] = {
    "created_at": sa.func.date_trunc("day", posts.c.created_at, "UTC"),
    "edited_at": None,
    "channel": None,
    "lang": None,
    "parent_id": None,
    "query_key": None,
}


class Names(Protocol):
    """Keyed names of authors and posts (pipeline.privacy.pseudonyms)."""

    def author(self, platform: str, author_id: str | None) -> str | None:
        """The name of an author, or None where the author is not known."""

    def post(self, platform: str, platform_id: str) -> str:
        """The name of a post."""


@dataclass(frozen=True)
class Tombstone:
    """An erasure, as the table and the journal keep it."""

    post_key: str
    platform: str
    erased_at: datetime
    reason: str

    def entry(self) -> dict[str, str]:
        """The line of the journal."""
        return asdict(self) | {"erased_at": self.erased_at.isoformat()}


def erase_posts(
    connection: Connection, keys: Sequence[Key], reason: str, now: datetime, names: Names
) -> list[Tombstone]:
    """Erase posts by (platform, platform_id): words, author, address, id, vectors, matches, mentions and excerpts.

    Sent mails that may link to them are emptied. A review keeps its verdict and scores. An emptied row without an id
    and a keyed tombstone stay, so that counts hold and a late page brings nothing back; ids that are not stored get a
    tombstone too. Returns the tombstones, which the caller writes into the journal before this transaction commits.
    """
    buried = [Tombstone(names.post(*key), key[0], now, reason) for key in dict.fromkeys(keys)]
    if not buried:
        return []
    lock_erasures(connection, erasing=True)
    connection.execute(insert(tombstones).on_conflict_do_nothing(), [asdict(one) for one in buried])
    for platform in {platform for platform, _ in keys}:
        ids = [platform_id for of, platform_id in keys if of == platform]
        _untie(connection, platform, ids)
        same = sa.and_(posts.c.platform == platform, posts.c.platform_id == any_of(ids))
        for row in connection.execute(
            sa.select(posts.c.post_id, posts.c.platform_id, posts.c.content_hash).where(same)
        ):
            forget_sent(connection, keys_telling_of(connection, row.post_id))
            drop_derived(connection, row.post_id, (platform, row.platform_id))
            status = reason if reason in {"deleted", "removed"} else "gone"
            named = {"platform_id": names.post(platform, row.platform_id), "status": status}
            empty_post(connection, row.post_id, row.content_hash, {**_UNTRACED, **named})
    return buried


def lock_erasures(connection: Connection, *, erasing: bool) -> None:
    """Keep storing and erasing of posts apart: a page must see the tombstones, and an erasure the page's posts."""
    lock = sa.func.pg_advisory_xact_lock if erasing else sa.func.pg_advisory_xact_lock_shared
    connection.execute(sa.select(lock(_ERASURE_LOCK)))


def posts_of_author(connection: Connection, platform: str, author_hash: str) -> list[Key]:
    """The keys of the stored posts by one author."""
    same = sa.and_(posts.c.platform == platform, posts.c.author_hash == author_hash)
    return [(platform, row.platform_id) for row in connection.execute(sa.select(posts.c.platform_id).where(same))]


def journal_position(connection: Connection, journal: str) -> int:
    """How many bytes of a journal this database has seen."""
    found = sa.select(erasure_journal.c.position).where(erasure_journal.c.journal == journal)
    return int(connection.execute(found).scalar() or 0)


def move_journal(connection: Connection, journal: str, position: int) -> None:
    """Say how far a journal is seen; call it in the transaction of what it tells of."""
    statement = insert(erasure_journal).values(journal=journal, position=position)
    further = {"position": sa.func.greatest(erasure_journal.c.position, statement.excluded.position)}
    connection.execute(statement.on_conflict_do_update(index_elements=["journal"], set_=further))


def replay(connection: Connection, entries: Sequence[dict[str, str]], names: Names) -> int:
    """Erase again what a journal says was erased and a restored backup has brought back; returns how many posts."""
    told = {
        entry["post_key"]: Tombstone(
            entry["post_key"], entry["platform"], datetime.fromisoformat(entry["erased_at"]), entry["reason"]
        )
        for entry in entries
    }
    platforms = sorted({one.platform for one in told.values()})
    live = sa.select(posts.c.platform, posts.c.platform_id).where(posts.c.platform.in_(platforms))
    if told:
        # First, so that they keep the moment of the erasure.
        connection.execute(insert(tombstones).on_conflict_do_nothing(), [asdict(one) for one in told.values()])
    back: dict[tuple[str, datetime], list[Key]] = {}
    for row in connection.execute(live.where(posts.c.status == "live")):
        if one := told.get(names.post(*row)):
            back.setdefault((one.reason, one.erased_at), []).append((row.platform, row.platform_id))
    for (reason, erased_at), keys in back.items():
        erase_posts(connection, keys, reason, erased_at, names)
    return sum(map(len, back.values()))


def drop_derived(connection: Connection, post_id: int, key: tuple[str, str]) -> None:
    """Take back what was made of a post: matches, mentions, its place in a narrative, in alerts and their evidence.

    `key` is its (platform, platform_id). The evidence goes first: the links in alert_posts say where it is.
    """
    connection.execute(_SCRUB_EVIDENCE, {"post_id": post_id, "platform": key[0], "platform_id": key[1]})
    for derived in (matches, mentions, narrative_posts, alert_posts):
        connection.execute(sa.delete(derived).where(derived.c.post_id == post_id))


def drop_vector(connection: Connection, content_hash: str) -> None:
    """Delete the vectors of a text that no post holds any more."""
    connection.execute(sa.delete(vectors).where(vectors.c.content_hash == content_hash, _is_orphan()))


def drop_orphans(connection: Connection) -> None:
    """Delete the vectors that no post holds: one that was erased while its shard was being screened left its own."""
    connection.execute(sa.delete(vectors).where(_is_orphan()))


def empty_post(connection: Connection, post_id: int, content_hash: str, changes: Mapping[str, Any]) -> None:
    """Take words, author and address of a post away, and set `changes`."""
    connection.execute(sa.update(posts).where(posts.c.post_id == post_id).values(**_EMPTIED, **changes))
    drop_vector(connection, content_hash)


def _is_orphan() -> sa.ColumnElement[bool]:
    held = sa.select(posts.c.post_id).where(posts.c.content_hash == vectors.c.content_hash).exists()
    return sa.and_(vectors.c.of_claim.is_(False), sa.not_(held))


def _untie(connection: Connection, platform: str, ids: Sequence[str]) -> None:
    """Take the ids of posts out of what others keep of them: answers, reviews, quarantine, testimonials."""
    answers = sa.and_(posts.c.platform == platform, posts.c.parent_id == any_of(ids))
    connection.execute(sa.update(posts).where(answers).values(parent_id=None))
    of_post = sa.and_(reviews.c.platform == platform, reviews.c.platform_id == any_of(ids))
    connection.execute(sa.update(reviews).where(of_post).values(platform_id=None, note=""))
    connection.execute(sa.delete(quarantine).where(quarantine.c.platform_id == any_of(ids)))
    forget_posts(connection, platform, ids)
