"""Whether a post means the practice: a logistic regression on what a name says and on what stands around it."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from models.fitted import read_fit

WEIGHTS = Path(__file__).parent / "weights" / "resolver.json"

# How the practice is named at its best; each belongs to a group, in which a sign beside it weighs the same.
STRENGTHS = {
    "site": "strong",
    "full": "strong",
    "beside": "strong",
    "both": "strong",
    "phrase": "weak",
    "head": "weak",
    "acronym": "weak",
    "address": "weak",
    "street": "weak",
    "doctor_named": "doctor",
    "doctor_full": "doctor",
    "doctor_titled": "doctor",
    "doctor_bare": "doctor",
    "page": "page",
}
GROUPS = ("strong", "weak", "doctor", "page")
SIGNS = (
    *("place", "local", "state", "elsewhere", "away", "channel_away", "field", "wanted", "visit", "visits", "health"),
    *(
        "other_field",
        "world",
        "worlds",
        "many_worlds",
        "refused_kind",
        "refused_name",
        "refused_place",
        "review_of_other",
    ),
    *(
        "other_name",
        "person",
        "article",
        "inside",
        "towards",
        "acts",
        "plural",
        "lower_cased",
        "lower_common",
        "capital",
    ),
    *(
        "misspelt",
        "joined",
        "clinician",
        "practice",
        "practice_full",
        "two_clinicians",
        "bare_clinician",
        "first",
        "world_channel",
        "spam",
        "rare",
        "rival",
        "silent",
    ),
)
FEATURES = (*STRENGTHS, *(f"{group}:{sign}" for sign in SIGNS for group in GROUPS))
MOST_ODDS = 30.0


@dataclass(frozen=True)
class ResolverFit:
    """A fitted regression; `mention_from` and `review_from` are the chances where decisions change."""

    fit_id: str
    weights: Mapping[str, float]
    intercept: float
    mention_from: float
    review_from: float

    def chance(self, features: Collection[str]) -> float:
        """The chance that a post with these features means the practice; what is no feature counts for nothing."""
        odds = self.intercept + sum(self.weights.get(name, 0.0) for name in features)
        return 1 / (1 + math.exp(-max(-MOST_ODDS, min(MOST_ODDS, odds))))


def load_resolver(path: Path = WEIGHTS) -> ResolverFit:
    """The fit that ships. Raises ValueError where the file was fitted on other features."""
    stored = read_fit(path, FEATURES)
    weights = dict(zip(FEATURES, stored["weights"], strict=True))
    cuts = stored["mention_from"], stored["review_from"]
    return ResolverFit(stored["fit_id"], weights, stored["intercept"], *cuts)


def resolver_features(strength: str, signs: Collection[str]) -> frozenset[str]:
    """The features of a post whose best name is `strength` and that has these signs around it."""
    group = STRENGTHS[strength]
    return frozenset({strength, *(f"{group}:{sign}" for sign in signs)})
