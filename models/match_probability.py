"""Whether a post is about a claim, and about which rather: two regressions on the matcher's scores and the reader's."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.fitted import read_fit
from models.folding import fold_text
from models.matcher import Candidates
from models.metrics import logistic

WEIGHTS = Path(__file__).parent / "weights" / "match_probability.json"
FEATURES = (
    *("related", "dense", "nearest", "sparse", "coverage", "lead", "length"),
    *("related_squared", "dense_squared", "related_dense", "joint_lead", "similarity"),
)
# A lead beyond this says no more, and a claims file with one claim has no second to lead over.
MAX_LEAD = 0.2
MAX_LENGTH_WORDS = 256
# The reader's odds are sure enough beyond this; a longer tail would outvote everything else.
MAX_ODDS = 8.0
# What two units of odds weigh in cosine when a candidate is compared with its rivals by both.
ODDS_SHARE, DENSE_SHARE, MAX_JOINT_LEAD = 0.5, 12.0, 6.0

Probabilities = NDArray[np.float64]
Odds = NDArray[np.float64]


class MatchProbability(Protocol):
    """Calibrated p_match. `probability_id` names the fit; it is stored beside every match."""

    probability_id: str

    def estimate(self, candidates: Candidates, related: Odds, texts: Sequence[str]) -> tuple[Probabilities, Odds]:
        """p_match in [0, 1] of each candidate, and what to order a post's candidates by; both of shape (posts, top).

        `related` has the reader's log-odds of each (NaN where it did not read: p_match is 0 and it comes last); `texts`
        are the passages.
        """
        ...


class LogisticMatch:
    """Two fitted regressions on FEATURES; the fits and their figures are in models/cards/decisions.md.

    Among ten candidates the best is another question than whether any is right: a calibrated chance answers the second,
    a conditional logit (McFadden, 1974) over each post's candidates the first.
    """

    def __init__(
        self, probability_id: str, weights: Sequence[float], intercept: float, ranking: Sequence[float]
    ) -> None:
        """`weights` and `ranking` have one number a feature."""
        self.probability_id = probability_id
        self._weights, self._ranking = np.array(weights, dtype=np.float64), np.array(ranking, dtype=np.float64)
        self._intercept = intercept

    def estimate(self, candidates: Candidates, related: Odds, texts: Sequence[str]) -> tuple[Probabilities, Odds]:
        """See MatchProbability."""
        features, unread = match_features(candidates, np.nan_to_num(related), texts), np.isnan(related)
        return np.where(unread, 0.0, self.of_features(features)), np.where(unread, -np.inf, self.order_of(features))

    def of_features(self, features: NDArray[np.float64]) -> Probabilities:
        """p_match from features already made; the last axis is FEATURES."""
        logits = features @ self._weights + self._intercept
        return logistic(logits)

    def order_of(self, features: NDArray[np.float64]) -> Odds:
        """What to order by from features already made: log-odds against the other candidates, but for a constant."""
        found: Odds = features @ self._ranking
        return found


def match_features(candidates: Candidates, related: Odds, texts: Sequence[str]) -> NDArray[np.float64]:
    """The inputs of the regression, shape (posts, top, len(FEATURES)); see FEATURES for their order.

    `lead` is the distance in similarity to the best other claim (negative for all but the best), within MAX_LEAD;
    `joint_lead` the same by similarity and odds together.
    """
    posts, top = candidates.similarity.shape
    features = np.zeros((posts, top, len(FEATURES)))
    if not posts or not top:
        return features
    odds, dense = np.clip(related, -MAX_ODDS, MAX_ODDS), candidates.dense.astype(np.float64)
    words = np.array([min(MAX_LENGTH_WORDS, fold_text(text).count(" ") + 1) for text in texts])
    features[..., 0] = odds
    features[..., 1] = dense
    features[..., 2] = candidates.nearest
    features[..., 3] = candidates.sparse
    features[..., 4] = candidates.coverage
    features[..., 5] = np.clip(_lead(candidates.similarity.astype(np.float64), MAX_LEAD / 2), -MAX_LEAD, MAX_LEAD)
    features[..., 6] = (np.log2(words) / np.log2(MAX_LENGTH_WORDS))[:, None]
    features[..., 7] = odds**2 / MAX_ODDS
    features[..., 8] = dense**2
    features[..., 9] = odds * dense
    joint = _lead(ODDS_SHARE * odds + DENSE_SHARE * dense, MAX_JOINT_LEAD / 2)
    features[..., 10] = np.clip(joint, -MAX_JOINT_LEAD, MAX_JOINT_LEAD)
    features[..., 11] = candidates.similarity
    return features


def _lead(values: NDArray[np.float64], alone: float) -> NDArray[np.float64]:
    # Distance to the best other value of the row; `alone` where there is no other.
    if values.shape[1] == 1:
        return np.full(values.shape, alone)
    ranked = np.sort(values, axis=1)
    found: NDArray[np.float64] = values - np.where(values == ranked[:, -1:], ranked[:, -2:-1], ranked[:, -1:])
    return found


def load_match_probability(path: Path = WEIGHTS) -> LogisticMatch:
    """The fit that ships. Raises ValueError where the file was fitted on other features."""
    stored = read_fit(path, FEATURES)
    return LogisticMatch(stored["probability_id"], stored["weights"], stored["intercept"], stored["ranking"])
