"""Batches of texts of like length, so that little is padded and nothing depends on company."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.inference import Session, at_once

# Texts of one batch have the same padded length, which depends on the text alone: with another length the sums of a
# softmax or a mean come out in another order.
SHORT_STEP, LONG_STEP, LONG_FROM = 4, 16, 64
# A batch holds about this many word pieces: more is no faster and takes more memory.
BATCH_TOKENS = 4096


def run_batches(session: Session, encoded: Sequence[Any], width: int, most: int = BATCH_TOKENS) -> NDArray[np.float32]:
    """What a graph says of texts or pairs that the tokenizer encoded: shape (len(encoded), width), in order.

    A batch is one text, or several of no more than `most` word pieces.
    """
    found = np.empty((len(encoded), width), dtype=np.float32)

    def run(one: tuple[list[int], int]) -> None:
        batch, length = one
        found[batch] = session.run(padded_inputs([encoded[number] for number in batch], length))

    # The longest first, so that no processor waits at the end for what was begun late.
    batches = reversed(list(length_batches([len(one.ids) for one in encoded], most)))
    for _ in _threads(os.getpid()).map(run, batches):
        pass
    return found


def padded_inputs(encoded: Sequence[Any], length: int = 0) -> Mapping[str, NDArray[Any]]:
    """What a graph takes, from texts or pairs that the tokenizer encoded, padded to `length`; 0: to the longest."""
    shape = (len(encoded), length or max(len(one.ids) for one in encoded))
    ids, types, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.float32)
    for row, one in enumerate(encoded):
        ids[row, : len(one.ids)], types[row, : len(one.ids)], mask[row, : len(one.ids)] = one.ids, one.type_ids, 1
    positions = np.ascontiguousarray(np.broadcast_to(np.arange(shape[1]), shape))
    return {"ids": ids, "types": types, "positions": positions, "mask": mask}


@lru_cache(maxsize=1)
def _threads(_process: int) -> ThreadPoolExecutor:
    """Threads that all graphs of a process share; a forked process gets its own.

    Batches side by side lose less than each cut in two, and graphs that run at once do not take each other's turn.
    """
    return ThreadPoolExecutor(at_once())


def length_batches(lengths: Sequence[int], most: int = BATCH_TOKENS) -> Iterator[tuple[list[int], int]]:
    """Positions in `lengths` (word pieces of each text) with their padded length, batch by batch, shortest first."""
    by_length: dict[int, list[int]] = defaultdict(list)
    for number, length in enumerate(lengths):
        by_length[_padded(length)].append(number)
    for length, numbers in sorted(by_length.items()):
        size = max(1, most // length)
        for start in range(0, len(numbers), size):
            yield numbers[start : start + size], length


def _padded(length: int) -> int:
    step = SHORT_STEP if length <= LONG_FROM else LONG_STEP
    return -(-length // step) * step
