"""Redaction of texts that mean harm: it never raises, stays linear, and its copy has nothing left to hide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.privacy.redaction import find_identifiers, redact
from tests.waiting import processor_within

LENGTH = 100_000
UNITS = ("a", "1", "1-", "a.", "one ", "Aa ", "a@", "(", "O'", "may 5 ", "5 Elm ", "ssn ", "🌷 ", "a\u0301", "0\u20e3")
# Enough above what it takes to tell linear (2 s at most on a busy machine) from quadratic (minutes).
SECONDS = 20
_NASTY = st.text(st.sampled_from(list("aA1 .-@/:,#\"'()$oI\n_é４🌷\x00")), max_size=80)


@pytest.mark.parametrize("unit", UNITS)
def test_a_long_text_takes_linear_time(unit: str) -> None:
    with processor_within(SECONDS):
        find_identifiers((unit * LENGTH)[:LENGTH])


@given(st.text(max_size=200) | _NASTY)
def test_offsets_are_in_order_and_inside_the_text(text: str) -> None:
    end = 0
    for one in find_identifiers(text):
        assert end <= one.start < one.end <= len(text)
        end = one.end


@given(_NASTY)
def test_a_copy_of_a_copy_is_the_copy(text: str) -> None:
    copy = redact(text)
    assert redact(copy) == copy


def test_the_same_text_gives_the_same_copy() -> None:
    text = "Kwabena: call Efua. Efua: call Kwabena, 414 555 0155"
    assert redact(text) == redact(text)
