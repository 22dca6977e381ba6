"""The reply linter: what the published cases said is refused with its rule and source, what a card says passes."""

import json
from pathlib import Path

import pytest

from pipeline.screening.judges import Models
from pipeline.screening.replies import RULES, Linter, lint_reply, load_linter
from pipeline.screening.reply_files import lint_file
from tests.waiting import processor_within

CLAIM = {
    "claim_id": "vax-mmr-autism",
    "claim": "The MMR vaccine causes autism.",
    "variants": ["mmr gave my son autism"],
    "spanish_variants": [],
    "correction": "Large studies found the same rates of autism with and without the MMR vaccine.",
    "true_neighbours": [],
    "evidence": [{"publisher": "CDC", "address": "https://www.cdc.gov/mmr", "verified": True}],
}
# Invented, after what the published cases tell of the answers.
LIKE_THE_CASES = (
    "He only came to my practice on two occasions and never came back for his scheduled appointment.",
    "You came in as an emergency patient, and you were given a second referral for a root canal.",
    "Our records show that your claim was denied, so the balance was yours to pay.",
    "You were diagnosed with depression and stopped taking your medication against our advice.",
    "It is fascinating to see you make accusations when you refused the treatment plan. Get a life!",
)
SAFE = (
    "Thank you for your kind words. They mean a lot to everybody here.",
    "Privacy law keeps us from saying who is a patient. Please call our office manager at 555-0120.",
    "In an emergency, call 911 or your local emergency number.",
    "Our walk-in hours are 8 to 6 on weekdays, and no appointment is needed.",
)


@pytest.fixture(scope="session")
def linter(models: Models) -> Linter:
    return load_linter([CLAIM], models=models)


@pytest.mark.parametrize("draft", LIKE_THE_CASES)
def test_what_the_published_cases_said_is_refused(linter: Linter, draft: str) -> None:
    linted = lint_reply(draft, linter=linter)
    assert linted.verdict == "refused"
    assert any("45 CFR 164.502(a)" in finding.source for finding in linted.findings)


@pytest.mark.parametrize("draft", SAFE)
def test_a_safe_draft_passes(linter: Linter, draft: str) -> None:
    assert lint_reply(draft, linter=linter).findings == ()


def test_a_finding_names_words_of_the_draft_as_they_stand(linter: Linter) -> None:
    draft = "Ça va? It was OUR  mistake, plain and simple. Please call us."
    findings = lint_reply(draft, linter=linter).findings
    assert ("admits_fault", "OUR  mistake") in {(one.rule, one.phrase) for one in findings}
    assert all(one.phrase in draft and one.rule in RULES and one.source for one in findings)


def test_a_disguised_wording_is_found(linter: Linter) -> None:
    findings = lint_reply("Thаnk you for ｔｒｕｓｔｉｎｇ us with your care.", linter=linter).findings
    assert "confirms_patient" in {one.rule for one in findings}


def test_the_claim_a_draft_is_about_is_found_by_itself(linter: Linter) -> None:
    findings = lint_reply("Yes, it is true that the MMR vaccine causes autism.", linter=linter).findings
    found = next(one for one in findings if one.rule == "contradicts_correction")
    assert "claim vax-mmr-autism" in found.source
    assert "https://www.cdc.gov/mmr" in found.source


def test_who_agrees_with_a_false_claim_promotes_it(linter: Linter) -> None:
    alone, after = (lint_reply("Yes, that is true.", post, linter=linter) for post in ("", CLAIM["claim"]))
    assert alone.verdict == "ok"
    assert [one.rule for one in after.findings] == ["contradicts_correction"]


@pytest.mark.parametrize("draft", SAFE)
def test_an_answer_that_says_nothing_of_a_claim_does_not_promote_it(linter: Linter, draft: str) -> None:
    assert lint_reply(draft, CLAIM["claim"], linter=linter).verdict == "ok"


def test_a_correction_passes(linter: Linter) -> None:
    assert lint_reply(CLAIM["correction"], "mmr gave my son autism", linter=linter).verdict == "ok"


def test_what_is_too_long_to_be_read_whole_is_refused(linter: Linter) -> None:
    linted = lint_reply("The office is open. " * 70, linter=linter)
    assert [one.rule for one in linted.findings][-1] == "too_long"


@pytest.mark.parametrize("draft", ["", "...", "👍"])
def test_a_draft_without_words_passes(linter: Linter, draft: str) -> None:
    assert lint_reply(draft, linter=linter).verdict == "ok"


@pytest.mark.parametrize("unit", ["you ", "!", "your a. ", "Dr. x ", "é"])
def test_a_hostile_draft_is_read_fast(linter: Linter, unit: str) -> None:
    draft = unit * (100_000 // len(unit))
    with processor_within(2):
        lint_reply(draft, linter=linter)


def test_a_file_is_answered_line_by_line(linter: Linter, tmp_path: Path) -> None:
    drafts = [
        {"id": 1, "text": SAFE[0]},
        {"id": "b", "text": LIKE_THE_CASES[0], "in_reply_to": "one star"},
        {"id": "c", "text": SAFE[1], "in_reply_to": None},
        {"id": "d"},
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(draft) + "\n" for draft in drafts))
    counts = lint_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", linter)
    written = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [(row["id"], row["verdict"]) for row in written] == [(1, "ok"), ("b", "refused"), ("c", "ok")]
    assert set(written[1]["findings"][0]) == {"rule", "phrase", "source"}
    assert (counts["drafts"], counts["ok"], counts["refused"], counts["bad_lines"]) == (3, 2, 1, 1)
