"""Conditions that queries of several modules share."""

from collections.abc import Iterable

import sqlalchemy as sa

from pipeline.post import NO_WORDS
from pipeline.warehouse.tables import posts


def has_words() -> sa.ColumnElement[bool]:
    """Posts that are public, as far as we know, and not past their retention."""
    return sa.and_(posts.c.status == "live", posts.c.content_hash != NO_WORDS)


def any_of(values: Iterable[int] | Iterable[str]) -> sa.ColumnElement[bool]:
    """For the right of an equals: one of these; one parameter, where a list is a new statement for each length."""
    listed = list(values)
    if not listed:
        # Of no type, so that it stands beside a column of any.
        return sa.any_(sa.literal_column("'{}'"))
    return sa.any_(sa.cast(listed, sa.ARRAY(sa.Text if isinstance(listed[0], str) else sa.BigInteger)))
