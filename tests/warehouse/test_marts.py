"""Small cells: what an analyst sees where few people stand behind a number, and what others see."""

import pandas as pd
import pytest
import sqlalchemy as sa

from pipeline import steps
from pipeline.warehouse import ledger
from pipeline.warehouse.reading import read_query
from pipeline.warehouse.tables import matches, posts
from pipeline.workplace import Workplace
from tests.steps.desk import Desk

NOON = pd.Timestamp("2026-10-12 12:00", tz="UTC").to_pydatetime()


@pytest.fixture
def desk(workplace: Workplace) -> Desk:
    """A desk with the shipped claims in force."""
    steps.sync_claims(NOON)
    return Desk(workplace)


def one(desk: Desk, query: str, role: str = "analyst") -> tuple[object, ...]:
    (row,) = read_query(desk.workplace.engine, query, role)[1]
    return row


def change(desk: Desk, *statements: sa.Executable) -> None:
    with desk.workplace.engine.begin() as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize(
    ("cell", "voices", "seen"), [(7, 5, 7), (7, 4, None), (7, 1, None), (0, 1, 0), (None, 9, None)]
)
def test_five_voices_make_a_number(workplace: Workplace, cell: int | None, voices: int, seen: int | None) -> None:
    with workplace.engine.connect() as connection:
        shown = sa.text("select staging.shown(:cell, :voices)").bindparams(cell=cell, voices=voices)
        assert connection.execute(shown).scalar_one() == cell, "the owner sees all"
        connection.execute(sa.text("grant usage on schema staging to auscult_analyst"))
        connection.execute(sa.text("set local role auscult_analyst"))
        assert connection.execute(shown).scalar_one() == seen


def test_each_number_needs_five_voices_of_its_own(desk: Desk) -> None:
    desk.spread(NOON, 8)
    last_two = sa.select(matches.c.match_id).order_by(matches.c.match_id.desc()).limit(2)
    debunks = {"stance": "debunks", "decision": "counted", "promotes": 0.01, "debunks": 0.95}
    change(desk, sa.update(matches).where(matches.c.match_id.in_(last_two)).values(**debunks))
    wanted = "select posts, promoting_posts, debunking_posts, questioning_posts, voices from mart_claims_weekly"
    assert one(desk, wanted) == (8, 6, None, 0, 8)
    assert one(desk, wanted, "officer") == (8, 6, 2, 0, 8)


def test_one_busy_person_is_one_voice_and_all_unknown_ones_too(desk: Desk) -> None:
    desk.spread(NOON, 9)
    for author in ("a" * 64, None):
        change(desk, sa.update(posts).values(author_hash=author))
        for view in ("mart_claims_weekly", "mart_claims_monthly"):
            assert one(desk, f"select posts, promoting_posts, voices from {view}") == (None, None, None)
            assert one(desk, f"select posts, promoting_posts, voices from {view}", "officer") == (9, 9, 1)


def test_alerts_and_stories_hide_few_voices_too(desk: Desk) -> None:
    desk.name(NOON, people=3)
    desk.run(NOON)
    assert one(desk, "select posts, voices from mart_alerts") == (None, None)
    assert one(desk, "select posts, voices from mart_alerts", "officer") == (3, 3)


def test_a_platform_that_must_be_kept_apart_has_rows_of_its_own(desk: Desk) -> None:
    desk.spread(NOON, 12)
    some = sa.select(posts.c.post_id).order_by(posts.c.post_id).limit(6)
    change(desk, sa.update(posts).where(posts.c.post_id.in_(some)).values(platform="youtube", source="youtube"))
    wanted = "select kept_apart, posts, platforms from mart_claims_monthly order by kept_apart"
    assert read_query(desk.workplace.engine, wanted, "analyst")[1] == [(None, 12, ["reddit", "youtube"])]
    with desk.workplace.engine.begin() as connection:
        ledger.declare_uses(connection, "youtube", tone=False, combined=False)
    told = read_query(desk.workplace.engine, wanted, "analyst")[1]
    assert told == [("youtube", 6, ["youtube"]), (None, 6, ["reddit"])]


def test_own_posts_and_canaries_are_in_no_count_of_others(desk: Desk) -> None:
    desk.spread(NOON, 6)
    change(desk, sa.update(posts).values(own=True))
    for view in ("mart_claims_weekly", "mart_claims_monthly", "mart_claim_posts_daily", "mart_platforms_monthly"):
        assert one(desk, f"select count(*) from {view}", "officer") == (0,)
    change(desk, sa.update(posts).values(own=False, platform="canary"))
    assert one(desk, "select count(*) from mart_platforms_monthly", "officer") == (0,)
    assert one(desk, "select count(*) from mart_own_posts_daily", "officer") == (0,)


def test_reads_are_counted_by_their_best_try(workplace: Workplace) -> None:
    with workplace.engine.begin() as connection:
        for outcome in ("failed", "ok"):
            run_id = ledger.open_run(connection, "x", "q", NOON)
            ledger.add_calls(connection, run_id, 3, 0.05)
            ledger.close_run(connection, run_id, outcome)
        ledger.close_run(connection, ledger.open_run(connection, "x", "other", NOON), "partial")
    wanted = "select reads, complete_reads, calls, round(cost_usd::numeric, 2)::float from mart_reads_daily"
    assert read_query(workplace.engine, wanted, "analyst")[1] == [(2, 1, 6, 0.1)]
