"""Tables of what was heard: posts, how far each source is read, and what was set aside."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Double,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from pipeline.warehouse.shapes import MOMENT, NOTHING, column, metadata, one_of, surrogate

posts = Table(
    "posts",
    metadata,
    surrogate("post_id", "surrogate key; never shown outside the warehouse"),
    column("platform", Text, "platform the post was published on"),
    column("platform_id", Text, "the platform's own id of the post; its keyed hash once the post is erased"),
    column("source", Text, "connector that brought the post first"),
    column("query_key", Text, "key of the query that brought it first", null=True),
    column("kind", Text, "post, comment or review"),
    column("channel", Text, "community, page or group it was published in", null=True),
    column("created_at", MOMENT, "when it was published, UTC; NULL where the source does not say", null=True),
    column("ingested_at", MOMENT, "when it was first stored, UTC; retention and windows count from here"),
    column("edited_at", MOMENT, "last edit that the platform reports, UTC", null=True),
    column("title", Text, "title, cleaned", null=True),
    column("text", Text, "body, cleaned; emptied when the post is erased"),
    column(
        "redacted_text",
        Text,
        "what analysts read, identifiers hidden; NULL where nothing was found in it",
        null=True,
    ),
    column("content_hash", Text, "SHA-256 (hex) of title and text; key of vectors"),
    column("url", Text, "public address of the post", null=True),
    column("lang", Text, "language as the platform reports it", null=True),
    column("parent_id", Text, "platform id of the post it answers", null=True),
    column("author_hash", Text, "HMAC-SHA256 (hex) of platform and author id; the key is not stored here", null=True),
    column("metrics", JSONB, "public counts (likes, shares, replies) as last read", server_default=NOTHING),
    column("status", Text, "live, deleted (by its author), removed (by a moderator) or gone", server_default="live"),
    column("revision", Integer, "1 when first stored, +1 for each edit of its words", server_default=text("1")),
    column("own", Boolean, "written by an account of the practice: no alert counts it", server_default=text("false")),
    column("backfilled", Boolean, "brought by a backfill: raises historical alerts only", server_default=text("false")),
    column("screened_key", Text, "fingerprint of models, policy and practice it was screened with", null=True),
    column("claim_set_id", BigInteger, "set of claims it was screened with", null=True),
    column("screened_at", MOMENT, "wall clock of that, UTC; a run never takes back what was screened since", null=True),
    column("rechecked_at", MOMENT, "when its platform last said that it is public, UTC", null=True),
    column("recheck_tried_at", MOMENT, "when its platform was last asked, UTC, whatever it answered", null=True),
    column("screen_lease", BigInteger, "worker that screens it now", null=True),
    column("screen_leased_until", MOMENT, "when that lease ends at the latest, UTC", null=True),
    UniqueConstraint("platform", "platform_id"),
    one_of("kind", "post", "comment", "review"),
    one_of("status", "live", "deleted", "removed", "gone"),
    CheckConstraint("length(content_hash) = 64", name="content_hash"),
    CheckConstraint("revision >= 1", name="revision"),
    Index("ix_posts_ingested_at", "ingested_at", "post_id"),
    Index("ix_posts_content_hash", "content_hash"),
    Index("ix_posts_parent_id", "platform", "parent_id", postgresql_where=text("parent_id is not null")),
    comment="One row per public post, by platform and id.",
)

watermarks = Table(
    "watermarks",
    metadata,
    column("source", Text, "connector"),
    column("query_key", Text, "key of the query that is read"),
    column("floor_at", MOMENT, "everything up to here has been read, UTC; moves only on a finished pass", null=True),
    column("pending_cursor", Text, "where an unfinished pass goes on", null=True),
    column("pending_high_at", MOMENT, "newest post of the unfinished pass, UTC; becomes the floor", null=True),
    column("finished_at", MOMENT, "when the last pass was finished, UTC", null=True),
    column("validators", JSONB, "headers that ask whether anything changed since (ETag)", server_default=NOTHING),
    PrimaryKeyConstraint("source", "query_key"),
    comment="One row per source and query: how far it has been read.",
)

ingest_runs = Table(
    "ingest_runs",
    metadata,
    surrogate("run_id", "surrogate key"),
    column("source", Text, "connector"),
    column("query_key", Text, "key of the query, or '-' where the source was not read at all"),
    column("run_at", MOMENT, "the clock (`now`) of the step, UTC"),
    column("started_at", MOMENT, "wall clock, UTC", server_default=text("clock_timestamp()")),
    column(
        "finished_at", MOMENT, "wall clock of the last page, UTC; NULL while it runs or if it was killed", null=True
    ),
    column("outcome", Text, "how it ended", server_default="running"),
    column("detail", Text, "why, in words that quote no post", server_default=""),
    column("mode", Text, "kind of the query, as its connector calls it; quotas count by it", server_default=""),
    column("purpose", Text, "listen, backfill, recheck or metrics", server_default="listen"),
    column("retry_at", MOMENT, "until when the platform asked us to wait, UTC", null=True),
    column("calls", Integer, "requests made to the platform", server_default=text("0")),
    column("cost_usd", Double, "what the platform charges for it, US dollars", server_default=text("0")),
    *(
        column(name, Integer, comment, server_default=text("0"))
        for name, comment in {
            "fetched_posts": "records that the source handed over",
            "new_posts": "stored for the first time",
            "duplicate_posts": "already stored with the same words",
            "edited_posts": "already stored, words or status changed",
            "skipped_posts": "outside the query, or tombstoned",
            "quarantined_posts": "set aside with a reason",
        }.items()
    ),
    CheckConstraint(
        "fetched_posts = new_posts + duplicate_posts + edited_posts + skipped_posts + quarantined_posts", name="balance"
    ),
    one_of("outcome", "running", "ok", "partial", "rate_limited", "off", "busy", "exhausted", "failed"),
    one_of("purpose", "listen", "backfill", "recheck", "metrics"),
    Index("ix_ingest_runs_source", "source", "run_at"),
    comment="The balancing ledger: one row per read of one query.",
)

coverage_gaps = Table(
    "coverage_gaps",
    metadata,
    surrogate("gap_id", "surrogate key"),
    column("source", Text, "connector"),
    column("query_key", Text, "key of the query"),
    column("from_at", MOMENT, "start of what may be missing, UTC", null=True),
    column("to_at", MOMENT, "end of what may be missing, UTC", null=True),
    column("reason", Text, "why it may be missing"),
    column("found_at", MOMENT, "the clock of the step that found it, UTC"),
    UniqueConstraint("source", "query_key", "from_at", "to_at", "reason", postgresql_nulls_not_distinct=True),
    comment="One row per stretch of time that a source may not have covered.",
)

quarantine = Table(
    "quarantine",
    metadata,
    surrogate("quarantine_id", "surrogate key"),
    column("source", Text, "connector"),
    column("query_key", Text, "key of the query, for a file the file's"),
    column("position", Text, "where in the page or file the record stood"),
    column("platform_id", Text, "the record's id where it could be read", null=True),
    column("reason", Text, "slug of what is wrong with it"),
    column("detail", Text, "more on the reason; quotes nothing of the record", server_default=""),
    column("record_hash", Text, "SHA-256 (hex) of the record, to recognise it; the record itself is not kept"),
    column("quarantined_at", MOMENT, "the clock of the step, UTC"),
    UniqueConstraint("source", "query_key", "record_hash", "reason"),
    comment="One row per record that could not become a post.",
)

tombstones = Table(
    "tombstones",
    metadata,
    column("post_key", Text, "HMAC-SHA256 (hex) of platform and id of the erased post; the key is not stored here"),
    column("platform", Text, "platform"),
    column("erased_at", MOMENT, "when it was erased here, UTC"),
    column("reason", Text, "deleted, removed, gone, or asked for"),
    PrimaryKeyConstraint("post_key"),
    CheckConstraint("length(post_key) = 64", name="post_key"),
    comment="One row per erased post, so that a late page does not bring it back.",
)

erasure_journal = Table(
    "erasure_journal",
    metadata,
    column("journal", Text, "fingerprint of the journal's first line, which names the file"),
    column("position", BigInteger, "bytes of the journal that this database has seen"),
    PrimaryKeyConstraint("journal"),
    comment="How far the journal of erasures is replayed here: a restored backup is behind it and catches up.",
)

source_uses = Table(
    "source_uses",
    metadata,
    column("platform", Text, "platform"),
    column("tone", Boolean, "whether its terms let us derive category and tone of a mention"),
    column("combined", Boolean, "whether its posts may be counted and grouped together with those of other platforms"),
    PrimaryKeyConstraint("platform"),
    comment="One row per platform whose terms limit what is made of its posts, as its connector declares it.",
)

account_metrics = Table(
    "account_metrics",
    metadata,
    column("source", Text, "connector"),
    column("account", Text, "id of our own account, page or channel"),
    column("metric", Text, "followers, reach, views or posts, as the platform counts them"),
    column("measured_at", MOMENT, "the clock of the step that read it, UTC"),
    column("value", BigInteger, "the number"),
    PrimaryKeyConstraint("source", "account", "metric", "measured_at"),
    comment="One row per number of an account of our own and time of reading.",
)

check_runs = Table(
    "check_runs",
    metadata,
    column("ran_at", MOMENT, "the clock of the step, UTC"),
    column("name", Text, "file of sql/checks"),
    column("offending", Integer, "rows that offend"),
    PrimaryKeyConstraint("ran_at", "name"),
    comment="One row per data check and run: a night without any is an alarm.",
)

source_terms = Table(
    "source_terms",
    metadata,
    column("source", Text, "connector"),
    column("terms_version", Text, "version of the platform's terms that was accepted"),
    column("accepted_by", Text, "who accepted for the practice"),
    column("accepted_at", MOMENT, "when, UTC"),
    column("withdrawn_at", MOMENT, "when the acceptance was withdrawn, UTC", null=True),
    PrimaryKeyConstraint("source", "terms_version"),
    comment="One row per acceptance of a platform's terms by the operator.",
)
