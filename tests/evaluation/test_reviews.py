"""Replayed reviews: with a drift in the middle the promise is kept, and who knows too little never alerts."""

from dataclasses import replace

import numpy as np
import pytest

from models.promise import load_promise
from pipeline.config import POLICY
from pipeline.evaluation.reviews import (
    DAYS,
    DRIFT_DAY,
    Counted,
    Reviewing,
    development_stream,
    invented_stream,
    replay_many,
    reviews_report,
)

NEVER = replace(POLICY, unproven_score=replace(POLICY.unproven_score, value=1.01))
# Not every night, or it would take minutes.
SELDOM = Reviewing(nights=7)
TOO_FEW = replace(SELDOM, most=int(POLICY["calibration_labels"]) - 1)


@pytest.fixture(scope="module")
def taught() -> list[Counted]:
    return replay_many(invented_stream, SELDOM, 20)


def test_the_promise_is_kept_and_it_is_made(taught: list[Counted]) -> None:
    assert np.mean([one.kept(POLICY["promise_target"]) for one in taught]) >= 0.95
    assert np.mean([one.proven > 100 for one in taught]) >= 0.95


def test_a_drift_ends_the_promise_within_weeks(taught: list[Counted]) -> None:
    days = [one.last_day - DRIFT_DAY for one in taught]
    assert np.median(days) <= 14
    assert sum(one.after_proven for one in taught) < 0.2 * sum(one.proven for one in taught)


def test_too_few_labels_promise_nothing() -> None:
    for one in replay_many(invented_stream, TOO_FEW, 3):
        assert one.labels == TOO_FEW.most
        assert one.proven == 0


def test_where_only_proof_alerts_too_few_labels_never_do() -> None:
    assert [one.alerts for one in replay_many(invented_stream, TOO_FEW, 3, NEVER)] == [0, 0, 0]
    # Even the first threshold is a step from "never", which a person takes.
    assert [one.alerts for one in replay_many(invented_stream, SELDOM, 1, NEVER)] == [0]
    free = replace(NEVER, calibration_step=replace(NEVER.calibration_step, value=1.0))
    for one in replay_many(invented_stream, replace(SELDOM, checks_a_day=20), 2, free):
        assert one.alerts == one.proven > 0


def test_reviews_leave_out_what_is_wrong() -> None:
    shipped = load_promise()
    streams = {
        told: replay_many(lambda random: development_stream(random, shipped), reviewing, 3)
        for told, reviewing in (("yes", SELDOM), ("no", None))
    }
    shares = {told: sum(one.right for one in own) / sum(one.alerts for one in own) for told, own in streams.items()}
    assert shares["yes"] > shares["no"]
    assert all(one.kept(POLICY["promise_target"]) for own in streams.values() for one in own)
    assert [one.promoting for one in streams["yes"]] == [one.promoting for one in streams["no"]]


def test_a_stream_is_half_a_year_by_day() -> None:
    for draw in (invented_stream, lambda random: development_stream(random, load_promise())):
        days = draw(np.random.default_rng(3))["day"]
        assert days.is_monotonic_increasing
        assert days.max() == DAYS - 1


def test_the_report_has_a_row_for_each_stream() -> None:
    report = reviews_report(["development"], replays=1, nights=30)
    for name in ("invented", "invented, no drift", "development", "invented, 39 reviews"):
        assert f"| {name} | " in report
    assert "nan" not in report
