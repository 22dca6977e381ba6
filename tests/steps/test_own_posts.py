"""What our own accounts write is stored and told from what others say: no alert and no count takes it for a mention."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from demo.loopback import Loopback
from pipeline import steps
from pipeline.config import Settings
from pipeline.sources import source_type
from pipeline.warehouse import ledger
from pipeline.warehouse.tables import account_metrics, alerts, ingest_runs, posts
from pipeline.workplace import Workplace
from tests.sources.rigs.x import PLATFORM

NOW = datetime(2026, 10, 12, 15, tzinfo=UTC)


@pytest.fixture
def heard(workplace: Workplace, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    page = [
        PLATFORM.make(1, NOW - timedelta(hours=1)) | {"text": "Larkspur Family Health is open on Sunday", "own": True},
        PLATFORM.make(2, NOW - timedelta(hours=2)) | {"text": "Larkspur Family Health, thanks for Sunday"},
    ]
    settings.listening_file.write_text("sources: {x: {search_claims: false}}\n")
    with Loopback(now=NOW, posts=page, wires=[PLATFORM.wire()]) as server:
        for name, value in {**PLATFORM.environment(server.url), "AUSCULT_X_USER_ID": "4711"}.items():
            monkeypatch.setenv(name, value)
        with workplace.engine.begin() as connection:
            ledger.accept_terms(connection, "x", source_type("x").terms.version, "tests", NOW)
        steps.sync_claims(NOW)
        for hour in (0, 1):
            steps.ingest("x", NOW + timedelta(hours=hour))
    steps.screen(0, NOW)
    steps.raise_alerts(NOW)
    return workplace


def test_own_posts_are_stored_screened_and_in_no_alert(heard: Workplace) -> None:
    with heard.engine.begin() as connection:
        own = dict(connection.execute(sa.select(posts.c.text, posts.c.own)).all())
        counted = connection.execute(sa.select(alerts.c.posts)).scalars().all()
        shown = connection.execute(sa.text("select sum(mentioning_posts) from marts.mart_mentions_daily")).scalar_one()
    assert own == {"Larkspur Family Health is open on Sunday": True, "Larkspur Family Health, thanks for Sunday": False}
    assert counted == [1]
    assert shown == 1


def test_numbers_of_our_own_account_are_read_once_a_day_and_paid_for(heard: Workplace) -> None:
    with heard.engine.begin() as connection:
        numbers = dict(connection.execute(sa.select(account_metrics.c.metric, account_metrics.c.value)).all())
        runs = connection.execute(sa.select(ingest_runs.c.cost_usd).where(ingest_runs.c.purpose == "metrics")).all()
    assert numbers == {"followers": 1_200, "posts": 88}
    assert [row.cost_usd for row in runs] == [0.01]
