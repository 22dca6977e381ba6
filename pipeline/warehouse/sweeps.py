"""Sets of claims, and which posts are as good as screened with a later one because what changed does not touch them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from pipeline.post import screening_text
from pipeline.warehouse.conditions import any_of, has_words
from pipeline.warehouse.tables import claim_sets, claim_sweeps, matches, posts, vectors

PART_POSTS = 2048

Versions = Mapping[str, int]
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Swept:
    """Posts of `sets`, screened with `screened_key` and stored since `since`: what a sweep looks at."""

    sets: Sequence[int]
    screened_key: str
    since: datetime


def claim_set_of(connection: Connection, claims: Sequence[Mapping[str, Any]]) -> int:
    """The newest set where it has these claims (claim_id, version), else a new one."""
    versions = {claim["claim_id"]: claim["version"] for claim in claims}
    newest = sa.select(claim_sets).order_by(claim_sets.c.claim_set_id.desc()).limit(1)
    known = connection.execute(newest).one_or_none()
    if known is not None and known.versions == versions:
        return int(known.claim_set_id)
    new = insert(claim_sets).values(versions=versions, made_at=sa.func.clock_timestamp())
    return int(connection.execute(new.returning(claim_sets.c.claim_set_id)).scalar_one())


def sets_as(connection: Connection, screened_key: str, claim_set: int) -> list[int]:
    """The sets whose posts are as if screened with `claim_set`, itself among them."""
    swept = sa.and_(claim_sweeps.c.screened_key == screened_key, claim_sweeps.c.as_set_id == claim_set)
    found = connection.execute(sa.select(claim_sweeps.c.claim_set_id).where(swept)).scalars()
    return sorted({claim_set, *found})


def sets_behind(connection: Connection, screened_key: str, claim_set: int) -> list[tuple[Versions, list[int]]]:
    """The other sets, those together whose posts are as if screened with the same claims, which come first."""
    swept = sa.and_(
        claim_sweeps.c.claim_set_id == claim_sets.c.claim_set_id, claim_sweeps.c.screened_key == screened_key
    )
    as_set = sa.func.coalesce(claim_sweeps.c.as_set_id, claim_sets.c.claim_set_id)
    found = sa.select(claim_sets.c.claim_set_id, as_set.label("as_set_id")).outerjoin(claim_sweeps, swept)
    behind = connection.execute(found.where(as_set != claim_set).order_by(claim_sets.c.claim_set_id)).all()
    told = sa.select(claim_sets.c.claim_set_id, claim_sets.c.versions)
    known = any_of(row.as_set_id for row in behind)
    versions = {
        row.claim_set_id: row.versions for row in connection.execute(told.where(claim_sets.c.claim_set_id == known))
    }
    groups: dict[int, list[int]] = {}
    for row in behind:
        groups.setdefault(row.as_set_id, []).append(row.claim_set_id)
    return [(versions[as_set_id], sets) for as_set_id, sets in groups.items()]


@dataclass(frozen=True)
class Near:
    """What comes near to claims: a vector with a cosine of `cosine` or more to one of `wordings` (n, d) of `model_id`.

    Where the post holds a word that begins like one of `words`, `with_word` is enough. Words are letters only.
    """

    wordings: Vectors
    words: Sequence[str]
    model_id: str
    cosine: float
    with_word: float


def has_posts(connection: Connection, swept: Swept) -> bool:
    """Whether there is any post to look at."""
    return bool(connection.execute(sa.select(sa.exists().where(_wanted(swept)))).scalar_one())


def posts_near(connection: Connection, swept: Swept, near: Near) -> Iterator[pd.DataFrame]:
    """Posts that come near, by parts, columns post_id, content_hash, text. The server compares: little is sent."""
    products = [vectors.c.vector.max_inner_product(wording) for wording in near.wordings]
    nearest = -sa.func.least(*products)
    words = sa.literal(rf"\m({'|'.join(near.words)})")
    spoken = sa.or_(posts.c.text.regexp_match(words, "i"), posts.c.title.regexp_match(words, "i"))
    # Only where the model is the same: vectors of another may have other dimensions. Words are looked for last, in few.
    same = sa.case(
        (vectors.c.model_id != near.model_id, sa.false()),
        (nearest < near.with_word, sa.false()),
        (nearest >= near.cosine, sa.true()),
        else_=spoken if near.words else sa.false(),
    )
    joined = posts.join(vectors, vectors.c.content_hash == posts.c.content_hash)
    columns = (posts.c.post_id, posts.c.content_hash, posts.c.title, posts.c.text)
    found = sa.select(*columns).select_from(joined).where(_wanted(swept), same)
    rows = connection.execution_options(yield_per=PART_POSTS).execute(found)
    for part in rows.partitions():
        told = [(row.post_id, row.content_hash, screening_text(row.title, row.text)) for row in part]
        yield pd.DataFrame(told, columns=["post_id", "content_hash", "text"])


def posts_matched(connection: Connection, swept: Swept, claim_ids: Sequence[str]) -> list[int]:
    """Posts that are matched with one of these claims."""
    held = sa.and_(matches.c.post_id == posts.c.post_id, matches.c.claim_id.in_(claim_ids))
    return list(connection.execute(sa.select(posts.c.post_id).where(_wanted(swept), sa.exists().where(held))).scalars())


def finish_sweep(connection: Connection, swept: Swept, touched: Sequence[int], claim_set: int) -> None:
    """Have the `touched` posts screened again, and take all others of these sets for screened with `claim_set`."""
    again = sa.and_(_wanted(swept), posts.c.post_id == any_of(touched))
    connection.execute(sa.update(posts).where(again).values(screened_key=None))
    told = {"as_set_id": claim_set, "swept_at": sa.func.clock_timestamp()}
    same = [claim_sweeps.c.claim_set_id, claim_sweeps.c.screened_key]
    for number in swept.sets:
        put = insert(claim_sweeps).values(claim_set_id=number, screened_key=swept.screened_key, **told)
        connection.execute(put.on_conflict_do_update(index_elements=same, set_=told))


def _wanted(swept: Swept) -> sa.ColumnElement[bool]:
    screened = sa.and_(posts.c.screened_key == swept.screened_key, posts.c.claim_set_id == any_of(swept.sets))
    return sa.and_(has_words(), posts.c.ingested_at >= swept.since, screened)
