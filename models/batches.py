"""Batches of texts of like length, so that little is padded and nothing depends on company."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

# Texts of one batch have the same padded length, which depends on the text alone: with another length the sums of a
# softmax or a mean come out in another order.
SHORT_STEP, LONG_STEP, LONG_FROM = 4, 16, 64
# A batch holds about this many word pieces: more is no faster and takes more memory.
BATCH_TOKENS = 4096


def length_batches(lengths: Sequence[int]) -> Iterator[tuple[list[int], int]]:
    """Positions in `lengths` (word pieces of each text) with their padded length, batch by batch, shortest first."""
    by_length: dict[int, list[int]] = defaultdict(list)
    for number, length in enumerate(lengths):
        by_length[_padded(length)].append(number)
    for length, numbers in sorted(by_length.items()):
        size = BATCH_TOKENS // length
        for start in range(0, len(numbers), size):
            yield numbers[start : start + size], length


def _padded(length: int) -> int:
    step = SHORT_STEP if length <= LONG_FROM else LONG_STEP
    return -(-length // step) * step
