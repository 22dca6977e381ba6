"""Recalibration: what labels prove and no longer prove, where alerts begin higher, and what a person must see."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.promise import Promise
from pipeline.config import POLICY
from pipeline.screening.recalibration import LABEL_COLUMNS, beyond_bounds, figures_of, recalibrate, weigh, within_bounds
from pipeline.screening.thresholds import UNCALIBRATED, Calibration, Threshold
from tests.waiting import processor_within

NOTHING = Promise("", {})
START = pd.Timestamp("2026-05-01", tz="UTC")


def labels(scores: list[float], right: list[int], source: str = "x", claim: str = "") -> pd.DataFrame:
    """Reviews an hour apart, each of one post; without `claim` each of a claim of its own."""
    claims = [claim or f"claim-{number}" for number in range(len(scores))]
    times = START + pd.to_timedelta(np.arange(len(scores)), unit="h")
    rows = pd.DataFrame({"source": source, "claim_id": claims, "score": scores, "right": right, "weight": 1.0})
    return rows.assign(reviewed_at=times)[list(LABEL_COLUMNS)]


def spread(count: int, low: float = 0.45, high: float = 0.75) -> list[float]:
    return [round(float(score), 4) for score in np.random.default_rng(count).uniform(low, high, count)]


def fitted(told: pd.DataFrame, present: Threshold | None = None) -> Threshold | None:
    """The threshold of source x."""
    current = Calibration(1, {("x", ""): present}) if present else UNCALIBRATED
    return recalibrate(told, current, POLICY).get(("x", ""))


def test_what_is_always_right_is_proven() -> None:
    found = fitted(labels(spread(60), [1] * 60))
    assert found is not None
    assert found.proven
    assert found.score == min(spread(60))
    assert (found.labels, found.confirmed) == (60, 60)


def test_a_claim_is_proven_over_all_its_sources() -> None:
    both = pd.concat([labels(spread(30), [1] * 30, source, "myth") for source in ("x", "reddit")])
    found = recalibrate(both, UNCALIBRATED, POLICY)
    assert found.keys() == {("", "myth")}
    assert found["", "myth"].proven


def test_too_few_labels_prove_nothing() -> None:
    count = int(POLICY["calibration_labels"]) - 1
    assert recalibrate(labels(spread(count), [1] * count, claim="myth"), UNCALIBRATED, POLICY) == {}
    assert recalibrate(labels([], []), UNCALIBRATED, POLICY) == {}


def test_no_fitted_threshold_is_too_low() -> None:
    found = fitted(labels(spread(200, 0.3, 0.75), [1] * 200))
    assert found is not None
    assert POLICY["calibration_lowest"] <= found.score < POLICY["calibration_lowest"] + 0.02


def test_nine_of_ten_is_rarely_proven_of_what_is_less_often_right() -> None:
    random, proven = np.random.default_rng(1), 0
    for _ in range(300):
        found = fitted(labels(random.uniform(0.4, 0.8, 300).round(4).tolist(), (random.random(300) < 0.895).tolist()))
        proven += found is not None and found.proven
    assert proven / 300 <= 0.06


def test_a_proof_stays_as_it_was_until_it_can_be_lower_by_a_step() -> None:
    present = fitted(labels(spread(60, 0.5), [1] * 60))
    assert present is not None
    assert fitted(labels([*spread(60, 0.5), 0.495], [1] * 61), present) is present
    lower = fitted(labels([*spread(60, 0.5), *[0.42] * 30], [1] * 90), present)
    assert lower is not None
    assert (lower.score, lower.proven) == (0.42, True)


def test_a_proof_ends_within_days_of_a_drift() -> None:
    scores, right = spread(300), [1] * 280 + [1, 0, 1, 0, 0] * 4
    present = Threshold(0.45, proven=True)
    assert fitted(labels(scores[:280], right[:280]), present) == present
    found = fitted(labels(scores, right), present)
    assert found is not None
    assert (found.score, found.proven) == (POLICY["unproven_score"], False)


def test_a_proof_ends_with_its_labels() -> None:
    found = recalibrate(labels([], []), Calibration(1, {("x", ""): Threshold(0.6, proven=True, labels=50)}), POLICY)
    assert found == {("x", ""): Threshold(0.6, proven=False)}


def test_alerts_that_are_surely_wrong_begin_higher_and_not_lower_again() -> None:
    scores = spread(200, 0.48, 0.7)
    raised = fitted(labels(scores, [int(score > 0.6 and number % 5 > 0) for number, score in enumerate(scores)]))
    assert raised is not None
    assert not raised.proven
    assert POLICY["unproven_score"] < raised.score <= 0.6
    assert fitted(labels(scores, [number % 10 < 7 for number in range(200)]), raised) is raised
    assert fitted(labels(scores, [number % 10 < 7 for number in range(200)])) is None


def test_a_label_stands_for_the_posts_like_it() -> None:
    told = labels([0.51, 0.54, 0.71, 0.33], [1, 1, 1, 0])
    population = pd.DataFrame(
        {"source": ["x"] * 7 + ["reddit"], "score": [0.5, 0.52, 0.53, 0.54, 0.549, 0.7, 0.9, 0.33]}
    )
    assert weigh(told, population)["weight"].tolist() == [2.5, 2.5, 1.0, 1.0]
    assert weigh(told, population.iloc[:0])["weight"].tolist() == [1.0] * 4
    assert weigh(told.iloc[:0], population).empty


def test_the_figures_are_of_alerts_and_of_posts_that_spread_a_claim() -> None:
    told = labels([0.6, 0.6, 0.5, 0.4, 0.4], [1, 0, 1, 1, 0]).assign(weight=[1.0, 1.0, 2.0, 4.0, 1.0])
    found = figures_of(told, UNCALIBRATED, POLICY, NOTHING)
    assert found.precision == pytest.approx(3 / 4)
    assert found.recall == pytest.approx(3 / 7)
    assert found.precision_low is not None
    assert found.precision_high is not None
    assert found.precision_low < 3 / 4 < found.precision_high
    stricter = figures_of(told, Calibration(1, {("x", ""): Threshold(0.7, proven=False)}), POLICY, NOTHING)
    assert (stricter.precision, stricter.recall) == (None, 0.0)
    assert figures_of(told.iloc[:0], UNCALIBRATED, POLICY, NOTHING).recall is None


def test_what_moves_far_or_high_waits_for_a_person() -> None:
    before = Calibration(1, {("x", ""): Threshold(0.65, proven=False), ("", "myth"): Threshold(0.5, proven=True)})
    near = {("x", ""): Threshold(0.6, proven=True), ("", "myth"): Threshold(0.6, proven=True)}
    assert beyond_bounds(before, near, POLICY) == ""
    assert within_bounds(before, near, POLICY) == near
    assert "claim new: the threshold would go from 0.48 to 0.62" in beyond_bounds(
        before, {("", "new"): Threshold(0.62, proven=True)}, POLICY
    )
    assert "source x" in beyond_bounds(before, {("x", ""): Threshold(0.71, proven=False)}, POLICY)
    every = replace(POLICY, calibration_step=replace(POLICY.calibration_step, value=0))
    assert "claim myth" in beyond_bounds(before, near, every)
    assert beyond_bounds(before, before.thresholds, every) == ""


def test_a_proof_that_does_not_hold_waits_for_nobody() -> None:
    before = Calibration(1, {("x", ""): Threshold(0.4, proven=True)})
    after = {("x", ""): Threshold(0.48, proven=False), ("", "new"): Threshold(0.9, proven=True)}
    assert beyond_bounds(before, {("x", ""): Threshold(1.01, proven=False)}, POLICY) == ""
    assert "claim new" in beyond_bounds(before, after, POLICY)
    assert within_bounds(before, after, POLICY) == {("x", ""): Threshold(0.48, proven=False)}


def test_ten_thousand_labels_take_less_than_a_second() -> None:
    random = np.random.default_rng(2)
    told = labels(random.uniform(0.3, 0.9, 10_000).round(4).tolist(), (random.random(10_000) < 0.3).tolist())
    told = told.assign(claim_id=[f"claim-{number % 120}" for number in range(10_000)])
    with processor_within(1):
        recalibrate(weigh(told, told), UNCALIBRATED, POLICY)
