"""From which score a match alarms: the policy's own number, the promise's, or one that was fitted to reviews."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from models.promise import Promise
from pipeline.config import Policy


@dataclass(frozen=True, slots=True)
class Threshold:
    """From `score` (p_match times promotes) on a match alarms; `proven` where labels prove that it is right to.

    `labels` reviews have such a score, and of these `confirmed` were confirmed.
    """

    score: float
    proven: bool
    labels: int = 0
    confirmed: int = 0


@dataclass(frozen=True)
class Calibration:
    """The thresholds that were fitted to reviews, by (source, claim id), of which one may be empty: for all.

    `version` names the set; None is the empty set, where everything is as the policy says.
    """

    version: int | None = None
    thresholds: Mapping[tuple[str, str], Threshold] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, source: str, claim_id: str) -> Threshold | None:
        """The threshold of a claim, or else of a source; None where neither was fitted."""
        return self.thresholds.get(("", claim_id)) or self.thresholds.get((source, ""))


UNCALIBRATED = Calibration()


def threshold_of(
    calibration: Calibration, promise: Promise, policy: Policy, source: str = "", claim_id: str = ""
) -> Threshold:
    """From which score matches of a source with a claim alarm: as fitted, as promised, or the policy's own number."""
    fitted = calibration.of(source, claim_id)
    if fitted is not None:
        return fitted
    promised = promise.threshold(policy["promise_target"], source, claim_id)
    if promised is not None:
        return Threshold(promised, proven=True)
    return Threshold(policy["unproven_score"], proven=False)
