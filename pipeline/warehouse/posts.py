"""Posts in and out of the warehouse: one page and the cursor that speaks for it are one transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from pipeline.post import NO_WORDS, Post
from pipeline.warehouse.conditions import any_of, has_words
from pipeline.warehouse.erasure import Key, Names, Tombstone, drop_derived, drop_vector, erase_posts, lock_erasures
from pipeline.warehouse.tables import posts, tombstones

RECHECK_AGES = (timedelta(hours=1), timedelta(days=1), timedelta(days=3), timedelta(days=7))
WEEK = timedelta(days=7)


@dataclass
class Counts:
    """What became of the records of a page; `fetched` is their sum, or the ledger refuses the row."""

    new: int = 0
    duplicate: int = 0
    edited: int = 0
    skipped: int = 0
    quarantined: int = 0
    erased: list[Tombstone] = field(default_factory=list, repr=False)
    collided: list[Key] = field(default_factory=list, repr=False)

    @property
    def fetched(self) -> int:
        """All records that the source handed over."""
        return self.new + self.duplicate + self.edited + self.skipped + self.quarantined

    def add(self, other: "Counts") -> None:
        """Count what another page counted too."""
        for name in ("new", "duplicate", "edited", "skipped", "quarantined"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True)
class Origin:
    """Which read brings a page: its source, its query, and whether it is a backfill."""

    source: str
    query_key: str | None = None
    backfilled: bool = False


@dataclass(frozen=True)
class _Stored:
    post_id: int
    content_hash: str
    status: str
    edited_at: datetime | None
    author_hash: str | None


def store_posts(connection: Connection, origin: Origin, page: Sequence[Post], now: datetime, names: Names) -> Counts:
    """Upsert the posts of one page on (platform, platform_id); any order, repeats allowed.

    `names` gives the keyed hashes that are stored in the place of author ids. `erased` of the counts goes into the
    journal before this transaction commits.
    A post whose words changed is a new revision and will be screened again; one that its platform reports as deleted
    is erased with all that was derived from it; a tombstoned one stays gone. One with other words by another author
    is not an edit: it is counted as quarantined and named in `collided`.
    """
    counts = Counts()
    newest = _one_each(page, counts)
    keys = list(newest)
    lock_erasures(connection, erasing=any(post.status != "live" for post in newest.values()))
    stored = _stored(connection, keys)
    buried = _tombstoned(connection, keys, names)
    fresh: list[dict[str, Any]] = []
    gone: list[Key] = []
    for key, post in newest.items():
        known, author = stored.get(key), names.author(post.platform, post.author_id)
        if key in buried or (post.status != "live" and known is None):
            counts.skipped += 1
        elif known is None:
            fresh.append(_row(post, origin, now, author))
        elif post.status != "live":
            counts.edited += 1
            gone.append(key)
        elif known.content_hash == NO_WORDS:
            # Past its retention: to read it again must not bring its words back.
            counts.duplicate += 1
        elif known.content_hash == post.content_hash or _is_older(post, known):
            counts.duplicate += 1
            _refresh(connection, known.post_id, post, live=not origin.backfilled)
        elif _is_another(known, author):
            # Two files count their rows 1, 2, 3: what the first one brought must not be overwritten.
            counts.quarantined += 1
            counts.collided.append(key)
        else:
            counts.edited += 1
            _revise(connection, known, post, author)
    # In one order, or two pages with the same posts would wait for each other.
    _insert(connection, sorted(fresh, key=lambda row: (row["platform"], row["platform_id"])), counts)
    for status in ("deleted", "removed", "gone"):
        ended = [key for key in gone if newest[key].status == status]
        counts.erased += erase_posts(connection, ended, status, now, names)
    return counts


def recheckable(connection: Connection, source: str, platform: str, now: datetime, limit: int) -> list[str]:
    """Platform ids of live posts whose recheck is due by `now`: those overdue for longest first.

    A post is asked for at the ages RECHECK_AGES since it was stored, and weekly from there on. One that another source
    brought, a file, is asked for only where its address holds its id too: a file's ids may be its own, and what the
    platform has never heard of must not be taken for gone.
    """
    bare = sa.func.regexp_replace(posts.c.platform_id, "^(t[13]|comment|media)_", "")
    address = sa.func.translate(posts.c.url, "?&=#", "////").concat("/")
    ours = sa.or_(posts.c.source == source, sa.func.strpos(address, sa.func.concat("/", bare, "/")) > 0)
    age = sa.literal(now) - posts.c.ingested_at
    weeks = sa.func.floor(sa.extract("epoch", age) / WEEK.total_seconds())
    tried_at = posts.c.recheck_tried_at
    due_age = sa.case(
        *((age < later, earlier) for earlier, later in pairwise((timedelta(0), *RECHECK_AGES))),
        else_=weeks * sa.literal(WEEK),
    )
    asked_since = tried_at >= posts.c.ingested_at + due_age
    due = sa.and_(age >= RECHECK_AGES[0], sa.or_(tried_at.is_(None), sa.not_(asked_since)))
    oldest_first = (sa.func.coalesce(tried_at, posts.c.ingested_at), posts.c.post_id)
    found = (
        sa.select(posts.c.platform_id)
        .where(posts.c.platform == platform, has_words(), due, ours)
        .order_by(*oldest_first)
    )
    return list(connection.execute(found.limit(limit)).scalars())


def mark_rechecked(
    connection: Connection, platform: str, ids: Sequence[str], live: Collection[str], now: datetime
) -> None:
    """Record that a platform was asked for these posts, and which of them it said are public."""
    for names, values in ((ids, {"recheck_tried_at": now}), (live, {"rechecked_at": now})):
        asked = sa.and_(posts.c.platform == platform, posts.c.platform_id.in_(sorted(names)))
        connection.execute(sa.update(posts).where(asked).values(**values))


def store_edits(connection: Connection, edited: Sequence[Post], names: Names) -> int:
    """Revise stored posts whose words changed, and forget authors who left; returns how many posts were revised."""
    lock_erasures(connection, erasing=False)
    stored = _stored(connection, [(post.platform, post.platform_id) for post in edited])
    changed = 0
    for post in edited:
        known = stored.get((post.platform, post.platform_id))
        if known is None or known.content_hash == NO_WORDS:
            continue
        if known.status == "live" and known.content_hash != post.content_hash:
            _revise(connection, known, post, names.author(post.platform, post.author_id))
            changed += 1
        else:
            _refresh(connection, known.post_id, post, live=False)
    return changed


def _one_each(page: Sequence[Post], counts: Counts) -> dict[Key, Post]:
    newest: dict[Key, Post] = {}
    for post in page:
        key = (post.platform, post.platform_id)
        if key in newest:
            counts.duplicate += 1
            if post.edited_at is None or (newest[key].edited_at or post.edited_at) > post.edited_at:
                continue
        newest[key] = post
    return newest


def _tombstoned(connection: Connection, keys: Sequence[Key], names: Names) -> set[Key]:
    named = {names.post(*key): key for key in keys}
    found = sa.select(tombstones.c.post_key).where(tombstones.c.post_key == any_of(named))
    return {named[post_key] for post_key in connection.execute(found).scalars()} if named else set()


def _stored(connection: Connection, keys: Sequence[Key]) -> dict[Key, _Stored]:
    columns = (posts.c.post_id, posts.c.content_hash, posts.c.status, posts.c.edited_at, posts.c.author_hash)
    found = sa.select(posts.c.platform, posts.c.platform_id, *columns).where(_among(keys))
    # Alerts that are being raised may refer to these rows meanwhile.
    found = found.order_by(posts.c.post_id).with_for_update(key_share=True)
    return {(row[0], row[1]): _Stored(*row[2:]) for row in connection.execute(found)}


def _among(keys: Sequence[Key]) -> sa.ColumnElement[bool]:
    platforms, ids = [key[0] for key in keys], [key[1] for key in keys]
    pairs = sa.func.unnest(sa.cast(platforms, sa.ARRAY(sa.Text)), sa.cast(ids, sa.ARRAY(sa.Text)))
    wanted = pairs.table_valued("platform", "platform_id").render_derived()
    chosen: sa.ColumnElement[bool] = sa.tuple_(posts.c.platform, posts.c.platform_id).in_(
        sa.select(wanted.c.platform, wanted.c.platform_id)
    )
    return chosen


def _is_another(known: _Stored, author: str | None) -> bool:
    return None not in (known.author_hash, author) and known.author_hash != author


def _is_older(post: Post, known: _Stored) -> bool:
    return known.edited_at is not None and (post.edited_at is None or post.edited_at < known.edited_at)


def _row(post: Post, origin: Origin, now: datetime, author: str | None) -> dict[str, Any]:
    return {
        "platform": post.platform,
        "platform_id": post.platform_id,
        "source": origin.source,
        "query_key": origin.query_key,
        "backfilled": origin.backfilled,
        "own": post.own,
        "kind": post.kind,
        "channel": post.channel,
        "created_at": post.created_at,
        "ingested_at": now,
        "parent_id": post.parent_id,
        "author_hash": author,
        "metrics": dict(post.metrics),
        "url": post.url,
        "lang": post.lang,
        **_words(post),
    }


def _words(post: Post) -> dict[str, Any]:
    return {
        "title": post.title,
        "text": post.text,
        "redacted_text": None,
        "content_hash": post.content_hash,
        "edited_at": post.edited_at,
    }


def _insert(connection: Connection, fresh: list[dict[str, Any]], counts: Counts) -> None:
    if not fresh:
        return
    stored = connection.execute(
        insert(posts).on_conflict_do_nothing(index_elements=["platform", "platform_id"]).returning(posts.c.post_id),
        fresh,
    ).all()
    # Another source may have stored the same post between our look and our insert.
    counts.new += len(stored)
    counts.duplicate += len(fresh) - len(stored)


def _refresh(connection: Connection, post_id: int, post: Post, *, live: bool) -> None:
    if live:
        # A backfill came first; it is news all the same.
        was = sa.and_(posts.c.post_id == post_id, posts.c.backfilled)
        connection.execute(sa.update(posts).where(was).values(backfilled=False))
    if post.metrics:
        changed = sa.and_(posts.c.post_id == post_id, posts.c.metrics != dict(post.metrics))
        connection.execute(sa.update(posts).where(changed).values(metrics=dict(post.metrics)))
    _forget_author(connection, post_id, post)


def _forget_author(connection: Connection, post_id: int, post: Post) -> None:
    # An account that was deleted leaves its posts without an author, and ours must not know better.
    if post.author_id is None:
        known = sa.and_(posts.c.post_id == post_id, posts.c.author_hash.is_not(None))
        connection.execute(sa.update(posts).where(known).values(author_hash=None))


def _revise(connection: Connection, known: _Stored, post: Post, author: str | None) -> None:
    # What was made of the old words goes with them; the post is screened again.
    drop_derived(connection, known.post_id, (post.platform, post.platform_id))
    changes = {**_words(post), "metrics": dict(post.metrics), "author_hash": author, "screened_key": None}
    same = posts.c.post_id == known.post_id
    connection.execute(sa.update(posts).where(same).values(**changes, revision=posts.c.revision + 1))
    drop_vector(connection, known.content_hash)
