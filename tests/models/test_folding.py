"""Folding undoes disguises, keeps honest text, and stays linear on hostile text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.folding import MAX_CHARACTERS, fold_characters, fold_sparse, fold_text, sparse_words
from tests.waiting import processor_within

PLAIN = "Vaccines cause autism"


@pytest.mark.parametrize(
    "disguised",
    [
        "V\u0430ccin\u0435s c\u0430us\u0435 \u0430utism",
        "\uff36\uff41\uff43\uff43\uff49\uff4e\uff45\uff53 cause autism",
        "Vac\u200bcines ca\u200duse aut\u00adism",
        "V\u0336a\u0336c\u0336c\u0336i\u0336n\u0336e\u0336s\u0336 cause autism",
        "\U0001d415\U0001d41a\U0001d41c\U0001d41c\U0001d422\U0001d427\U0001d41e\U0001d42c cause autism",
        "V a c c i n e s cause autism",
        "V4cc1nes cause aut1sm",
        "V4cc1n35 caus3 aut1$m",
        "Vaccines \U0001f525 cause \U0001f525 autism \U0001f525\U0001f525 \U0001f637",
        "#VaccinesCauseAutism",
        "Vaccines cause autism https://example.org/a?b=c",
        "V\u03b1ccines c\u03b1use \u03b1utism",
    ],
)
def test_a_disguise_is_undone(disguised: str) -> None:
    assert fold_text(disguised).casefold() == PLAIN.casefold()


@pytest.mark.parametrize(
    ("disguised", "plain"),
    [
        ("only a f e v e r they say", "only a fever they say"),
        ("what I b e l i e v e I think", "what I believe I think"),
        ("take v i t a m i n D daily", "take vitamin D daily"),
        ("b e c a u s e a doctor said", "because a doctor said"),
        ("a d d e d to w a t e r s", "added to waters"),
        (
            "no \U0001f525 more \U0001f525 raw \U0001f95b \U0001f525 milk \U0001f525 here",
            "no more raw \U0001f95b milk here",
        ),
    ],
)
def test_a_disguise_leaves_what_stands_beside_it(disguised: str, plain: str) -> None:
    assert fold_text(disguised) == plain


@pytest.mark.parametrize(
    "honest",
    [
        "The COVID-19 vaccine does not change your DNA.",
        "¿Las vacunas causan autismo? No, señor José.",
        "h1n1, B12 and p53 are names; so is mRNA-1273",
        "I am 5 and a half, U R so sweet",
        "omega3, covid19 and covid19vaccine, iphone14, mp3",
        "\U0001f602 I laughed so hard \U0001f62d at this post",
        "Прививки не вызывают рак",
        "Τα εμβόλια είναι ασφαλή",
    ],
)
def test_honest_text_is_kept(honest: str) -> None:
    assert fold_text(honest) == honest


def test_only_the_sparse_side_loses_accents_and_case() -> None:
    assert fold_sparse("El NIÑO José") == "el nino jose"
    assert sparse_words("The vaccines of the babies") == ["vaccine", "baby"]


@pytest.mark.parametrize(
    "unit", ["a@", "a1", "@", "#a", "\u0316\u0301", "\ufdfa", "a ", "a.", "http://", "\u0445", "\ud800", "_", "a$a "]
)
def test_hostile_text_folds_fast(unit: str) -> None:
    text = unit * (MAX_CHARACTERS // len(unit))
    with processor_within(2):
        assert len(fold_text(text)) <= MAX_CHARACTERS


@given(st.text(max_size=200))
def test_folded_text_can_be_stored(text: str) -> None:
    folded = fold_text(text)
    folded.encode("utf-8")
    assert folded == folded.strip()


@given(st.text(max_size=100))
def test_every_folded_character_has_an_origin(text: str) -> None:
    folded, origins = fold_characters(text)
    assert len(folded) == len(origins)
    assert origins == sorted(origins)
    assert all(0 <= origin < len(text) for origin in origins)
