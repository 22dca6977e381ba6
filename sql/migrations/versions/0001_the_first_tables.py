"""the first tables."""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import Vector
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create extension if not exists vector")
    op.create_table(
        "claims",
        sa.Column("claim_id", sa.Text(), nullable=False, comment="slug of the claim"),
        sa.Column("version", sa.Integer(), nullable=False, comment="1, 2, …: an edited claim is a new version"),
        sa.Column("content_hash", sa.Text(), nullable=False, comment="SHA-256 (hex) of all fields of the entry"),
        sa.Column("topic", sa.Text(), nullable=False, comment="topic, the name of its file"),
        sa.Column("claim", sa.Text(), nullable=False, comment="the claim as a checkable statement"),
        sa.Column(
            "variants", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False, comment="how people put it"
        ),
        sa.Column(
            "spanish_variants",
            sa.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="how people put it in Spanish",
        ),
        sa.Column("rating", sa.Text(), nullable=False, comment="false, misleading or unproven"),
        sa.Column("harm", sa.Text(), nullable=False, comment="low, medium or high: what belief in it can lead to"),
        sa.Column("harm_reason", sa.Text(), server_default="", nullable=False, comment="why the harm is rated so"),
        sa.Column("correction", sa.Text(), nullable=False, comment="what is true, in plain words"),
        sa.Column(
            "keywords",
            sa.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="search terms for the sources",
        ),
        sa.Column("language", sa.Text(), nullable=False, comment="language of the entry (BCP 47)"),
        sa.Column(
            "true_neighbours",
            sa.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="true statements that are near the claim",
        ),
        sa.Column("as_of", sa.Date(), nullable=True, comment="when the evidence was last checked"),
        sa.Column(
            "evidence",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
            comment="list of {publisher, title, address, verified, date}",
        ),
        sa.Column("review_note", sa.Text(), nullable=True, comment="what a clinician should look at again"),
        sa.Column(
            "loaded_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=False,
            comment="when this version was loaded, UTC",
        ),
        sa.Column(
            "ended_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=True,
            comment="when it was replaced or retired, UTC; NULL for the version in force",
        ),
        sa.Column("end_reason", sa.Text(), nullable=True, comment="replaced or retired"),
        sa.CheckConstraint("end_reason in ('replaced', 'retired')", name=op.f("ck_claims_end_reason")),
        sa.CheckConstraint("harm in ('low', 'medium', 'high')", name=op.f("ck_claims_harm")),
        sa.CheckConstraint("rating in ('false', 'misleading', 'unproven')", name=op.f("ck_claims_rating")),
        sa.CheckConstraint("(ended_at is null) = (end_reason is null)", name=op.f("ck_claims_end")),
        sa.PrimaryKeyConstraint("claim_id", "version", name=op.f("pk_claims")),
        comment="One row per claim and version; nothing is deleted.",
    )
    op.create_index(
        "uq_claims_in_force", "claims", ["claim_id"], unique=True, postgresql_where=sa.text("ended_at is null")
    )
    op.create_table(
        "coverage_gaps",
        sa.Column("gap_id", sa.BigInteger(), sa.Identity(always=True), nullable=False, comment="surrogate key"),
        sa.Column("source", sa.Text(), nullable=False, comment="connector"),
        sa.Column("query_key", sa.Text(), nullable=False, comment="key of the query"),
        sa.Column(
            "from_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="start of what may be missing, UTC"
        ),
        sa.Column(
            "to_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="end of what may be missing, UTC"
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="why it may be missing"),
        sa.Column(
            "found_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=False,
            comment="the clock of the step that found it, UTC",
        ),
        sa.PrimaryKeyConstraint("gap_id", name=op.f("pk_coverage_gaps")),
        sa.UniqueConstraint(
            "source",
            "query_key",
            "from_at",
            "to_at",
            "reason",
            name=op.f("uq_coverage_gaps_source_query_key_from_at_to_at_reason"),
            postgresql_nulls_not_distinct=True,
        ),
        comment="One row per stretch of time that a source may not have covered.",
    )
    op.create_table(
        "ingest_runs",
        sa.Column("run_id", sa.BigInteger(), sa.Identity(always=True), nullable=False, comment="surrogate key"),
        sa.Column("source", sa.Text(), nullable=False, comment="connector"),
        sa.Column(
            "query_key",
            sa.Text(),
            nullable=False,
            comment="key of the query, or '-' where the source was not read at all",
        ),
        sa.Column(
            "run_at", postgresql.TIMESTAMP(timezone=True), nullable=False, comment="the clock (`now`) of the step, UTC"
        ),
        sa.Column(
            "started_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="wall clock, UTC",
        ),
        sa.Column(
            "finished_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=True,
            comment="wall clock of the last page, UTC; NULL while it runs or if it was killed",
        ),
        sa.Column("outcome", sa.Text(), server_default="running", nullable=False, comment="how it ended"),
        sa.Column("detail", sa.Text(), server_default="", nullable=False, comment="why, in words that quote no post"),
        sa.Column(
            "fetched_posts",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="records that the source handed over",
        ),
        sa.Column(
            "new_posts", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="stored for the first time"
        ),
        sa.Column(
            "duplicate_posts",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="already stored with the same words",
        ),
        sa.Column(
            "edited_posts",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="already stored, words or status changed",
        ),
        sa.Column(
            "skipped_posts",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="outside the query, or tombstoned",
        ),
        sa.Column(
            "quarantined_posts",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="set aside with a reason",
        ),
        sa.CheckConstraint(
            "outcome in ('running', 'ok', 'partial', 'rate_limited', 'off', 'busy', 'exhausted', 'failed')",
            name=op.f("ck_ingest_runs_outcome"),
        ),
        sa.CheckConstraint(
            "fetched_posts = new_posts + duplicate_posts + edited_posts + skipped_posts + quarantined_posts",
            name=op.f("ck_ingest_runs_balance"),
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_ingest_runs")),
        comment="The balancing ledger: one row per read of one query.",
    )
    op.create_index("ix_ingest_runs_source", "ingest_runs", ["source", "run_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("outbox_id", sa.BigInteger(), sa.Identity(always=True), nullable=False, comment="surrogate key"),
        sa.Column("notification_key", sa.Text(), nullable=False, comment="what is told to whom, once"),
        sa.Column("practice_id", sa.Text(), nullable=False, comment="the practice that is told"),
        sa.Column("kind", sa.Text(), nullable=False, comment="urgent or digest"),
        sa.Column("receiver", sa.Text(), nullable=False, comment="mail address"),
        sa.Column("sender", sa.Text(), nullable=False, comment="envelope sender"),
        sa.Column("message_id", sa.Text(), nullable=False, comment="Message-ID header, fixed when the row is written"),
        sa.Column(
            "message", sa.LargeBinary(), nullable=False, comment="the whole message; every attempt sends these bytes"
        ),
        sa.Column("alert_keys", sa.ARRAY(sa.Text()), nullable=False, comment="alerts that it tells of"),
        sa.Column(
            "state",
            sa.Text(),
            server_default="pending",
            nullable=False,
            comment="pending, leased, sent, deferred, failed, unknown or parked",
        ),
        sa.Column(
            "attempts",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="times it was handed to the relay",
        ),
        sa.Column(
            "repeats",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="times it was sent again because the relay's answer was lost",
        ),
        sa.Column("lease", sa.BigInteger(), nullable=True, comment="worker that sends it now"),
        sa.Column(
            "leased_until",
            postgresql.TIMESTAMP(timezone=True),
            nullable=True,
            comment="when that lease ends at the latest, UTC",
        ),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=False, comment="not before this moment, UTC"),
        sa.Column("last_code", sa.Integer(), nullable=True, comment="last SMTP reply code"),
        sa.Column("last_problem", sa.Text(), nullable=True, comment="slug of the last problem"),
        sa.Column(
            "written_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=False,
            comment="the clock of the step that wrote it, UTC",
        ),
        sa.Column(
            "sent_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=True,
            comment="when the relay accepted it, UTC, wall clock",
        ),
        sa.CheckConstraint("(state = 'leased') = (lease is not null)", name=op.f("ck_outbox_lease")),
        sa.CheckConstraint("kind in ('urgent', 'digest')", name=op.f("ck_outbox_kind")),
        sa.CheckConstraint(
            "state in ('pending', 'leased', 'sent', 'deferred', 'failed', 'unknown', 'parked')",
            name=op.f("ck_outbox_state"),
        ),
        sa.PrimaryKeyConstraint("outbox_id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
        sa.UniqueConstraint("notification_key", name=op.f("uq_outbox_notification_key")),
        comment="One row per notification; mail leaves only through here.",
    )
    op.create_index(
        "ix_outbox_due_at",
        "outbox",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state in ('pending', 'deferred', 'unknown', 'leased')"),
    )
    op.create_table(
        "posts",
        sa.Column(
            "post_id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="surrogate key; never shown outside the warehouse",
        ),
        sa.Column("platform", sa.Text(), nullable=False, comment="platform the post was published on"),
        sa.Column("platform_id", sa.Text(), nullable=False, comment="the platform's own id of the post"),
        sa.Column("source", sa.Text(), nullable=False, comment="connector that brought the post first"),
        sa.Column("kind", sa.Text(), nullable=False, comment="post, comment or review"),
        sa.Column("channel", sa.Text(), nullable=True, comment="community, page or group it was published in"),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=True,
            comment="when it was published, UTC; NULL where the source does not say",
        ),
        sa.Column(
            "ingested_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=False,
            comment="when it was first stored, UTC; retention and windows count from here",
        ),
        sa.Column(
            "edited_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=True,
            comment="last edit that the platform reports, UTC",
        ),
        sa.Column("title", sa.Text(), nullable=True, comment="title, cleaned"),
        sa.Column("text", sa.Text(), nullable=False, comment="body, cleaned; emptied when the post is erased"),
        sa.Column("content_hash", sa.Text(), nullable=False, comment="SHA-256 (hex) of title and text; key of vectors"),
        sa.Column("url", sa.Text(), nullable=True, comment="public address of the post"),
        sa.Column("lang", sa.Text(), nullable=True, comment="language as the platform reports it"),
        sa.Column("parent_id", sa.Text(), nullable=True, comment="platform id of the post it answers"),
        sa.Column(
            "author_hash",
            sa.Text(),
            nullable=True,
            comment="HMAC-SHA256 (hex) of platform and author id; the key is not stored here",
        ),
        sa.Column(
            "metrics",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="public counts (likes, shares, replies) as last read",
        ),
        sa.Column(
            "status",
            sa.Text(),
            server_default="live",
            nullable=False,
            comment="live, deleted (by its author), removed (by a moderator) or gone",
        ),
        sa.Column(
            "revision",
            sa.Integer(),
            server_default=sa.text("1"),
            nullable=False,
            comment="1 when first stored, +1 for each edit of its words",
        ),
        sa.Column(
            "screened_key",
            sa.Text(),
            nullable=True,
            comment="fingerprint of models, policy, claims and practice it was screened with",
        ),
        sa.Column(
            "screened_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=True,
            comment="wall clock of that, UTC; a run never takes back what was screened since",
        ),
        sa.Column(
            "rechecked_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=True,
            comment="when its platform was last asked whether it is public, UTC",
        ),
        sa.Column("screen_lease", sa.BigInteger(), nullable=True, comment="worker that screens it now"),
        sa.Column(
            "screen_leased_until",
            postgresql.TIMESTAMP(timezone=True),
            nullable=True,
            comment="when that lease ends at the latest, UTC",
        ),
        sa.CheckConstraint("kind in ('post', 'comment', 'review')", name=op.f("ck_posts_kind")),
        sa.CheckConstraint("status in ('live', 'deleted', 'removed', 'gone')", name=op.f("ck_posts_status")),
        sa.CheckConstraint("length(content_hash) = 64", name=op.f("ck_posts_content_hash")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_posts_revision")),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_posts")),
        sa.UniqueConstraint("platform", "platform_id", name=op.f("uq_posts_platform_platform_id")),
        comment="One row per public post, by platform and id.",
    )
    op.create_index("ix_posts_content_hash", "posts", ["content_hash"], unique=False)
    op.create_index("ix_posts_ingested_at", "posts", ["ingested_at"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("quarantine_id", sa.BigInteger(), sa.Identity(always=True), nullable=False, comment="surrogate key"),
        sa.Column("source", sa.Text(), nullable=False, comment="connector"),
        sa.Column("query_key", sa.Text(), nullable=False, comment="key of the query, for a file the file's"),
        sa.Column("position", sa.Text(), nullable=False, comment="where in the page or file the record stood"),
        sa.Column("platform_id", sa.Text(), nullable=True, comment="the record's id where it could be read"),
        sa.Column("reason", sa.Text(), nullable=False, comment="slug of what is wrong with it"),
        sa.Column(
            "detail",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="more on the reason; quotes nothing of the record",
        ),
        sa.Column(
            "record_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 (hex) of the record, to recognise it; the record itself is not kept",
        ),
        sa.Column(
            "quarantined_at", postgresql.TIMESTAMP(timezone=True), nullable=False, comment="the clock of the step, UTC"
        ),
        sa.PrimaryKeyConstraint("quarantine_id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint(
            "source",
            "query_key",
            "record_hash",
            "reason",
            name=op.f("uq_quarantine_source_query_key_record_hash_reason"),
        ),
        comment="One row per record that could not become a post.",
    )
    op.create_table(
        "reviews",
        sa.Column("review_id", sa.BigInteger(), sa.Identity(always=True), nullable=False, comment="surrogate key"),
        sa.Column("practice_id", sa.Text(), nullable=False, comment="the practice whose staff decided"),
        sa.Column("subject", sa.Text(), nullable=False, comment="match or alert"),
        sa.Column("platform", sa.Text(), nullable=True, comment="platform of the reviewed post"),
        sa.Column("platform_id", sa.Text(), nullable=True, comment="id of the reviewed post"),
        sa.Column("claim_id", sa.Text(), nullable=True, comment="claim of the reviewed match"),
        sa.Column("alert_key", sa.Text(), nullable=True, comment="the reviewed alert"),
        sa.Column("verdict", sa.Text(), nullable=False, comment="confirmed or rejected"),
        sa.Column("reviewed_by", sa.Text(), nullable=False, comment="who decided"),
        sa.Column("reviewed_at", postgresql.TIMESTAMP(timezone=True), nullable=False, comment="when, UTC"),
        sa.Column("note", sa.Text(), server_default="", nullable=False, comment="why"),
        sa.CheckConstraint("subject in ('match', 'alert')", name=op.f("ck_reviews_subject")),
        sa.CheckConstraint("verdict in ('confirmed', 'rejected')", name=op.f("ck_reviews_verdict")),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_reviews")),
        comment="One row per verdict of a person; nothing that is recomputed touches it.",
    )
    op.create_table(
        "source_terms",
        sa.Column("source", sa.Text(), nullable=False, comment="connector"),
        sa.Column(
            "terms_version", sa.Text(), nullable=False, comment="version of the platform's terms that was accepted"
        ),
        sa.Column("accepted_by", sa.Text(), nullable=False, comment="who accepted for the practice"),
        sa.Column("accepted_at", postgresql.TIMESTAMP(timezone=True), nullable=False, comment="when, UTC"),
        sa.Column(
            "withdrawn_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=True,
            comment="when the acceptance was withdrawn, UTC",
        ),
        sa.PrimaryKeyConstraint("source", "terms_version", name=op.f("pk_source_terms")),
        comment="One row per acceptance of a platform's terms by the operator.",
    )
    op.create_table(
        "tombstones",
        sa.Column("platform", sa.Text(), nullable=False, comment="platform"),
        sa.Column("platform_id", sa.Text(), nullable=False, comment="id of the erased post"),
        sa.Column(
            "erased_at", postgresql.TIMESTAMP(timezone=True), nullable=False, comment="when it was erased here, UTC"
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="deleted, removed, gone, or asked for"),
        sa.PrimaryKeyConstraint("platform", "platform_id", name=op.f("pk_tombstones")),
        comment="One row per erased post, so that a late page does not bring it back.",
    )
    op.create_table(
        "vectors",
        sa.Column("content_hash", sa.Text(), nullable=False, comment="SHA-256 (hex) of the text that was embedded"),
        sa.Column("model_id", sa.Text(), nullable=False, comment="encoder, weights and text folding that made it"),
        sa.Column("vector", Vector(), nullable=False, comment="unit-length embedding"),
        sa.Column(
            "of_claim",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="whether it is a claim's text, which is kept",
        ),
        sa.PrimaryKeyConstraint("content_hash", "model_id", name=op.f("pk_vectors")),
        comment="One row per distinct text and encoder: a repeated text is embedded once.",
    )
    op.create_table(
        "watermarks",
        sa.Column("source", sa.Text(), nullable=False, comment="connector"),
        sa.Column("query_key", sa.Text(), nullable=False, comment="key of the query that is read"),
        sa.Column(
            "floor_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=True,
            comment="everything up to here has been read, UTC; moves only on a finished pass",
        ),
        sa.Column("pending_cursor", sa.Text(), nullable=True, comment="where an unfinished pass goes on"),
        sa.Column(
            "pending_high_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=True,
            comment="newest post of the unfinished pass, UTC; becomes the floor",
        ),
        sa.Column(
            "finished_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=True,
            comment="when the last pass was finished, UTC",
        ),
        sa.PrimaryKeyConstraint("source", "query_key", name=op.f("pk_watermarks")),
        comment="One row per source and query: how far it has been read.",
    )
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.BigInteger(), sa.Identity(always=True), nullable=False, comment="surrogate key"),
        sa.Column(
            "alert_key",
            sa.Text(),
            nullable=False,
            comment="practice, kind, claim or category, and time bucket; never text of a post",
        ),
        sa.Column("practice_id", sa.Text(), nullable=False, comment="the practice that is told"),
        sa.Column("kind", sa.Text(), nullable=False, comment="misinformation or mention"),
        sa.Column("claim_id", sa.Text(), nullable=True, comment="the claim that is spread"),
        sa.Column("claim_version", sa.Integer(), nullable=True, comment="its version when the alert was last computed"),
        sa.Column("category", sa.Text(), nullable=True, comment="mention category"),
        sa.Column(
            "bucket_start_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=False,
            comment="start of the time bucket, UTC",
        ),
        sa.Column(
            "severity", sa.Text(), nullable=False, comment="urgent (mailed at once), high or normal (daily digest)"
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="named reasons of the severity, comma-separated"),
        sa.Column("state", sa.Text(), server_default="open", nullable=False, comment="open, acknowledged or resolved"),
        sa.Column("posts", sa.Integer(), nullable=False, comment="posts in the group"),
        sa.Column("voices", sa.Integer(), nullable=False, comment="distinct authors among them"),
        sa.Column("platforms", sa.ARRAY(sa.Text()), nullable=False, comment="platforms they were published on"),
        sa.Column(
            "first_post_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="earliest publication, UTC"
        ),
        sa.Column(
            "last_post_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="latest publication, UTC"
        ),
        sa.Column("historical", sa.Boolean(), nullable=False, comment="old posts only: a row, never a mail"),
        sa.Column(
            "evidence",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="claim version, scores, model ids, policy version and the best posts' ids",
        ),
        sa.Column(
            "raised_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=False,
            comment="the clock of the step that raised it, UTC",
        ),
        sa.Column(
            "updated_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=False,
            comment="the clock of the step that last changed it, UTC",
        ),
        sa.Column(
            "resolved_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="when it was resolved, UTC"
        ),
        sa.Column(
            "resolution", sa.Text(), nullable=True, comment="withdrawn (its posts no longer make a group) or person"
        ),
        sa.CheckConstraint("(kind = 'misinformation') = (claim_id is not null)", name=op.f("ck_alerts_subject")),
        sa.CheckConstraint("(state = 'resolved') = (resolution is not null)", name=op.f("ck_alerts_resolution_state")),
        sa.CheckConstraint("kind in ('misinformation', 'mention')", name=op.f("ck_alerts_kind")),
        sa.CheckConstraint("resolution in ('withdrawn', 'person')", name=op.f("ck_alerts_resolution")),
        sa.CheckConstraint("severity in ('urgent', 'high', 'normal')", name=op.f("ck_alerts_severity")),
        sa.CheckConstraint("state in ('open', 'acknowledged', 'resolved')", name=op.f("ck_alerts_state")),
        sa.CheckConstraint("posts >= 0 and voices >= 0 and voices <= posts", name=op.f("ck_alerts_counts")),
        sa.ForeignKeyConstraint(
            ["claim_id", "claim_version"],
            ["claims.claim_id", "claims.version"],
            name=op.f("fk_alerts_claim_id_claim_version"),
        ),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("alert_key", name=op.f("uq_alerts_alert_key")),
        comment="One row per alert group: practice, kind, subject and time bucket.",
    )
    op.create_index("ix_alerts_bucket_start_at", "alerts", ["bucket_start_at"], unique=False)
    op.create_table(
        "matches",
        sa.Column(
            "match_id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="surrogate key; changes when the post is screened again",
        ),
        sa.Column("post_id", sa.BigInteger(), nullable=False, comment="the post"),
        sa.Column("claim_id", sa.Text(), nullable=False, comment="the claim"),
        sa.Column("claim_version", sa.Integer(), nullable=False, comment="version of the claim it was matched against"),
        sa.Column("rank", sa.Integer(), nullable=False, comment="1 for the best candidate of the post"),
        sa.Column(
            "similarity",
            sa.Double(),
            nullable=False,
            comment="fused score: cosine over the claim's fields plus weighted word overlap",
        ),
        sa.Column("dense", sa.Double(), nullable=False, comment="cosine part of the score"),
        sa.Column("sparse", sa.Double(), nullable=False, comment="word-overlap part (BM25 over its maximum)"),
        sa.Column("p_match", sa.Double(), nullable=False, comment="probability that the post is about the claim"),
        sa.Column("field", sa.Text(), nullable=False, comment="field of the claim that matched best"),
        sa.Column(
            "matched_text", sa.Text(), nullable=False, comment="that field's text, which is ours and not the post's"
        ),
        sa.Column(
            "span_start",
            sa.Integer(),
            nullable=False,
            comment="offset of the passage that was read, in the screened text (title, line feed, body)",
        ),
        sa.Column("span_end", sa.Integer(), nullable=False, comment="offset behind its last character"),
        sa.Column(
            "true_statement",
            sa.Text(),
            nullable=False,
            comment="what is so instead: the correction or true neighbour nearest to the wording",
        ),
        sa.Column("promotes", sa.Double(), nullable=False, comment="probability that the post spreads the claim"),
        sa.Column("debunks", sa.Double(), nullable=False, comment="probability that it refutes the claim"),
        sa.Column("questions", sa.Double(), nullable=False, comment="probability that it asks about the claim"),
        sa.Column(
            "neutral",
            sa.Double(),
            nullable=False,
            comment="probability that it reports, jokes or states something else",
        ),
        sa.Column("stance", sa.Text(), nullable=False, comment="the likeliest of the four"),
        sa.Column(
            "cues",
            sa.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="names of the stance cues that fired",
        ),
        sa.Column("score", sa.Double(), nullable=False, comment="p_match times promotes: what decides"),
        sa.Column("decision", sa.Text(), nullable=False, comment="alert, review (a person looks) or counted"),
        sa.Column("reason", sa.Text(), nullable=False, comment="named reason of the decision"),
        sa.Column("model_id", sa.Text(), nullable=False, comment="encoder"),
        sa.Column("reader_id", sa.Text(), nullable=False, comment="cross-encoder that read claim and post together"),
        sa.Column("stance_id", sa.Text(), nullable=False, comment="stance model"),
        sa.Column("policy_version", sa.Text(), nullable=False, comment="version of the policy table"),
        sa.Column(
            "screened_at", postgresql.TIMESTAMP(timezone=True), nullable=False, comment="the clock of the step, UTC"
        ),
        sa.CheckConstraint("decision in ('alert', 'review', 'counted')", name=op.f("ck_matches_decision")),
        sa.CheckConstraint("stance in ('promotes', 'debunks', 'questions', 'neutral')", name=op.f("ck_matches_stance")),
        sa.CheckConstraint("debunks between 0 and 1", name=op.f("ck_matches_debunks")),
        sa.CheckConstraint("neutral between 0 and 1", name=op.f("ck_matches_neutral")),
        sa.CheckConstraint("p_match between 0 and 1", name=op.f("ck_matches_p_match")),
        sa.CheckConstraint("promotes between 0 and 1", name=op.f("ck_matches_promotes")),
        sa.CheckConstraint("questions between 0 and 1", name=op.f("ck_matches_questions")),
        sa.CheckConstraint("score between 0 and 1", name=op.f("ck_matches_score")),
        sa.CheckConstraint("span_start >= 0 and span_end >= span_start", name=op.f("ck_matches_span")),
        sa.ForeignKeyConstraint(
            ["claim_id", "claim_version"],
            ["claims.claim_id", "claims.version"],
            name=op.f("fk_matches_claim_id_claim_version"),
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.post_id"], name=op.f("fk_matches_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("match_id", name=op.f("pk_matches")),
        sa.UniqueConstraint("post_id", "claim_id", name=op.f("uq_matches_post_id_claim_id")),
        comment="One row per post and claim that the policy accepts as a match.",
    )
    op.create_index("ix_matches_claim_id", "matches", ["claim_id"], unique=False)
    op.create_table(
        "mentions",
        sa.Column(
            "mention_id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="surrogate key; changes when the post is screened again",
        ),
        sa.Column("practice_id", sa.Text(), nullable=False, comment="the practice that is named"),
        sa.Column("post_id", sa.BigInteger(), nullable=False, comment="the post"),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="what is named: practice, clinician, location, handle or website"
        ),
        sa.Column("term", sa.Text(), nullable=False, comment="the term of practice.yaml that was found"),
        sa.Column(
            "term_start",
            sa.Integer(),
            nullable=False,
            comment="offset of its first character in the screened text (title, line feed, body)",
        ),
        sa.Column("term_end", sa.Integer(), nullable=False, comment="offset behind its last character"),
        sa.Column("p_mention", sa.Double(), nullable=False, comment="how surely it means this practice"),
        sa.Column(
            "context",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="what supports it: city, specialty, another term",
        ),
        sa.Column("category", sa.Text(), nullable=True, comment="triage category; NULL until triage has one"),
        sa.Column("tone", sa.Text(), nullable=True, comment="triage tone; NULL until triage has one"),
        sa.Column("urgency", sa.Text(), nullable=True, comment="what cannot wait; NULL where nothing says so"),
        sa.Column("urgency_cue", sa.Text(), nullable=True, comment="name of the rule that says so"),
        sa.Column("policy_version", sa.Text(), nullable=False, comment="version of the policy table"),
        sa.Column(
            "screened_at", postgresql.TIMESTAMP(timezone=True), nullable=False, comment="the clock of the step, UTC"
        ),
        sa.CheckConstraint(
            "kind in ('practice', 'clinician', 'location', 'handle', 'website')", name=op.f("ck_mentions_kind")
        ),
        sa.CheckConstraint("p_mention between 0 and 1", name=op.f("ck_mentions_p_mention")),
        sa.CheckConstraint("term_start >= 0 and term_end > term_start", name=op.f("ck_mentions_offsets")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.post_id"], name=op.f("fk_mentions_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mention_id", name=op.f("pk_mentions")),
        sa.UniqueConstraint(
            "practice_id",
            "post_id",
            "kind",
            "term",
            "term_start",
            name=op.f("uq_mentions_practice_id_post_id_kind_term_term_start"),
        ),
        comment="One row per place where a post names the practice.",
    )
    op.create_index("ix_mentions_post_id", "mentions", ["post_id"], unique=False)
    op.create_table(
        "alert_posts",
        sa.Column("alert_id", sa.BigInteger(), nullable=False, comment="the alert"),
        sa.Column("post_id", sa.BigInteger(), nullable=False, comment="a post of its group"),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.alert_id"], name=op.f("fk_alert_posts_alert_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.post_id"], name=op.f("fk_alert_posts_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("alert_id", "post_id", name=op.f("pk_alert_posts")),
        comment="One row per post of an alert group.",
    )
    op.create_index("ix_alert_posts_post_id", "alert_posts", ["post_id"], unique=False)


def downgrade() -> None:

    op.drop_index("ix_alert_posts_post_id", table_name="alert_posts")
    op.drop_table("alert_posts")
    op.drop_index("ix_mentions_post_id", table_name="mentions")
    op.drop_table("mentions")
    op.drop_index("ix_matches_claim_id", table_name="matches")
    op.drop_table("matches")
    op.drop_index("ix_alerts_bucket_start_at", table_name="alerts")
    op.drop_table("alerts")
    op.drop_table("watermarks")
    op.drop_table("vectors")
    op.drop_table("tombstones")
    op.drop_table("source_terms")
    op.drop_table("reviews")
    op.drop_table("quarantine")
    op.drop_index("ix_posts_ingested_at", table_name="posts")
    op.drop_index("ix_posts_content_hash", table_name="posts")
    op.drop_table("posts")
    op.drop_index(
        "ix_outbox_due_at",
        table_name="outbox",
        postgresql_where=sa.text("state in ('pending', 'deferred', 'unknown', 'leased')"),
    )
    op.drop_table("outbox")
    op.drop_index("ix_ingest_runs_source", table_name="ingest_runs")
    op.drop_table("ingest_runs")
    op.drop_table("coverage_gaps")
    op.drop_index("uq_claims_in_force", table_name="claims", postgresql_where=sa.text("ended_at is null"))
    op.drop_table("claims")
