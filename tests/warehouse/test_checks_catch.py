"""The nightly checks: each planted fault is found by one check and by no other, and sound rows are left alone."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from demo.__main__ import STAGES
from pipeline.config import POLICY
from pipeline.warehouse import embedded, reports
from tests.conftest import ROOT
from tests.warehouse.faults import FAULTS, Fault

NOW = STAGES[-1]


@pytest.fixture(scope="module")
def engine(server: str, demo_days: str) -> Iterator[Engine]:
    """An engine on the demo's days, of which nothing may be changed for good."""
    opened = sa.create_engine(embedded.database_url(server, demo_days))
    yield opened
    opened.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A transaction that is taken back."""
    with engine.connect() as opened:
        yield opened
        opened.rollback()


def offending(connection: Connection) -> list[str]:
    return [name for name, number in reports.run_checks(connection, NOW).items() if number]


def test_sound_rows_are_left_alone(connection: Connection) -> None:
    assert offending(connection) == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_a_fault_is_caught_by_its_check_alone(connection: Connection, fault: Fault) -> None:
    changed = [connection.exec_driver_sql(statement).rowcount for statement in fault.statements]
    assert changed[-1], "it plants nothing"
    assert offending(connection) == [fault.check]


def test_every_check_has_a_fault_that_it_catches() -> None:
    assert {fault.check for fault in FAULTS} == {path.stem for path in reports.check_files()}
    assert len({fault.what for fault in FAULTS}) == len(FAULTS) >= 20


def test_retention_is_that_of_policy() -> None:
    text = (ROOT / "sql" / "checks" / "nothing_is_kept_too_long.sql").read_text()
    for name in ("rematch_days", "matched_days"):
        assert f"interval '{POLICY[name] + 2:.0f} days'" in text
