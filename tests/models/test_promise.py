"""The promise: which score is proven, and by whose labels."""

import numpy as np
import pytest

from models.promise import LEAST_LABELS, Labels, Promise, lowest_threshold


def pool(right: int, wrong: int) -> Labels:
    scores = np.linspace(0.99, 0.5, right + wrong)
    promotes = np.array([1.0] * right + [0.0] * wrong)
    return Labels(scores, promotes, np.ones(right + wrong))


def test_a_promise_needs_labels_enough() -> None:
    assert lowest_threshold(pool(LEAST_LABELS - 1, 0), 0.5) is None
    assert lowest_threshold(pool(20, 0), 0.9) is None
    assert lowest_threshold(pool(40, 0), 0.9) == pytest.approx(0.5)


def test_the_threshold_stops_before_what_breaks_the_promise() -> None:
    labels = pool(60, 60)
    found = lowest_threshold(labels, 0.9)
    assert found is not None
    alarmed = labels.scores >= found
    assert labels.promotes[alarmed].mean() >= 0.9
    assert (lowest_threshold(labels, 0.95) or 1.0) >= found


def test_labels_nearer_to_a_post_overrule_where_they_prove_something() -> None:
    sure, bad, few = pool(80, 0), pool(0, 40), pool(3, 1)
    promise = Promise("p", {"": pool(60, 60), "x": sure, "claim:myth": bad, "claim:new": few})
    everyone = promise.threshold(0.9)
    assert everyone is not None
    assert everyone > 0.5
    assert promise.threshold(0.9, "x") == pytest.approx(0.5)
    assert promise.threshold(0.9, "reddit") == everyone
    assert promise.threshold(0.9, "x", "myth") is None
    assert promise.threshold(0.9, "reddit", "new") == everyone
    assert Promise("p", {"": few}).threshold(0.9) is None
    assert Promise("p", {"": few, "claim:own": sure}).threshold(0.9, "x", "own") == pytest.approx(0.5)
