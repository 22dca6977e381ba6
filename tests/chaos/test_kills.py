"""Kill -9 the demo at random moments and run it to the end: the tables are those of an undisturbed run."""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from pipeline.warehouse import embedded

ROOT = Path(__file__).resolve().parents[2]
DEMO = [sys.executable, "-m", "demo"]
TIMEOUT_S = 600

# What is compared, on natural keys and values. Left out: surrogate ids (post_id, match_id, alert_id, outbox_id, …),
# leases and wall-clock times (screen_lease, leased_until, posts.screened_at, rechecked_at, sent_at, started_at,
# finished_at), how often something was tried (attempts, repeats), the ledger's rows (a killed read is one more), and
# the moment at which a row of alerts was last changed.
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
    " matches.screened_at",
    "mentions join posts using (post_id)": "practice_id, platform, platform_id, mentions.kind, term, term_start,"
    " term_end, p_mention, context, category, tone, urgency, urgency_cue, policy_version, mentions.screened_at",
    "alerts": "alert_key, practice_id, kind, claim_id, claim_version, category, bucket_start_at, severity, reason,"
    " state, posts, voices, platforms, first_post_at, last_post_at, historical, evidence::text, raised_at",
    "alert_posts join alerts using (alert_id) join posts using (post_id)": "alert_key, platform, platform_id",
    "outbox": "notification_key, kind, receiver, sender, message_id, message, alert_keys, state, written_at",
}


@dataclass(frozen=True)
class Outcome:
    """What a run leaves: rows by table, and the mails that the relay stored."""

    rows: dict[str, list[tuple[object, ...]]]
    mails: dict[str, bytes]


@pytest.fixture(scope="module")
def undisturbed() -> Iterator[tuple[Outcome, float]]:
    folder = Path(tempfile.mkdtemp(prefix="auscult-calm-"))
    folder.chmod(0o755)
    started = time.monotonic()
    run_to_the_end(folder)
    yield outcome(folder), time.monotonic() - started
    embedded.stop_server(folder / "pg")
    shutil.rmtree(folder, ignore_errors=True)


def start(home: Path) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AUSCULT_", "AIRFLOW"))}
    # One key for all homes, or the author hashes of two runs could not be compared.
    environment |= {"AUSCULT_HOME": str(home), "AUSCULT_AUTHOR_KEY": "a key for the kill trials only, 32 and more"}
    with (home / "run.log").open("ab") as log:
        return subprocess.Popen(DEMO, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)


def run_to_the_end(home: Path) -> None:
    process = start(home)
    if process.wait(TIMEOUT_S) != 0:
        # Which task failed, and why, stands in the log; the folder itself is about to go.
        why = [line for line in (home / "demo.log").read_text().splitlines() if "rror" in line]
        raise AssertionError("\n".join([(home / "run.log").read_text()[-3000:], *why[-40:]]))


def kill_after(home: Path, seconds: float) -> bool:
    """Whether the run was still going when it was killed."""
    process = start(home)
    try:
        process.wait(seconds)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True


def outcome(home: Path) -> Outcome:
    rows = {}
    socket_folder = embedded.start_server(home / "pg")
    with psycopg.connect(host=socket_folder, user="postgres", dbname="auscult") as connection:
        for table, columns in TABLES.items():
            found = connection.execute(f"select {columns} from {table}").fetchall()
            rows[table] = sorted(found, key=repr)
    return Outcome(rows, {path.name: path.read_bytes() for path in (home / "mail").glob("*.eml")})


def moments(count: int, length: float, seed: int) -> list[float]:
    seed = seed or int(time.time())
    print(f"--kill-seed {seed}")
    return [random.Random(seed + number).uniform(1, length) for number in range(count)]


@pytest.mark.chaos
@pytest.mark.timeout(7200)
def test_killed_and_run_again_is_as_if_never_killed(
    undisturbed: tuple[Outcome, float], kills: int, request: pytest.FixtureRequest
) -> None:
    expected, length = undisturbed
    assert all(expected.rows[table] for table in ("posts", "alerts", "outbox")), "an empty run proves nothing"
    hits = 0
    for seconds in moments(kills, length, request.config.getoption("--kill-seed")):
        folder = Path(tempfile.mkdtemp(prefix="auscult-kill-"))
        folder.chmod(0o755)
        try:
            hits += kill_after(folder, seconds)
            run_to_the_end(folder)
            found = outcome(folder)
            for table, rows in expected.rows.items():
                assert found.rows[table] == rows, f"{table} differs after a kill at {seconds:.2f} s"
            assert found.mails == expected.mails, f"mails differ after a kill at {seconds:.2f} s"
        finally:
            embedded.stop_server(folder / "pg")
            shutil.rmtree(folder, ignore_errors=True)
    print(f"kill points {kills}, hit the run {hits}, lost 0, doubled 0, unsent 0")
    assert hits > 0
