"""The measures that `auscult eval` and the fits report; each is defined by its docstring and no more."""

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
BOOTSTRAPS = 1000


def softmax(powers: Floats) -> Floats:
    """Shares that sum to 1 in each row of `powers`, shape (n, classes)."""
    raised = np.exp(powers - powers.max(axis=1, keepdims=True))
    found: Floats = raised / raised.sum(axis=1, keepdims=True)
    return found


def logistic(odds: Floats) -> Floats:
    """The probabilities of log-odds, which are cut at 30 either way."""
    found: Floats = 1.0 / (1.0 + np.exp(-np.clip(odds, -30, 30)))
    return found


def average_precision(scores: Floats, positive: Flags) -> float:
    """Mean of the precision at each positive, by falling score; ties in the order given. NaN without a positive."""
    hits = positive[np.argsort(-scores, kind="stable")]
    if not hits.any():
        return math.nan
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())


def ranked_precision(ranked: Sequence[int], gold: frozenset[int], depth: int = 5) -> float:
    """AP@depth of one ranked list: precision at each gold found, over min(golds, depth). Its mean is MAP@depth."""
    hits, total = 0, 0.0
    for rank, item in enumerate(ranked[:depth], start=1):
        if item in gold:
            hits += 1
            total += hits / rank
    return total / min(len(gold), depth)


def precision_at_recall(scores: Floats, positive: Flags, recall: float) -> float:
    """The best precision among thresholds that reach `recall`. NaN without a positive."""
    hits = positive[np.argsort(-scores, kind="stable")]
    if not hits.any():
        return math.nan
    found = np.cumsum(hits)
    precision = found / np.arange(1, len(hits) + 1)
    return float(precision[found / hits.sum() >= recall].max())


def macro_f1(predicted: Sequence[str], actual: Sequence[str], classes: Sequence[str]) -> float:
    """Unweighted mean of the F1 of `classes`; a class that neither side has counts as 0."""
    guessed, real = np.array(predicted), np.array(actual)
    scores = []
    for name in classes:
        both = int(((guessed == name) & (real == name)).sum())
        either = int((guessed == name).sum() + (real == name).sum())
        scores.append(2 * both / either if either else 0.0)
    return float(np.mean(scores))


def calibration_error(chances: Floats, happened: Floats | Flags, bins: int = 10) -> float:
    """Expected calibration error over equally wide bins, weighted by their counts (Naeini et al., 2015)."""
    place = np.minimum((chances * bins).astype(int), bins - 1)
    gaps = [abs(chances[place == b].mean() - happened[place == b].mean()) * (place == b).mean() for b in set(place)]
    return float(sum(gaps))


def reliability(chances: Floats, happened: Flags, bins: int = 10) -> list[tuple[float, float, int]]:
    """Mean chance, share that happened and count of every bin that holds something."""
    place = np.minimum((chances * bins).astype(int), bins - 1)
    return [
        (float(chances[place == b].mean()), float(happened[place == b].mean()), int((place == b).sum()))
        for b in sorted(set(place.tolist()))
    ]


def chance_calibration_error(chances: Floats, draws: int = 200, seed: int = 0) -> float:
    """The mean calibration error that `chances` would have if they were right: what counting so few rows leaves."""
    random = np.random.default_rng(seed)
    return float(np.mean([calibration_error(chances, random.random(len(chances)) < chances) for _ in range(draws)]))


def share_interval(count: float, total: float, confidence: float = 0.95) -> tuple[float, float]:
    """Two-sided Wilson interval of a share; (0, 1) of nothing."""
    if not total:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, spread = count / total, z * z / total
    middle = (share + spread / 2) / (1 + spread)
    reach = z * math.sqrt(share * (1 - share) / total + spread / total / 4) / (1 + spread)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def lower_bound(count: float, total: float, confidence: float = 0.95) -> float:
    """One-sided Wilson lower bound of a share; 0 of nothing."""
    return share_interval(count, total, 2 * confidence - 1)[0]


def bootstrap_interval(
    measure: Callable[[NDArray[np.int64]], float], groups: Sequence[object], seed: int = 0
) -> tuple[float, float]:
    """95 % percentile interval of `measure(rows)` over resampled `groups`: pairs of one post stay together."""
    names = np.array([str(group) for group in groups])
    _, inverse = np.unique(names, return_inverse=True)
    members = [np.flatnonzero(inverse == group) for group in range(inverse.max() + 1)]
    random = np.random.default_rng(seed)
    found = []
    for _ in range(BOOTSTRAPS):
        taken = random.integers(len(members), size=len(members))
        found.append(measure(np.concatenate([members[group] for group in taken])))
    low, high = np.nanpercentile(found, [2.5, 97.5])
    return float(low), float(high)
