"""Narratives in the warehouse: the posts of a window, what is stored of their narratives, and what changed of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from pipeline.post import screening_text
from pipeline.warehouse.conditions import any_of, has_words
from pipeline.warehouse.tables import narrative_posts, narratives, posts, source_uses, vectors

# Any fixed number, ours alone: two at once would each make narratives of the same posts.
_NARRATIVE_LOCK = 0x4155_5343_0003

_OF_POST = ("post_id", "platform", "platform_id", "content_hash", "ingested_at", "author_hash", "parent_id")

# Only those that say something else are written, so that a repeat changes nothing.
_RECOUNT = sa.text(
    """
    with told as (
        select
            narrative_posts.narrative_id,
            posts.post_id,
            posts.platform,
            posts.author_hash,
            least(coalesce(posts.created_at, posts.ingested_at), posts.ingested_at) as at
        from narrative_posts
        inner join posts on narrative_posts.post_id = posts.post_id
        where narrative_posts.narrative_id = any(:ids) and posts.status = 'live'
    ),

    claimed as (
        select distinct on (counted.narrative_id) counted.narrative_id, counted.claim_id, counted.amount
        from (
            select told.narrative_id, matches.claim_id, count(*) as amount
            from told
            inner join matches on told.post_id = matches.post_id
            group by told.narrative_id, matches.claim_id
        ) as counted
        order by counted.narrative_id, counted.amount desc, counted.claim_id
    ),

    counted as (
        select
            narratives.narrative_id,
            count(told.post_id) as posts,
            -- All unknown authors together are one voice.
            count(distinct told.author_hash)
            + max(case when told.post_id is not null and told.author_hash is null then 1 else 0 end) as voices,
            coalesce(array_agg(distinct told.platform) filter (where told.platform is not null), '{}') as platforms,
            min(told.at) as first_post_at,
            max(told.at) as last_post_at,
            (
                select claimed.claim_id from claimed
                where claimed.narrative_id = narratives.narrative_id and 2 * claimed.amount >= count(told.post_id)
            ) as claim_id
        from narratives
        left join told on narratives.narrative_id = told.narrative_id
        where narratives.narrative_id = any(:ids)
        group by narratives.narrative_id
    )

    update narratives
    set
        posts = counted.posts,
        voices = counted.voices,
        platforms = counted.platforms,
        claim_id = counted.claim_id,
        -- When its posts are gone, when it was told is not.
        first_post_at = coalesce(counted.first_post_at, narratives.first_post_at),
        last_post_at = coalesce(counted.last_post_at, narratives.last_post_at),
        updated_at = :now
    from counted
    where
        narratives.narrative_id = counted.narrative_id
        and (
            narratives.posts, narratives.voices, narratives.platforms, narratives.claim_id,
            narratives.first_post_at, narratives.last_post_at
        ) is distinct from (
            counted.posts, counted.voices, counted.platforms, counted.claim_id,
            coalesce(counted.first_post_at, narratives.first_post_at),
            coalesce(counted.last_post_at, narratives.last_post_at)
        )
    """
)


@dataclass(frozen=True)
class Stored:
    """What is stored: the narrative of each post of a window, when each narrative began, and which hold other posts."""

    narrative_of: Mapping[int, str]
    began_at: Mapping[str, datetime]
    older_posts: frozenset[str]


def lock_narratives(connection: Connection) -> None:
    """Wait until no other transaction sorts posts into narratives."""
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_NARRATIVE_LOCK)))


def told_posts(
    connection: Connection, model_id: str, since: datetime, until: datetime, wordings: int
) -> tuple[pd.DataFrame, int]:
    """The posts stored in [since, until] that may be in a narrative, and how many wordings were left out.

    Live posts that are not our own and have a vector of this model; of each group of platforms that may be combined
    those with the newest `wordings` wordings. Columns: post_id, platform, platform_id, content_hash, ingested_at,
    author_hash, parent_id, apart, at (when it was written) and words.
    """
    apart = apart_of_platform()
    embedded = sa.select(vectors.c.model_id).where(
        vectors.c.content_hash == posts.c.content_hash, vectors.c.model_id == model_id
    )
    wanted = sa.and_(
        has_words(),
        posts.c.own.is_(False),
        posts.c.platform != "canary",
        posts.c.ingested_at >= since,
        posts.c.ingested_at <= until,
        embedded.exists(),
    )
    uses = posts.outerjoin(source_uses, source_uses.c.platform == posts.c.platform)
    newest = (
        sa.select(
            posts.c.content_hash,
            apart,
            sa.func.row_number()
            .over(partition_by=apart, order_by=(sa.func.max(posts.c.ingested_at).desc(), posts.c.content_hash))
            .label("place"),
        )
        .select_from(uses)
        .where(wanted)
        .group_by(posts.c.content_hash, apart)
        .cte("newest")
    )
    words = sa.func.regexp_count(sa.func.concat_ws(" ", posts.c.title, posts.c.text), r"\S+").label("words")
    chosen = (
        sa.select(*(posts.c[name] for name in _OF_POST), apart, written_at(), words)
        .select_from(uses)
        .join(newest, sa.and_(newest.c.content_hash == posts.c.content_hash, newest.c.apart == apart))
        .where(wanted, newest.c.place <= wordings)
        .order_by(posts.c.ingested_at, posts.c.platform, posts.c.platform_id)
    )
    result = connection.execute(chosen)
    found = pd.DataFrame(result.all(), columns=list(result.keys()))
    left_out = sa.select(sa.func.count()).select_from(newest).where(newest.c.place > wordings)
    return found, int(connection.execute(left_out).scalar_one())


def texts_of(connection: Connection, content_hashes: Sequence[str]) -> dict[str, str]:
    """The words of each wording as screening reads them, by content_hash; one that nobody holds any more is absent."""
    columns = (posts.c.content_hash, posts.c.title, posts.c.text)
    wanted = sa.and_(posts.c.content_hash == any_of(content_hashes), has_words())
    found = sa.select(*columns).where(wanted).distinct(posts.c.content_hash).order_by(posts.c.content_hash)
    return {row.content_hash: screening_text(row.title, row.text) for row in connection.execute(found)}


def stored_narratives(connection: Connection, post_ids: Sequence[int]) -> Stored:
    """What is stored of the narratives of these posts, and of all narratives when they began."""
    within = connection.execute(sa.select(narrative_posts).where(narrative_posts.c.post_id == any_of(post_ids))).all()
    others = sa.select(narrative_posts.c.narrative_id).where(sa.not_(narrative_posts.c.post_id == any_of(post_ids)))
    table = narratives.c
    began = connection.execute(sa.select(table.narrative_id, sa.func.coalesce(table.first_post_at, table.updated_at)))
    return Stored(
        narrative_of={row.post_id: row.narrative_id for row in within},
        began_at={row[0]: row[1] for row in began},
        older_posts=frozenset(connection.execute(others.distinct()).scalars()),
    )


def replace_narratives(
    connection: Connection,
    posts_of_window: pd.DataFrame,
    narrative_of: Mapping[int, str],
    merged_into: Mapping[str, str],
    now: datetime,
) -> dict[str, int]:
    """Make `narrative_of` all that is stored of the posts of a window; returns how many narratives are new and merged.

    Posts of earlier windows stay where they are, or follow what their narrative was merged into. A post that was
    erased or edited meanwhile is left out.
    """
    stored = stored_narratives(connection, posts_of_window["post_id"].tolist())
    apart_of = dict(zip(posts_of_window["post_id"], posts_of_window["apart"], strict=True))
    new = {name: apart_of[post_id] for post_id, name in narrative_of.items() if name not in stored.began_at}
    if new:
        rows = [
            {"narrative_id": name, "apart": apart, "posts": 0, "voices": 0, "updated_at": now}
            for name, apart in sorted(new.items())
        ]
        connection.execute(insert(narratives), rows)
    for younger, older in merged_into.items():
        _merge(connection, younger, older, now)
    gone = [post_id for post_id in stored.narrative_of if post_id not in narrative_of]
    if gone:
        connection.execute(sa.delete(narrative_posts).where(narrative_posts.c.post_id == any_of(gone)))
    moved = {post_id: name for post_id, name in narrative_of.items() if stored.narrative_of.get(post_id) != name}
    _put(connection, posts_of_window, moved)
    touched = {*narrative_of.values(), *stored.narrative_of.values(), *merged_into}
    connection.execute(_RECOUNT, {"ids": sorted(touched), "now": now})
    return {"new": len(new), "merged": len(merged_into)}


def apart_of_platform() -> sa.ColumnElement[str]:
    """The platform, where its terms forbid to combine its posts with others'; "" elsewhere. Joins source_uses."""
    return sa.case((source_uses.c.combined.is_(False), posts.c.platform), else_="").label("apart")


def written_at() -> sa.ColumnElement[datetime]:
    """When a post was written, or stored where its source does not say or its clock is ahead of ours."""
    return sa.func.least(sa.func.coalesce(posts.c.created_at, posts.c.ingested_at), posts.c.ingested_at).label("at")


def _merge(connection: Connection, younger: str, older: str, now: datetime) -> None:
    posts_of = sa.update(narrative_posts).where(narrative_posts.c.narrative_id == younger)
    connection.execute(posts_of.values(narrative_id=older))
    # Also what was merged into the younger one before: one step leads to the narrative in force.
    names = sa.or_(narratives.c.narrative_id == younger, narratives.c.merged_into == younger)
    connection.execute(sa.update(narratives).where(names).values(merged_into=older, updated_at=now))


def _put(connection: Connection, posts_of_window: pd.DataFrame, narrative_of: Mapping[int, str]) -> None:
    if not narrative_of:
        return
    read = dict(zip(posts_of_window["post_id"], posts_of_window["content_hash"], strict=True))
    ids = [int(post_id) for post_id in narrative_of]
    values: list[Any] = [
        sa.cast(ids, sa.ARRAY(sa.BigInteger)),
        sa.cast([narrative_of[post_id] for post_id in ids], sa.ARRAY(sa.Text)),
        sa.cast([read[post_id] for post_id in ids], sa.ARRAY(sa.Text)),
    ]
    given = sa.func.unnest(*values).table_valued("post_id", "narrative_id", "content_hash").render_derived()
    same = sa.and_(posts.c.post_id == given.c.post_id, posts.c.content_hash == given.c.content_hash)
    live = sa.select(given.c.post_id, given.c.narrative_id).join(posts, same).where(posts.c.status == "live")
    # An erasure that is under way must not be overtaken.
    statement = insert(narrative_posts).from_select(
        ["post_id", "narrative_id"], live.with_for_update(read=True, of=posts)
    )
    again = {"narrative_id": statement.excluded.narrative_id}
    connection.execute(statement.on_conflict_do_update(index_elements=["post_id"], set_=again))
