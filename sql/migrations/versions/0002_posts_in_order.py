"""Posts in the order in which they are screened: many are stored at one moment, and sorting them anew takes seconds."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_posts_ingested_at", table_name="posts")
    op.create_index("ix_posts_ingested_at", "posts", ["ingested_at", "post_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_posts_ingested_at", table_name="posts")
    op.create_index("ix_posts_ingested_at", "posts", ["ingested_at"], unique=False)
