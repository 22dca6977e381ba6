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
    claim_sets,
    claim_sweeps,
    claims,
    matches,
    mentions,
    narrative_posts,
    narratives,
    vectors,
)
from pipeline.warehouse.shapes import metadata
from pipeline.warehouse.taught import calibration_acts, calibration_fits, calibrations, reviews
from pipeline.warehouse.told import alert_events, alert_posts, alerts, outbox, silences, testimonials

__all__ = [
    "account_metrics",
    "alert_events",
    "alert_posts",
    "alerts",
    "calibration_acts",
    "calibration_fits",
    "calibrations",
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
    "narrative_posts",
    "narratives",
    "outbox",
    "posts",
    "quarantine",
    "reviews",
    "silences",
    "source_terms",
    "source_uses",
    "testimonials",
    "tombstones",
    "vectors",
    "watermarks",
]
