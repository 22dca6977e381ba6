"""Triage: crisis words decide, answers come from the contract's words, and a post's answer is its own."""

import json
from pathlib import Path

import pytest

from models.triage import QUESTIONS, TriageModel, load_triage
from pipeline.screening.triage import READ, triage_posts
from pipeline.screening.triage_files import triage_file

POSTS = [
    "Lovely nurses at the Harborview clinic, in and out in ten minutes. Thank you!",
    "Third week of calling and nobody picks up the phone. Unbelievable.",
    "Does the clinic give flu shots on Saturdays?",
    "I want to kill myself and nobody there will call me back",
    "We are hiring a front desk receptionist, apply by Friday",
    "",
]


@pytest.fixture(scope="module")
def model() -> TriageModel:
    return load_triage()


def test_plain_posts_are_sorted_as_a_person_would(model: TriageModel) -> None:
    praise, complaint, question, _, job, _ = triage_posts(POSTS, model)
    assert (praise.category, praise.tone, praise.urgency) == ("praise", "positive", "routine")
    assert (complaint.category, complaint.theme, complaint.tone) == ("complaint", "access", "negative")
    assert (question.category, question.urgency) == ("question", "routine")
    assert job.category == "job"


def test_crisis_words_decide_and_show_the_guidance(model: TriageModel) -> None:
    found = triage_posts([POSTS[3], f"{POSTS[0]} {'It was fine. ' * 400} I want to die."], model)
    assert [(one.urgency, one.crisis, one.urgency_cue) for one in found] == [
        ("danger_to_life", True, "wish to die"),
        ("danger_to_life", True, "wish to die"),
    ]


def test_a_routine_post_has_no_cue_and_an_urgent_one_says_what_it_is_urgent_by(model: TriageModel) -> None:
    for one in triage_posts(POSTS, model):
        assert (one.urgency_cue is None) == (one.urgency == "routine")
    found = triage_posts(["The pharmacy printed my neighbour's HIV results and gave them to me at the counter"], model)
    assert found[0].urgency_cue is None or found[0].urgency_cue == READ or " " in found[0].urgency_cue


def test_answers_are_words_of_the_contract_and_probabilities_are_shares(model: TriageModel) -> None:
    for one in triage_posts(POSTS, model):
        assert all(getattr(one, question) in known for question, known in QUESTIONS.items())
        assert set(one.probability) == {*QUESTIONS, "urgent"}
        assert all(0 <= share <= 1 for share in one.probability.values())


def test_an_answer_does_not_depend_on_the_posts_beside_it(model: TriageModel) -> None:
    assert triage_posts(POSTS, model) == [triage_posts([text], load_triage())[0] for text in POSTS]


def test_no_posts_give_no_answers(model: TriageModel) -> None:
    assert triage_posts([], model) == []


def test_a_file_round_trip(model: TriageModel, tmp_path: Path) -> None:
    lines = [json.dumps({"id": number, "text": text}) for number, text in enumerate(POSTS)]
    (tmp_path / "in").write_text("\n".join([*lines, "no JSON"]) + "\n")
    counts = triage_file(tmp_path / "in", tmp_path / "out", model)
    written = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
    assert [row["id"] for row in written] == list(range(len(POSTS)))
    assert set(written[0]) == {"id", *QUESTIONS, "urgency_cue", "crisis", "probability"}
    assert (counts["posts"], counts["bad_lines"]) == (len(POSTS), 1)
    assert counts["danger_to_life"] == 1
