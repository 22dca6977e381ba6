"""The demo's days in a warehouse, by the real steps and on real parts; each test works on a copy of its own."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from demo.__main__ import CLAIMS_LOADED, HERE, STAGES, loopback_environment
from demo.drops import fill_drop_folder
from demo.loopback import Loopback
from demo.mailroom import Relay
from pipeline import handling, steps
from pipeline.config import read_settings
from pipeline.sources import source_type
from pipeline.warehouse import embedded, ledger
from pipeline.warehouse.tables import alerts, matches, posts, reviews
from pipeline.workplace import Workplace, close_engines, open_workplace

PLATFORMS = ("reddit", "x")
HOUR = timedelta(hours=1)
# What the practice itself wrote in these days: the demo's posts are all by others.
OURS = [
    {
        "id": str((int(stage.timestamp() * 1_000) - 3_600_000 - 1_288_834_974_657) << 22),
        "platform": "x",
        "channel": None,
        "kind": "post",
        "title": None,
        "text": "Flu shots without an appointment, every Saturday in October.",
        "author": "larkspurfamily",
        "created_at": (stage - HOUR).isoformat(),
        "parent_id": None,
        "lang": "en",
        "metrics": {"likes": 12, "shares": 3, "replies": 1},
        "own": True,
    }
    for stage in STAGES
]


@pytest.fixture(scope="session")
def demo_days(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database that holds the demo's three days, a person's acts among them; nobody is connected."""
    home, name = tmp_path_factory.mktemp("demo"), "demo_days"
    _create(server, name, "auscult")
    with pytest.MonkeyPatch.context() as patch, Relay(home / "mail") as relay:
        with Loopback(HERE / "posts" / "posts.jsonl", now=STAGES[0], posts=OURS) as served:
            for variable, value in _environment(server, name, home, served, relay).items():
                patch.setenv(variable, value)
            (home / "practice.yaml").write_text((HERE / "posts" / "practice.yaml").read_text())
            (home / "auscult.yaml").write_text((HERE / "auscult.yaml").read_text())
            _live_through(open_workplace(read_settings()), served)
        close_engines()
    yield name
    _drop(server, name)


@pytest.fixture
def demo(demo_days: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    """A workplace on a copy of the demo's days."""
    name = f"test_{os.urandom(6).hex()}"
    _create(server, name, demo_days)
    monkeypatch.setenv("AUSCULT_DATABASE_URL", embedded.database_url(server, name))
    monkeypatch.setenv("AUSCULT_HOME", str(tmp_path))
    (tmp_path / "practice.yaml").write_text((HERE / "posts" / "practice.yaml").read_text())
    (tmp_path / "auscult.yaml").write_text((HERE / "auscult.yaml").read_text())
    yield open_workplace(read_settings())
    close_engines()
    _drop(server, name)


def _environment(server: str, name: str, home: Path, served: Loopback, relay: Relay) -> dict[str, str]:
    return {
        "AUSCULT_DATABASE_URL": embedded.database_url(server, name),
        "AUSCULT_HOME": str(home),
        **loopback_environment(served, relay),
    }


def _live_through(workplace: Workplace, served: Loopback) -> None:
    with workplace.engine.begin() as connection:
        for source in PLATFORMS:
            terms = source_type(source).terms
            if terms is not None:
                ledger.accept_terms(connection, source, terms.version, "tests", STAGES[0])
    steps.sync_claims(CLAIMS_LOADED)
    for now in STAGES:
        served.now = now
        fill_drop_folder(workplace.settings.home / "imports", now)
        for source in ("imports", *PLATFORMS):
            steps.ingest(source, now)
        steps.release_canary(now)
        steps.screen(0, now)
        steps.narrate(now)
        steps.raise_alerts(now)
        steps.write_digest(now)
        steps.notify(now)
    _work(workplace)


def _work(workplace: Workplace) -> None:
    """What an officer does on the last day: takes an alert on, closes another, and says which matches are right."""
    with workplace.engine.begin() as connection:
        keys = list(
            connection.execute(
                sa.select(alerts.c.alert_key)
                .where(alerts.c.state == "open", alerts.c.kind != "canary", alerts.c.historical.is_(False))
                .order_by(alerts.c.severity.desc(), alerts.c.alert_key)
            ).scalars()
        )
        _review(connection)
    handling.acknowledge(workplace, keys[0], "Ana Officer", STAGES[-1] + HOUR)
    handling.resolve(workplace, keys[1], "Ana Officer", STAGES[-1] + HOUR)


def _review(connection: sa.Connection) -> None:
    columns = (posts.c.platform, posts.c.platform_id, matches.c.claim_id, matches.c.p_match, matches.c.promotes)
    shown = sa.select(*columns).join(matches, matches.c.post_id == posts.c.post_id)
    found = connection.execute(shown.where(matches.c.decision == "alert").order_by(posts.c.post_id)).all()
    said = {"practice_id": "larkspur-family-health", "subject": "match", "reviewed_by": "Ana Officer"}
    rows = [
        {**row._mapping, **said, "verdict": "rejected" if number % 5 == 0 else "confirmed"}
        for number, row in enumerate(found)
    ]
    connection.execute(sa.insert(reviews), [row | {"reviewed_at": STAGES[-1] + HOUR} for row in rows])


def _create(server: str, name: str, template: str) -> None:
    with psycopg.connect(host=server, user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"create database {name} template {template}")


def _drop(server: str, name: str) -> None:
    with psycopg.connect(host=server, user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")
