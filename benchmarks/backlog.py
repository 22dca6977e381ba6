"""A backlog screened by the whole step in a process of its own, so that its memory is its own."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks import ours
from benchmarks.machine import resident_megabytes
from benchmarks.synthetic import in_parts, synthetic_texts
from pipeline import judging

Row = dict[str, float]


def screened_alone(posts: int, duplicates: float) -> Row:
    """What `screened` measures, by a process that does nothing else. Raises CalledProcessError where it fails."""
    asked = [str(posts), str(duplicates)]
    done = subprocess.run([sys.executable, "-m", "benchmarks.backlog", *asked], check=True, stdout=subprocess.PIPE)
    found: Row = json.loads(done.stdout.splitlines()[-1])
    return found


def screened(posts: int, duplicates: float) -> Row:
    """Posts a second and megabytes at most of a screen of `posts` synthetic posts with the claims that ship."""
    with ours.warehouse(None) as workplace:
        for number, part in enumerate(in_parts(synthetic_texts(posts, duplicates), ours.PAGE)):
            ours.store(workplace, part, number * ours.PAGE)
        held: list[float] = []
        started = time.perf_counter()
        done = judging.screen_window(workplace, ours.NOW, lambda _: held.append(resident_megabytes()))["posts"]
        seconds = time.perf_counter() - started
        return {"posts": posts, "duplicates": duplicates, "posts_a_second": done / seconds, "mb_at_most": max(held)}


def main(asked: Sequence[str]) -> int:
    """Print what `screened` measures as one line of JSON."""
    posts, duplicates = asked
    print(json.dumps(screened(int(posts), float(duplicates))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
