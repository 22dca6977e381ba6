"""What two runs are compared by: rows on natural keys, and the mails that a relay took."""

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import psycopg

# Left out: surrogate ids (post_id, match_id, alert_id, outbox_id, …), leases and wall-clock times (screen_lease,
# leased_until, posts.screened_at, sent_at, started_at, finished_at), how often something was tried (attempts,
# repeats), the ledger's rows (a killed read is one more), and the moments at which rows of alerts and narratives were
# last changed.
TABLES = {
    "posts": "platform, platform_id, source, kind, channel, created_at, ingested_at, edited_at, title, text,"
    " content_hash, url, lang, parent_id, author_hash, metrics::text, status, revision,"
    " backfilled, screened_key",
    "claims": "claim_id, version, content_hash, loaded_at, ended_at",
    "vectors": "content_hash, model_id, of_claim",
    "quarantine": "source, position, platform_id, reason, record_hash, quarantined_at",
    "tombstones": "post_key, platform, erased_at, reason",
    "source_terms": "source, terms_version, accepted_by, withdrawn_at is null",
    "matches join posts using (post_id)": "platform, platform_id, claim_id, claim_version, rank, similarity, dense,"
    " sparse, p_match, field, matched_text, span_start, span_end, true_statement, promotes, debunks, questions,"
    " neutral, stance, cues, score, decision, reason, model_id, reader_id, stance_id, policy_version,"
    " calibration, matches.screened_at",
    "mentions join posts using (post_id)": "practice_id, platform, platform_id, mentions.kind, term, term_start,"
    " term_end, p_mention, context, category, tone, urgency, urgency_cue, policy_version, mentions.screened_at",
    "alerts": "alert_key, practice_id, kind, claim_id, claim_version, category, bucket_start_at, severity, reason,"
    " narrative_id, state, resolution, acknowledged_by, escalated_at, posts, voices, platforms, first_post_at,"
    " last_post_at, historical, evidence::text, raised_at",
    "alert_posts join alerts using (alert_id) join posts using (post_id)": "alert_key, platform, platform_id",
    "alert_events": "alert_key, practice_id, event, at, by, note",
    "narratives": "narrative_id, apart, posts, voices, platforms, claim_id, first_post_at, last_post_at, merged_into",
    "narrative_posts join posts using (post_id)": "narrative_id, platform, platform_id",
    "outbox": "notification_key, kind, channel, receiver, sender, message_id, message, alert_keys, told::text, state,"
    " written_at",
}
DONE = ("sent", "kept")

Rows = Mapping[str, "Counter[tuple[object, ...]]"]


@dataclass(frozen=True)
class Outcome:
    """What a run leaves: rows by table, the messages delivered by Message-ID, and the repeats that it counted."""

    rows: Rows
    delivered: Mapping[str, Sequence[bytes]]
    counted: Mapping[str, int] = field(default_factory=dict)
    unsent: Sequence[str] = ()


@dataclass
class Verdict:
    """How runs differ from the undisturbed one after so many kills; `repeats` are deliveries after the first."""

    kills: int = 0
    lost: int = 0
    doubled: int = 0
    unsent: int = 0
    repeats: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong; repeats that were counted are not."""
        return not (self.lost or self.doubled or self.unsent)

    def add(self, other: "Verdict", kills: int = 0) -> None:
        """Count what another trial found too."""
        self.kills += kills
        for name in ("lost", "doubled", "unsent", "repeats"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.problems += other.problems


def read_rows(connection: psycopg.Connection) -> Rows:
    """The rows of all TABLES, as often as they are there."""
    return {
        table: Counter(map(_plain, connection.execute(f"select {columns} from {table}")))
        for table, columns in TABLES.items()
    }


def read_outcome(connection: psycopg.Connection, delivered: Sequence[tuple[str, bytes]]) -> Outcome:
    """What a run left in its database, and what the relay took of it."""
    messages: dict[str, list[bytes]] = {}
    for message_id, message in delivered:
        messages.setdefault(message_id, []).append(message)
    told = connection.execute("select message_id, repeats, state, notification_key from outbox").fetchall()
    counted = {row[0]: row[1] for row in told}
    unsent = [f"{row[3]} is {row[2]}" for row in told if row[2] not in DONE]
    return Outcome(read_rows(connection), messages, counted, unsent)


def compare(expected: Outcome, found: Outcome, *, answers_lost: int | None = None) -> Verdict:
    """What is lost, doubled or unsent in `found`; `answers_lost`: how many repeats there must be, where it is known."""
    verdict = Verdict(unsent=len(found.unsent), problems=list(found.unsent))
    for table, rows in expected.rows.items():
        missing, more = rows - found.rows[table], found.rows[table] - rows
        verdict.lost += missing.total()
        verdict.doubled += more.total()
        verdict.problems += [f"{table} lacks {repr(row)[:200]}" for row in missing]
        verdict.problems += [f"{table} has {repr(row)[:200]}" for row in more]
    for message_id, messages in expected.delivered.items():
        if message_id not in found.delivered:
            verdict.unsent += 1
            verdict.problems.append(f"{message_id} was not delivered")
        elif set(found.delivered[message_id]) != set(messages):
            verdict.doubled += 1
            other = "\n".join(_changed(messages[0], found.delivered[message_id][-1]))
            verdict.problems.append(f"{message_id} was delivered with other bytes:\n{other}")
    for message_id, messages in found.delivered.items():
        again = len(messages) - 1
        verdict.repeats += again
        uncounted = 1 if message_id not in expected.delivered else max(0, again - found.counted.get(message_id, 0))
        if uncounted:
            verdict.doubled += uncounted
            verdict.problems.append(f"{message_id} was delivered {len(messages)} times, which nobody counted")
    if answers_lost is not None and verdict.repeats != answers_lost:
        verdict.doubled += max(0, verdict.repeats - answers_lost)
        verdict.problems.append(f"{verdict.repeats} repeats where {answers_lost} answers were lost")
    return verdict


def _changed(left: bytes, right: bytes) -> list[str]:
    lines = (message.decode("ascii", "replace").splitlines() for message in (left, right))
    return [line for line in difflib.ndiff(*lines) if line.startswith(("- ", "+ "))][:20]


def _plain(row: Sequence[object]) -> tuple[object, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)
