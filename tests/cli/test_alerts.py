"""What a person does with alerts at the command line, and the one clear line for what cannot be done."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import alerts
from pipeline.config import Settings
from pipeline.errors import AuscultError
from tests.cli.conftest import Auscult

NOW, LATER = "2026-10-12T15:00:00Z", "2026-10-12T17:00:00Z"


@pytest.fixture
def key(auscult: Auscult, tmp_path: Path) -> str:
    rows = [
        {"id": f"p{n}", "author": f"a{n}", "text": f"The MMR vaccine gives kids autism, we saw it {n} times."}
        for n in range(4)
    ]
    file = tmp_path / "posts.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    auscult("import", file, "--platform", "facebook", "--now", NOW)
    (row,) = json.loads(auscult("alerts", "--json", "--now", NOW).stdout)
    assert (row["state"], row["severity"], row["posts"]) == ("open", "urgent", 4)
    assert row["held"] == ["Communications: waiting until 2026-10-13 15:00 UTC"]
    return str(row["alert_key"])


def test_an_alert_is_taken_on_closed_and_opened_again(auscult: Auscult, key: str) -> None:
    taken = auscult("alert", key, "--acknowledge", "--by", "Jo Smith", "--note", "[bold]on it", "--now", LATER).stdout
    assert "acknowledged" in taken
    assert "[bold]on it" in taken
    refused = auscult("alert", key, "--acknowledge", "--by", "Jo", "--now", LATER, code=1).stderr
    assert refused.strip() == "auscult: the alert is acknowledged: it cannot be acknowledged"
    auscult("alert", key, "--resolve", "--by", "Jo", "--now", LATER)
    assert "no alert is open" in auscult("alerts", "--now", LATER).stdout
    shown = json.loads(auscult("alert", key, "--reopen", "--by", "Jo", "--json", "--now", LATER).stdout)
    assert shown["state"] == "open"
    assert [one["event"] for one in shown["history"]] == ["raised", "acknowledged", "resolved", "reopened"]


def test_a_silence_is_made_listed_and_ended(auscult: Auscult, key: str) -> None:
    about = ("--owner", "Jo", "--reason", "known", "--hours", "30")
    said = auscult("silence", *about, "--claim", "vax-mmr-autism", "--now", LATER).stdout
    assert "silence 1 until 2026-10-13 23:00 UTC: claim_id vax-mmr-autism" in said
    assert "silenced until 2026-10-13 23:00 UTC" in auscult("alert", key, "--now", LATER).stdout
    (listed,) = json.loads(auscult("silences", "--json", "--now", LATER).stdout)
    assert (listed["silence_id"], listed["owner"]) == (1, "Jo")
    assert "--by: say who does it" in auscult("silences", "end", "1", "--now", LATER, code=1).stderr
    auscult("silences", "end", "1", "--by", "Jo", "--now", LATER)
    assert "no silence" in auscult("silences", "--now", LATER).stdout
    assert "no silence 1 lasts" in auscult("silences", "end", "1", "--by", "Jo", "--now", LATER, code=1).stderr
    assert "sent 1, budget 3" in auscult("status", "--now", LATER).stdout


def test_what_the_parser_lets_through_and_cannot_be_done_is_one_clear_line(auscult: Auscult) -> None:
    refused = auscult("alert", "\x1b[31mred'; drop table alerts; --", code=1).stderr
    assert refused.strip() == "auscult: there is no alert with this key: auscult alerts --all lists them"
    auscult("silence", "--owner", "Jo", "--reason", "r", "--hours", "nan", "--claim", "x", code=2)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({"key": "no|such|key"}, "there is no alert with this key"),
        ({"key": "a\0b"}, "there is no alert with this key"),
        ({"key": "a", "resolve": True}, "--by: say who does it"),
        ({"resolve": True, "by": "Jo"}, "name the alert by its key"),
        ({"key": "a", "resolve": True, "reopen": True, "by": "Jo"}, "one at a time"),
        ({"key": "a", "acknowledge": True, "by": "Jo"}, "there is no alert with this key"),
    ],
)
def test_what_cannot_be_done_with_an_alert_says_why(settings: Settings, words: dict[str, Any], problem: str) -> None:
    with pytest.raises(AuscultError, match=problem):
        alerts.alert(**words)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({}, "must name"),
        ({"claim": "x", "reason": " "}, "needs a reason"),
        ({"claim": "x", "owner": "\0"}, "by name"),
        ({"kind": "canary"}, "one of misinformation"),
        ({"category": "a\nb"}, "plain words"),
        ({"alert": "no|such|key"}, "there is no alert"),
    ],
)
def test_what_cannot_be_silenced_says_why(settings: Settings, words: dict[str, Any], problem: str) -> None:
    with pytest.raises(AuscultError, match=problem):
        alerts.silence(**{"owner": "Jo", "reason": "r", "hours": 2, **words})


@pytest.mark.parametrize("number", [-1, 0, 7, 10**20])
def test_a_silence_that_does_not_last_cannot_be_ended(settings: Settings, number: int) -> None:
    with pytest.raises(AuscultError, match="lasts"):
        alerts.end(number, by="Jo")
