"""Posts per second of the baselines, our matcher and our screen step, in interleaved rounds on the same claims."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import ours
from benchmarks.baselines import Baseline
from benchmarks.machine import resident_megabytes
from benchmarks.rounds import Method, Rates, interleaved_rates, median_ratio
from models.folding import fold_text
from models.metrics import ranked_precision
from models.training.examples import Clef

SEED = 11


@dataclass(frozen=True)
class Measured:
    """Posts per second of each round by method, MAP@5 of each ranking, and what the process held at most, in MB."""

    rates: Rates
    precision: Mapping[str, float]
    resident: float

    def rate(self, name: str) -> float:
        """The median rate of a method."""
        return statistics.median(self.rates[name])

    def ratio(self, name: str, baseline: str) -> float:
        """The median over rounds of what a method makes of its baseline in the same round."""
        return median_ratio(self.rates, name, baseline)


def measure(clef: Clef, rounds: int, artefacts: Path, slow_posts: int = 64) -> Measured:
    """Interleave the methods; every round begins with nothing remembered.

    The per-text baseline answers `slow_posts` of the posts only: its rate does not depend on how many there are.
    """
    sentences = [dict(claim.fields)["claim"] for claim in clef.claims]
    posts, folded = list(clef.posts), [fold_text(post) for post in clef.posts]
    baseline = Baseline(sentences)
    index = ours.index_of(clef.claims, ours.fresh_encoder(artefacts))
    ranked: dict[str, NDArray[np.int64]] = {}
    resident: list[float] = []

    def ranking(name: str, prepare: Callable[[], Callable[[], NDArray[np.int64]]]) -> Method:
        def timed() -> tuple[int, float]:
            run = prepare()
            started = time.perf_counter()
            ranked[name] = run()
            seconds = time.perf_counter() - started
            resident.append(resident_megabytes())
            return len(ranked[name]), seconds

        return timed

    def matcher() -> Callable[[], NDArray[np.int64]]:
        encoder = ours.fresh_encoder(artefacts)
        return lambda: ours.nearest(index, encoder, posts)

    def step() -> tuple[int, float]:
        done = ours.fresh_screen(workplace)
        resident.append(resident_megabytes())
        return done

    methods = {
        "per text": ranking("per text", lambda: lambda: baseline.per_text(folded[:slow_posts])),
        "batched": ranking("batched", lambda: lambda: baseline.batched(folded)),
        "matcher": ranking("matcher", matcher),
        "screen step": step,
    }
    with ours.warehouse(clef.claims) as workplace:
        # In shards of the product's size, so that there is more than the first one to be timed.
        ours.store(workplace, [f"{post} {turn}" for turn in range(1 + 2048 // len(posts)) for post in posts])
        rates = interleaved_rates(methods, rounds, SEED)
    ranks = {name: ranked[name].tolist() for name in ("batched", "matcher")}
    precision = {name: statistics.mean(map(ranked_precision, own, clef.gold)) for name, own in ranks.items()}
    return Measured(rates, precision, max(resident))
