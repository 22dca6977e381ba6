"""The matching policy: from p_match and stance to alert, review, counted or none, with a named reason."""

from dataclasses import dataclass
from typing import Literal

from models.stance import StanceScore
from pipeline.config import Policy
from pipeline.screening.thresholds import Threshold

Verdict = Literal["alert", "review", "counted", "none"]

# What is counted and never alarmed, however similar it is.
_COUNTED = {"debunks": "debunks_claim", "questions": "asks_about_claim", "neutral": "reports_or_other"}


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done about a candidate, and the name of the rule that said so."""

    decision: Verdict
    reason: str


def decide(
    p_match: float, stance: StanceScore, score: float, threshold: Threshold, policy: Policy, *, english: bool = True
) -> Decision:
    """What is done about a candidate whose `score` is p_match times p(promotes).

    At or above `threshold` it alarms, and says so where nothing proves that such alarms are right often enough. Below
    that, and at or above `review_score`, a person looks; the rest is counted by its stance. What is not `english` does
    not alarm: its stance was not understood.
    """
    if p_match < policy["match_floor"]:
        return Decision("none", "below_match_floor")
    promotes = stance.stance == "promotes"
    if promotes and score >= threshold.score:
        if not english:
            return Decision("review", "other_language")
        return Decision("alert", "promotes_claim" if threshold.proven else "unproven_alert")
    if score >= policy["review_score"]:
        return Decision("review", "below_promise" if threshold.proven else "unproven")
    return Decision("counted", "too_weak" if promotes else _COUNTED[stance.stance])
