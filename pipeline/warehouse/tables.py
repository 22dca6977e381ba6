"""The one place to import a base table from; Alembic migrations are checked against `metadata`."""

from pipeline.warehouse.heard import (
    coverage_gaps,
    ingest_runs,
    posts,
    quarantine,
    source_terms,
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
    "alert_posts",
    "alerts",
    "claim_sets",
    "claim_sweeps",
    "claims",
    "coverage_gaps",
    "ingest_runs",
    "matches",
    "mentions",
    "metadata",
    "outbox",
    "posts",
    "quarantine",
    "reviews",
    "source_terms",
    "tombstones",
    "vectors",
    "watermarks",
]
