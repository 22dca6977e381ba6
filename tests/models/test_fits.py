"""The fits find what the data were drawn from, and ignore what says nothing."""

import numpy as np
import pytest

from models.training.fits import fit_logistic, fit_multinomial, fit_ranking

RANDOM = np.random.default_rng(3)


def test_a_logistic_fit_finds_the_weights_behind_the_labels() -> None:
    inputs = RANDOM.normal(size=(20_000, 3))
    chances = 1 / (1 + np.exp(-(inputs @ [1.5, -1.0, 0.0] - 0.5)))
    labels = (RANDOM.random(len(inputs)) < chances).astype(float)
    weights, intercept = fit_logistic(inputs, labels, np.ones(len(inputs)), 1.0)
    assert [*weights, intercept] == pytest.approx([1.5, -1.0, 0.0, -0.5], abs=0.1)


def test_a_multinomial_fit_tells_the_classes_apart() -> None:
    labels = RANDOM.integers(3, size=600)
    inputs = np.eye(3)[labels] + RANDOM.normal(size=(600, 3)) / 10
    weights, intercepts = fit_multinomial(inputs, labels, np.ones(600), 1.0)
    assert ((inputs @ weights.T + intercepts).argmax(axis=1) == labels).all()


def test_a_ranking_fit_looks_at_the_differences_within_a_post_only() -> None:
    told, level = RANDOM.normal(size=(500, 6)), RANDOM.normal(size=(500, 1)) * 50
    right = told == told.max(axis=1, keepdims=True)
    # The level of a post is the same for all its candidates: it says nothing of which one is right.
    features = np.stack([told, np.repeat(level, 6, axis=1)], axis=-1)
    none = np.zeros((20, 6), bool)
    weights = fit_ranking([(features, right, 300.0), (features[:20], none, 300.0)], 1.0)
    assert (features @ weights).argmax(axis=1).tolist() == told.argmax(axis=1).tolist()
    assert weights[1] == pytest.approx(0.0, abs=1e-3)
