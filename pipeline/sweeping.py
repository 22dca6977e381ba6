"""Claims that changed, against the stored vectors of posts that were screened before: only what they touch is redone.

A post keeps its rows where it cannot match a claim that changed, and did not. Word overlap weighs words by how rare
they are among all claims, so its other scores could move by a little; they stay as they were when it was judged.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

import numpy as np

from models.matcher import rare_words
from pipeline.bench import Bench
from pipeline.config import POLICY
from pipeline.screening.candidates import may_match
from pipeline.warehouse import sweeps
from pipeline.warehouse.leases import held_name

# Shorter words begin too many others.
LEAST_LETTERS = 3


def sweep_claims(bench: Bench, now: datetime) -> int:
    """Compare posts of the retained window with the claims that changed since; returns how many are to be redone.

    One process does it, others wait for it. Where more claims changed than `sweep_share`, nothing is done: all posts
    are screened anew then.
    """
    engine, key = bench.workplace.engine, bench.screened_key
    touched = 0
    with held_name(engine, "sweep_claims", wait=True):
        with engine.begin() as connection:
            behind = sweeps.sets_behind(connection, key, bench.claim_set)
        for versions, sets in behind:
            swept = sweeps.Swept(sets, key, window_start(now))
            with engine.begin() as connection:
                idle = not sweeps.has_posts(connection, swept)
            changed = _changed(bench, versions)
            if idle or len(changed) <= POLICY["sweep_share"] * len(bench.claims):
                again = [] if idle else _touched(bench, swept, changed)
                with engine.begin() as connection:
                    sweeps.finish_sweep(connection, swept, again, bench.claim_set)
                touched += len(again)
    return touched


def window_start(now: datetime) -> datetime:
    """The beginning of the retained window."""
    return now - timedelta(days=POLICY["rematch_days"])


def _changed(bench: Bench, versions: sweeps.Versions) -> set[str]:
    current = {(claim["claim_id"], claim["version"]) for claim in bench.claims}
    return {claim_id for claim_id, _ in current ^ set(versions.items())}


def _touched(bench: Bench, swept: sweeps.Swept, changed: Collection[str]) -> list[int]:
    found: set[int] = set()
    near = _near(bench, changed)
    with bench.workplace.engine.begin() as connection:
        found.update(sweeps.posts_matched(connection, swept, sorted(changed)))
        if len(near.wordings):
            for part in sweeps.posts_near(connection, swept, near):
                may = may_match(part["text"].tolist(), bench.vectors(part), bench.judge, changed)
                found.update(part["post_id"][may].tolist())
    return sorted(found)


def _near(bench: Bench, claim_ids: Collection[str]) -> sweeps.Near:
    index = bench.judge.index
    places = [number for number, claim in enumerate(index.claims) if claim.claim_id in claim_ids]
    rows = [index.vectors[index.starts[number] : index.starts[number + 1]] for number in places]
    rare = {word for number in places for word in rare_words(index, number, int(POLICY["sweep_rare"]))}
    return sweeps.Near(
        wordings=np.concatenate([index.vectors[:0], *rows]),
        words=sorted(word for word in rare if word.isalpha() and len(word) >= LEAST_LETTERS),
        model_id=bench.models.encoder.model_id,
        cosine=POLICY["sweep_cosine"],
        with_word=POLICY["sweep_cosine_with_word"],
    )
