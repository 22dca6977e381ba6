"""What a post does with a claim: the cross-encoder's reading and the cues, weighed and calibrated together."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.cross_encoder import Logits
from models.fitted import read_fit
from models.metrics import softmax
from models.stance import STANCES, StancePair, StanceScore, fired_cues

WEIGHTS = Path(__file__).parent / "weights" / "stance.json"
CUE_KINDS = ("promote", "assert", "debunk", "correction", "question", "satire", "news", "hearsay")
FEATURES = (*STANCES, *CUE_KINDS)
# A third cue of a kind says no more than the second.
MOST_CUES = 2

Floats = NDArray[np.float64]


class StanceClassifier(Protocol):
    """Calibrated stance. `stance_id` names the fit; it is stored beside every match."""

    stance_id: str

    def classify(self, pairs: Sequence[StancePair], logits: Logits) -> list[StanceScore]:
        """One score a pair, in order; `logits` (len(pairs), 5) is what a PairReader said of them."""
        ...


class TrainedStance:
    """Multinomial logistic regression on FEATURES; its card is models/cards/decisions.md."""

    def __init__(self, stance_id: str, weights: Floats, intercepts: Floats) -> None:
        """`weights` has shape (len(STANCES), len(FEATURES)), `intercepts` one number a stance."""
        self.stance_id = stance_id
        self._weights, self._intercepts = weights, intercepts

    def classify(self, pairs: Sequence[StancePair], logits: Logits) -> list[StanceScore]:
        """See StanceClassifier."""
        if not pairs:
            return []
        cues = [fired_cues(pair) for pair in pairs]
        shares = self.of_features(stance_features(cues, logits))
        return [
            StanceScore(float(row[0]), float(row[1]), float(row[2]), float(row[3]), tuple(names))
            for row, names in zip(shares, cues, strict=True)
        ]

    def of_features(self, features: Floats) -> Floats:
        """Probabilities of STANCES, shape (n, 4), from features (n, len(FEATURES))."""
        return softmax(features @ self._weights.T + self._intercepts)


def stance_features(cues: Sequence[Sequence[str]], logits: Logits) -> Floats:
    """Shape (n, len(FEATURES)): log-probabilities of the four stances given that one holds, then counts of cues."""
    four = logits[:, : len(STANCES)].astype(np.float64)
    four -= np.logaddexp.reduce(four, axis=1)[:, None]
    kinds = [[name.split(":")[0] for name in names] for names in cues]
    counts = [[min(MOST_CUES, own.count(kind)) for kind in CUE_KINDS] for own in kinds]
    return np.hstack([four, np.array(counts, dtype=np.float64).reshape(len(cues), len(CUE_KINDS))])


def load_stance(path: Path = WEIGHTS) -> TrainedStance:
    """The fit that ships. Raises ValueError where the file was fitted on other features."""
    stored = read_fit(path, FEATURES)
    return TrainedStance(stored["stance_id"], np.array(stored["weights"]), np.array(stored["intercepts"]))
