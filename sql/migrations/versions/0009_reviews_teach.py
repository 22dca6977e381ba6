"""Verdicts say in full what they are about, and thresholds are fitted to them."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)
OF_REVIEWS = (
    ("source", sa.Text(), "source that the reviewed post came from"),
    ("claim_version", sa.Integer(), "version of the claim that the person saw"),
    ("scored_by", sa.Text(), "encoder, reader and stance model that gave the scores"),
    ("calibration", sa.BigInteger(), "version of the calibration that the match was decided by"),
    ("drawn", sa.Text(), "how the match came before the person: alert (the clearest of one) or check"),
)
FIGURES = tuple(
    (f"{measure}_{when}{end}", f"{words} {spoken}{bound}")
    for measure, words in (
        ("precision", "share of the labelled alerts that were right,"),
        ("recall", "share of the labelled posts that spread a claim which alarmed,"),
    )
    for when, spoken in (("before", "with the thresholds then in force"), ("after", "with this version"))
    for end, bound in (("", ""), ("_low", ", lower end of the 95 % interval"), ("_high", ", upper end of it"))
)
# Where a match stands among those that people check, and which those are.
PLACE = "md5((post_id::text || '|'::text) || claim_id)"
DRAWN = f"decision = 'review' or decision = 'alert' and right({PLACE}, 3) < '19a'"


def upgrade() -> None:
    for name, kind, comment in OF_REVIEWS:
        op.add_column("reviews", _column(name, kind, comment, null=True))
    op.create_check_constraint(op.f("ck_reviews_drawn"), "reviews", "drawn in ('alert', 'check')")
    in_force = "version of the calibration in force; NULL where none was"
    op.add_column("matches", _column("calibration", sa.BigInteger(), in_force, null=True))
    op.create_index("ix_matches_to_check", "matches", [sa.text(PLACE)], postgresql_where=sa.text(DRAWN))
    of_match = ["platform", "platform_id", "claim_id"]
    op.create_index("ix_reviews_of_match", "reviews", of_match, postgresql_where=sa.text("subject = 'match'"))
    op.create_table(
        "calibration_fits",
        _number("version", "number of the version; a later one is greater"),
        _column("basis", sa.BigInteger(), "version then in force; NULL where none was", null=True),
        _column("scored_by", sa.Text(), "encoder, reader and stance model whose scores were labelled"),
        _column("policy_version", sa.Text(), "version of the policy table"),
        _column("labels", sa.Integer(), "labels that were read"),
        _column("labels_from", MOMENT, "labels from this moment on, UTC"),
        _column("labels_until", MOMENT, "and before this one, UTC"),
        *(_column(name, sa.Double(), comment, null=True) for name, comment in FIGURES),
        _column("alerts_gained", sa.Integer(), "matches of the retained window that would alarm and did not"),
        _column("alerts_lost", sa.Integer(), "matches of the retained window that alarmed and would not"),
        _column("beyond_bounds", sa.Text(), "why a person must apply it; empty where it is inside the bounds", "''"),
        _column("fitted_at", MOMENT, "the clock of the step, UTC"),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_calibration_fits")),
        *(
            sa.CheckConstraint(f"{name} between 0 and 1", name=op.f(f"ck_calibration_fits_{name}"))
            for name, _ in FIGURES
        ),
        comment="One row per set of thresholds that was fitted to reviews; nothing is overwritten.",
    )
    op.create_table(
        "calibrations",
        _column("version", sa.BigInteger(), "the set that it belongs to"),
        _column("source", sa.Text(), "source whose posts it is for; empty for all", "''"),
        _column("claim_id", sa.Text(), "claim that it is for; empty for all", "''"),
        _column("threshold", sa.Double(), "score (p_match times promotes) from which a match alarms"),
        _column("proven", sa.Boolean(), "whether labels prove that such alerts are right as often as promised"),
        _column("labels", sa.Integer(), "labels at or above the threshold"),
        _column("confirmed", sa.Integer(), "how many of them a person confirmed"),
        sa.PrimaryKeyConstraint("version", "source", "claim_id", name=op.f("pk_calibrations")),
        _to_version("calibrations"),
        comment="One row per fitted threshold of a version; nothing is overwritten.",
    )
    op.create_table(
        "calibration_acts",
        _number("act_id", "surrogate key"),
        _column("act", sa.Text(), "apply, undo or dismiss"),
        _column(
            "version",
            sa.BigInteger(),
            "version in force after it, NULL for none; of a dismissal the version that is not wanted",
            null=True,
        ),
        _column("acted_by", sa.Text(), "who did it; the step, where it was inside the bounds"),
        _column("acted_at", MOMENT, "when, UTC"),
        _column("note", sa.Text(), "why", "''"),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_calibration_acts")),
        _to_version("calibration_acts"),
        sa.CheckConstraint("act in ('apply', 'undo', 'dismiss')", name=op.f("ck_calibration_acts_act")),
        comment="One row per decision on a version; the newest that is no dismissal says which one is in force.",
    )


def downgrade() -> None:
    # The views are made anew by whoever opens the warehouse next.
    op.execute("drop schema if exists marts cascade")
    op.execute("drop schema if exists staging cascade")
    for table in ("calibration_acts", "calibrations", "calibration_fits"):
        op.drop_table(table)
    op.drop_index("ix_reviews_of_match", "reviews")
    op.drop_index("ix_matches_to_check", "matches")
    op.drop_column("matches", "calibration")
    op.drop_constraint(op.f("ck_reviews_drawn"), "reviews", type_="check")
    for name, _, _ in OF_REVIEWS:
        op.drop_column("reviews", name)


def _to_version(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_version")
    return sa.ForeignKeyConstraint(["version"], ["calibration_fits.version"], name=name)


def _number(name: str, comment: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), sa.Identity(always=True), nullable=False, comment=comment)


def _column(name: str, kind: Any, comment: str, default: str | None = None, *, null: bool = False) -> sa.Column[Any]:
    server_default = sa.text(default) if default is not None else None
    return sa.Column(name, kind, nullable=null, comment=comment, server_default=server_default)
