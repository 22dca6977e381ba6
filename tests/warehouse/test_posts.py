"""Posts are stored once, in whatever order they come, and what is deleted stays gone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from pipeline.post import Post
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.warehouse import ledger
from pipeline.warehouse.posts import Counts, Origin, store_posts
from pipeline.warehouse.retention import expire_posts
from pipeline.warehouse.tables import ingest_runs, posts, tombstones
from pipeline.workplace import Workplace

NOW = datetime(2026, 10, 12, 15, tzinfo=UTC)
NAMES = Pseudonyms(b"a key for tests only, never for a practice")


def post(number: int, text: str = "", **fields: object) -> Post:
    return replace(Post("reddit", f"t3_{number}", "post", text or f"words {number}", NOW), **fields)


def store(workplace: Workplace, page: list[Post], now: datetime = NOW) -> Counts:
    with workplace.engine.begin() as connection:
        return store_posts(connection, Origin("reddit"), page, now, NAMES)


def rows(workplace: Workplace) -> list[sa.Row]:
    with workplace.engine.begin() as connection:
        return connection.execute(sa.select(posts).order_by(posts.c.platform_id)).all()


def test_second_read_adds_nothing(workplace: Workplace) -> None:
    assert store(workplace, [post(1), post(2)]).new == 2
    again = store(workplace, [post(2), post(1)], NOW + timedelta(hours=1))
    assert (again.new, again.duplicate, again.edited) == (0, 2, 0)
    assert [row.ingested_at for row in rows(workplace)] == [NOW, NOW]


def test_repeat_inside_a_page_is_a_duplicate(workplace: Workplace) -> None:
    counts = store(workplace, [post(1), post(1)])
    assert (counts.fetched, counts.new, counts.duplicate) == (2, 1, 1)


def test_edit_is_a_revision_and_will_be_screened_again(workplace: Workplace) -> None:
    store(workplace, [post(1)])
    with workplace.engine.begin() as connection:
        connection.execute(sa.update(posts).values(screened_key="done"))
    assert store(workplace, [post(1, "other words", edited_at=NOW)]).edited == 1
    (row,) = rows(workplace)
    assert (row.revision, row.text, row.screened_key) == (2, "other words", None)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_older_edit_that_comes_late_does_not_win(workplace: Workplace, order: tuple[int, int]) -> None:
    versions = [post(1, "first edit", edited_at=NOW), post(1, "second edit", edited_at=NOW + timedelta(minutes=5))]
    for number in order:
        store(workplace, [versions[number]])
    assert [row.text for row in rows(workplace)] == ["second edit"]


def test_deleted_post_is_erased_and_a_late_page_does_not_bring_it_back(workplace: Workplace) -> None:
    store(workplace, [post(1, title="a title", author_id="t2_x", url="https://reddit.com/x")])
    assert store(workplace, [post(1, "[deleted]", status="deleted")]).edited == 1
    (row,) = rows(workplace)
    assert (row.text, row.title, row.author_hash, row.url, row.status) == ("", None, None, None, "deleted")
    late = store(workplace, [post(1, "as it once was")])
    assert (late.skipped, late.new) == (1, 0)
    assert rows(workplace)[0].text == ""
    with workplace.engine.begin() as connection:
        assert connection.execute(sa.select(tombstones.c.reason)).scalars().all() == ["deleted"]


def test_a_post_past_its_retention_is_emptied_and_not_refilled(workplace: Workplace) -> None:
    store(workplace, [post(1, author_id="t2_x"), post(2)], NOW - timedelta(days=31))
    store(workplace, [post(3, author_id="t2_y")])
    with workplace.engine.begin() as connection:
        assert expire_posts(connection, NOW, timedelta(days=30), timedelta(days=90)) == 2
        assert expire_posts(connection, NOW, timedelta(days=30), timedelta(days=90)) == 0
    assert store(workplace, [post(1), post(2), post(3, author_id="t2_y")]).duplicate == 3
    assert [(row.text, row.author_hash) for row in rows(workplace)] == [
        ("", None),
        ("", None),
        ("words 3", NAMES.author("reddit", "t2_y")),
    ]


def test_metrics_are_refreshed_without_a_revision(workplace: Workplace) -> None:
    store(workplace, [post(1, metrics={"likes": 1})])
    store(workplace, [post(1, metrics={"likes": 7})])
    (row,) = rows(workplace)
    assert (row.metrics, row.revision) == ({"likes": 7}, 1)


def test_handles_are_never_stored(workplace: Workplace) -> None:
    store(workplace, [post(1, author_id="u/somebody")])
    assert rows(workplace)[0].author_hash == NAMES.author("reddit", "u/somebody")
    assert "author_id" not in posts.c


def test_an_author_who_left_is_forgotten_and_the_post_stays(workplace: Workplace) -> None:
    store(workplace, [post(1, author_id="t2_x")])
    assert store(workplace, [post(1, author_id=None)]).duplicate == 1
    (row,) = rows(workplace)
    assert (row.author_hash, row.text) == (None, "words 1")


def test_ledger_refuses_counts_that_do_not_balance(workplace: Workplace) -> None:
    with workplace.engine.begin() as connection:
        run_id = ledger.open_run(connection, "reddit", "q", NOW)
        ledger.add_to_run(connection, run_id, Counts(new=2, duplicate=1, skipped=1, quarantined=3))
    with workplace.engine.begin() as connection:
        assert connection.execute(sa.select(ingest_runs.c.fetched_posts)).scalar_one() == 7
    with pytest.raises(IntegrityError, match="ck_ingest_runs_balance"), workplace.engine.begin() as connection:
        connection.execute(sa.update(ingest_runs).values(new_posts=99))
