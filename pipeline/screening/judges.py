"""Everything that judges a post: the models that ship, the claims ready to be searched, and the policy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.encoder import Encoder, load_encoder
from models.match_probability import MatchProbability, load_match_probability
from models.matcher import ClaimIndex, ClaimText, build_index, claim_field_texts
from models.stance import StanceClassifier, load_stance
from pipeline.config import POLICY, Policy

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Models:
    """What posts are judged with; `load_models` gives those that ship."""

    encoder: Encoder
    probability: MatchProbability
    stance: StanceClassifier

    @property
    def name(self) -> str:
        """All models together; a part of what a post was screened with."""
        return f"{self.encoder.model_id}/{self.probability.probability_id}/{self.stance.stance_id}"


@dataclass(frozen=True, slots=True)
class ClaimWords:
    """What stance reads of a claim beside the post."""

    claim: str
    correction: str = ""


@dataclass(frozen=True)
class Judge:
    """Models, claims and policy. Build one with `build_judge`."""

    models: Models
    index: ClaimIndex
    words: Mapping[str, ClaimWords]
    policy: Policy = POLICY


def load_models() -> Models:
    """The models that ship; loading takes seconds."""
    return Models(load_encoder(), load_match_probability(), load_stance())


def claim_text(entry: Mapping[str, Any]) -> ClaimText:
    """What the matcher reads of an entry of the claims database (keys claim_id, claim, variants, correction)."""
    variants = [("variant", variant) for variant in entry["variants"]]
    return ClaimText(entry["claim_id"], (("claim", entry["claim"]), *variants, ("correction", entry["correction"])))


def build_judge(
    models: Models,
    claims: Sequence[ClaimText],
    *,
    encode: Callable[[Sequence[str]], Vectors] | None = None,
    policy: Policy = POLICY,
) -> Judge:
    """A judge over `claims`; `encode` gives the vectors of their wordings where they are kept somewhere."""
    index = build_index(claims, (encode or models.encoder.encode)(claim_field_texts(claims)))
    words = {}
    for claim in claims:
        fields = dict(claim.fields)
        words[claim.claim_id] = ClaimWords(fields["claim"], fields.get("correction", ""))
    return Judge(models, index, words, policy)
