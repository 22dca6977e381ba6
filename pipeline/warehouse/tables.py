"""The one place to import a base table from; Alembic migrations are checked against `metadata`."""

from pipeline.warehouse.heard import (
    account_metrics,
    check_runs,
    coverage_gaps,
    erasure_journal,
    ingest_runs,
    posts,
    quarantine,
    source_terms,
    source_uses,
    tombstones,
    watermarks,
)
from pipeline.warehouse.judged import (
    alert_posts,
    alerts,
    claim_sets,
    claim_sweeps,
    claims,
    matches,
    mentions,
    outbox,
    reviews,
    vectors,
)
from pipeline.warehouse.shapes import metadata

__all__ = [
    "account_metrics",
    "alert_posts",
    "alerts",
    "check_runs",
    "claim_sets",
    "claim_sweeps",
    "claims",
    "coverage_gaps",
    "erasure_journal",
    "ingest_runs",
    "matches",
    "mentions",
    "metadata",
    "outbox",
    "posts",
    "quarantine",
    "reviews",
    "source_terms",
    "source_uses",
    "tombstones",
    "vectors",
    "watermarks",
]
