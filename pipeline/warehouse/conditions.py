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
    of_text = bool(listed) and isinstance(listed[0], str)
    return sa.any_(sa.cast(listed, sa.ARRAY(sa.Text if of_text else sa.BigInteger)))
