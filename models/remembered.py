"""Rows that were computed lately, by the text they were computed from: a text that comes again costs nothing."""

import hashlib
from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]


class Remembered:
    """Up to `most` rows of `width` numbers, the least recently used forgotten first. It keeps digests, no text."""

    def __init__(self, most: int, width: int) -> None:
        self._most, self._width = most, width
        self._rows: dict[bytes, Rows] = {}
        self._lock = Lock()

    def rows(self, texts: Sequence[str], compute: Callable[[list[str]], Rows]) -> Rows:
        """Shape (len(texts), width), in order; `compute` is asked for each distinct unknown text once."""
        keys = [hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in texts]
        found = np.empty((len(texts), self._width), dtype=np.float32)
        # Two shards may be at work at once; what computes has one graph to run as well.
        with self._lock:
            unknown = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._rows}
            if unknown:
                made = compute(list(unknown.values()))
                # Copies: a view would keep the whole batch.
                self._rows |= {key: row.copy() for key, row in zip(unknown, made, strict=True)}
            for number, key in enumerate(keys):
                found[number] = row = self._rows.pop(key)
                self._rows[key] = row
            while len(self._rows) > self._most:
                self._rows.pop(next(iter(self._rows)))
        return found
