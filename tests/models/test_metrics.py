"""Measures against values worked out by hand."""

import math

import numpy as np
import pytest

from models import metrics

SCORES = np.array([0.9, 0.8, 0.7, 0.6])
HITS = np.array([True, False, True, False])


def test_average_precision_and_precision_at_recall() -> None:
    assert metrics.average_precision(SCORES, HITS) == pytest.approx((1 + 2 / 3) / 2)
    assert metrics.precision_at_recall(SCORES, HITS, 0.5) == 1.0
    assert metrics.precision_at_recall(SCORES, HITS, 0.8) == pytest.approx(2 / 3)
    assert math.isnan(metrics.average_precision(SCORES, ~HITS & HITS))


def test_ranked_precision_counts_the_first_five() -> None:
    assert metrics.ranked_precision([3, 1, 2], frozenset({1})) == 0.5
    assert metrics.ranked_precision([3, 4, 5, 6, 7, 1], frozenset({1})) == 0.0


def test_macro_f1_counts_an_absent_class_as_zero() -> None:
    assert metrics.macro_f1(["a", "a", "b"], ["a", "b", "b"], ["a", "b", "c"]) == pytest.approx((2 / 3 + 2 / 3) / 3)


def test_few_rows_leave_a_calibration_error_to_chances_that_are_right() -> None:
    chances = np.random.default_rng(1).random(20_000)
    assert metrics.chance_calibration_error(chances) < 0.02 < metrics.chance_calibration_error(chances[:100])


def test_calibration_error_is_the_weighted_gap() -> None:
    chances = np.array([0.1, 0.1, 0.9, 0.9])
    assert metrics.calibration_error(chances, np.array([False, False, True, True])) == pytest.approx(0.1)


def test_the_wilson_interval_is_the_known_one() -> None:
    low, high = metrics.share_interval(8, 10)
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert metrics.share_interval(0, 0) == (0.0, 1.0)


def test_bootstrap_keeps_pairs_of_a_post_together() -> None:
    values, posts = np.array([1.0, 1.0, 0.0, 0.0]), ["a", "a", "b", "b"]
    low, high = metrics.bootstrap_interval(lambda rows: float(values[rows].mean()), posts)
    assert (low, high) == (0.0, 1.0)
