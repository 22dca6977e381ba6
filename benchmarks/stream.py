"""Our matcher and our screen step on what a stream mostly holds: ordinary health posts, with the claims that ship."""

import random
import statistics
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks import ours
from models.training.corpus import ORDINARY, corpus_claims, ordinary_posts

SEED = 12


def stream_rates(folder: Path, rounds: int, artefacts: Path) -> Mapping[str, list[float]]:
    """Posts a second of "matcher" and "screen step" in each of the interleaved rounds."""
    posts = [text for name in ORDINARY for _, text, _ in ordinary_posts(folder, name, "development")]
    index = ours.index_of(corpus_claims(), ours.fresh_encoder(artefacts))
    chance, rates = random.Random(SEED), {"matcher": list[float](), "screen step": list[float]()}
    with ours.warehouse(None) as workplace:
        ours.store(workplace, posts)
        for turn in range(rounds + 1):
            for name in chance.sample(list(rates), len(rates)):
                if name == "screen step":
                    ours.forget_screening(workplace)
                    done, seconds = ours.screen_seconds(workplace)
                else:
                    encoder = ours.fresh_encoder(artefacts)
                    started = time.perf_counter()
                    done = len(ours.nearest(index, encoder, posts))
                    seconds = time.perf_counter() - started
                # The first round warms up.
                if turn:
                    rates[name].append(done / seconds)
    return rates


def median_ratio(rates: Mapping[str, list[float]]) -> float:
    """The median over rounds of what the screen step makes of the matcher."""
    pairs = zip(rates["screen step"], rates["matcher"], strict=True)
    return statistics.median(step / matcher for step, matcher in pairs)
