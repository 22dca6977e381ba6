"""The steps run as the writer: a service needs no owner of tables after the first day."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from pipeline import steps
from pipeline.warehouse import reports
from pipeline.workplace import Workplace, close_engines, open_workplace
from tests.conftest import NOW

SPREADS = "The MMR vaccine causes autism, wake up. My nephew stopped talking after the MMR."


@pytest.fixture
def writer(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    """A workplace that signs in as a member of auscult_writer, on a warehouse that its owner made."""
    owner, name, password = workplace.engine, f"service_{secrets.token_hex(4)}", secrets.token_hex(8)
    with owner.begin() as connection:
        connection.exec_driver_sql(f"create role {name} login password '{password}' in role auscult_writer")
    url = make_url(workplace.settings.database_url).set(username=name, password=password)
    close_engines()
    monkeypatch.setenv("AUSCULT_DATABASE_URL", url.render_as_string(hide_password=False))
    yield open_workplace()
    close_engines()
    where = {"host": str(url.query["host"]), "user": "postgres", "dbname": url.database}
    with psycopg.connect(**where, autocommit=True) as connection:
        connection.execute(f"drop role {name}")


def test_a_day_of_steps_as_the_writer(writer: Workplace, tmp_path: Path) -> None:
    with writer.engine.connect() as connection:
        assert connection.execute(sa.text("select current_user <> 'postgres'")).scalar_one()
    steps.sync_claims(NOW)
    lines = ["id,text,author", *(f'{number},"{SPREADS}",a{number}' for number in range(3)), "4,I like bananas,a4"]
    (tmp_path / "posts.csv").write_text("\n".join(lines) + "\n")
    assert steps.import_file(tmp_path / "posts.csv", {}, "facebook", NOW)["new"] == 4
    steps.release_canary(NOW)
    assert steps.screen(0, NOW)["matches"] >= 3
    steps.narrate(NOW)
    steps.raise_alerts(NOW)
    steps.write_digest(NOW)
    steps.forget("facebook", "4", now=NOW)
    assert set(steps.run_checks(NOW).values()) == {0}
    # Only the owner of a table may rewrite it on the disk: the step says so, and all else of it is done.
    assert steps.expire(NOW)["not_purged"] > 0
    with writer.engine.connect() as connection:
        assert reports.table_counts(connection)["alerts"] == 1
        # Below five voices, and the pipeline's own pages and charts need the numbers.
        assert connection.execute(sa.text("select posts from marts.mart_alerts")).scalar_one() == 3
