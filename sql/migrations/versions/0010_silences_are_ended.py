"""A person may end a silence before its time, and the history of the alerts that it held back says who."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

EVENTS = ("raised", "worse", "grew", "acknowledged", "silenced", "escalated", "resolved", "reopened", "noted")
COMMENT = "raised, worse, grew, acknowledged, silenced, escalated, resolved, reopened or noted"
NEW_COMMENT = "raised, worse, grew, acknowledged, silenced, unsilenced, escalated, resolved, reopened or noted"


def upgrade() -> None:
    _set_events((*EVENTS, "unsilenced"))
    op.alter_column("alert_events", "event", comment=NEW_COMMENT, existing_comment=COMMENT)


def downgrade() -> None:
    op.alter_column("alert_events", "event", comment=COMMENT, existing_comment=NEW_COMMENT)
    op.execute("delete from alert_events where event = 'unsilenced'")
    _set_events(EVENTS)


def _set_events(events) -> None:
    listed = ", ".join(f"'{event}'" for event in events)
    op.drop_constraint(op.f("ck_alert_events_event"), "alert_events", type_="check")
    op.create_check_constraint(op.f("ck_alert_events_event"), "alert_events", f"event in ({listed})")
