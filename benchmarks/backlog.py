"""A backlog screened by the whole step in a process of its own, so that its memory is its own."""

import json
import logging
import subprocess
import sys
import time
from collections.abc import Sequence

import numpy as np

from benchmarks import ours
from benchmarks.machine import resident_megabytes
from benchmarks.synthetic import in_parts, synthetic_texts
from pipeline import judging

Row = dict[str, float]


def screened_alone(sizes: Sequence[int], duplicates: float) -> list[Row]:
    """What `screened` measures, by a process that does nothing else. Raises CalledProcessError where it fails."""
    asked = [str(duplicates), *map(str, sizes)]
    done = subprocess.run([sys.executable, "-m", "benchmarks.backlog", *asked], check=True, stdout=subprocess.PIPE)
    found: list[Row] = json.loads(done.stdout.splitlines()[-1])
    return found


def screened(sizes: Sequence[int], duplicates: float) -> list[Row]:
    """One screen of the most of `sizes` synthetic posts with the claims that ship, looked at where each size is done.

    Posts a second and megabytes at most, both from the start on, and megabytes then.
    """
    posts = max(sizes)
    with ours.warehouse(None) as workplace:
        for number, part in enumerate(in_parts(synthetic_texts(posts, duplicates), ours.PAGE)):
            ours.store(workplace, part, number * ours.PAGE)
        shards: list[tuple[int, float, float]] = []
        started = time.perf_counter()
        judging.screen_window(
            workplace, ours.NOW, lambda done: shards.append((done, time.perf_counter(), resident_megabytes()))
        )
    done, ended, held = (np.array(column) for column in zip(*shards, strict=True))
    rows: list[Row] = []
    for size in sizes:
        upto = done.cumsum() <= size
        rate = done[upto].sum() / (ended[upto][-1] - started)
        rows.append(
            {
                "posts": size,
                "duplicates": duplicates,
                "posts_a_second": rate,
                "mb_at_most": held[upto].max(),
                "mb_then": held[upto][-1],
            }
        )
    return rows


def main(asked: Sequence[str]) -> int:
    """Print what `screened` measures as one line of JSON."""
    # The pace of an hour's work, for who waits for it.
    logging.basicConfig(level=logging.INFO)
    duplicates, *sizes = asked
    print(json.dumps(screened([int(size) for size in sizes], float(duplicates))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
