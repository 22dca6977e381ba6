"""The precision promise: from labelled scores to the score above which alarms are surely right often enough."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc  # type: ignore[import-untyped]

from models.metrics import share_interval

WEIGHTS = Path(__file__).parent / "weights" / "promise.json"
CONFIDENCE = 0.95
# Fewer labelled scores than this at or above a threshold prove nothing.
LEAST_LABELS = 20
# Thresholds are tried this far apart.
STEP = 0.02

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Labels:
    """Labelled scores of one pool: `scores` in [0, 1], `promotes` 0 or 1, `weights` how many posts a row stands for."""

    scores: Floats
    promotes: Floats
    weights: Floats


@dataclass(frozen=True)
class Promise:
    """Pools of labelled scores: "" is all of them, "x" those of a source, "claim:<id>" those of a claim.

    `promise_id` names them.
    """

    promise_id: str
    pools: Mapping[str, Labels]
    _known: dict[tuple[float, str, str], float | None] = field(default_factory=dict, repr=False, compare=False)

    def threshold(self, target: float, source: str = "", claim_id: str = "") -> float | None:
        """The lowest score whose alarms are right at least `target` of the time, by a lower 95 % bound.

        Labels of the source, and then of the claim, overrule all labels where they prove a threshold of their own, or
        prove that the one found so far breaks the promise. None where nothing is proven.
        `target` 0.9 means nine of ten.
        """
        asked = (target, source, claim_id)
        if asked not in self._known:
            self._known[asked] = self._find(*asked)
        return self._known[asked]

    def _find(self, target: float, source: str, claim_id: str) -> float | None:
        found: float | None = None
        for name in dict.fromkeys(("", source, f"claim:{claim_id}")):
            labels = self.pools.get(name)
            if labels is None:
                continue
            own = lowest_threshold(labels, target)
            if own is not None or (found is not None and _breaks(labels, found, target)):
                found = own
        return found


def lowest_threshold(labels: Labels, target: float, confidence: float = CONFIDENCE) -> float | None:
    """The lowest score at and above which surely at least `target` of the labels promote, or None.

    Fixed-sequence testing (Learn then Test: Angelopoulos et al. 2021, section 3.2), so that in all no more than
    1 - `confidence` of such answers are wrong: from each of some starts thresholds are tried from high to low, STEP
    apart, until the first that fails. Starts and steps are chosen by scores alone; the starts share the error evenly.
    A test is the exact binomial one on the effective number of rows (Kish: the squared sum of the weights over the
    sum of their squares).
    """
    scores, hits, rows = _above(labels)
    places = _steps(scores)
    hits, rows = hits[places], rows[places]
    starts, error = _starts(np.maximum.accumulate(rows), target, 1 - confidence)
    passed = chance_of_hits(hits, rows, target) <= error
    lowest = -1
    for start in starts:
        failed = np.flatnonzero(~passed[start:])
        reached = start + int(failed[0]) if len(failed) else len(passed)
        if reached > start:
            lowest = max(lowest, reached - 1)
    return float(scores[places[lowest]]) if lowest >= 0 else None


def chance_of_hits(hits: Floats, rows: Floats, share: float) -> Floats:
    """The chance of so many `hits` or more among `rows`, each a hit with probability `share`; both may be fractions."""
    found: Floats = np.where(hits > 0, betainc(np.maximum(hits, 1e-9), np.maximum(rows - hits, 0) + 1, share), 1.0)
    return found


def _steps(scores: Floats) -> NDArray[np.int64]:
    # Of falling scores, the places of the last one at or above each step; equal scores stay together.
    floors = np.floor(np.round(scores / STEP, 6))
    last = np.append(floors[1:] != floors[:-1], True)[: len(scores)]
    return np.flatnonzero(last)


def _starts(rows: Floats, target: float, error: float) -> tuple[list[int], float]:
    # The places where rows are just enough to prove something, twice as many, and so on; and the error of each.
    def least(starts: int) -> float:
        return max(LEAST_LABELS, math.log(error / starts) / min(math.log(target), -1e-9))

    count = 0
    while len(rows) and least(count + 1) * 2**count <= rows[-1]:
        count += 1
    starts = [int(np.searchsorted(rows, least(count) * 2**number)) for number in range(count)]
    return starts, error / max(1, count)


def _breaks(labels: Labels, threshold: float, target: float) -> bool:
    # Whether even the upper bound of the share that promotes is below the target.
    scores, hits, rows = _above(labels)
    last = int((scores >= threshold).sum()) - 1
    return last >= 0 and share_interval(hits[last], rows[last], 2 * CONFIDENCE - 1)[1] < target


def _above(labels: Labels) -> tuple[Floats, Floats, Floats]:
    # Scores from the highest down; up to each of them, the effective number of rows that promote, and of all rows.
    order = np.argsort(-labels.scores, kind="stable")
    weights = labels.weights[order]
    total, squares, hits = np.cumsum(weights), np.cumsum(weights**2), np.cumsum(weights * labels.promotes[order])
    rows = total**2 / np.maximum(squares, 1e-12)
    return labels.scores[order], hits / np.maximum(total, 1e-12) * rows, rows


def load_promise(path: Path = WEIGHTS) -> Promise:
    """The labelled development scores that ship."""
    stored = json.loads(path.read_text())
    pools = {name: _labels(rows) for name, rows in stored["pools"].items()}
    return Promise(hashlib.sha256(path.read_bytes()).hexdigest()[:8], pools)


def _labels(rows: Sequence[Sequence[float]]) -> Labels:
    columns = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return Labels(columns[:, 0], columns[:, 1], columns[:, 2])
