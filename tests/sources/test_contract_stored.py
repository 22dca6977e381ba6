"""The contract, as far as the warehouse: every connector with its real client, its passes stored page by page."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import yaml

from pipeline import steps
from pipeline.errors import Exhausted, ListenError
from pipeline.sources import source_type
from pipeline.warehouse import ledger
from pipeline.warehouse.tables import coverage_gaps, ingest_runs, posts, watermarks
from pipeline.workplace import Workplace
from tests.sources.rigs import NOW, PRACTICE, Rig, published_at


@pytest.fixture
def listening(rig: Rig, workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """The rig's source listed alone, its credentials in the environment and its terms accepted."""
    for name, value in rig.of.environment(rig.server.url).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AUSCULT_HTTP_TIMEOUT", "0.5")
    workplace.settings.practice_file.write_text(yaml.safe_dump({"name": PRACTICE.name, "aliases": ["Larkspur Clinic"]}))
    listen(rig, workplace)
    with workplace.engine.begin() as connection:
        if terms := source_type(rig.platform).terms:
            ledger.accept_terms(connection, rig.platform, terms.version, "tests", NOW)
    return rig


def listen(rig: Rig, workplace: Workplace, **rules: object) -> None:
    chosen = {**rig.of.sources, "search_claims": False, **rules}
    workplace.settings.listening_file.write_text(yaml.safe_dump({"sources": {rig.platform: chosen}}))


def heard(workplace: Workplace, rig: Rig) -> set[str]:
    with workplace.engine.begin() as connection:
        found = connection.execute(sa.select(posts.c.platform_id).where(posts.c.platform == rig.source.platform))
        return set(found.scalars())


def ledger_rows(workplace: Workplace) -> list[sa.Row]:
    with workplace.engine.begin() as connection:
        return list(connection.execute(sa.select(ingest_runs).order_by(ingest_runs.c.run_id)))


def ingest(rig: Rig) -> None:
    steps.ingest(rig.platform, rig.server.now)


def test_everything_is_stored_once_whatever_is_read_twice(listening: Rig, workplace: Workplace) -> None:
    for _ in range(2):
        ingest(listening)
    assert heard(workplace, listening) >= set(listening.ids)
    rows = ledger_rows(workplace)
    assert sum(row.new_posts for row in rows) == len(heard(workplace, listening))
    assert {row.outcome for row in rows} == {"ok"}
    assert all(row.calls >= 1 for row in rows)


@pytest.mark.needs("pages")
@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_pass_that_ends_after_any_page_is_gone_on_with(listening: Rig, workplace: Workplace, after: int) -> None:
    listening.server.fail("html", listening.platform, after=after, times=50)
    with pytest.raises(ListenError):
        ingest(listening)
    before = heard(workplace, listening)
    listening.server._faults.clear()
    ingest(listening)
    assert before <= heard(workplace, listening)
    assert heard(workplace, listening) >= set(listening.ids)
    with workplace.engine.begin() as connection:
        assert not connection.execute(sa.select(watermarks).where(watermarks.c.pending_cursor.is_not(None))).all(), (
            "every pass is complete"
        )
        assert not connection.execute(sa.select(coverage_gaps)).all()


def test_what_comes_late_is_heard_within_the_overlap(listening: Rig, workplace: Workplace) -> None:
    ingest(listening)
    late = listening.post(700, published_at(23) - listening.source.overlap / 2)
    listening.server.add(late)
    listening.server.now += timedelta(hours=1)
    ingest(listening)
    assert listening.server.posts[-1].id in heard(workplace, listening)


def test_a_clock_that_is_ahead_hides_nothing_that_follows(listening: Rig, workplace: Workplace) -> None:
    # Dated three hours ahead of our clock: its date must not become the floor.
    now = listening.server.now
    listening.server.add(listening.post(701, now + timedelta(hours=3)))
    listening.server.now = now + timedelta(hours=3)
    steps.ingest(listening.platform, now)
    listening.server.add(listening.post(702, now + timedelta(hours=1)))
    steps.ingest(listening.platform, now + timedelta(hours=3, minutes=30))
    assert {post.id for post in listening.server.posts[-2:]} <= heard(workplace, listening)
    with workplace.engine.begin() as connection:
        floors = connection.execute(sa.select(sa.func.max(watermarks.c.floor_at))).scalar_one()
    assert floors <= now + timedelta(hours=3, minutes=30)


@pytest.mark.needs("quota")
def test_a_spent_quota_is_told_from_a_limit(listening: Rig, workplace: Workplace) -> None:
    listening.server.fail("usage_cap", listening.platform, times=100)
    with pytest.raises(Exhausted):
        ingest(listening)
    assert {row.outcome for row in ledger_rows(workplace)} == {"exhausted"}
    asked = len(listening.server.requests)
    assert asked <= 2, "a quota that is used up is not asked again for each query"


@pytest.mark.needs("pages")
def test_a_budget_of_calls_stops_before_it_is_passed(listening: Rig, workplace: Workplace) -> None:
    listen(listening, workplace, monthly_calls=2)
    ingest(listening)
    rows = ledger_rows(workplace)
    assert sum(row.calls for row in rows) <= 2
    listened = [row for row in rows if row.purpose == "listen"]
    assert listened[-1].outcome == "exhausted"
    assert "monthly budget of 2 calls" in listened[-1].detail
    held = len(heard(workplace, listening))
    ingest(listening)
    assert len(heard(workplace, listening)) == held
    listen(listening, workplace)
    ingest(listening)
    assert heard(workplace, listening) >= set(listening.ids), "and goes on where it stopped"


@pytest.mark.needs("recheck")
def test_what_is_gone_there_goes_here_and_does_not_come_back(listening: Rig, workplace: Workplace) -> None:
    ingest(listening)
    gone = listening.ids[7]
    listening.server.delete(listening.platform, gone)
    listening.server.now += timedelta(hours=2)
    assert steps.recheck(listening.platform, listening.server.now)["erased"] == 1
    assert gone not in heard(workplace, listening)
    next(post for post in listening.server.posts if post.id == gone).status = "live"
    ingest(listening)
    assert gone not in heard(workplace, listening), "a late page does not bring it back"
