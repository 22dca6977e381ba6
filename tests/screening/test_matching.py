"""The policy: only a surely matching, surely promoting post alarms."""

import pytest

from models.stance import StanceScore
from models.training import measure_development as measured
from pipeline.config import POLICY
from pipeline.screening.matching import decide


def score(**shares: float) -> StanceScore:
    return StanceScore(**{"promotes": 0.0, "debunks": 0.0, "questions": 0.0, "neutral": 0.0, **shares})


@pytest.mark.parametrize(
    ("p_match", "stance", "decision", "reason"),
    [
        (0.9, score(promotes=0.9, debunks=0.1), "alert", "promotes_claim"),
        (0.9, score(promotes=0.4, neutral=0.3, debunks=0.3), "review", "unsure_stance"),
        (0.4, score(promotes=0.9, debunks=0.1), "review", "unsure_match"),
        (0.99, score(promotes=0.3, debunks=0.7), "counted", "debunks_claim"),
        (0.99, score(promotes=0.3, questions=0.7), "counted", "asks_about_claim"),
        (0.99, score(promotes=0.3, neutral=0.7), "counted", "reports_or_other"),
        (0.1, score(promotes=1.0), "none", "below_match_floor"),
    ],
)
def test_decisions_and_their_reasons(p_match: float, stance: StanceScore, decision: str, reason: str) -> None:
    found = decide(p_match, stance, POLICY)
    assert (found.decision, found.reason) == (decision, reason)


def test_the_thresholds_count_from_their_own_value() -> None:
    at = decide(POLICY["alert_match"], score(promotes=POLICY["alert_promotes"], neutral=0.4, debunks=0.1), POLICY)
    assert at.decision == "alert"
    assert decide(POLICY["match_floor"], score(promotes=1.0), POLICY).decision == "review"


def test_the_development_figures_are_measured_at_the_policy_s_thresholds() -> None:
    numbers = (measured.MATCH_FLOOR, measured.ALERT_MATCH, measured.ALERT_PROMOTES)
    assert numbers == tuple(POLICY[name] for name in ("match_floor", "alert_match", "alert_promotes"))
