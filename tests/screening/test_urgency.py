"""Urgency: crisis words are found, ordinary words are not."""

import pytest

from pipeline.screening.urgency import find_urgency
from tests.waiting import processor_within


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("after that visit I want to kill myself", "danger_to_life"),
        ("she was su\u200bicidal and they sent her home", "danger_to_life"),
        ("I'm in the lobby and he can't breathe", "danger_to_life"),
        ("I'm going to burn that place down", "threat_to_staff"),
        ("someone should shoot that doctor", "threat_to_staff"),
        ("I know where he lives", "threat_to_staff"),
        ("they gave my kid the wrong dose", "patient_safety"),
        ("used needles on the counter, and they misdiagnosed me", "patient_safety"),
        ("he had an allergic reaction to the shot", "adverse_event"),
        ("ended up in the ER two days later", "adverse_event"),
        ("they emailed my test results to my ex", "privacy_breach"),
        ("I got another patient's records", "privacy_breach"),
        ("out of insulin and no one calls back", "time_critical"),
        ("still on hold and my wife can't catch her breath", "danger_to_life"),
        ("mum has chest tightness and nobody picks up", "danger_to_life"),
        ("somebody should put a rock through their door", "threat_to_staff"),
        ("that nurse better watch her back", "threat_to_staff"),
        ("the label says 50 mg and it should have been 5 mg", "patient_safety"),
        ("my son got the vaccine meant for another child", "patient_safety"),
        ("they mixed up the prescriptions at the desk", "patient_safety"),
        ("the allergy is in her chart in capitals", "patient_safety"),
        ("his tongue swelled after the first pill and he has hives", "adverse_event"),
        ("he fainted on day two of the new dose", "adverse_event"),
        ("the list at the desk showed everyone's names and diagnoses", "privacy_breach"),
        ("I was sent somebody else's lab results", "privacy_breach"),
        ("only two puffs left and the refill is not in", "time_critical"),
        ("our nine day old has a fever, do we come in", "time_critical"),
    ],
)
def test_what_cannot_wait(text: str, urgency: str) -> None:
    found = find_urgency(text)
    assert found is not None
    assert found.urgency == urgency
    assert found.cue


@pytest.mark.parametrize(
    "text",
    [
        "a billing mix-up, sorted in a day",
        "insurance mixed up our address",
        "50 minutes of waiting, it should be 10",
        "watch her smile, she is three",
        "my two year old had a cold",
        "we passed out flyers at the fair",
        "lovely staff, short wait",
        "killing it today, great team",
        "the wait killed my mood",
        "I hope they stay",
        "",
    ],
)
def test_what_can(text: str) -> None:
    assert find_urgency(text) is None


@pytest.mark.parametrize(
    ("text", "decides"),
    [
        ("I want to die", True),
        ("I want to die, like last year", True),
        ("he can't breathe", True),
        ("a walk for suicide prevention on Sunday", False),
        ("they gave my kid the wrong dose", False),
    ],
)
def test_crisis_words_decide_but_where_the_text_takes_them_back(text: str, decides: bool) -> None:
    found = find_urgency(text)
    assert found is not None
    assert found.decides is decides


def test_life_comes_first() -> None:
    found = find_urgency("they lost my records and I want to die")
    assert found is not None
    assert found.urgency == "danger_to_life"


@pytest.mark.parametrize(
    "unit",
    [
        "infected a ",
        "shared my ",
        "i will kill ",
        "no one ",
        "10 mg ",
        "passed out ",
        "full name ",
        "newborn ",
        "pills ",
        "took all of my ",
        "arm heavy ",
        "after the new pill ",
        "suicide in 2011 ",
    ],
)
def test_hostile_text_is_read_fast(unit: str) -> None:
    with processor_within(2):
        find_urgency(unit * (64 * 1024 // len(unit)))
