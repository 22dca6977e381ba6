"""Urgency: crisis words are found, ordinary words are not."""

import time

import pytest

from pipeline.screening.urgency import find_urgency


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("after that visit I want to kill myself", "danger_to_life"),
        ("she was su\u200bicidal and they sent her home", "danger_to_life"),
        ("I'm in the lobby and he can't breathe", "danger_to_life"),
        ("I'm going to burn that place down", "threat"),
        ("someone should shoot that doctor", "threat"),
        ("I know where he lives", "threat"),
        ("they gave my kid the wrong dose", "patient_safety"),
        ("used needles on the counter, and they misdiagnosed me", "patient_safety"),
        ("he had an allergic reaction to the shot", "adverse_event"),
        ("ended up in the ER two days later", "adverse_event"),
        ("they emailed my test results to my ex", "privacy"),
        ("I got another patient's records", "privacy"),
        ("out of insulin and no one calls back", "time_critical"),
    ],
)
def test_what_cannot_wait(text: str, urgency: str) -> None:
    found = find_urgency(text)
    assert found is not None
    assert found.urgency == urgency
    assert found.cue


@pytest.mark.parametrize(
    "text",
    ["lovely staff, short wait", "killing it today, great team", "the wait killed my mood", "I hope they stay", ""],
)
def test_what_can(text: str) -> None:
    assert find_urgency(text) is None


def test_life_comes_first() -> None:
    found = find_urgency("they lost my records and I want to die")
    assert found is not None
    assert found.urgency == "danger_to_life"


@pytest.mark.parametrize("unit", ["infected a ", "shared my ", "i will kill ", "no one "])
def test_hostile_text_is_read_fast(unit: str) -> None:
    started = time.perf_counter()
    find_urgency(unit * (64 * 1024 // len(unit)))
    assert time.perf_counter() - started < 2
