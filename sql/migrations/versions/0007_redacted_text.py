"""The redacted copy of a post beside its words, for analysts."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COMMENT = "what analysts read, identifiers hidden; NULL where nothing was found in it"


def upgrade() -> None:
    op.add_column("posts", sa.Column("redacted_text", sa.Text(), nullable=True, comment=COMMENT))
    # What is stored is screened once more, and gets its copy then.
    op.execute("update posts set screened_key = null where screened_key is not null")


def downgrade() -> None:
    # The views are made anew by whoever opens the warehouse next.
    op.execute("drop schema if exists marts cascade")
    op.execute("drop schema if exists staging cascade")
    op.drop_column("posts", "redacted_text")
