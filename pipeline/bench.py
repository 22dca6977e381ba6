"""What a screen step works at: models, the claims in force and the practice, with vectors kept in the warehouse."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy.engine import Connection

from models.encoder import Encoder
from pipeline.config import POLICY
from pipeline.errors import ConfigError
from pipeline.privacy.redaction import REDACTED_AS
from pipeline.screening.judges import Judge, Models, Vectors, build_judge, claim_text, load_models
from pipeline.screening.thresholds import UNCALIBRATED, Calibration, Threshold
from pipeline.warehouse import calibrations
from pipeline.warehouse.claims import claims_in_force
from pipeline.warehouse.sweeps import claim_set_of
from pipeline.warehouse.vectors import read_vectors, store_vectors
from pipeline.workplace import Workplace


@dataclass(frozen=True)
class Bench:
    """All that a post is judged with; `claim_set` names the claims in the warehouse.

    The version of `calibration` is no part of `screened_key`: whoever changes it has the posts screened again that it
    touches.
    """

    workplace: Workplace
    models: Models
    claims: Sequence[Mapping[str, Any]]
    claim_set: int
    calibration: Calibration = UNCALIBRATED

    @cached_property
    def judge(self) -> Judge:
        """The claims, ready to be searched; vectors of their wordings come from the warehouse where they are there."""
        near = {claim["claim_id"]: claim["true_neighbours"] for claim in self.claims}
        claims = [claim_text(claim) for claim in self.claims]
        return build_judge(self.models, claims, near, encode=self._wordings, calibration=self.calibration)

    @cached_property
    def screened_key(self) -> str:
        """Models, policy, practice and form of copies as 16 digits: what was screened with others is screened anew."""
        parts = (self.models.name, POLICY.version, self.workplace.practice.fingerprint, REDACTED_AS)
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]

    def vectors(self, posts: pd.DataFrame) -> Vectors:
        """The vectors of posts (columns content_hash, text), row by row, from the warehouse where they are there."""
        texts = dict(zip(posts["content_hash"], posts["text"], strict=True))
        vectors = _vectors(self.workplace, self.models.encoder, texts, of_claim=False)
        return np.stack([vectors[content_hash] for content_hash in posts["content_hash"]])

    def _wordings(self, texts: Sequence[str]) -> Vectors:
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        vectors = _vectors(self.workplace, self.models.encoder, dict(zip(keys, texts, strict=True)), of_claim=True)
        return np.stack([vectors[key] for key in keys])


def open_bench(workplace: Workplace) -> Bench:
    """The bench of the claims in force.

    Raises ConfigError where none is, because a screen without claims would look like a quiet day.
    """
    with workplace.engine.begin() as connection:
        claims = claims_in_force(connection)
        if not claims:
            raise ConfigError("no claim is in force: load the claims database with `auscult claims load`")
        claim_set = claim_set_of(connection, claims)
        calibration = read_calibration(connection, calibrations.version_in_force(connection))
    return Bench(workplace, shipped_models(), claims, claim_set, calibration)


def read_calibration(connection: Connection, version: int | None) -> Calibration:
    """The thresholds of a version; the empty set for None."""
    rows = calibrations.thresholds_of(connection, version)
    found = {
        (row["source"], row["claim_id"]): Threshold(row["threshold"], row["proven"], row["labels"], row["confirmed"])
        for row in rows
    }
    return Calibration(version, found)


@lru_cache(maxsize=1)
def shipped_models() -> Models:
    """The models that ship, loaded once: one process has one environment, so that there is nothing to choose by."""
    return load_models()


def _vectors(workplace: Workplace, encoder: Encoder, texts: Mapping[str, str], *, of_claim: bool) -> dict[str, Vectors]:
    with workplace.engine.begin() as connection:
        known = read_vectors(connection, list(texts), encoder.model_id)
    missing = [key for key in texts if key not in known]
    if missing:
        encoded = encoder.encode([texts[key] for key in missing])
        made = dict(zip(missing, encoded, strict=True))
        with workplace.engine.begin() as connection:
            store_vectors(connection, made, encoder.model_id, of_claim=of_claim)
        known |= made
    return known
