"""Tiny stand-ins: a deterministic encoder made of word hashes, and models that say what they are told to."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.cross_encoder import Logits
from models.folding import sparse_words
from models.stance import StancePair, StanceScore
from models.triage import QUESTIONS, Readings


class FakeEncoder:
    """Texts that share words are similar: each word adds a fixed direction. No weights, no torch."""

    model_id = "fake-1"
    dimensions = 64

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[0] = 1e-3
            for word in sparse_words(text):
                seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
                row += np.random.default_rng(seed).standard_normal(self.dimensions).astype(np.float32)
            row /= np.linalg.norm(row)
        return rows


class FakeStance:
    """Says the same of every pair."""

    stance_id = "fake-1"

    def __init__(self, score: StanceScore) -> None:
        self.score = score

    def classify(self, pairs: Sequence[StancePair], logits: Logits) -> list[StanceScore]:
        return [self.score] * len(pairs)


class FakeGuard:
    """Stands where the guard stands, in runs without posts of our own."""

    guard_id = "fake-1"


class FakeTriage:
    """Takes every post for a plain one, and what holds a plain cue for urgent."""

    triage_id = "fake-1"
    urgent_from = 0.5

    def read(self, texts: Sequence[str], cued: Sequence[bool] = ()) -> Readings:
        even = {name: np.full((len(texts), len(answers)), 1 / len(answers)) for name, answers in QUESTIONS.items()}
        return Readings(even, np.where(cued or [False] * len(texts), 0.9, 0.1))
