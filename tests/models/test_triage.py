"""The triage model: small plain weights, torch's answer in int8, long posts in windows, words without company."""

import numpy as np
import pytest

from models.triage import FOLDER, QUESTIONS, WIDTH, WINDOW_WORDS, TriageModel, columns, load_triage, windows
from models.triage_words import BUCKETS, word_buckets
from tests.waiting import processor_within


@pytest.fixture(scope="module")
def model() -> TriageModel:
    return load_triage()


def test_the_weights_are_small_and_plain() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.glob("triage*")}
    assert set(sizes) == {
        *("triage.json", "triage.safetensors", "triage_scales.safetensors", "triage_words.safetensors"),
    }
    assert sum(sizes.values()) < 16_000_000


def test_shares_sum_to_one_and_stand_in_order(model: TriageModel) -> None:
    read = model.read(["lovely staff", "where do I park?", "x" * 500])
    for question, answers in QUESTIONS.items():
        assert read.shares[question].shape == (3, len(answers))
        np.testing.assert_allclose(read.shares[question].sum(axis=1), 1)
    assert read.best("category")[1][0] == "question"


def test_columns_cut_the_logits_without_a_gap() -> None:
    places = [columns(question) for question in QUESTIONS]
    assert [place.start for place in places] == [0, *(place.stop for place in places[:-1])]
    assert places[-1].stop == WIDTH


def test_a_row_depends_on_its_text_alone(model: TriageModel) -> None:
    texts = ["lovely staff", "the bill is wrong again and the phone rings out", "they lost my blood test " * 30]
    together = model.read(texts)
    for number, text in enumerate(texts):
        alone = load_triage().read([text])
        assert alone.urgent[0] == together.urgent[number]
        assert all(np.array_equal(alone.shares[name][0], together.shares[name][number]) for name in QUESTIONS)


def test_a_cue_raises_the_chance(model: TriageModel) -> None:
    plain, cued = model.read(["see you on Tuesday"] * 2, [False, True]).urgent
    assert cued > plain


def test_a_short_text_is_one_window_and_a_long_one_is_covered() -> None:
    assert windows("a few words") == ["a few words"]
    words = [str(number) for number in range(3 * WINDOW_WORDS + 7)]
    parts = windows(" ".join(words))
    assert {word for part in parts for word in part.split()} == set(words)
    assert all(len(part.split()) == WINDOW_WORDS for part in parts)


def test_danger_at_the_end_of_a_long_post_is_read(model: TriageModel) -> None:
    calm = "The garden by the entrance is pretty and the coffee is fine. " * 40
    end = "My father took the whole bottle and his lips are blue and he will not wake up."
    assert model.read([calm + end]).urgent[0] > model.read([calm]).urgent[0]


def test_words_are_hashed_apart_from_their_parts() -> None:
    whole, parts = word_buckets("Wrong dose!")
    assert whole.max() < BUCKETS <= parts.min()
    assert np.array_equal(word_buckets("wrong  DOSE!")[0], whole)


@pytest.mark.parametrize("unit", ["pain ", "x", "a.b-", "é"])
def test_a_hostile_text_is_read_fast(model: TriageModel, unit: str) -> None:
    with processor_within(2):
        model.read([unit * (100_000 // len(unit))])
