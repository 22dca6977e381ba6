"""Loading claims writes versions and deletes nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pipeline.warehouse import claims as store
from pipeline.warehouse.tables import claims
from pipeline.workplace import Workplace

NOW = datetime(2026, 10, 12, tzinfo=UTC)


def entry(claim_id: str, claim: str) -> dict[str, Any]:
    fixed = {"topic": "vaccines", "rating": "false", "harm": "high", "correction": "no", "language": "en"}
    return {"claim_id": claim_id, "claim": claim, "content_hash": f"{claim:64}", **fixed}


def sync(workplace: Workplace, entries: list[dict[str, Any]], now: datetime = NOW) -> store.Changes:
    with workplace.engine.begin() as connection:
        return store.sync_claims(connection, entries, now)


def history(workplace: Workplace, claim_id: str) -> list[tuple[int, str, str | None]]:
    with workplace.engine.begin() as connection:
        found = sa.select(claims.c.version, claims.c.claim, claims.c.end_reason).where(claims.c.claim_id == claim_id)
        return [tuple(row) for row in connection.execute(found.order_by(claims.c.version))]


def test_versions_of_one_claim(workplace: Workplace) -> None:
    assert sync(workplace, [entry("a-b", "first"), entry("c-d", "other")]) == store.Changes(2, 0, 0, 0)
    assert sync(workplace, [entry("a-b", "first"), entry("c-d", "other")]) == store.Changes(0, 0, 0, 2)
    assert sync(workplace, [entry("a-b", "second"), entry("c-d", "other")]) == store.Changes(0, 1, 0, 1)
    assert sync(workplace, [entry("c-d", "other")], NOW + timedelta(days=1)) == store.Changes(0, 0, 1, 1)
    assert sync(workplace, [entry("a-b", "second"), entry("c-d", "other")]) == store.Changes(1, 0, 0, 1)
    expected = [(1, "first", "replaced"), (2, "second", "retired"), (3, "second", None)]
    assert history(workplace, "a-b") == expected


def test_claims_differ_only_where_something_changed(workplace: Workplace) -> None:
    sync(workplace, [entry("a-b", "first")])
    with workplace.engine.begin() as connection:
        assert not store.claims_differ(connection, [entry("a-b", "first")])
        assert store.claims_differ(connection, [entry("a-b", "edited")])
        assert store.claims_differ(connection, [])
