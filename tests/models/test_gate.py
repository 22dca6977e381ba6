"""The gate knows what retrieval knows, and lets through what is near."""

from pathlib import Path

import numpy as np
import pytest

from models.gate import FEATURES, WEIGHTS, LogisticGate, gate_features, load_gate
from models.match_probability import FEATURES as MATCH_FEATURES
from models.match_probability import match_features
from models.matcher import ClaimText, build_index, claim_field_texts, nearest_claims
from tests.fakes import FakeEncoder

CLAIMS = [
    ClaimText("autism", (("claim", "The MMR vaccine causes autism."),)),
    ClaimText("milk", (("claim", "Raw milk is safer than pasteurized milk."),)),
]
POSTS = ["the mmr vaccine causes autism", "a lovely walk by the sea"]


def test_it_does_not_know_what_reading_would_say(tiny: FakeEncoder) -> None:
    index = build_index(CLAIMS, tiny.encode(claim_field_texts(CLAIMS)))
    found = nearest_claims(index, tiny.encode(POSTS), POSTS, 2)
    unread, sure = (gate_features(match_features(found, np.full((2, 2), odds), POSTS)) for odds in (0.0, 5.0))
    assert unread.shape == (2, 2, len(FEATURES))
    assert (unread == sure).all()
    chances = load_gate().chances(found, POSTS)
    assert chances.shape == (2, 2)
    assert chances[0, 0] > chances[0, 1]
    assert chances[0, 0] > chances[1].max()


def test_chances_are_those_of_the_regression() -> None:
    features = np.zeros((1, 1, len(MATCH_FEATURES)))
    features[..., MATCH_FEATURES.index("dense")] = 2.0
    gate = LogisticGate("test", [1.0 if name == "dense" else 9.0 for name in FEATURES], -2.0)
    assert gate.of_features(features)[0, 0] == pytest.approx(0.5)


def test_weights_of_other_features_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "gate.json"
    other.write_text(WEIGHTS.read_text().replace('"dense"', '"density"'))
    with pytest.raises(ValueError, match="was fitted on"):
        load_gate(other)
