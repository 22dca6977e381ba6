"""Thresholds fitted anew to what people confirmed and rejected: what is proven, what is withdrawn, what begins higher.

Pure. The statistics and how often they keep the promise are in docs/reviews.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammainc  # type: ignore[import-untyped]

from models.metrics import share_interval
from models.promise import LEAST_LABELS, STEP, Labels, Promise, chance_of_hits, lowest_threshold
from pipeline.config import Policy
from pipeline.screening.thresholds import Calibration, Threshold, threshold_of

LABEL_COLUMNS = ("source", "claim_id", "score", "right", "weight", "reviewed_at")
# Labels stand for the posts of the same source and the same twentieth of the score.
BIN = 0.05
# A drift is looked for in the newest labels of each tenth of the score, so many times as many at every further look.
DRIFT_BIN, DRIFT_GROWTH = 0.1, 1.4
# Found by simulation (docs/reviews.md). A proof is sought anew every night, so it must be surer than one that is sought
# once; it is kept while its labels, and a drift is found where its rejections, are this unlikely by chance.
PROOF_CONFIDENCE, KEPT_CHANCE, DRIFT_CHANCE = 0.98, 0.20, 0.02
# More drifts than this in one window are not looked for.
_DRIFTS = 3
# Scores have four digits.
_HAIR = 1e-9

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Pool = tuple[str, str]


@dataclass(frozen=True)
class Figures:
    """Precision and recall over labelled posts with their 95 % intervals; None where nothing of it is labelled."""

    precision: float | None
    precision_low: float | None
    precision_high: float | None
    recall: float | None
    recall_low: float | None
    recall_high: float | None


def weigh(labels: pd.DataFrame, population: pd.DataFrame) -> pd.DataFrame:
    """`labels` with a `weight` each: how many posts of `population` (columns source, score) it stands for, at least 1.

    People see the clearest post of an alert and some of the rest, so high scores are labelled more often than others.
    """
    sources = pd.Index(labels["source"]).append(pd.Index(population["source"]))
    codes = pd.factorize(sources)[0] * round(2 / BIN) + _bins(
        np.concatenate([labels["score"].to_numpy(float), population["score"].to_numpy(float)]), BIN
    )
    own, others = codes[: len(labels)], codes[len(labels) :]
    size = int(codes.max(initial=0)) + 1
    share = np.bincount(others, minlength=size) / np.maximum(np.bincount(own, minlength=size), 1)
    return labels.assign(weight=np.maximum(share[own], 1.0))


def recalibrate(labels: pd.DataFrame, current: Calibration, policy: Policy) -> dict[Pool, Threshold]:
    """The thresholds of every source and claim that were ever fitted, by (source, "") and ("", claim id).

    `labels` has LABEL_COLUMNS and is all that was reviewed in the window. Where its newest labels are wrong more often
    than older ones of like score, those teach no more.
    """
    order = labels["reviewed_at"].argsort(kind="stable").to_numpy()
    told = Labels(*(labels[name].to_numpy(float)[order] for name in ("score", "right", "weight")))
    named = {name: pd.factorize(labels[name].take(order)) for name in ("source", "claim_id")}
    pools = dict(_pools(*named["source"], *named["claim_id"]))
    told, kept = _since_drift(told, named["source"][0], list(pools.values()), policy)
    found = {}
    for pool in dict.fromkeys((*pools, *current.thresholds)):
        present = current.thresholds.get(pool, _unfitted(policy))
        places = pools.get(pool, np.empty(0, dtype=np.int64))
        fitted = _fit(_part(told, places[kept[places]]), present, policy)
        if pool in current.thresholds or (fitted.score, fitted.proven) != (present.score, present.proven):
            found[pool] = fitted
    return found


def figures_of(labels: pd.DataFrame, calibration: Calibration, policy: Policy, promise: Promise) -> Figures:
    """What the labels say of the alerts that these thresholds make: how many are right, how many posts are found."""
    codes, pairs = pd.factorize(pd.MultiIndex.from_frame(labels[["source", "claim_id"]]))
    least = np.array([threshold_of(calibration, promise, policy, *pair).score for pair in pairs], dtype=float)
    scores, right, weights = (labels[name].to_numpy(float) for name in ("score", "right", "weight"))
    alarms = scores >= least[codes] if len(labels) else np.zeros(0, dtype=bool)
    rights = right > 0
    return Figures(*_share(right[alarms], weights[alarms]), *_share(alarms[rights].astype(float), weights[rights]))


def beyond_bounds(before: Calibration, after: Mapping[Pool, Threshold], policy: Policy) -> str:
    """Why a person must apply this set: the first pool that moves too far or too high; "" where it is in bounds."""
    reasons = (_beyond(pool, _before(before, pool, policy), after[pool], policy) for pool in sorted(after))
    return next(filter(None, reasons), "")


def within_bounds(before: Calibration, after: Mapping[Pool, Threshold], policy: Policy) -> dict[Pool, Threshold]:
    """What of a set needs nobody: a pool that moves too far or too high keeps the threshold that it had.

    A proof that does not hold must not wait for a person who looks at another pool.
    """
    kept = {}
    for pool, fitted in after.items():
        if not _beyond(pool, _before(before, pool, policy), fitted, policy):
            kept[pool] = fitted
        elif pool in before.thresholds:
            kept[pool] = before.thresholds[pool]
    return kept


def _fit(told: Labels, present: Threshold, policy: Policy) -> Threshold:
    if len(told.scores) < policy["calibration_labels"]:
        return _withdrawn(told, present, policy) if present.proven else present
    allowed = _part(told, _above(told, policy["calibration_lowest"]))
    proven = lowest_threshold(allowed, policy["promise_target"], PROOF_CONFIDENCE)
    lower = proven is not None and proven <= present.score - STEP
    if present.proven and not lower and _holds(told, present.score, policy):
        return present
    if proven is not None:
        return _threshold(told, proven, proven=True)
    if present.proven:
        return _withdrawn(told, present, policy)
    score = _raised(told, present.score, policy)
    return present if score == present.score else _threshold(told, score, proven=False)


def _holds(told: Labels, score: float, policy: Policy) -> bool:
    hits, rows = _effective(*_said(told, _above(told, score)))
    enough = rows >= LEAST_LABELS
    return enough and float(chance_of_hits(np.array(hits), np.array(rows), policy["promise_target"])) <= KEPT_CHANCE


def _raised(told: Labels, score: float, policy: Policy) -> float:
    """The lowest score, this one or some steps higher, from which on not surely too few alerts are right."""
    while True:
        hits, rows = _effective(*_said(told, _above(told, score)))
        # The upper end of the two-sided 90 % interval is the one-sided 95 % bound.
        if share_interval(hits, rows, 0.9)[1] >= policy["wrong_share"]:
            return score
        score = round(score + STEP, 4)


def _withdrawn(told: Labels, present: Threshold, policy: Policy) -> Threshold:
    return _threshold(told, max(present.score, policy["unproven_score"]), proven=False)


def _threshold(told: Labels, score: float, *, proven: bool) -> Threshold:
    own = _above(told, score)
    return Threshold(round(score, 4), proven, len(own), int(told.promotes[own].sum()))


def _since_drift(
    told: Labels, sources: Places, pools: Sequence[Places], policy: Policy
) -> tuple[Labels, NDArray[np.bool_]]:
    """Which labels came since people began to reject what they had confirmed: of all, of a source and of a claim.

    Those that are kept stand for as many posts as all did.
    """
    kept = np.ones(len(told.scores), dtype=bool)
    for places in (np.arange(len(kept)), *pools):
        own = places[kept[places]]
        kept[own[: _last_drift(_part(told, own), policy)]] = False
    bins = sources * round(2 / BIN) + _bins(told.scores, BIN)
    sums, counts = np.bincount(bins, weights=told.weights), np.bincount(bins, weights=kept)
    return replace(told, weights=sums[bins] / np.maximum(counts[bins], 1)), kept


def _last_drift(told: Labels, policy: Policy) -> int:
    first = 0
    for _ in range(_DRIFTS):
        since = _drift(_part(told, np.arange(first, len(told.scores))), policy)
        if not since:
            break
        first += since
    return first


def _drift(told: Labels, policy: Policy) -> int:
    """From which label on (by time) people reject surely more than they did at like scores; 0 where they do not.

    The newest `calibration_recent` labels are compared with all before them, then more, up to half. By the Poisson
    chance of so many rejections; in a bin without older labels half are expected to be.
    """
    places = _above(told, policy["calibration_lowest"])
    bins, wrong = _bins(told.scores[places], DRIFT_BIN), 1 - told.promotes[places]
    found, least, newest = 0, DRIFT_CHANCE, float(policy["calibration_recent"])
    size = int(bins.max(initial=0)) + 1
    while round(newest) <= len(places) / 2:
        cut = len(places) - round(newest)
        older = np.bincount(bins[:cut], minlength=size), np.bincount(bins[:cut], weights=wrong[:cut], minlength=size)
        expected = ((older[1] + 0.5) / (older[0] + 1))[bins[cut:]].sum()
        seen = wrong[cut:].sum()
        chance = gammainc(seen, expected) if seen else 1.0
        if chance < least:
            found, least = int(places[cut]), float(chance)
        newest *= DRIFT_GROWTH
    return found


def _beyond(pool: Pool, was: Threshold, fitted: Threshold, policy: Policy) -> str:
    if (was.score, was.proven) == (fitted.score, fitted.proven) or (was.proven and not fitted.proven):
        return ""
    source, claim_id = pool
    name = f"claim {claim_id}" if claim_id else f"source {source}"
    moved = f"{name}: the threshold would go from {was.score:.2f} to {fitted.score:.2f}"
    if fitted.score > max(was.score, policy["calibration_highest"]):
        return f"{moved}, above {policy['calibration_highest']:.2f} (calibration_highest)"
    step = policy["calibration_step"]
    if not step:
        return f"{moved}, and every change waits (calibration_step is 0)"
    if abs(fitted.score - was.score) > step + _HAIR:
        return f"{moved}, by more than {step:.2f} (calibration_step)"
    return ""


def _before(before: Calibration, pool: Pool, policy: Policy) -> Threshold:
    return before.thresholds.get(pool, _unfitted(policy))


def _unfitted(policy: Policy) -> Threshold:
    return Threshold(policy["unproven_score"], proven=False)


def _pools(
    sources: Places, source_names: pd.Index, claims: Places, claim_names: pd.Index
) -> Iterator[tuple[Pool, Places]]:
    # Which rows are of each source, and with each claim.
    for number, name in enumerate(source_names):
        yield (str(name), ""), np.flatnonzero(sources == number)
    for number, name in enumerate(claim_names):
        yield ("", str(name)), np.flatnonzero(claims == number)


def _part(told: Labels, places: Places) -> Labels:
    return Labels(told.scores[places], told.promotes[places], told.weights[places])


def _above(told: Labels, score: float) -> Places:
    return np.flatnonzero(told.scores >= score - _HAIR)


def _said(told: Labels, places: Places) -> tuple[Floats, Floats]:
    return told.promotes[places], told.weights[places]


def _effective(hits: Floats, weights: Floats) -> tuple[float, float]:
    """Kish: how many equal rows say as much as these weighted ones, and how many of those are hits."""
    total = float(weights.sum())
    if not total:
        return 0.0, 0.0
    rows = total**2 / float((weights**2).sum())
    return float((weights * hits).sum()) / total * rows, rows


def _share(hits: Floats, weights: Floats) -> tuple[float, float, float] | tuple[None, None, None]:
    found, rows = _effective(hits, weights)
    return (found / rows, *share_interval(found, rows)) if rows else (None, None, None)


def _bins(scores: Floats, width: float) -> Places:
    return np.floor(scores / width + _HAIR).astype(np.int64)
