"""The page's site, alerts to look at, and a browser."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from pipeline.config import Settings
from pipeline.warehouse import tables
from tests.web.browser import Browser, find_chromium, open_browser
from tests.web.served import POSTS, Clock, Site, alert_row, claim_row, running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(settings: Settings, clock: Clock) -> Iterator[Site]:
    with running(settings, clock) as started:
        yield started


@pytest.fixture
def raised(site: Site) -> Callable[..., str]:
    """Writes an alert, its claim and its first event; returns the alert's key."""

    def write(claim: dict[str, Any] | None = None, notes: tuple[str, ...] = (), **changes: Any) -> str:
        row = alert_row(changes.pop("practice_id", site.workplace.practice.practice_id), **changes)
        said = claim_row(**{"claim_id": row["claim_id"], **(claim or {})})
        event = {"alert_key": row["alert_key"], "practice_id": row["practice_id"], "by": "auscult", "note": ""}
        with site.workplace.engine.begin() as connection:
            if row["claim_id"]:
                connection.execute(sa.insert(tables.claims).values(**said))
            connection.execute(sa.insert(tables.alerts).values(**row))
            connection.execute(sa.insert(tables.alert_events).values(**event, event="raised", at=row["raised_at"]))
            for number, note in enumerate(notes):
                at = row["raised_at"] + timedelta(seconds=number + 1)
                written = event | {"event": "acknowledged", "at": at, "by": note[:80] or "x", "note": note}
                connection.execute(sa.insert(tables.alert_events).values(**written))
        return str(row["alert_key"])

    return write


@pytest.fixture
def mention() -> dict[str, Any]:
    """What makes of an alert one about a mention that cannot wait."""
    return {
        "kind": "mention",
        "claim_id": None,
        "claim_version": None,
        "category": "urgent:patient_safety",
        "reason": "urgent_mention",
        "evidence": {"p_mention": 0.9, "terms": ["Larkspur Family"], "wordings": 41, "posts": POSTS},
    }


@pytest.fixture(scope="session")
def chromium() -> str:
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium on this machine: the pages are not looked at")
    return path


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    with open_browser(chromium) as opened:
        yield opened
