"""Views as files, and the warehouse from the tools that analysts use: pandas, DuckDB and PostgreSQL's own driver."""

import json
import secrets
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import duckdb
import pandas as pd
import psycopg
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

from pipeline import steps
from pipeline.errors import ConfigError
from pipeline.warehouse.engine import view_files
from pipeline.warehouse.exports import export_view
from pipeline.warehouse.reading import read_query
from pipeline.workplace import Workplace
from tests.steps.desk import Desk

NOON = pd.Timestamp("2026-10-12 12:00", tz="UTC").to_pydatetime()
CLAIM = "vax-mmr-autism"


@pytest.fixture
def told(workplace: Workplace) -> Workplace:
    """A warehouse in which six people spread one claim and two another."""
    steps.sync_claims(NOON.isoformat())
    desk = Desk(workplace)
    desk.spread(NOON, 6)
    desk.spread(NOON, 2, claim_id=next(one for one in desk.claim_ids() if one != CLAIM))
    return desk.workplace


def test_parquet_keeps_types_comments_and_rows(told: Workplace, tmp_path: Path) -> None:
    assert export_view(told.engine, "mart_claims", tmp_path / "claims.parquet", "parquet") > 100
    table = pq.read_table(tmp_path / "claims.parquet")
    frame = table.to_pandas()
    assert str(table.schema.field("loaded_at").type) == "timestamp[us, tz=UTC]"
    assert list(frame.loc[frame["claim_id"] == CLAIM, "variants"].iloc[0])
    assert json.loads(frame["evidence"].iloc[0])[0]["publisher"]
    assert table.schema.field("claim").metadata[b"comment"] == b"the claim as a checkable statement"


def test_lines_hold_the_same_rows(told: Workplace, tmp_path: Path) -> None:
    rows = export_view(told.engine, "mart_claims_weekly", tmp_path / "weekly.jsonl", "jsonl")
    lines = [json.loads(line) for line in (tmp_path / "weekly.jsonl").read_text().splitlines()]
    assert len(lines) == rows == 2
    assert {line["week_on"] for line in lines} == {"2026-10-12"}


def test_an_analyst_sees_no_small_cell_and_an_officer_does(told: Workplace) -> None:
    seen = {
        role: sorted(row[0] or 0 for row in read_query(told.engine, "select posts from mart_claims_weekly", role)[1])
        for role in ("analyst", "officer")
    }
    assert seen == {"analyst": [0, 6], "officer": [2, 6]}


def test_an_unknown_view_leaves_no_file(told: Workplace, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there are mart_account_metrics"):
        export_view(told.engine, "posts", tmp_path / "posts.parquet", "parquet")
    assert list(tmp_path.glob("*.parquet")) == list(tmp_path.glob(".*")) == []


@pytest.fixture
def ana(told: Workplace) -> Iterator[dict[str, str]]:
    """How an analyst of her own name signs in: host, dbname, user and password."""
    name, password = f"ana_{secrets.token_hex(4)}", secrets.token_hex(8)
    with told.engine.begin() as connection:
        connection.exec_driver_sql(f"create role {name} login password '{password}' in role auscult_analyst")
    url = make_url(told.settings.database_url)
    yield {"host": str(url.query["host"]), "dbname": str(url.database), "user": name, "password": password}
    with told.engine.begin() as connection:
        connection.exec_driver_sql(f"drop role {name}")


def test_pandas_duckdb_and_the_standard_driver_agree(ana: dict[str, str]) -> None:
    wanted = "select claim_id, posts from marts.mart_claims_weekly order by claim_id"
    engine = sa.create_engine(
        URL.create("postgresql+psycopg", ana["user"], ana["password"], None, None, ana["dbname"], {"host": ana["host"]})
    )
    with engine.connect() as connection:
        by_pandas = pd.read_sql(sa.text(wanted), connection)
    engine.dispose()
    with psycopg.connect(**ana) as plain:
        by_driver = plain.execute(wanted).fetchall()
    # The extension lies in a wheel: DuckDB would else fetch it from the network.
    extension = next((files("duckdb_extension_postgres_scanner") / "extensions").glob("*/*.duckdb_extension"))
    with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as duck:
        duck.load_extension(str(extension))
        dsn = " ".join(f"{name}={value}" for name, value in ana.items())
        duck.execute(f"attach '{dsn}' as warehouse (type postgres, read_only, schema 'marts')")
        by_duck = duck.execute(wanted.replace("marts.", "warehouse.marts.")).fetchall()
        listed = duck.execute("select distinct schema_name from duckdb_tables() where database_name = 'warehouse'")
        assert listed.fetchall() == [("marts",)]
    found = by_pandas.astype(object).where(by_pandas.notna(), None)
    assert by_duck == by_driver == list(found.itertuples(index=False, name=None))
    # Six people told the one, two the other.
    assert sorted(posts or 0 for _, posts in by_driver) == [0, 6]


def test_a_tool_that_asks_for_the_catalogue_finds_views_types_and_comments(ana: dict[str, str]) -> None:
    with psycopg.connect(**ana) as plain:
        tables = plain.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        columns = plain.execute(
            "select column_name, data_type from information_schema.columns where table_name = 'mart_claims_weekly'"
        ).fetchall()
        comment = plain.execute("select obj_description('marts.mart_claims_weekly'::regclass)").fetchone()
    assert {schema for schema, _ in tables} == {"marts"}
    assert {name for _, name in tables} == {path.stem for path in view_files() if path.stem.startswith("mart_")}
    assert ("week_on", "date") in columns
    assert comment is not None
    assert comment[0].startswith("One row per claim, platform and week")
