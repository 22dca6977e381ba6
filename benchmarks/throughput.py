"""Posts per second of the baselines, our matcher and our screen step, in interleaved rounds on the same claims."""

import random
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
from models.folding import fold_text
from models.metrics import ranked_precision
from models.training.examples import Clef

SEED = 11


@dataclass(frozen=True)
class Measured:
    """Posts per second of each round by method, MAP@5 of each ranking, and what the process held at most, in MB."""

    rates: Mapping[str, list[float]]
    precision: Mapping[str, float]
    resident: float

    def rate(self, name: str) -> float:
        """The median rate of a method."""
        return statistics.median(self.rates[name])

    def ratio(self, name: str, baseline: str) -> float:
        """The median over rounds of what a method makes of its baseline in the same round."""
        pairs = zip(self.rates[name], self.rates[baseline], strict=True)
        return statistics.median(one / other for one, other in pairs)


def measure(clef: Clef, rounds: int, artefacts: Path, slow_posts: int = 64) -> Measured:
    """Interleave the methods, in an order drawn anew for each round; every round begins with nothing remembered.

    The per-text baseline answers `slow_posts` of the posts only: its rate does not depend on how many there are.
    """
    sentences = [dict(claim.fields)["claim"] for claim in clef.claims]
    posts, folded = list(clef.posts), [fold_text(post) for post in clef.posts]
    baseline = Baseline(sentences)
    index = ours.index_of(clef.claims, ours.fresh_encoder(artefacts))
    chance, rates, resident = random.Random(SEED), dict[str, list[float]](), 0.0
    ranked: dict[str, NDArray[np.int64]] = {}
    with ours.warehouse(clef.claims) as workplace:
        # In shards of the product's size, so that there is more than the first one to be timed.
        ours.store(workplace, [f"{post} {turn}" for turn in range(1 + 2048 // len(posts)) for post in posts])

        def matcher() -> Callable[[], NDArray[np.int64]]:
            encoder = ours.fresh_encoder(artefacts)
            return lambda: ours.nearest(index, encoder, posts)

        methods: Mapping[str, Callable[[], Callable[[], NDArray[np.int64]]]] = {
            "per text": lambda: lambda: baseline.per_text(folded[:slow_posts]),
            "batched": lambda: lambda: baseline.batched(folded),
            "matcher": matcher,
        }
        for turn in range(rounds + 1):
            for name in chance.sample([*methods, "screen step"], len(methods) + 1):
                if name == "screen step":
                    ours.forget_screening(workplace)
                    done, seconds = ours.screen_seconds(workplace)
                else:
                    run = methods[name]()
                    started = time.perf_counter()
                    ranked[name] = run()
                    done, seconds = len(ranked[name]), time.perf_counter() - started
                resident = max(resident, resident_megabytes())
                # The first round warms up.
                if turn:
                    rates.setdefault(name, []).append(done / seconds)
    ranks = {name: ranked[name].tolist() for name in ("batched", "matcher")}
    precision = {name: statistics.mean(map(ranked_precision, own, clef.gold)) for name, own in ranks.items()}
    return Measured(rates, precision, resident)
