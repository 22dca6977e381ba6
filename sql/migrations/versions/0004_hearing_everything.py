"""Budgets, backfills, canaries, keyed tombstones and the journal of erasures.

Tombstones get their keyed form from AUSCULT_AUTHOR_KEY; where there are some and no key is set, the migration stops.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from pipeline.config import read_settings
from pipeline.privacy.pseudonyms import Pseudonyms

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)
CHECKS = {
    "alerts": {"kind": ("misinformation", "mention"), "kind_after": ("misinformation", "mention", "canary")},
    "outbox": {
        "kind": ("urgent", "digest"),
        "kind_after": ("urgent", "digest", "operator", "canary"),
        "state": ("pending", "leased", "sent", "deferred", "failed", "unknown", "parked"),
        "state_after": ("pending", "leased", "sent", "deferred", "failed", "unknown", "parked", "kept"),
    },
}
COMMENTS = (
    (
        "posts",
        "rechecked_at",
        "when its platform was last asked whether it is public, UTC",
        "when its platform last said that it is public, UTC",
    ),
    (
        "posts",
        "platform_id",
        "the platform's own id of the post",
        "the platform's own id of the post; its keyed hash once the post is erased",
    ),
    ("reviews", "platform_id", "id of the reviewed post", "id of the reviewed post; NULL once it is erased"),
    (
        "alerts",
        "kind",
        "misinformation or mention",
        "misinformation, mention, or canary (our own proof that listening works)",
    ),
    (
        "outbox",
        "kind",
        "urgent or digest",
        "urgent, digest, operator, or canary (written to prove the way, never sent)",
    ),
    (
        "outbox",
        "state",
        "pending, leased, sent, deferred, failed, unknown or parked",
        "pending, leased, sent, deferred, failed, unknown, parked or kept (a canary)",
    ),
)


def upgrade() -> None:
    _replace_tombstones()
    op.create_table(
        "erasure_journal",
        _column("journal", sa.Text(), "fingerprint of the journal's first line, which names the file"),
        _column("position", sa.BigInteger(), "bytes of the journal that this database has seen"),
        sa.PrimaryKeyConstraint("journal", name=op.f("pk_erasure_journal")),
        comment="How far the journal of erasures is replayed here: a restored backup is behind it and catches up.",
    )
    op.create_table(
        "source_uses",
        _column("platform", sa.Text(), "platform"),
        _column("tone", sa.Boolean(), "whether its terms let us derive category and tone of a mention"),
        _column(
            "combined",
            sa.Boolean(),
            "whether its posts may be counted and grouped together with those of other platforms",
        ),
        sa.PrimaryKeyConstraint("platform", name=op.f("pk_source_uses")),
        comment="One row per platform whose terms limit what is made of its posts, as its connector declares it.",
    )
    op.create_table(
        "account_metrics",
        _column("source", sa.Text(), "connector"),
        _column("account", sa.Text(), "id of our own account, page or channel"),
        _column("metric", sa.Text(), "followers, reach, views or posts, as the platform counts them"),
        _column("measured_at", MOMENT, "the clock of the step that read it, UTC"),
        _column("value", sa.BigInteger(), "the number"),
        sa.PrimaryKeyConstraint("source", "account", "metric", "measured_at", name=op.f("pk_account_metrics")),
        comment="One row per number of an account of our own and time of reading.",
    )
    op.create_table(
        "check_runs",
        _column("ran_at", MOMENT, "the clock of the step, UTC"),
        _column("name", sa.Text(), "file of sql/checks"),
        _column("offending", sa.Integer(), "rows that offend"),
        sa.PrimaryKeyConstraint("ran_at", "name", name=op.f("pk_check_runs")),
        comment="One row per data check and run: a night without any is an alarm.",
    )
    op.add_column(
        "watermarks",
        _column(
            "validators",
            postgresql.JSONB(astext_type=sa.Text()),
            "headers that ask whether anything changed since (ETag)",
            default="'{}'",
        ),
    )
    op.add_column("posts", _column("query_key", sa.Text(), "key of the query that brought it first", null=True))
    op.add_column(
        "posts",
        _column("recheck_tried_at", MOMENT, "when its platform was last asked, UTC, whatever it answered", null=True),
    )
    op.execute("update posts set recheck_tried_at = rechecked_at where rechecked_at is not null")
    op.create_index(
        "ix_posts_parent_id",
        "posts",
        ["platform", "parent_id"],
        postgresql_where=sa.text("parent_id is not null"),
    )
    op.add_column(
        "posts",
        _column("own", sa.Boolean(), "written by an account of the practice: no alert counts it", default="false"),
    )
    op.add_column(
        "posts",
        _column("backfilled", sa.Boolean(), "brought by a backfill: raises historical alerts only", default="false"),
    )
    for column in (
        _column("mode", sa.Text(), "kind of the query, as its connector calls it; quotas count by it", default="''"),
        _column("purpose", sa.Text(), "listen, backfill, recheck or metrics", default="'listen'"),
        _column("retry_at", MOMENT, "until when the platform asked us to wait, UTC", null=True),
        _column("calls", sa.Integer(), "requests made to the platform", default="0"),
        _column("cost_usd", sa.Double(), "what the platform charges for it, US dollars", default="0"),
    ):
        op.add_column("ingest_runs", column)
    op.create_check_constraint(
        op.f("ck_ingest_runs_purpose"), "ingest_runs", "purpose in ('listen', 'backfill', 'recheck', 'metrics')"
    )
    op.add_column(
        "reviews", _column("p_match", sa.Double(), "probability of the match when it was reviewed", null=True)
    )
    op.add_column(
        "reviews",
        _column("promotes", sa.Double(), "probability that the post spreads the claim, likewise", null=True),
    )
    _set_checks("_after")
    for table, name, before, after in COMMENTS:
        op.alter_column(table, name, comment=after, existing_comment=before)


def downgrade() -> None:
    # The views are made anew by whoever opens the warehouse next.
    op.execute("drop schema if exists marts cascade")
    op.drop_index("ix_posts_parent_id", "posts")
    for table, name, before, after in COMMENTS:
        op.alter_column(table, name, comment=before, existing_comment=after)
    op.execute("delete from outbox where kind in ('operator', 'canary')")
    op.execute("delete from alerts where kind = 'canary'")
    _set_checks("")
    for table, names in {
        "reviews": ("p_match", "promotes"),
        "ingest_runs": ("mode", "purpose", "retry_at", "calls", "cost_usd"),
        "posts": ("query_key", "own", "backfilled", "recheck_tried_at"),
        "watermarks": ("validators",),
    }.items():
        for name in names:
            op.drop_column(table, name)
    for name in ("check_runs", "account_metrics", "source_uses", "erasure_journal"):
        op.drop_table(name)
    # The ids behind the keyed hashes cannot be had back.
    op.drop_table("tombstones")
    op.create_table(
        "tombstones",
        _column("platform", sa.Text(), "platform"),
        _column("platform_id", sa.Text(), "id of the erased post"),
        _column("erased_at", MOMENT, "when it was erased here, UTC"),
        _column("reason", sa.Text(), "deleted, removed, gone, or asked for"),
        sa.PrimaryKeyConstraint("platform", "platform_id", name=op.f("pk_tombstones")),
        comment="One row per erased post, so that a late page does not bring it back.",
    )


def _replace_tombstones() -> None:
    connection = op.get_bind()
    held = connection.execute(sa.text("select platform, platform_id, erased_at, reason from tombstones")).all()
    op.drop_table("tombstones")
    made = op.create_table(
        "tombstones",
        _column(
            "post_key",
            sa.Text(),
            "HMAC-SHA256 (hex) of platform and id of the erased post; the key is not stored here",
        ),
        _column("platform", sa.Text(), "platform"),
        _column("erased_at", MOMENT, "when it was erased here, UTC"),
        _column("reason", sa.Text(), "deleted, removed, gone, or asked for"),
        sa.PrimaryKeyConstraint("post_key", name=op.f("pk_tombstones")),
        sa.CheckConstraint("length(post_key) = 64", name=op.f("ck_tombstones_post_key")),
        comment="One row per erased post, so that a late page does not bring it back.",
    )
    if not held:
        return
    names = Pseudonyms(read_settings().require_author_key())
    rows = [
        {
            "post_key": names.post(row.platform, row.platform_id),
            "platform": row.platform,
            "erased_at": row.erased_at,
            "reason": row.reason,
        }
        for row in held
    ]
    connection.execute(sa.insert(made), rows)
    keys = [
        {"old": row.platform_id, "of": row.platform, "new": made["post_key"]}
        for row, made in zip(held, rows, strict=True)
    ]
    emptied = "update posts set platform_id = :new where platform = :of and platform_id = :old and status <> 'live'"
    connection.execute(sa.text(emptied), keys)


def _set_checks(after: str) -> None:
    for table, columns in CHECKS.items():
        for name in ("kind", "state"):
            if name in columns:
                listed = ", ".join(f"'{value}'" for value in columns[name + after])
                op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
                op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, f"{name} in ({listed})")


def _column(name, kind, comment, null=False, default=None):
    given = sa.text(default) if default else None
    return sa.Column(name, kind, nullable=null, comment=comment, server_default=given)
