"""The words of a post as evidence of what it needs: linear heads over hashed words, pairs and parts of words."""

import re
import zlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load

from models.folding import fold_sparse

# Hash buckets of words and pairs, and as many of parts of words.
BUCKETS = 65_536
PART_LETTERS = (3, 4, 5)
# A word that is longer is cut: it is no word, and its parts would be many.
MOST_LETTERS = 30

Floats = NDArray[np.float64]
Halves = NDArray[np.float16]
Buckets = NDArray[np.int64]

_WORD = re.compile(r"\w[\w']*|[!?]")


class WordHeads:
    """Linear heads over hashed words. `says` (2 BUCKETS,) weighs a bucket by its rarity, `heads` (2 BUCKETS, n)."""

    def __init__(self, says: Halves, heads: Halves, intercepts: Floats) -> None:
        self._says, self._heads, self._intercepts = says, heads, intercepts

    @classmethod
    def load(cls, stored: bytes) -> "WordHeads":
        """Heads from the bytes of a safetensors file."""
        heads = load(stored)
        return cls(heads["says"], heads["heads"], heads["intercepts"].astype(np.float64))

    def read(self, texts: Sequence[str]) -> Floats:
        """Log-odds, shape (len(texts), n), in order; a row depends on its text alone."""
        found = np.empty((len(texts), len(self._intercepts)))
        for number, text in enumerate(texts):
            buckets, values = weighted_buckets(text, self._says)
            found[number] = values @ self._heads[buckets].astype(np.float64) + self._intercepts
        return found


def word_buckets(text: str) -> tuple[Buckets, Buckets]:
    """The distinct buckets of a text's words and pairs of words, and those of its parts of words (from BUCKETS on)."""
    words = [word[:MOST_LETTERS] for word in _WORD.findall(fold_sparse(text).replace("’", "'"))]
    pairs = [f"{first} {second}" for first, second in pairwise(words)]
    parts = {
        padded[start : start + size]
        for padded in {f" {word} " for word in words}
        for size in PART_LETTERS
        for start in range(len(padded) - size + 1)
    }
    return _hashed({*words, *pairs}), _hashed(parts) + BUCKETS


def weighted_buckets(text: str, says: Halves) -> tuple[Buckets, Floats]:
    """The buckets of a text and their values: rarity, at unit length for words and for parts of words."""
    kinds = word_buckets(text)
    values = []
    for kind in kinds:
        value = says[kind].astype(np.float64)
        values.append(value / max(1e-9, float(np.sqrt(value @ value))))
    return np.concatenate(kinds), np.concatenate(values)


def _hashed(features: set[str]) -> Buckets:
    # Sorted, so that sums come out in one order.
    return np.array(sorted({zlib.crc32(name.encode("utf-8", "ignore")) % BUCKETS for name in features}), dtype=np.int64)
