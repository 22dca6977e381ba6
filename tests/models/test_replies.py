"""The model of the reply linter: small plain weights, a row for each sentence, a chance that grows with its marks."""

import json

import numpy as np
import pytest

from models.replies import FOLDER, MOST_SENTENCES, RULES, WIDTH, Fit, ReplyModel, load_replies, refusal_chance


@pytest.fixture(scope="module")
def model() -> ReplyModel:
    return load_replies()


def test_the_weights_are_small_and_plain() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.glob("replies*")}
    assert set(sizes) == {"replies.json", "replies.safetensors", "replies_scales.safetensors"}
    assert sum(sizes.values()) < 8_000_000


def test_each_sentence_has_a_row_for_every_rule(model: ReplyModel) -> None:
    reading = model.read("Thank you. We were glad to take care of you. The office opens at eight.")
    assert reading.odds.shape == (3, WIDTH)
    assert len(RULES) == WIDTH - 1
    assert reading.odds[:, -1].argmax() == 1


def test_a_row_depends_on_its_text_alone(model: ReplyModel) -> None:
    texts = ["Thank you for trusting us with your care.", "We open at eight. Parking is free."]
    for text in texts:
        assert np.array_equal(load_replies().read(text).whole, model.read(text).whole)


def test_a_draft_without_words_has_no_chance(model: ReplyModel) -> None:
    assert model.chance(model.read("…")) == 0.0


def test_a_draft_of_many_sentences_is_not_read_whole(model: ReplyModel) -> None:
    assert model.read("We open at eight. " * MOST_SENTENCES).is_whole
    assert not model.read("We open at eight. " * (MOST_SENTENCES + 1)).is_whole


def test_the_chance_grows_with_every_mark() -> None:
    fit = Fit(**json.loads((FOLDER / "replies.json").read_text()))
    low = refusal_chance((0.0, 0.0, 0.0, 0.0), fit)
    for place in range(4):
        marks = [0.0] * 4
        marks[place] = 1.0
        assert refusal_chance((marks[0], marks[1], marks[2], marks[3]), fit) >= low
