"""The row views: an analyst reads redacted words only, of posts that are kept, and nobody's name."""

import pytest
import sqlalchemy as sa
from psycopg import errors

from pipeline import steps
from pipeline.warehouse.reading import read_query
from pipeline.warehouse.tables import matches, mentions, posts
from pipeline.workplace import Workplace

VIEWS = ("mart_matches", "mart_mentions")
# None of these may be a column of a row that an analyst reads.
HIDDEN = {
    *("text", "title", "author_hash", "url", "platform_id", "post_id", "parent_id", "content_hash", "channel"),
    *("context", "query_key"),
}


@pytest.fixture
def marked(demo: Workplace) -> Workplace:
    """The demo's days; each post holds a word that its redacted copy does not."""
    with demo.engine.begin() as connection:
        words = {"text": "zanzibarquokka words", "title": "zanzibarquokka", "redacted_text": "[name] words"}
        connection.execute(sa.update(posts).values(**words, author_hash="zanzibarquokka"))
    return demo


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("role", ["analyst", "officer"])
def test_the_words_are_the_redacted_ones(marked: Workplace, view: str, role: str) -> None:
    columns, rows = read_query(marked.engine, f"select * from {view}", role)
    assert {row[columns.index("redacted_text")] for row in rows} == {"[name] words"}
    assert "zanzibarquokka" not in str(rows)
    assert not HIDDEN & set(columns)


def test_the_rows_are_those_of_the_tables(marked: Workplace) -> None:
    with marked.engine.connect() as connection:
        kept = sa.and_(posts.c.status == "live", posts.c.own.is_(False), posts.c.platform != "canary")
        of_match = sa.select(sa.func.count()).select_from(matches.join(posts, matches.c.post_id == posts.c.post_id))
        naming = sa.select(sa.func.count(sa.distinct(mentions.c.post_id))).select_from(
            mentions.join(posts, mentions.c.post_id == posts.c.post_id)
        )
        wanted = [connection.execute(query.where(kept)).scalar_one() for query in (of_match, naming)]
    seen = [read_query(marked.engine, f"select count(*) from {view}", "analyst")[1][0][0] for view in VIEWS]
    assert seen == wanted
    assert all(wanted)


def test_an_erased_post_is_in_no_row(marked: Workplace) -> None:
    with marked.engine.connect() as connection:
        wanted = sa.select(posts.c.platform, posts.c.platform_id).join(matches, matches.c.post_id == posts.c.post_id)
        platform, platform_id = connection.execute(wanted.limit(1)).one()
        before = connection.execute(sa.text("select count(*) from marts.mart_matches")).scalar_one()
    steps.forget(platform, platform_id)
    with marked.engine.connect() as connection:
        assert connection.execute(sa.text("select count(*) from marts.mart_matches")).scalar_one() < before
        left = sa.select(sa.func.count()).where(posts.c.status != "live", posts.c.redacted_text.is_not(None))
        assert connection.execute(left).scalar_one() == 0


def test_an_error_message_shows_redacted_words_only(marked: Workplace) -> None:
    with marked.engine.connect() as connection:
        connection.execute(sa.text("set local role auscult_analyst"))
        with pytest.raises(sa.exc.DataError) as refused:
            connection.execute(sa.text("select 1 from marts.mart_matches where redacted_text::integer = 1"))
    assert isinstance(refused.value.orig, errors.InvalidTextRepresentation)
    assert "zanzibarquokka" not in str(refused.value)
