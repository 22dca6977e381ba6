"""The resolver: who is meant, on whose page, with evidence that stands where it says, fast on any text."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.listening import Practice
from pipeline.screening.homonyms import read_namesakes, shown_homonyms
from pipeline.screening.resolve_files import resolve_file
from pipeline.screening.resolver import Resolver
from tests.waiting import processor_within


@pytest.fixture(scope="module")
def resolver(practice: Practice) -> Resolver:
    return Resolver(practice)


SAINT = Practice.model_validate(
    {
        "name": "St. Brannoc's Hospital",
        "aliases": ["St. Brannoc's", "SBH"],
        "locations": [{"name": "Main", "street": "9 Ferry Lane", "city": "Wexcombe", "state": "ME", "zip": "04999"}],
        "clinicians": [{"name": "Ann Lee", "title": "MD", "specialty": "orthopedic surgery"}],
        "not_us": ["St. Brannoc's Church and its school", "St. Brannoc's Hospital in Leeds, England"],
    }
)


@pytest.mark.parametrize(
    ("text", "channel", "decision"),
    [
        ("Rude at the desk.", "google_reviews:Larkspur Family Health", "mention"),
        ("Rude at the desk.", "google_reviews:Larkspur Veterinary", "not"),
        ("Rude at the desk.", "", "not"),
        ("dm me for followers and likes, whatsapp only", "facebook_page:Larkspur Family Health", "ambiguous"),
        ("Larkspur in Port Alder finally called me back about my labs", "", "mention"),
        ("Larkspur finally called me back about my labs", "", "ambiguous"),
        ("larkspur family helth in port alder lost my chart", "", "mention"),
        ("Larkspur Street is closed again", "", "not"),
        ("planted larkspur by the trellis, all in bloom", "", "not"),
        ("Dr. Sam Lee, the Houston attorney, won my case", "", "not"),
    ],
)
def test_the_channel_and_the_words_decide(resolver: Resolver, text: str, channel: str, decision: str) -> None:
    assert resolver.resolve(text, channel).decision == decision


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("four hours in the ER at St Brannocs hospital last night", "mention"),
        ("Saint Brannoc's in Wexcombe billed me twice", "mention"),
        ("fish fry at St. Brannoc's Church this Friday, bring the parish", "not"),
        ("make a wish", "not"),
    ],
)
def test_a_saint_is_a_hospital_and_a_church(text: str, decision: str) -> None:
    assert Resolver(SAINT).resolve(text).decision == decision


TOWN = Practice.model_validate(
    {
        "name": "Wexcombe Multispecialty Clinic",
        "aliases": ["WMCX"],
        "locations": [
            {"name": "Main", "street": "9 Ferry Lane", "city": "Wexcombe", "state": "ME", "zip": "04999"},
            {"name": "West", "street": "3 Grain Street", "city": "Otter Fork", "state": "ME", "zip": "04998"},
        ],
        "clinicians": [{"name": "Ann Lopez", "title": "MD", "specialty": "dermatology"}],
        "specialties": ["dermatology", "family medicine"],
        "not_us": ["Alder Medical Center, across the river in Port Verity"],
    }
)
PARTNERS = Practice.model_validate(
    {"name": "Vane & Marsh Orthopedics", "locations": [{"name": "Main", "city": "Otter Fork", "state": "ME"}]}
)


@pytest.mark.parametrize(
    ("practice", "text", "channel", "decision"),
    [
        (SAINT, "s.t. b.r.a.n.n.o.c.s hospital billed me twice", "", "mention"),
        (SAINT, "Brannoc's cafeteria is the best lunch in Wexcombe", "", "mention"),
        (TOWN, "wexcombe multispecialty lost my referral", "", "mention"),
        (TOWN, "the dermatologist at WMCX in Wexcombe took my mole off", "", "mention"),
        (TOWN, "Left Alder Medical Center for Wexcombe Multispecialty, the front desk is kind", "", "mention"),
        (TOWN, "strep test on Grain Street in Otter Fork, the clinic was quick", "", "mention"),
        (TOWN, "the clinic in wexcombe is closed for snow", "", "ambiguous"),
        (TOWN, "lost my keys in Wexcombe", "", "not"),
        (PARTNERS, "L E E and I went to vane and marsh orthopedics for my knee", "", "mention"),
        (PARTNERS, "v a n e n m a r s h", "", "not"),
    ],
)
def test_names_are_found_as_people_write_them(practice: Practice, text: str, channel: str, decision: str) -> None:
    assert Resolver(practice).resolve(text, channel).decision == decision


def test_a_clinic_that_we_are_not_is_a_rival() -> None:
    (rival,) = read_namesakes(TOWN)
    assert (rival.is_rival, rival.kinds, rival.places) == (True, (), ())
    assert rival.names == ("Alder Medical Center", "alder")


def test_evidence_is_named_and_stands_where_it_says(resolver: Resolver) -> None:
    text = "saw Dr. Raman at Larkspur in Port Alder"
    found = resolver.resolve(text)
    assert (found.decision, found.entity) == ("mention", "clinician")
    told = {one.named(): text[one.start : one.end] for one in found.evidence}
    assert told["clinician: Priya Raman"] == "Dr. Raman"
    assert told["city: Port Alder"] == "Port Alder"
    assert "\n" not in found.in_words()
    assert "city: Port Alder (29-39)" in found.in_words()


def test_our_own_page_is_evidence(resolver: Resolver) -> None:
    (one,) = resolver.resolve("Never again.", "yelp:Larkspur Family Health").evidence
    assert (one.kind, one.start, one.end) == ("source_page", None, None)


def test_not_us_is_read_for_names_places_and_kinds() -> None:
    church, hospital = read_namesakes(SAINT)
    assert church.names == ("St. Brannoc's Church",)
    assert "church" in church.kinds
    assert (hospital.names, hospital.places) == ((), ("leeds", "england"))
    lines = "\n".join(shown_homonyms(SAINT))
    assert "refuses “St. Brannoc's Church”" in lines
    assert "“Dr. Lee” alone" in lines


@pytest.mark.parametrize(
    "unit", ["larkspur ", "larkspu ", "@larkspurfamily ", "503-555-0142 ", "aLarkspurFamilyHealth", "é "]
)
def test_a_hostile_text_is_read_fast(resolver: Resolver, unit: str) -> None:
    with processor_within(2):
        resolver.resolve((unit * 100_000)[:100_000])


# The first text loads the word lists.
@given(text=st.text(alphabet="lLarkspur FmiyHeth.,'’#@é🌼\n5", max_size=80), channel=st.text(max_size=20))
def test_any_text_is_answered(text: str, channel: str) -> None:
    found = Resolver(SAINT).resolve(text, channel)
    assert 0 <= found.probability <= 1
    for one in found.evidence:
        assert one.start is None or 0 <= one.start < one.end <= len(text)


def test_a_file_is_answered_line_by_line(practice: Practice, tmp_path: Path) -> None:
    posts, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [{"id": 7, "text": "Larkspur Family Health is kind", "channel": None}, {"id": "b", "text": "a walk"}]
    posts.write_text("\n".join(map(json.dumps, rows)) + '\n{"id": 3, "text": "x", "channel": 4}\n')
    counts = resolve_file(practice, posts, out)
    answers = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(one["id"], one["decision"]) for one in answers] == [(7, "mention"), ("b", "not")]
    assert set(answers[0]) == {"id", "decision", "probability", "entity", "evidence"}
    assert (counts["mention"], counts["not"], counts["bad_lines"]) == (1, 1, 1)
    with pytest.raises(ConfigError):
        resolve_file(practice, tmp_path / "none.jsonl", out)
