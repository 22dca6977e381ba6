"""Fit the linear heads of models.triage_words: L2-penalised multinomial regressions, one for each question."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

from models.training.triage_examples import UNKNOWN, Example
from models.triage import QUESTIONS, WIDTH, columns
from models.triage_words import BUCKETS, Halves, WordHeads, weighted_buckets, word_buckets

PENALTY = 1 / 8
# What a comment says beside a post: comments are only praise or complaint, and would hide that there is more.
COMMENT_SAY = {"category": 0.3, "theme": 1.0, "tone": 0.3}

Floats = NDArray[np.float64]


def fit_words(posts: Sequence[Example], comments: Sequence[Example]) -> dict[str, NDArray[np.generic]]:
    """The tensors `says`, `heads` and `intercepts` of WordHeads, fitted on posts and comments. Deterministic."""
    # Imported here: it takes a second, and only this needs it.
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    examples = [*posts, *comments]
    texts, answers = [one.text for one in examples], np.array([one.answers for one in examples])
    says = _rarity(texts)
    inputs = _matrix(texts, says)
    heads, intercepts = np.zeros((2 * BUCKETS, WIDTH)), np.full(WIDTH, -9.0)
    for place, question in enumerate(QUESTIONS):
        told = answers[:, place] != UNKNOWN
        weights = np.r_[np.ones(len(posts)), np.full(len(comments), COMMENT_SAY.get(question, 0.0))][told]
        model = LogisticRegression(C=1 / PENALTY, max_iter=300)
        model.fit(inputs[told], answers[told, place], sample_weight=weights)
        where = columns(question).start + model.classes_
        heads[:, where], intercepts[where] = model.coef_.T, model.intercept_
    return {"says": says, "heads": heads.astype(np.float16), "intercepts": intercepts.astype(np.float32)}


def word_heads(tensors: dict[str, NDArray[np.generic]]) -> WordHeads:
    """The heads of fitted tensors."""
    says, heads = (tensors[name].astype(np.float16) for name in ("says", "heads"))
    return WordHeads(says, heads, tensors["intercepts"].astype(np.float64))


def save_words(tensors: dict[str, NDArray[np.generic]], path: Path) -> None:
    """Write fitted tensors to a file as `models.triage` reads it."""
    save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, path)


def _rarity(texts: Sequence[str]) -> Halves:
    # Inverse document frequency, smoothed as if one more text held every bucket.
    counts = np.zeros(2 * BUCKETS)
    for text in texts:
        counts[np.concatenate(word_buckets(text))] += 1
    found: Halves = (np.log((1 + len(texts)) / (1 + counts)) + 1).astype(np.float16)
    return found


def _matrix(texts: Sequence[str], says: Halves) -> csr_matrix:
    rows = [weighted_buckets(text, says) for text in texts]
    places, values = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    starts = np.concatenate([[0], np.cumsum([len(buckets) for buckets, _ in rows])])
    return csr_matrix((values, places, starts), shape=(len(texts), 2 * BUCKETS))
