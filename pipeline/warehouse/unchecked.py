"""Reads of the matches that a person is to check: drawn by a hash of post and claim, so that no score chooses them."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.warehouse.conditions import has_words
from pipeline.warehouse.tables import claims, matches, posts, reviews

_OF_POST = ("platform", "platform_id", "url", "title", "text", "created_at")
_OF_MATCH = (
    *("match_id", "claim_id", "p_match", "promotes", "debunks", "questions", "neutral", "stance", "cues", "field"),
    *("matched_text", "span_start", "span_end", "true_statement", "score", "decision", "reason"),
)
# Written out, as the index has it: with parameters PostgreSQL would not know the index for it. The post's number
# stays while the post does; the match's own changes whenever the post is screened again.
_PLACE = "md5(cast(matches.post_id as text) || '|' || matches.claim_id)"
_CANARY = "canary"
# Other digits than those that order the list say which alerts are drawn; 19a of 1000 (hexadecimal) is a tenth.
_DRAWN = f"(matches.decision = 'review' or matches.decision = 'alert' and right({_PLACE}, 3) < '19a')"


def next_unchecked(connection: Connection, after: str) -> dict[str, Any] | None:
    """The match to check behind a place, "" for the first, that nobody has judged; None where there is none.

    Columns of the match and its post, `claim` as the version that it was matched against says it, and its own `place`.
    """
    behind = sa.literal_column(_PLACE, sa.Text) > after
    return _one(connection, sa.and_(behind, ~_judged()))


def match_at(connection: Connection, place: str) -> dict[str, Any] | None:
    """The drawn match of a place, judged or not; None where it is gone."""
    return _one(connection, sa.literal_column(_PLACE, sa.Text) == place)


def is_drawn(connection: Connection, match_id: int) -> bool:
    """Whether people are asked about a match: a verdict on a post that somebody looked up teaches nothing."""
    found = sa.select(matches.c.match_id).select_from(_shown()).where(matches.c.match_id == match_id, *_wanted())
    return connection.execute(found).one_or_none() is not None


def count_unchecked(connection: Connection, most: int) -> int:
    """How many matches are to check that nobody has judged; it stops counting at `most`."""
    some = sa.select(matches.c.match_id).select_from(_shown()).where(*_wanted(), ~_judged()).limit(most).subquery()
    return int(connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())


def last_verdict(connection: Connection, match_id: int) -> dict[str, Any] | None:
    """The newest verdict on a match: `verdict` and `reviewed_by`; None where nobody has judged it."""
    newest = (
        sa.select(reviews.c.verdict, reviews.c.reviewed_by)
        .select_from(_shown().join(reviews, _of_match()))
        .where(matches.c.match_id == match_id)
        .order_by(reviews.c.reviewed_at.desc(), reviews.c.review_id.desc())
        .limit(1)
    )
    row = connection.execute(newest).one_or_none()
    return dict(row._mapping) if row else None


def _one(connection: Connection, which: sa.ColumnElement[bool]) -> dict[str, Any] | None:
    place = sa.literal_column(_PLACE, sa.Text)
    said = sa.and_(claims.c.claim_id == matches.c.claim_id, claims.c.version == matches.c.claim_version)
    found = (
        sa.select(
            *(posts.c[name] for name in _OF_POST),
            *(matches.c[name] for name in _OF_MATCH),
            claims.c.claim,
            place.label("place"),
        )
        .select_from(_shown().join(claims, said))
        .where(*_wanted(), which)
        .order_by(place)
        .limit(1)
    )
    row = connection.execute(found).one_or_none()
    return dict(row._mapping) if row else None


def _shown() -> sa.Join:
    return matches.join(posts, posts.c.post_id == matches.c.post_id)


def _wanted() -> tuple[sa.ColumnElement[bool], ...]:
    return sa.literal_column(_DRAWN, sa.Boolean), has_words(), posts.c.own.is_(False), posts.c.platform != _CANARY


def _of_match() -> sa.ColumnElement[bool]:
    return sa.and_(
        reviews.c.subject == sa.literal_column("'match'"),
        reviews.c.platform == posts.c.platform,
        reviews.c.platform_id == posts.c.platform_id,
        reviews.c.claim_id == matches.c.claim_id,
    )


def _judged() -> sa.ColumnElement[bool]:
    return sa.exists().where(_of_match())
