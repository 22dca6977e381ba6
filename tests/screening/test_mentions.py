"""Mentions: names in the shapes people write them, ambiguous ones with support only, not_us, offsets, hostile text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.listening import Practice
from pipeline.screening.mentions import MAX_MENTIONS, UNSUPPORTED, Mention, find_mentions
from tests.waiting import processor_within


def found(text: str, practice: Practice) -> list[Mention]:
    return [mention for mention in find_mentions(text, practice) if mention.p_mention > 0.5]


@pytest.mark.parametrize(
    ("text", "kind", "written"),
    [
        ("I love Larkspur Family Health!", "practice", "Larkspur Family Health"),
        ("LARKSPUR FAMILY HEALTH's nurses", "practice", "LARKSPUR FAMILY HEALTH"),
        ("#LarkspurFamilyHealth again", "practice", "LarkspurFamilyHealth"),
        ("went to larkspor family health", "practice", "larkspor family health"),
        ("L\u0430rkspur Fam\u200bily Hea\u0301lth", "practice", "L\u0430rkspur Fam\u200bily Hea\u0301lth"),
        ("call (503) 555-0142 now", "practice", "(503) 555-0142"),
        ("Dr. Priya Raman is great", "clinician", "Dr. Priya Raman"),
        ("Dr Priya Raman's office", "clinician", "Dr Priya Raman"),
        ("Dr. Raman is the best pediatrician", "clinician", "Dr. Raman"),
        ("saw Dr. Lee in Port Alder today", "clinician", "Dr. Lee"),
        ("Eastside Clinic was closed", "location", "Eastside Clinic"),
        ("the one at 1200 Long Harbor Road", "location", "1200 Long Harbor Road"),
        ("hey @larkspurfamily", "handle", "larkspurfamily"),
        ("u/larkspur_family answered", "handle", "larkspur_family"),
        ("see www.larkspurfamilyhealth.example/hours", "website", "larkspurfamilyhealth.example"),
        ("Larkspur in Port Alder, the pediatrics place", "practice", "Larkspur"),
        (
            "\U0001f33c Larkspur \U0001f33c Family \U0001f33c Health",
            "practice",
            "Larkspur \U0001f33c Family \U0001f33c Health",
        ),
    ],
)
def test_it_is_named(practice: Practice, text: str, kind: str, written: str) -> None:
    (mention,) = found(text, practice)
    assert mention.kind == kind
    assert text[mention.start : mention.end] == written


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Lee is a hack",
        "Larkspur charged a copay twice",
        "Dr. Michael Lee in Port Alder is a hack",
        "the larkspur is in bloom",
        "Larkspur, CA is lovely in May",
        "Larkspur Veterinary in Port Alder saved my dog",
        "Larkspur Family (Larkspur, CA) has new hours",
        "my family health insurance",
        "priya and sam went home",
        "503-555-0143",
        "notlarkspurfamilyhealth.examples",
        "",
    ],
)
def test_it_is_not_named(practice: Practice, text: str) -> None:
    assert found(text, practice) == []


def test_an_ambiguous_name_says_what_supports_it(practice: Practice) -> None:
    (alone,) = find_mentions("Dr. Lee", practice)
    supported = find_mentions("Dr. Lee of Larkspur Family Health", practice)[0]
    assert alone.p_mention < 0.5 < supported.p_mention
    assert supported.context == "practice: Larkspur Family Health"


def test_a_name_of_something_else_is_kept_low(practice: Practice) -> None:
    mentions = find_mentions("Larkspur Street, behind Larkspur Family Health in Port Alder", practice)
    assert [mention.p_mention > UNSUPPORTED for mention in mentions] == [False, True]


def test_support_far_away_is_none(practice: Practice) -> None:
    assert found("Dr. Lee " + "and so on " * 60 + "Port Alder", practice) == []


@pytest.mark.parametrize(
    "unit", ["dr raman ", "Larkspur, CA ", "larkspur ", "Larkspur Family Health ", "larkspu ", "a"]
)
def test_hostile_text_is_read_fast(practice: Practice, unit: str) -> None:
    with processor_within(2):
        assert len(find_mentions(unit * (64 * 1024 // len(unit)), practice)) <= MAX_MENTIONS


@given(
    text=st.lists(st.sampled_from(["Larkspur ", "Family ", "\u0301", "Health", "Dr. ", "Lee", "\ufdfa", " ", "É"])).map(
        "".join
    )
)
def test_offsets_lie_in_the_text(text: str) -> None:
    practice = Practice(name="Larkspur Family Health")
    for mention in find_mentions(text, practice):
        assert 0 <= mention.start < mention.end <= len(text)
        assert "larkspur" in text[mention.start : mention.end].casefold()


def test_two_weak_names_hold_each_other_up(practice: Practice) -> None:
    mentions = found("asked Dr. Lee at Larkspur about it", practice)
    assert [mention.kind for mention in mentions] == ["clinician", "practice"]
    assert mentions[0].context == "practice: Larkspur"


def test_care_alone_sends_a_name_to_review(practice: Practice) -> None:
    assert found("Dr. Lee refused my refill", practice) == []
    assert found("the larkspur by the clinic is in bloom", practice) == []


def test_a_double_surname_needs_no_title() -> None:
    practice = Practice.model_validate({"name": "A Place", "clinicians": [{"name": "Ilse Marchetti-Brandt"}]})
    for text in ("Marchetti-Brandt delivered both", "Dr Marchetti Brandt is kind"):
        assert [mention.kind for mention in found(text, practice)] == ["clinician"]
    assert found("Dr. Brandt is kind", practice) == []
