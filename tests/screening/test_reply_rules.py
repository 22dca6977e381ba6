"""The sure wordings: every rule has a source, every pattern stands in re2 and finds its words where they stand."""

import pytest

from pipeline.screening.replies import RULES
from pipeline.screening.reply_rules import agrees, find_wordings, rule_sources
from tests.waiting import processor_within

# For each rule with sure wordings, one of them.
BREAKING = {
    "confirms_patient": "We have no record of you.",
    "visit_detail": "At your last visit we talked this through.",
    "treatment_detail": "We hear that your surgery went well.",
    "staff_patient_detail": "Dr. Lee remembers you.",
    "admits_fault": "We made a mistake.",
    "argues": "Please take down your review.",
    "individual_advice": "You can skip the second dose.",
}


def test_every_rule_has_a_source() -> None:
    assert set(rule_sources()) == set(RULES)


@pytest.mark.parametrize(("rule", "draft"), BREAKING.items())
def test_a_sure_wording_is_found_where_it_stands(rule: str, draft: str) -> None:
    found = {kind: draft[start:end] for kind, start, end in find_wordings(draft)}
    assert found[rule]


@pytest.mark.parametrize(
    "draft",
    [
        "Thank you for your kind words.",
        "People are free to post their honest opinions, and we never ask anyone to change a review.",
        "Ask your doctor before you stop a medicine.",
        "Privacy law keeps us from saying whether anyone is a patient.",
    ],
)
def test_what_takes_nothing_for_granted_has_none(draft: str) -> None:
    assert not list(find_wordings(draft))


def test_agreement_is_heard_in_words() -> None:
    assert agrees("Yes, that’s true.")
    assert agrees("You are quite right about it")
    assert not agrees("Yes, we are open. Please call us.")
    assert not agrees("You're right that many say so, but it isn't true.")


@pytest.mark.parametrize("unit", ["your ", "a ", "you were ", "é"])
def test_a_long_text_is_searched_fast(unit: str) -> None:
    with processor_within(2):
        list(find_wordings(unit * (100_000 // len(unit))))
