"""The guard's model: small plain weights, an answer that is the post's own, and bounds on long and hostile posts."""

import numpy as np
import pytest

from models.guard import (
    ANSWERS,
    BREACHES,
    FOLDER,
    MOST_SENTENCES,
    READ,
    SIGNS,
    GuardModel,
    against_fine,
    load_guard,
    said_of,
    sentences_of,
    units_of,
)
from tests.waiting import processor_within

TEXTS = ["We are open until noon.", "Mr. Oakes had his knee done here on Friday. Hooray!", "Myth: sugar feeds cancer."]


@pytest.fixture(scope="module")
def model() -> GuardModel:
    return load_guard()


def test_the_weights_are_small_and_plain() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.glob("guard*")}
    assert set(sizes) == {"guard.json", "guard.safetensors", "guard_scales.safetensors", "guard_words.safetensors"}
    assert sum(sizes.values()) < 8_000_000


def test_the_fit_weighs_every_sign(model: GuardModel) -> None:
    for breach in BREACHES:
        assert len(model.fit.weights[breach]) == len(READ) + len(SIGNS[breach])
    assert 0 < model.fit.stop_from < 1


def test_odds_are_against_all_else() -> None:
    odds = against_fine(np.log(np.array([[0.5, 0.25, 0.25], [1e-30, 1.0, 1e-30]])))
    np.testing.assert_allclose(odds[0], np.log(1 / 3))
    assert odds[1, 0] == pytest.approx(8)
    assert odds[1, 1] == pytest.approx(-8)


def test_the_sentence_that_most_looks_like_a_breach_is_blamed() -> None:
    text = "We are open. Mr. Oakes had his knee done. Cake at noon."
    network = np.zeros((4, len(ANSWERS)))
    network[2, 1] = network[3, 2] = 3.0
    said = said_of(text, network, np.zeros((4, len(ANSWERS))))
    blamed = {breach: text[place.start : place.end] for breach, place in said.sentences.items()}
    assert blamed == {"disclosure": "Mr. Oakes had his knee done.", "false_claim": "Cake at noon."}


def test_an_answer_depends_on_its_text_alone(model: GuardModel) -> None:
    assert model.read(TEXTS) == [load_guard().read([text])[0] for text in TEXTS]


def test_a_text_is_read_whole_and_by_its_sentences() -> None:
    assert units_of(TEXTS[1])[0].startswith("Mr. Oakes")
    assert len(units_of(TEXTS[1])) == 1 + len(sentences_of(TEXTS[1])) == 3
    assert len(units_of("")) == 2
    assert len(sentences_of("a b c d. " * 5_000)) == MOST_SENTENCES


@pytest.mark.parametrize("unit", ["pain ", "x", "a.b-", "é", "Wow! "])
def test_a_hostile_text_is_read_fast(model: GuardModel, unit: str) -> None:
    with processor_within(5):
        model.read([unit * (100_000 // len(unit))])
