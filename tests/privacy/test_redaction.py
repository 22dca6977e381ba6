"""What the redacted copy hides, and what it leaves: one line for each kind and each look-alike."""

import pytest

from pipeline.privacy.redaction import find_identifiers, redact


@pytest.mark.parametrize(
    ("text", "copy"),
    [
        ("my daughter Soraya was seen", "my daughter [name] was seen"),
        ("ask for xiomara at the desk", "ask for [name] at the desk"),
        ("sticker: PRUITT, MARISOL", "sticker: [name]"),
        ("I'm at 2218 Quince Hollow Rd, Apt 4, 53999", "I'm at [address], [zip]"),
        ("my zip is five three seven one one", "my zip is [zip]"),
        ("born 1️⃣2️⃣/0️⃣4️⃣/1️⃣9️⃣7️⃣0️⃣ in Ohio", "born [date] in Ohio"),
        ("mom is ninety-four and drives", "mom is [age over 89] and drives"),
        ("call 414.555.0118 after six", "call [phone] after six"),
        ("call four one four, five five five, oh one six six", "call [phone]"),
        ("fax it to (414) 555 0143", "fax it to [fax]"),
        ("write to jdoe88 at gmail dot com", "write to [email]"),
        ("see https://gofundme.example/f/help-ezekiel", "see [link]"),
        ("it came from 203.0.113.77", "it came from [address]"),
        ("dm @ottercreekmom please", "dm [handle] please"),
        ("my ssn is ４１４－55－0101", "my ssn is [number]"),
        ("chart# 774410 was open", "chart# [number] was open"),
        ("PIN on the pill box is 7741", "PIN on the pill box is [number]"),
        ("license plate 7 HJD 220 hit me", "license plate [number] hit me"),
        ("my face is in DSC_0417.JPG", "my face is in [picture]"),
    ],
)
def test_what_points_to_a_person_is_hidden(text: str, copy: str) -> None:
    assert redact(text) == copy


@pytest.mark.parametrize(
    "text",
    [
        "Call 988 if it's dark tonight, or 911",
        "Take 600 mg every 6-8 hours, not 800 mg",
        "BP 180/110, A1C went from 11.2 to 7.0",
        "$1,904 for 30 tablets, 24/7, open 8 am to 5 pm",
        "The flu clinic is on October 4, no appointment",
        "Senator Maribel Tostrup wants cheaper inhalers",
        "Florence Nightingale would weep about Crohn's and COVID-19",
        "Dr. Amadi is the only one who listens",
        "room 214, third floor, since 2020",
        "@FDArecalls says so, and cdc.gov/flu too",
        "the poster wash-your-hands.pdf is worth printing",
    ],
)
def test_what_is_public_stays(text: str) -> None:
    assert redact(text) == text


def test_a_name_once_found_is_hidden_wherever_it_stands() -> None:
    assert redact("my son Emeka waits. emeka is brave") == "my son [name] waits. [name] is brave"


def test_what_the_practice_says_of_itself_stays() -> None:
    text = "Wrenfield, 40 Harbor Plaza, 414-555-0100: ask Soraya"
    keep = ("Wrenfield", "40 Harbor Plaza", "414-555-0100")
    assert redact(text, keep) == "Wrenfield, 40 Harbor Plaza, 414-555-0100: ask [name]"


def test_identifiers_tell_their_kind_and_place_in_the_text_as_written() -> None:
    text = "🏠 7 🌷 Tulip 🌷 Ct, ssn 987·65·4322"
    found = [(one.kind, text[one.start : one.end]) for one in find_identifiers(text)]
    assert found == [("street_address", "7 🌷 Tulip 🌷 Ct"), ("ssn", "987·65·4322")]
