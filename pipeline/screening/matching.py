"""The matching policy: from p_match and stance to alert, review, counted or none, with a named reason."""

from dataclasses import dataclass
from typing import Literal

from models.stance import StanceScore
from pipeline.config import Policy

Verdict = Literal["alert", "review", "counted", "none"]

# What is counted and never alarmed, however similar it is.
_COUNTED = {"debunks": "debunks_claim", "questions": "asks_about_claim", "neutral": "reports_or_other"}


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done about a candidate, and the name of the rule that said so."""

    decision: Verdict
    reason: str


def decide(p_match: float, stance: StanceScore, policy: Policy) -> Decision:
    """Below the floor none; a debunk, question or neutral post is counted; a promoted claim alarms or is reviewed.

    Only a post that surely matches and surely promotes alarms: what is not proven goes to a person.
    """
    if p_match < policy["match_floor"]:
        return Decision("none", "below_match_floor")
    if stance.stance != "promotes":
        return Decision("counted", _COUNTED[stance.stance])
    if stance.promotes < policy["alert_promotes"]:
        return Decision("review", "unsure_stance")
    if p_match < policy["alert_match"]:
        return Decision("review", "unsure_match")
    return Decision("alert", "promotes_claim")
