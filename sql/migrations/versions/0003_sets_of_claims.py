"""Sets of claims: what was screened with one set is compared with what changed, not screened anew."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEY = "fingerprint of models, policy{} and practice it was screened with"


def upgrade() -> None:
    op.create_table(
        "claim_sets",
        sa.Column(
            "claim_set_id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="surrogate key; a later set has a greater one",
        ),
        sa.Column(
            "versions",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="claim_id to version, of all claims in force together",
        ),
        sa.Column(
            "made_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=False,
            comment="when a screen step first saw these claims, UTC, wall clock",
        ),
        sa.PrimaryKeyConstraint("claim_set_id", name=op.f("pk_claim_sets")),
        comment="One row per set of claims that posts were screened with.",
    )
    op.create_table(
        "claim_sweeps",
        sa.Column("claim_set_id", sa.BigInteger(), nullable=False, comment="posts screened with this set"),
        sa.Column("screened_key", sa.Text(), nullable=False, comment="and with these models, policy and practice"),
        sa.Column("as_set_id", sa.BigInteger(), nullable=False, comment="are as if screened with this later one"),
        sa.Column(
            "swept_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=False,
            comment="when they were compared with the claims that changed, UTC, wall clock",
        ),
        sa.ForeignKeyConstraint(["as_set_id"], ["claim_sets.claim_set_id"], name=op.f("fk_claim_sweeps_as_set_id")),
        sa.ForeignKeyConstraint(
            ["claim_set_id"], ["claim_sets.claim_set_id"], name=op.f("fk_claim_sweeps_claim_set_id")
        ),
        sa.PrimaryKeyConstraint("claim_set_id", "screened_key", name=op.f("pk_claim_sweeps")),
        comment="One row per set of claims whose posts were compared with what changed since.",
    )
    op.add_column(
        "posts",
        sa.Column("claim_set_id", sa.BigInteger(), nullable=True, comment="set of claims it was screened with"),
    )
    op.alter_column("posts", "screened_key", comment=_KEY.format(""), existing_comment=_KEY.format(", claims"))


def downgrade() -> None:
    op.alter_column("posts", "screened_key", comment=_KEY.format(", claims"), existing_comment=_KEY.format(""))
    op.drop_column("posts", "claim_set_id")
    op.drop_table("claim_sweeps")
    op.drop_table("claim_sets")
