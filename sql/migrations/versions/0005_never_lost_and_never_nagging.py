"""What happened to alerts, silences, surges, narratives, and notifications that say what they tell.

Notifications of before are read as told once: the urgent ones as urgent, with as many posts as their alert has now.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)
TEXTS = postgresql.ARRAY(sa.Text())
KINDS = ("misinformation", "mention", "canary")
RESOLUTIONS = ("withdrawn", "person")
COMMENTS = (
    (
        "alerts",
        "kind",
        "misinformation, mention, or canary (our own proof that listening works)",
        "misinformation, mention, surge, or canary (our own proof that listening works)",
    ),
    (
        "alerts",
        "resolution",
        "withdrawn (its posts no longer make a group) or person",
        "withdrawn (its posts no longer make a group), ended (the surge is over), quiet (no change for days) or person",
    ),
    (
        "outbox",
        "receiver",
        "mail address",
        "mail address, or the name of the environment variable that holds a service's address",
    ),
)
TELL_AGAIN = """
    update outbox set told = coalesce((
        select jsonb_object_agg(alerts.alert_key, jsonb_build_object(
            'severity', case outbox.kind when 'urgent' then 'urgent' else alerts.severity end,
            'posts', alerts.posts,
            'why', case outbox.kind when 'urgent' then 'new' else 'digest' end
        ))
        from alerts
        where alerts.alert_key = any(outbox.alert_keys)
    ), '{}'::jsonb)
    where kind in ('urgent', 'digest')
"""
RAISED = """
    insert into alert_events (alert_key, practice_id, event, at, by)
    select alert_key, practice_id, 'raised', raised_at, 'auscult' from alerts
"""


def upgrade() -> None:
    for column in (
        _column("narrative_id", sa.Text(), "the narrative that rises", null=True),
        _column("acknowledged_at", MOMENT, "when a person took it on, UTC", null=True),
        _column("acknowledged_by", sa.Text(), "who took it on", null=True),
        _column("escalated_at", MOMENT, "when it was told further because nobody took it on, UTC", null=True),
    ):
        op.add_column("alerts", column)
    # Until now nothing wrote this state; what a person set by hand is kept.
    op.execute("update alerts set acknowledged_at = updated_at, acknowledged_by = '' where state = 'acknowledged'")
    _set_checks((*KINDS[:2], "surge", "canary"), ("withdrawn", "ended", "quiet", "person"))
    op.drop_constraint(op.f("ck_alerts_subject"), "alerts", type_="check")
    op.create_check_constraint(
        op.f("ck_alerts_subject"), "alerts", "kind = 'surge' or (kind = 'misinformation') = (claim_id is not null)"
    )
    op.create_check_constraint(
        op.f("ck_alerts_acknowledged"), "alerts", "state <> 'acknowledged' or acknowledged_at is not null"
    )
    op.create_check_constraint(
        op.f("ck_alerts_acknowledged_by"), "alerts", "(acknowledged_at is null) = (acknowledged_by is null)"
    )
    _create_tables()
    _create_narratives()
    op.add_column("outbox", _column("channel", sa.Text(), "mail or service", default="'mail'"))
    op.create_check_constraint(op.f("ck_outbox_channel"), "outbox", "channel in ('mail', 'service')")
    told = "alert key to severity, posts and why (new, worse, …), as it tells it"
    op.add_column("outbox", _column("told", postgresql.JSONB(astext_type=sa.Text()), told, default="'{}'"))
    forget = "whether the bytes go as soon as it is sent, because a post of its alerts was erased"
    op.add_column("outbox", _column("forget", sa.Boolean(), forget, default="false"))
    op.create_index("ix_outbox_alert_keys", "outbox", ["alert_keys"], postgresql_using="gin")
    op.execute(TELL_AGAIN)
    op.execute(RAISED)
    for table, name, before, after in COMMENTS:
        op.alter_column(table, name, comment=after, existing_comment=before)


def downgrade() -> None:
    # The views are made anew by whoever opens the warehouse next.
    op.execute("drop schema if exists marts cascade")
    for table, name, before, after in COMMENTS:
        op.alter_column(table, name, comment=before, existing_comment=after)
    op.drop_index("ix_outbox_alert_keys", "outbox")
    # Older code would hand them to the mail relay.
    op.execute("delete from outbox where channel = 'service'")
    for name in ("channel", "told", "forget"):
        op.drop_column("outbox", name)
    for name in ("narrative_posts", "narratives", "silences", "alert_events"):
        op.drop_table(name)
    op.execute("delete from alerts where kind = 'surge'")
    op.execute("update alerts set resolution = 'withdrawn' where resolution in ('ended', 'quiet')")
    for name in ("acknowledged", "acknowledged_by", "subject"):
        op.drop_constraint(op.f(f"ck_alerts_{name}"), "alerts", type_="check")
    op.create_check_constraint(
        op.f("ck_alerts_subject"), "alerts", "(kind = 'misinformation') = (claim_id is not null)"
    )
    _set_checks(KINDS, RESOLUTIONS)
    for name in ("narrative_id", "acknowledged_at", "acknowledged_by", "escalated_at"):
        op.drop_column("alerts", name)


def _create_tables() -> None:
    op.create_table(
        "alert_events",
        _number("event_id", "surrogate key"),
        _column("alert_key", sa.Text(), "the alert"),
        _column("practice_id", sa.Text(), "its practice"),
        _column("event", sa.Text(), "raised, worse, grew, acknowledged, silenced, escalated, resolved or reopened"),
        _column("at", MOMENT, "the clock of the step or act, UTC"),
        _column("by", sa.Text(), "who did it; auscult where a step did"),
        _column("note", sa.Text(), "why, in the words of who did it; never text of a post", default="''"),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_alert_events")),
        sa.UniqueConstraint("alert_key", "event", "at", "by", name=op.f("uq_alert_events_alert_key_event_at_by")),
        sa.CheckConstraint(
            "event in ('raised', 'worse', 'grew', 'acknowledged', 'silenced', 'escalated', 'resolved', 'reopened')",
            name=op.f("ck_alert_events_event"),
        ),
        comment="One row per thing that happened to an alert; rows are only added.",
    )
    op.create_table(
        "silences",
        _number("silence_id", "surrogate key"),
        _column("practice_id", sa.Text(), "the practice whose alerts it holds back"),
        _column("alert_key", sa.Text(), "this alert only; NULL for any", null=True),
        _column("kind", sa.Text(), "alerts of this kind; NULL for any", null=True),
        _column("claim_id", sa.Text(), "alerts about this claim; NULL for any", null=True),
        _column("narrative_id", sa.Text(), "alerts about this narrative; NULL for any", null=True),
        _column("category", sa.Text(), "alerts of this mention category; NULL for any", null=True),
        _column("owner", sa.Text(), "who asked for it"),
        _column("reason", sa.Text(), "why"),
        _column("starts_at", MOMENT, "from then on, UTC"),
        _column("ends_at", MOMENT, "until then, UTC"),
        _column("ended_at", MOMENT, "when a person ended it before its time, UTC", null=True),
        _column("written_at", MOMENT, "when it was asked for, UTC"),
        sa.PrimaryKeyConstraint("silence_id", name=op.f("pk_silences")),
        sa.CheckConstraint("kind in ('misinformation', 'mention', 'surge')", name=op.f("ck_silences_kind")),
        sa.CheckConstraint(
            "num_nonnulls(alert_key, kind, claim_id, narrative_id, category) > 0",
            name=op.f("ck_silences_matches_something"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_silences_times")),
        comment="One row per silence: alerts that it matches are not told while it lasts.",
    )
    op.create_index("ix_silences_ends_at", "silences", ["practice_id", "ends_at"])


def _create_narratives() -> None:
    op.create_table(
        "narratives",
        _column("narrative_id", sa.Text(), "id that stays when posts arrive or another narrative joins"),
        _column("apart", sa.Text(), "platform whose posts may not be counted with others', else empty", default="''"),
        _column("posts", sa.Integer(), "live posts that tell it"),
        _column("voices", sa.Integer(), "distinct authors among them"),
        _column("platforms", TEXTS, "platforms they were published on", default="'{}'"),
        _column("claim_id", sa.Text(), "claim that most of its posts match", null=True),
        _column("first_post_at", MOMENT, "earliest publication, UTC", null=True),
        _column("last_post_at", MOMENT, "latest publication, UTC", null=True),
        _column("merged_into", sa.Text(), "narrative that it became part of", null=True),
        _column("updated_at", MOMENT, "the clock of the step that last changed it, UTC"),
        sa.PrimaryKeyConstraint("narrative_id", name=op.f("pk_narratives")),
        sa.CheckConstraint("posts >= 0 and voices >= 0", name=op.f("ck_narratives_counts")),
        sa.CheckConstraint("merged_into <> narrative_id", name=op.f("ck_narratives_merged")),
        comment="One row per narrative: posts that tell one story.",
    )
    op.create_table(
        "narrative_posts",
        _column("post_id", sa.BigInteger(), "a post"),
        _column("narrative_id", sa.Text(), "the narrative that it tells"),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_narrative_posts")),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.post_id"], name=op.f("fk_narrative_posts_post_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["narrative_id"], ["narratives.narrative_id"], name=op.f("fk_narrative_posts_narrative_id")
        ),
        comment="One row per post of a narrative.",
    )
    op.create_index("ix_narrative_posts_narrative_id", "narrative_posts", ["narrative_id"])


def _set_checks(kinds, resolutions) -> None:
    for name, values in (("kind", kinds), ("resolution", resolutions)):
        listed = ", ".join(f"'{value}'" for value in values)
        op.drop_constraint(op.f(f"ck_alerts_{name}"), "alerts", type_="check")
        op.create_check_constraint(op.f(f"ck_alerts_{name}"), "alerts", f"{name} in ({listed})")


def _number(name, comment):
    return sa.Column(name, sa.BigInteger(), sa.Identity(always=True), nullable=False, comment=comment)


def _column(name, kind, comment, null=False, default=None):
    given = sa.text(default) if default else None
    return sa.Column(name, kind, nullable=null, comment=comment, server_default=given)
