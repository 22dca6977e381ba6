"""Sentences of a text: they cover its words, short forms end none, and no text is slow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.sentences import PART_WORDS, split_sentences
from tests.waiting import processor_within


def cut(text: str) -> list[str]:
    return [text[one.start : one.end] for one in split_sentences(text)]


def test_sentences_end_at_marks_and_lines_and_not_at_short_forms() -> None:
    text = 'Thank you, Dr. Lee! We open at 9 a.m. daily. Call "us."\nBye'
    assert cut(text) == ["Thank you, Dr. Lee!", "We open at 9 a.m. daily.", 'Call "us."', "Bye"]


@pytest.mark.parametrize("text", ["", "...", " \n ", "👍 !"])
def test_what_has_no_words_has_no_sentence(text: str) -> None:
    assert cut(text) == []


def test_a_text_without_marks_is_read_in_parts() -> None:
    parts = cut("word " * (2 * PART_WORDS + 3))
    assert [len(part.split()) for part in parts] == [PART_WORDS, PART_WORDS, 3]


@given(st.text(alphabet="aB.!? \n\"'", max_size=80))
def test_every_letter_stands_in_one_sentence(text: str) -> None:
    covered = [place for one in split_sentences(text) for place in range(one.start, one.end)]
    assert len(covered) == len(set(covered))
    assert {place for place, letter in enumerate(text) if letter.isalpha()} <= set(covered)


@pytest.mark.parametrize("unit", ["!", ". ", "Dr. ", "\n", "a", '" '])
def test_a_hostile_text_is_split_fast(unit: str) -> None:
    with processor_within(2):
        split_sentences(unit * (100_000 // len(unit)))
