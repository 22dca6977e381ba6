"""The precision promise: from labelled scores to the score above which alarms are surely right often enough."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.metrics import lower_bound

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
    """Pools of labelled scores by name ("" is all of them). `promise_id` names them."""

    promise_id: str
    pools: dict[str, Labels]

    def threshold(self, target: float, source: str = "", own: Labels | None = None) -> float | None:
        """The lowest score whose alarms are right at least `target` of the time, by a lower 95 % bound.

        The claim's own labels decide where they are enough, else the pool of its source, else all; None where
        nothing is proven: then everything goes to review. `target` 0.9 means nine of ten.
        """
        for labels in (own, self.pools.get(source) if source else None, self.pools.get("")):
            if labels is not None and (found := lowest_threshold(labels, target)) is not None:
                return found
        return None


def lowest_threshold(labels: Labels, target: float, confidence: float = CONFIDENCE) -> float | None:
    """The lowest score at and above which the lower bound of the share that promotes reaches `target`, or None.

    Rows are taken from the highest score down; the bound is the one-sided Wilson bound on the effective number of rows
    (Kish: the squared sum of the weights over the sum of their squares).
    """
    order = np.argsort(-labels.scores, kind="stable")
    scores, right, weights = labels.scores[order], labels.promotes[order], labels.weights[order]
    total, squares, hits = np.cumsum(weights), np.cumsum(weights**2), np.cumsum(weights * right)
    rows = total**2 / np.maximum(squares, 1e-12)
    found = None
    for place in range(len(scores)):
        if place + 1 < len(scores) and scores[place + 1] == scores[place]:
            continue
        share = hits[place] / total[place]
        if place + 1 >= LEAST_LABELS and lower_bound(share * rows[place], rows[place], confidence) >= target:
            found = float(scores[place])
    return found


def load_promise(path: Path = WEIGHTS) -> Promise:
    """The labelled development scores that ship."""
    stored = json.loads(path.read_text())
    pools = {name: _labels(rows) for name, rows in stored["pools"].items()}
    return Promise(hashlib.sha256(path.read_bytes()).hexdigest()[:8], pools)


def _labels(rows: Sequence[Sequence[float]]) -> Labels:
    columns = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return Labels(columns[:, 0], columns[:, 1], columns[:, 2])
