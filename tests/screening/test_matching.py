"""The policy: only what is proven to be right often enough alarms."""

import pytest

from models.stance import StanceScore
from pipeline.config import POLICY
from pipeline.screening.matching import decide
from pipeline.screening.thresholds import Threshold

PROVEN, UNPROVEN = Threshold(0.8, proven=True), Threshold(POLICY["unproven_score"], proven=False)


def score(**shares: float) -> StanceScore:
    return StanceScore(**{"promotes": 0.0, "debunks": 0.0, "questions": 0.0, "neutral": 0.0, **shares})


@pytest.mark.parametrize(
    ("p_match", "stance", "threshold", "decision", "reason"),
    [
        (1.0, score(promotes=0.9, debunks=0.1), PROVEN, "alert", "promotes_claim"),
        (1.0, score(promotes=0.9, debunks=0.1), UNPROVEN, "alert", "unproven_alert"),
        (1.0, score(promotes=0.46, debunks=0.3, neutral=0.24), UNPROVEN, "review", "unproven"),
        (1.0, score(promotes=0.2, debunks=0.1, questions=0.1, neutral=0.15), UNPROVEN, "counted", "too_weak"),
        (0.7, score(promotes=0.9, debunks=0.1), PROVEN, "review", "below_promise"),
        (1.0, score(promotes=0.49, debunks=0.51), Threshold(0.4, proven=True), "review", "below_promise"),
        (1.0, score(promotes=0.01, debunks=0.99), PROVEN, "counted", "debunks_claim"),
        (1.0, score(promotes=0.01, questions=0.99), PROVEN, "counted", "asks_about_claim"),
        (1.0, score(promotes=0.01, neutral=0.99), PROVEN, "counted", "reports_or_other"),
        (0.1, score(promotes=1.0), PROVEN, "none", "below_match_floor"),
    ],
)
def test_decisions_and_their_reasons(
    p_match: float, stance: StanceScore, threshold: Threshold, decision: str, reason: str
) -> None:
    found = decide(p_match, stance, p_match * stance.promotes, threshold, POLICY)
    assert (found.decision, found.reason) == (decision, reason)


def test_what_is_not_in_english_never_alarms() -> None:
    sure = score(promotes=1.0)
    for threshold in (PROVEN, UNPROVEN):
        found = decide(1.0, sure, 1.0, threshold, POLICY, english=False)
        assert (found.decision, found.reason) == ("review", "other_language")


def test_the_thresholds_count_from_their_own_value() -> None:
    sure = score(promotes=1.0)
    assert decide(PROVEN.score, sure, PROVEN.score, PROVEN, POLICY).decision == "alert"
    at = POLICY["review_score"]
    assert decide(max(at, POLICY["match_floor"]), sure, at, PROVEN, POLICY).decision == "review"
