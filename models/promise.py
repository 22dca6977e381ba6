"""The precision promise: from labelled scores to the score above which alarms are surely right often enough."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.metrics import lower_bound, share_interval

WEIGHTS = Path(__file__).parent / "weights" / "promise.json"
CONFIDENCE = 0.95
# Fewer labelled scores than this at or above a threshold prove nothing.
LEAST_LABELS = 20

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
    """The lowest score at and above which the lower bound of the share that promotes reaches `target`, or None.

    Rows are taken from the highest score down; the bound is the one-sided Wilson bound on the effective number of rows
    (Kish: the squared sum of the weights over the sum of their squares).
    """
    scores, hits, rows = _above(labels)
    found = None
    for place in range(LEAST_LABELS - 1, len(scores)):
        if place + 1 < len(scores) and scores[place + 1] == scores[place]:
            continue
        if lower_bound(hits[place], rows[place], confidence) >= target:
            found = float(scores[place])
    return found


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
