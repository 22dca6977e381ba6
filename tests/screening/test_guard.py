"""The guard's verdict from signs and readings: who is pointed to, what counts as care, and which claim is promoted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.guard import BREACHES, READ, SIGNS, Breach, Fit, Said, sentences_of
from pipeline.screening.guard import Heard, Pointer, claim_signs, guard_post, person_signs
from tests.waiting import processor_within

POST = "Flu shots are here. Mrs. Ames came in about her knee on Tuesday. Cake at noon."
NAME = POST.index("Ames")
CLAIM = Heard("inf-antibiotics-viruses", "Antibiotics cure colds and the flu.", 0.9, 0.8)


def weighing(breach: Breach, name: str) -> Fit:
    """A fit that stops a post for one sign alone."""
    names = {one: (*READ, *SIGNS[one]) for one in BREACHES}
    weights = {one: tuple(4.0 * (one == breach and name == own) for own in names[one]) for one in BREACHES}
    return Fit(weights, dict.fromkeys(BREACHES, -2.0), 0.5)


def reading(text: str, sentence: int = 0, **odds: float) -> Said:
    """Odds of the network for the whole post, and the sentence that is blamed."""
    place = sentences_of(text)[sentence]
    return Said({one: (odds.get(one, 0.0), 0.0) for one in BREACHES}, dict.fromkeys(BREACHES, place))


def test_a_name_beside_care_is_a_disclosure_that_quotes_the_sentence() -> None:
    fit = weighing("disclosure", "beside")
    guarded = guard_post(POST, [Pointer("name", NAME, NAME + 4)], [], reading(POST, 1), fit)
    assert guarded.verdict == "disclosure"
    (finding,) = guarded.findings
    assert (finding.rule, finding.phrase) == ("disclosure", "Mrs. Ames came in about her knee on Tuesday.")
    assert "Ames" in finding.why


def test_a_name_without_care_is_fine() -> None:
    text = "Mrs. Ames won the pie contest. Well done!"
    signs = person_signs(text, [Pointer("name", 5, 9)])
    assert not signs.values["beside"]
    assert guard_post(text, [Pointer("name", 5, 9)], [], reading(text), weighing("disclosure", "beside")).findings == ()


@pytest.mark.parametrize(
    "text",
    [
        "The owner of the red truck is healing well after his surgery.",
        "Our mailman had a mole removed by Dr. Lee.",
        "The Bellweather twins came in for their shots.",
    ],
)
def test_who_is_pointed_to_without_a_name(text: str) -> None:
    signs = person_signs(text, [])
    assert signs.values["beside"]
    assert "" not in (signs.who, signs.care)


@pytest.mark.parametrize(
    ("text", "replies"),
    [
        ("@sam_l You were offered the rapid test and you declined it.", True),
        ("Glad your stitches are healing, see you soon.", True),
        ("We are open from nine to five.", False),
    ],
)
def test_a_reply_that_confirms_a_visit(text: str, replies: bool) -> None:
    assert bool(person_signs(text, []).values["reply"]) is replies


def test_a_record_number_points_to_a_person_and_a_date_alone_does_not() -> None:
    text = "Found: a card, MRN 20817. See you on May 5."
    assert person_signs(text, [Pointer("mrn", 19, 24)]).values["keyed"]
    assert not person_signs("Came in for their shots on May 5.", [Pointer("date", 27, 32)]).values["beside"]


def test_a_promoted_claim_is_named() -> None:
    text = "Antibiotics will knock out a cold."
    guarded = guard_post(text, [], [CLAIM], reading(text), weighing("false_claim", "promoted"))
    assert guarded.verdict == "false_claim"
    assert "inf-antibiotics-viruses" in guarded.findings[0].why


def test_without_a_near_claim_the_reason_says_so() -> None:
    text = "Rocks are good for teeth."
    guarded = guard_post(text, [], [], reading(text, false_claim=2.0), weighing("false_claim", "post"))
    assert "no claim of the database is near" in guarded.findings[0].why


def test_denial_is_seen() -> None:
    assert claim_signs("Antibiotics cure a cold? Nope!", [CLAIM])["denied"]
    assert not claim_signs("Antibiotics cure a cold.", [CLAIM])["denied"]


def test_both_breaches_are_told_the_likelier_first() -> None:
    weights: dict[Breach, tuple[float, ...]] = {one: (1.0, 0.0, *[0.0] * len(SIGNS[one])) for one in BREACHES}
    fit = Fit(weights, dict.fromkeys(BREACHES, 0.0), 0.5)
    guarded = guard_post(POST, [], [], reading(POST, disclosure=1.0, false_claim=2.0), fit)
    assert guarded.verdict == "false_claim"
    assert [one.rule for one in guarded.findings] == ["false_claim", "disclosure"]


@given(st.text(max_size=200), st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), max_size=4))
def test_any_text_has_signs_that_are_numbers(text: str, places: list[tuple[int, int]]) -> None:
    pointers = [Pointer("name", min(place), max(place)) for place in places]
    values = person_signs(text, pointers).values | claim_signs(text, [])
    assert set(values) == {name for signs in SIGNS.values() for name in signs}
    assert all(0 <= value <= 1 for value in values.values())


@pytest.mark.parametrize("unit", ["her ", "a.", "Mrs. A ", "came in for ", "x", "the owner of "])
def test_a_hostile_text_is_read_fast(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    with processor_within(1):
        person_signs(text, [Pointer("name", 0, 1)])
        claim_signs(text, [])
