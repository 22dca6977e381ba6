"""Views as files, and the warehouse from the tools that analysts use: pandas, DuckDB and PostgreSQL's own driver."""

import json
from importlib.resources import files
from pathlib import Path

import duckdb
import pandas as pd
import psycopg
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from pipeline import steps
from pipeline.errors import ConfigError
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


def test_pandas_duckdb_and_the_standard_driver_agree(told: Workplace) -> None:
    wanted = "select claim_id, posts from marts.mart_claims_weekly order by claim_id"
    with told.engine.connect() as connection:
        by_pandas = pd.read_sql(sa.text(wanted), connection)
    url = make_url(told.settings.database_url or str(told.engine.url))
    address = {"host": url.query.get("host") or url.host, "dbname": url.database, "user": url.username}
    dsn = " ".join(f"{name}={value}" for name, value in address.items() if value)
    with psycopg.connect(dsn) as plain:
        by_driver = plain.execute(wanted).fetchall()
    # The extension lies in a wheel: DuckDB would else fetch it from the network.
    extension = next((files("duckdb_extension_postgres_scanner") / "extensions").glob("*/*.duckdb_extension"))
    with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as duck:
        duck.load_extension(str(extension))
        duck.execute(f"attach '{dsn}' as warehouse (type postgres, read_only)")
        by_duck = duck.execute(
            "select claim_id, posts from warehouse.marts.mart_claims_weekly order by claim_id"
        ).fetchall()
    assert by_duck == by_driver == list(by_pandas.itertuples(index=False, name=None))
    assert len(by_driver) == 2
