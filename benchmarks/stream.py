"""Our matcher and our screen step on what a stream mostly holds: ordinary health posts, with the claims that ship."""

import time
from pathlib import Path

from benchmarks import ours
from benchmarks.rounds import Rates, interleaved_rates
from models.training.corpus import ORDINARY, corpus_claims, ordinary_posts

SEED = 12


def stream_rates(folder: Path, rounds: int, artefacts: Path) -> Rates:
    """Posts a second of "matcher" and "screen step" in each of the interleaved rounds."""
    posts = [text for name in ORDINARY for _, text, _ in ordinary_posts(folder, name, "development")]
    index = ours.index_of(corpus_claims(), ours.fresh_encoder(artefacts))

    def matcher() -> tuple[int, float]:
        encoder = ours.fresh_encoder(artefacts)
        started = time.perf_counter()
        return len(ours.nearest(index, encoder, posts)), time.perf_counter() - started

    with ours.warehouse(None) as workplace:
        ours.store(workplace, posts)
        methods = {"matcher": matcher, "screen step": lambda: ours.fresh_screen(workplace)}
        return interleaved_rates(methods, rounds, SEED)
