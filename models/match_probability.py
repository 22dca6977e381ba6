"""The probability that a post is about a claim: logistic regression on the matcher's scores."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.folding import fold_text
from models.matcher import Candidates

WEIGHTS = Path(__file__).parent / "weights" / "match_probability.json"
FEATURES = ("dense", "nearest", "sparse", "coverage", "lead", "length")
# A lead beyond this says no more, and a claims file with one claim has no second to lead over.
MAX_LEAD = 0.2
MAX_LENGTH_WORDS = 256

Probabilities = NDArray[np.float64]


class MatchProbability(Protocol):
    """Calibrated p_match. `probability_id` names the fit; it is stored beside every match."""

    probability_id: str

    def estimate(self, candidates: Candidates, texts: Sequence[str]) -> Probabilities:
        """p_match in [0, 1] for each candidate, shape (posts, top); `texts` are the posts as written."""
        ...


class LogisticMatch:
    """A fitted logistic regression; the fit and its figures are in models/cards/match_probability.md."""

    def __init__(self, probability_id: str, weights: Sequence[float], intercept: float) -> None:
        self.probability_id = probability_id
        self._weights = np.array(weights, dtype=np.float64)
        self._intercept = intercept

    def estimate(self, candidates: Candidates, texts: Sequence[str]) -> Probabilities:
        """See MatchProbability."""
        return self.of_features(match_features(candidates, texts))

    def of_features(self, features: NDArray[np.float64]) -> Probabilities:
        """The same from features already made; the last axis is FEATURES."""
        logits = features @ self._weights + self._intercept
        found: Probabilities = 1.0 / (1.0 + np.exp(-np.clip(logits, -30, 30)))
        return found


def match_features(candidates: Candidates, texts: Sequence[str]) -> NDArray[np.float64]:
    """The inputs of the regression, shape (posts, top, len(FEATURES)); see FEATURES for their order.

    `lead` is the distance in similarity to the best other claim (negative below rank one), within MAX_LEAD.
    """
    posts, top = candidates.similarity.shape
    features = np.zeros((posts, top, len(FEATURES)))
    if not posts or not top:
        return features
    similarity = candidates.similarity.astype(np.float64)
    rival = np.repeat(similarity[:, :1], top, axis=1)
    rival[:, 0] = similarity[:, 1] if top > 1 else similarity[:, 0] - MAX_LEAD / 2
    words = np.array([min(MAX_LENGTH_WORDS, fold_text(text).count(" ") + 1) for text in texts])
    features[..., 0] = candidates.dense
    features[..., 1] = candidates.nearest
    features[..., 2] = candidates.sparse
    features[..., 3] = candidates.coverage
    features[..., 4] = np.clip(similarity - rival, -MAX_LEAD, MAX_LEAD)
    features[..., 5] = (np.log2(words) / np.log2(MAX_LENGTH_WORDS))[:, None]
    return features


def load_match_probability(path: Path = WEIGHTS) -> LogisticMatch:
    """The fit that ships. Raises ValueError where the file was fitted on other features."""
    stored = json.loads(path.read_text())
    if tuple(stored["features"]) != FEATURES:
        raise ValueError(f"{path.name} was fitted on {stored['features']}, not on {list(FEATURES)}")
    return LogisticMatch(stored["probability_id"], stored["weights"], stored["intercept"])
