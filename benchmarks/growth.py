"""How the cost of a post grows with the number of claims: the matcher alone, vectors at hand."""

import statistics
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks import ours
from benchmarks.machine import resident_megabytes
from benchmarks.synthetic import SEED
from models.encoder import MiniLM
from models.matcher import ClaimText, build_index, nearest_claims

POSTS = 256

Row = dict[str, float]


def claims_growth(sizes: Sequence[int], rounds: int, sentences: Sequence[str], posts: Sequence[str]) -> list[Row]:
    """Milliseconds a post and megabytes of the index at each number of claims.

    The claims' words are drawn from `sentences`; their vectors, and those of `posts`, lie anywhere on the sphere: the
    cost depends on neither.
    """
    chance = np.random.default_rng(SEED)
    words = [sentence.split() for sentence in sentences]
    asked = list(posts[:POSTS])
    vectors = _anywhere(chance, len(asked))
    rows: list[Row] = []
    for size in sizes:
        claims = [_claim(chance, words, number) for number in range(size)]
        before, started = resident_megabytes(), time.perf_counter()
        index = build_index(claims, _anywhere(chance, size))
        built, held = time.perf_counter() - started, resident_megabytes() - before
        seconds = []
        for _ in range(rounds + 1):
            started = time.perf_counter()
            nearest_claims(index, vectors, asked, ours.TOP)
            seconds.append(time.perf_counter() - started)
        cost = statistics.median(seconds[1:]) / len(asked) * 1000
        rows.append({"claims": size, "ms_a_post": cost, "index_mb": held, "build_s": built})
    return rows


def _claim(chance: np.random.Generator, words: Sequence[Sequence[str]], number: int) -> ClaimText:
    one, other = (words[int(place)] for place in chance.integers(len(words), size=2))
    sentence = " ".join([*one[: len(one) // 2], *other[len(other) // 2 :]]) or "claim"
    return ClaimText(str(number), (("claim", sentence),))


def _anywhere(chance: np.random.Generator, count: int) -> NDArray[np.float32]:
    found = chance.standard_normal((count, MiniLM.dimensions), dtype=np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)
