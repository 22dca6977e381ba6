"""Everything that judges a post: the models that ship, the claims ready to be searched, and the policy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.cross_encoder import PairReader, load_cross_encoder
from models.encoder import Encoder, load_encoder
from models.gate import Gate, load_gate
from models.guard import GuardModel, load_guard
from models.inference import RUNTIMES, Runtime, choose_runtime
from models.match_probability import MatchProbability, load_match_probability
from models.matcher import ClaimIndex, ClaimText, build_index, claim_field_texts
from models.promise import Promise, load_promise
from models.trained_stance import StanceClassifier, load_stance
from models.triage import TriageModel, load_triage
from pipeline.config import POLICY, Policy, Settings, read_settings
from pipeline.errors import ConfigError
from pipeline.screening.thresholds import UNCALIBRATED, Calibration

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Models:
    """What posts are judged with; `load_models` gives those that ship."""

    encoder: Encoder
    reader: PairReader
    gate: Gate
    probability: MatchProbability
    stance: StanceClassifier
    promise: Promise
    triage: TriageModel
    guard: GuardModel

    @property
    def name(self) -> str:
        """All models together; a part of what a post was screened with."""
        fits = (
            *(self.gate.gate_id, self.probability.probability_id, self.stance.stance_id, self.promise.promise_id),
            *(self.triage.triage_id, self.guard.guard_id),
        )
        return "/".join((self.encoder.model_id, self.reader.reader_id, *fits))

    @property
    def scored_by(self) -> str:
        """What gives matches their scores: reviews of scores by others teach nothing about these."""
        return "/".join((self.encoder.model_id, self.reader.reader_id, self.stance.stance_id))


@dataclass(frozen=True)
class ClaimWords:
    """What is read of a claim beside the post: the sentence, what is so instead, and true statements near it."""

    claim: str
    correction: str = ""
    true_neighbours: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judge:
    """Models, claims, policy, and the thresholds that were fitted to reviews. Build one with `build_judge`."""

    models: Models
    index: ClaimIndex
    words: Mapping[str, ClaimWords]
    policy: Policy = field(default=POLICY)
    calibration: Calibration = field(default=UNCALIBRATED)


def load_models(settings: Settings | None = None) -> Models:
    """The models that ship, on the runtime that `settings` (default: the environment's) ask for, or the best one here.

    Loading takes a second, the first time in a home folder some more. Raises ConfigError for a runtime that there is
    not, and where int8 on this machine is too far from float32.
    """
    settings = settings or read_settings()
    runtime, folder = runtime_of(settings), settings.models_folder
    try:
        encoder, reader = load_encoder(runtime, folder), load_cross_encoder(runtime, folder)
        triage, guard = load_triage(runtime, folder), load_guard(runtime, folder)
    except RuntimeError as error:
        raise ConfigError(f"{error}: set AUSCULT_RUNTIME to another of {', '.join(RUNTIMES)}") from None
    return Models(encoder, reader, load_gate(), load_match_probability(), load_stance(), load_promise(), triage, guard)


def runtime_of(settings: Settings) -> Runtime:
    """What the models run on. Raises ConfigError where AUSCULT_RUNTIME names what there is not."""
    try:
        return choose_runtime(settings.runtime)
    except ValueError as error:
        raise ConfigError(f"AUSCULT_RUNTIME: {error}") from None


def claim_text(entry: Mapping[str, Any]) -> ClaimText:
    """What the matcher reads of an entry of the claims database: claim, variants, spanish_variants, correction."""
    variants = (*entry["variants"], *entry["spanish_variants"])
    return ClaimText.of(entry["claim_id"], entry["claim"], variants, entry["correction"])


def build_judge(
    models: Models,
    claims: Sequence[ClaimText],
    true_neighbours: Mapping[str, Sequence[str]] | None = None,
    *,
    encode: Callable[[Sequence[str]], Vectors] | None = None,
    policy: Policy = POLICY,
    calibration: Calibration = UNCALIBRATED,
) -> Judge:
    """A judge over `claims`; `encode` gives the vectors of their wordings where they are kept somewhere."""
    near = true_neighbours or {}
    index = build_index(claims, (encode or models.encoder.encode)(claim_field_texts(claims)))
    words = {}
    for claim in claims:
        sentence = dict(reversed(claim.fields))["claim"]
        words[claim.claim_id] = ClaimWords(sentence, claim.correction, tuple(near.get(claim.claim_id, ())))
    return Judge(models, index, words, policy, calibration)
