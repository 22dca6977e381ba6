"""The queue of the triage page is read in its order, and a person may write a note to an alert."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

EVENTS = ("raised", "worse", "grew", "acknowledged", "silenced", "escalated", "resolved", "reopened")
COMMENT = "raised, worse, grew, acknowledged, silenced, escalated, resolved or reopened"
NEW_COMMENT = "raised, worse, grew, acknowledged, silenced, escalated, resolved, reopened or noted"


def upgrade() -> None:
    op.create_index("ix_alerts_queue", "alerts", ["practice_id", "state", "severity", "raised_at", "alert_id"])
    op.create_index("ix_reviews_alert_key", "reviews", ["alert_key"], postgresql_where=sa.text("alert_key is not null"))
    _set_events((*EVENTS, "noted"))
    op.alter_column("alert_events", "event", comment=NEW_COMMENT, existing_comment=COMMENT)


def downgrade() -> None:
    op.alter_column("alert_events", "event", comment=COMMENT, existing_comment=NEW_COMMENT)
    op.execute("delete from alert_events where event = 'noted'")
    _set_events(EVENTS)
    op.drop_index("ix_reviews_alert_key", "reviews")
    op.drop_index("ix_alerts_queue", "alerts")


def _set_events(events) -> None:
    listed = ", ".join(f"'{event}'" for event in events)
    op.drop_constraint(op.f("ck_alert_events_event"), "alert_events", type_="check")
    op.create_check_constraint(op.f("ck_alert_events_event"), "alert_events", f"event in ({listed})")
