"""Which candidates are worth reading: the chance, from what retrieval alone says, that reading would leave a match."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.fitted import read_fit
from models.match_probability import FEATURES as MATCH_FEATURES
from models.match_probability import match_features
from models.matcher import Candidates
from models.metrics import logistic

WEIGHTS = Path(__file__).parent / "weights" / "gate.json"
FEATURES = ("dense", "nearest", "sparse", "coverage", "lead", "length", "dense_squared", "similarity")
_COLUMNS = [MATCH_FEATURES.index(name) for name in FEATURES]

Floats = NDArray[np.float64]


class Gate(Protocol):
    """Chances before reading. `gate_id` names the fit."""

    gate_id: str

    def chances(self, candidates: Candidates, texts: Sequence[str]) -> Floats:
        """The chance of each candidate that reading it leaves a match, shape (posts, top); `texts` are the passages."""
        ...


class LogisticGate:
    """A fitted regression on FEATURES; how much it lets through is in models/cards/decisions.md."""

    def __init__(self, gate_id: str, weights: Sequence[float], intercept: float) -> None:
        """`weights` has one number a feature."""
        self.gate_id = gate_id
        self._weights, self._intercept = np.array(weights, dtype=np.float64), intercept

    def chances(self, candidates: Candidates, texts: Sequence[str]) -> Floats:
        """See Gate."""
        return self.of_features(match_features(candidates, np.zeros(candidates.similarity.shape), texts))

    def of_features(self, features: Floats) -> Floats:
        """Chances from the features of `match_probability`; the last axis is its FEATURES."""
        logits = gate_features(features) @ self._weights + self._intercept
        return logistic(logits)


def gate_features(features: Floats) -> Floats:
    """Those of the features of `match_probability` that are known before anything is read."""
    return features[..., _COLUMNS]


def load_gate(path: Path = WEIGHTS) -> LogisticGate:
    """The fit that ships. Raises ValueError where the file was fitted on other features."""
    stored = read_fit(path, FEATURES)
    return LogisticGate(stored["gate_id"], stored["weights"], stored["intercept"])
