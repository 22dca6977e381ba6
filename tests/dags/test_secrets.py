"""Canaries: no credential, no handle and no raw payload of any connector reaches a database, a log or XCom."""

import logging
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
import yaml
from sqlalchemy.engine import make_url

from demo.loopback import Loopback
from pipeline.config import read_settings
from pipeline.sources import source_type
from pipeline.warehouse import ledger
from pipeline.workplace import Workplace, open_workplace
from tests.sources.rigs import COUNT, NOW, PAGE, platforms, published_at

# What stands in a platform's own reply and nowhere in ours.
OF_PAYLOADS = ("public_metrics", "author_fullname", "topLevelComment", "indexedAt", "replies_count", "starRating")
OF_HANDLES = ("voice_",)


@pytest.fixture
def listening(workplace: Workplace, monkeypatch: pytest.MonkeyPatch):
    """Every connector on its loopback, each with a credential that can be found again; gives the credentials."""
    secrets: list[str] = []
    with ExitStack() as stack:
        sources = {}
        for of in platforms():
            posts = [of.make(number, published_at(number)) for number in range(COUNT)]
            server = stack.enter_context(Loopback(now=NOW, posts=posts, page_size=PAGE, wires=[of.wire()]))
            # A refusal on the way: errors are where such things slip out.
            server.fail("html", of.name, after=2)
            for name, value in of.environment(server.url).items():
                if value.startswith("not-a-"):
                    value = f"CANARY{len(secrets)}{of.name.replace('_', '')}quokka"
                    secrets.append(value)
                monkeypatch.setenv(name, value)
            sources[of.name] = {**of.sources, "search_claims": False}
        monkeypatch.setenv("AUSCULT_HTTP_TIMEOUT", "5")
        workplace.settings.listening_file.write_text(yaml.safe_dump({"sources": sources}))
        with workplace.engine.begin() as connection:
            for name in sources:
                if terms := source_type(name).terms:
                    ledger.accept_terms(connection, name, terms.version, "tests", NOW)
        yield secrets


def test_nothing_secret_is_written_anywhere(
    dagbag,
    airflow_home: Path,
    workplace: Workplace,
    listening: list[str],
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("hourly_listen", "nightly_review"):
        for task in dagbag.dags[name].tasks:
            monkeypatch.setattr(task, "retries", 0)
    dagbag.dags["claims_changed"].test(run_conf={"now": NOW.isoformat()})
    outcome = dagbag.dags["hourly_listen"].test(run_conf={"now": NOW.isoformat()})
    dagbag.dags["nightly_review"].test(run_conf={"now": NOW.isoformat()})
    passed = [str(instance.xcom_pull(task_ids=instance.task_id)) for instance in outcome.get_task_instances()]
    printed = capfd.readouterr()
    logs = [path.read_text(errors="replace") for path in (airflow_home / "logs").rglob("*") if path.is_file()]
    places = {
        "xcom": "\n".join(passed),
        "output": printed.out + printed.err,
        "logs": "\n".join([caplog.text, *logs]),
        "warehouse": dumped(str(make_url(str(read_settings().database_url)).set(drivername="postgresql"))),
        "airflow's database": dumped(airflow_address()),
    }
    with open_workplace().engine.begin() as connection:
        read = dict(
            connection.exec_driver_sql("select source, sum(new_posts) from ingest_runs group by source").fetchall()
        )
    assert {of.name for of in platforms()} <= {name for name, new in read.items() if new}, read
    assert len(listening) >= 8, listening
    assert "hourly_listen" in places["airflow's database"]
    assert "Larkspur Family Health saw me" in places["warehouse"], "the search finds what is there"
    for where, text in places.items():
        found = [word for word in (*listening, *OF_PAYLOADS, *OF_HANDLES) if word in text]
        assert not found, f"{found} in {where}"
    assert "saw me on visit" not in places["xcom"] + places["output"] + places["logs"] + places["airflow's database"]


def airflow_address() -> str:
    from airflow.configuration import conf

    return conf.get("database", "sql_alchemy_conn").replace("+psycopg2", "")


def dumped(address: str) -> str:
    """Every row of every table, as text."""
    url = make_url(address)
    with psycopg.connect(host=url.query["host"], user=url.username, dbname=url.database) as connection:
        tables = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        parts: list[str] = []
        for (table,) in tables:
            with connection.cursor().copy(f"copy (select * from {table}) to stdout") as rows:
                parts.append(b"".join(rows).decode(errors="replace"))
    return "\n".join(parts)
