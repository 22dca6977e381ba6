"""What a public reply of the practice may not say: each finding names the phrase, the rule and the rule's source."""

from dataclasses import dataclass
from typing import Literal, get_args

Verdict = Literal["ok", "refused"]
Rule = Literal[
    "confirms_patient",
    "visit_detail",
    "treatment_detail",
    "staff_patient_detail",
    "admits_fault",
    "argues",
    "individual_advice",
    "contradicts_correction",
]
RULES: tuple[Rule, ...] = get_args(Rule)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a draft may not say: the rule, the phrase as it stands in the draft, and where the rule comes from."""

    rule: Rule
    phrase: str
    source: str


@dataclass(frozen=True, slots=True)
class Linted:
    """What the linter says of a draft: refused where there is a finding."""

    verdict: Verdict
    findings: tuple[Finding, ...]
