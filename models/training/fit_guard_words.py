"""Fit the guard's linear heads over hashed words: one L2-penalised multinomial regression."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

from models.training.guard_examples import Example
from models.triage_words import BUCKETS, Halves, weighted_buckets, word_buckets

PENALTY = 1 / 8

Tensors = dict[str, NDArray[np.generic]]


def fit_guard_words(examples: Sequence[Example]) -> Tensors:
    """The tensors `says`, `heads` and `intercepts` of WordHeads for ANSWERS. Deterministic."""
    # Imported here: it takes a second, and only this needs it.
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    says = _rarity(examples)
    rows = [weighted_buckets(one.text, says) for one in examples]
    places, values = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    starts = np.concatenate([[0], np.cumsum([len(buckets) for buckets, _ in rows])])
    inputs = csr_matrix((values, places, starts), shape=(len(examples), 2 * BUCKETS))
    model = LogisticRegression(C=1 / PENALTY, max_iter=300)
    model.fit(inputs, [one.answer for one in examples], sample_weight=[one.say for one in examples])
    return {
        "says": says,
        "heads": model.coef_.T.astype(np.float16),
        "intercepts": model.intercept_.astype(np.float32),
    }


def _rarity(examples: Sequence[Example]) -> Halves:
    # Inverse document frequency, smoothed as if one more text held every bucket.
    counts = np.zeros(2 * BUCKETS)
    for one in examples:
        counts[np.concatenate(word_buckets(one.text))] += 1
    found: Halves = (np.log((1 + len(examples)) / (1 + counts)) + 1).astype(np.float16)
    return found
