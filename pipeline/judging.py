"""The screen step: lease a shard, read or make its vectors, judge it with no transaction open, replace its rows."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

import pandas as pd
from sqlalchemy.engine import Connection

from models.ahead import one_ahead
from pipeline.alerting.severity import OWN_POST
from pipeline.bench import Bench, open_bench
from pipeline.config import POLICY
from pipeline.guarding import guard_posts
from pipeline.pace import Pace
from pipeline.privacy.public_terms import public_terms
from pipeline.privacy.redaction import redact
from pipeline.screening.explanation import explain, in_words
from pipeline.screening.judges import Vectors
from pipeline.screening.screen import MENTION_COLUMNS, Screened, screen_posts, without_tone
from pipeline.sweeping import sweep_claims, window_start
from pipeline.warehouse import screening as store
from pipeline.warehouse.calibrations import version_in_force
from pipeline.warehouse.claims import claims_differ
from pipeline.warehouse.leases import held_lease, lock_claims
from pipeline.warehouse.ledger import toneless_platforms
from pipeline.warehouse.sweeps import sets_as
from pipeline.workplace import Workplace

Progress = Callable[[int], None]


def screen_window(workplace: Workplace, now: datetime, progress: Progress) -> dict[str, int]:
    """Screen, shard by shard, all posts of the retained window that need it; returns posts, matches and mentions.

    What was screened with other claims is compared with those that changed first. Several processes may do this at
    once: they share the posts by leases. While one shard is judged, the vectors of the next are made. Raises
    ConfigError where no claim is in force.
    """
    bench = open_bench(workplace)
    totals = {"posts": 0, "matches": 0, "mentions": 0}
    sweep_claims(bench, now)
    pace = Pace(lambda: _count_waiting(bench, now))
    with held_lease(workplace.engine) as lease:
        with workplace.engine.begin() as connection:
            started_at = store.server_clock(connection)
        request = store.ShardRequest(
            wanted=_wanted(bench, now),
            started_at=started_at,
            lease=lease,
            lease_seconds=POLICY["lease_seconds"],
            limit=int(POLICY["shard_posts"]),
        )
        for shard, vectors in one_ahead(_shards(bench, request)):
            screened = _screened(bench, shard, vectors)
            rows = store.Rows(
                _match_rows(bench, screened, now),
                _mention_rows(bench, shard, screened, now),
                _redacted_copies(bench, shard, screened),
            )
            with workplace.engine.begin() as connection:
                # Or a sweep for an edit of the claims would not know of these posts, and they not of it.
                lock_claims(connection, to_change=False)
                if _differs(connection, bench):
                    break
                totals["posts"] += store.replace_screened(connection, shard, request, rows)
            totals["matches"] += len(rows.matches)
            totals["mentions"] += len(rows.mentions)
            progress(len(shard))
            pace.tick()
    return totals


def _shards(bench: Bench, request: store.ShardRequest) -> Iterator[tuple[pd.DataFrame, Vectors]]:
    """Shards with their vectors, the newest posts first, until nothing is left to be had or the claims were edited."""
    while _is_current(bench):
        with bench.workplace.engine.begin() as connection:
            shard = store.claim_shard(connection, request)
        if not shard.empty:
            yield shard, bench.vectors(shard)
            last = shard.iloc[-1]
            request = replace(request, below=(last["ingested_at"].to_pydatetime(), int(last["post_id"])))
        elif request.below:
            # Once more from the top: a lease may have ended meanwhile.
            request = replace(request, below=None)
        else:
            return


def count_waiting(workplace: Workplace, now: datetime) -> int:
    """How many posts of the retained window need screening, when what changed of the claims was compared with them."""
    bench = open_bench(workplace)
    sweep_claims(bench, now)
    return _count_waiting(bench, now)


def explain_text(workplace: Workplace, text: str) -> str:
    """Why a text matches the claims in force, in words for a clinician."""
    bench = open_bench(workplace)
    vectors = bench.models.encoder.encode([text])
    explanation = explain(text, vectors, bench.judge, workplace.practice)
    return in_words(explanation)


def _count_waiting(bench: Bench, now: datetime) -> int:
    wanted = _wanted(bench, now)
    with bench.workplace.engine.begin() as connection:
        return store.count_unscreened(connection, wanted)


def _wanted(bench: Bench, now: datetime) -> store.Wanted:
    with bench.workplace.engine.begin() as connection:
        sets = sets_as(connection, bench.screened_key, bench.claim_set)
    return store.Wanted(bench.screened_key, bench.claim_set, sets, window_start(now), now)


def _screened(bench: Bench, shard: pd.DataFrame, vectors: Vectors) -> Screened:
    return screen_posts(shard[["post_id", "source", "channel", "text"]], vectors, bench.judge, bench.workplace.practice)


def _stopped(bench: Bench, own: pd.DataFrame) -> pd.DataFrame:
    """What the guard finds in posts of our own, a row a finding in the columns of mentions."""
    texts = own["text"].tolist()
    guarded = guard_posts(texts, bench.workplace.practice, bench.judge, bench.models.guard) if texts else []
    rows = [
        {
            "post_id": post_id,
            "kind": "own_post",
            "term": finding.rule,
            "term_start": start,
            "term_end": start + max(1, len(finding.phrase)),
            "p_mention": 1.0,
            # Why a person is known by it would name the person.
            "context": finding.why if finding.rule == "false_claim" else "",
            "category": f"{OWN_POST}{found.verdict}",
        }
        for post_id, text, found in zip(own["post_id"], texts, guarded, strict=True)
        for finding in found.findings
        for start in [max(0, text.find(finding.phrase))]
    ]
    return pd.DataFrame(rows, columns=list(MENTION_COLUMNS)).drop_duplicates(["post_id", "term", "term_start"])


def _redacted_copies(bench: Bench, shard: pd.DataFrame, screened: Screened) -> dict[int, str]:
    # Only of posts that analysts see: the rest is nobody's business.
    seen = set(screened.matches["post_id"]) | set(screened.mentions["post_id"])
    keep = public_terms(bench.workplace.practice)
    texts = zip(shard["post_id"], shard["text"], strict=True)
    return {post_id: redact(text, keep) for post_id, text in texts if post_id in seen}


def _is_current(bench: Bench) -> bool:
    with bench.workplace.engine.begin() as connection:
        return not _differs(connection, bench)


def _differs(connection: Connection, bench: Bench) -> bool:
    # Claims that were edited meanwhile, or other thresholds, are another run's work; ours would only undo it.
    return version_in_force(connection) != bench.calibration.version or claims_differ(connection, bench.claims)


def _match_rows(bench: Bench, screened: Screened, now: datetime) -> pd.DataFrame:
    versions = {claim["claim_id"]: claim["version"] for claim in bench.claims}
    frame = screened.matches
    return frame.assign(
        claim_version=frame["claim_id"].map(versions),
        model_id=bench.models.encoder.model_id,
        reader_id=bench.models.reader.reader_id,
        stance_id=bench.models.stance.stance_id,
        policy_version=POLICY.version,
        # A column of objects: without a version it would be one of floats.
        calibration=pd.Series(bench.calibration.version, index=frame.index, dtype=object),
        screened_at=now,
    )


def _mention_rows(bench: Bench, shard: pd.DataFrame, screened: Screened, now: datetime) -> pd.DataFrame:
    with bench.workplace.engine.begin() as connection:
        toneless = toneless_platforms(connection)
    stopped = _stopped(bench, shard[shard["own"].astype(bool)])
    rows = pd.concat([screened.mentions, stopped] if len(stopped) else [screened.mentions]).assign(
        practice_id=bench.workplace.practice.practice_id,
        triage_id=bench.models.triage.triage_id,
        policy_version=POLICY.version,
        screened_at=now,
    )
    return without_tone(rows, set(shard.loc[shard["platform"].isin(toneless), "post_id"]))
