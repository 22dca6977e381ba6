"""The screen step: lease a shard, read or make its vectors, judge it with no transaction open, replace its rows."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from models.encoder import Encoder
from pipeline.config import POLICY
from pipeline.errors import ConfigError
from pipeline.pace import Pace
from pipeline.screening.explanation import explain, in_words
from pipeline.screening.judges import Judge, Models, Vectors, build_judge, claim_text, load_models
from pipeline.screening.screen import Screened, screen_posts
from pipeline.warehouse import screening as store
from pipeline.warehouse.claims import claims_differ, claims_fingerprint, claims_in_force
from pipeline.warehouse.leases import held_lease
from pipeline.warehouse.vectors import read_vectors, store_vectors
from pipeline.workplace import Workplace

Progress = Callable[[int], None]
Part = TypeVar("Part")


@dataclass(frozen=True)
class Bench:
    """Models with the claims in force and the practice: all that a shard is judged with."""

    workplace: Workplace
    models: Models
    claims: Sequence[Mapping[str, Any]]

    @cached_property
    def judge(self) -> Judge:
        """The claims, ready to be searched; vectors of their wordings come from the warehouse where they are there."""
        near = {claim["claim_id"]: claim["true_neighbours"] for claim in self.claims}
        return build_judge(self.models, [claim_text(claim) for claim in self.claims], near, encode=self._wordings)

    def _wordings(self, texts: Sequence[str]) -> Vectors:
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        vectors = _vectors(self.workplace, self.models.encoder, dict(zip(keys, texts, strict=True)), of_claim=True)
        return np.stack([vectors[key] for key in keys])

    @property
    def screened_key(self) -> str:
        """Models, policy, claims and practice as 16 digits: a post that carries it needs no screening."""
        parts = (self.models.name, POLICY.version, claims_fingerprint(self.claims), self.workplace.practice.fingerprint)
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]

    def vectors(self, shard: pd.DataFrame) -> Vectors:
        """The vectors of the posts of a shard, row by row, from the warehouse where they are there."""
        texts = dict(zip(shard["content_hash"], shard["text"], strict=True))
        vectors = _vectors(self.workplace, self.models.encoder, texts, of_claim=False)
        return np.stack([vectors[content_hash] for content_hash in shard["content_hash"]])

    def screened(self, shard: pd.DataFrame, vectors: Vectors) -> Screened:
        """Judge the posts of a shard (columns post_id, source, text)."""
        return screen_posts(shard[["post_id", "source", "text"]], vectors, self.judge, self.workplace.practice)


@lru_cache(maxsize=1)
def _models() -> Models:
    # One process has one environment, so that there is nothing to choose by.
    return load_models()


def screen_window(workplace: Workplace, now: datetime, progress: Progress) -> dict[str, int]:
    """Screen, shard by shard, all posts of the retained window that need it; returns posts, matches and mentions.

    Several processes may do this at once: they share the posts by leases. While one shard is judged, the vectors of the
    next are made. Raises ConfigError where no claim is in force, because a screen without claims would look like a
    quiet day.
    """
    bench = _bench(workplace)
    totals = {"posts": 0, "matches": 0, "mentions": 0}
    pace = Pace(lambda: _count_waiting(bench, now))
    with held_lease(workplace.engine) as lease:
        with workplace.engine.begin() as connection:
            started_at = store.server_clock(connection)
        request = store.ShardRequest(
            screened_key=bench.screened_key,
            since=_window_start(now),
            until=now,
            started_at=started_at,
            lease=lease,
            lease_seconds=POLICY["lease_seconds"],
            limit=int(POLICY["shard_posts"]),
        )
        for shard, vectors in _one_ahead(_shards(bench, request)):
            screened = bench.screened(shard, vectors)
            found, named = _match_rows(bench, screened, now), _mention_rows(bench, screened, now)
            with workplace.engine.begin() as connection:
                totals["posts"] += store.replace_screened(connection, shard, request, found, named)
            totals["matches"] += len(found)
            totals["mentions"] += len(named)
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


def _one_ahead(parts: Iterator[Part]) -> Iterator[Part]:
    """The same parts, each made by a thread while the one before is in use."""
    with ThreadPoolExecutor(max_workers=1) as ahead:
        following = ahead.submit(next, parts, None)
        while (part := following.result()) is not None:
            following = ahead.submit(next, parts, None)
            yield part


def count_waiting(workplace: Workplace, now: datetime) -> int:
    """How many posts of the retained window need screening."""
    return _count_waiting(_bench(workplace), now)


def explain_text(workplace: Workplace, text: str) -> str:
    """Why a text matches the claims in force, in words for a clinician."""
    bench = _bench(workplace)
    vectors = bench.models.encoder.encode([text])
    explanation = explain(text, vectors, bench.judge, workplace.practice)
    return in_words(explanation)


def _count_waiting(bench: Bench, now: datetime) -> int:
    with bench.workplace.engine.begin() as connection:
        return store.count_unscreened(connection, bench.screened_key, _window_start(now), now)


def _bench(workplace: Workplace) -> Bench:
    with workplace.engine.begin() as connection:
        claims = claims_in_force(connection)
    if not claims:
        raise ConfigError("no claim is in force: load the claims database with `auscult claims load`")
    return Bench(workplace, _models(), claims)


def _is_current(bench: Bench) -> bool:
    # Claims that were edited meanwhile are another run's work; ours would only undo it.
    with bench.workplace.engine.begin() as connection:
        return not claims_differ(connection, bench.claims)


def _window_start(now: datetime) -> datetime:
    return now - timedelta(days=POLICY["rematch_days"])


def _vectors(workplace: Workplace, encoder: Encoder, texts: Mapping[str, str], *, of_claim: bool) -> dict[str, Vectors]:
    with workplace.engine.begin() as connection:
        known = read_vectors(connection, list(texts), encoder.model_id)
    missing = [key for key in texts if key not in known]
    if missing:
        encoded = encoder.encode([texts[key] for key in missing])
        made = dict(zip(missing, encoded, strict=True))
        with workplace.engine.begin() as connection:
            store_vectors(connection, made, encoder.model_id, of_claim=of_claim)
        known |= made
    return known


def _match_rows(bench: Bench, screened: Screened, now: datetime) -> pd.DataFrame:
    versions = {claim["claim_id"]: claim["version"] for claim in bench.claims}
    frame = screened.matches
    return frame.assign(
        claim_version=frame["claim_id"].map(versions),
        model_id=bench.models.encoder.model_id,
        reader_id=bench.models.reader.reader_id,
        stance_id=bench.models.stance.stance_id,
        policy_version=POLICY.version,
        screened_at=now,
    )


def _mention_rows(bench: Bench, screened: Screened, now: datetime) -> pd.DataFrame:
    return screened.mentions.assign(
        practice_id=bench.workplace.practice.practice_id,
        category=None,
        tone=None,
        policy_version=POLICY.version,
        screened_at=now,
    )
