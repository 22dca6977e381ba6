"""The test sets about the practice are whole: ids, labels and offsets, so that a slip shows before a score does."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "models" / "corpus" / "practice"
PRACTICE_KEYS = {
    *("name", "aliases", "locations", "clinicians", "handles", "specialties", "website", "phone", "not_us"),
}
LABELS = {
    "resolver/posts.jsonl": ("label", {"mention", "ambiguous", "not"}),
    "linter/drafts.jsonl": ("label", {"ok", "refused"}),
    "guard/posts.jsonl": ("label", {"fine", "disclosure", "false_claim"}),
    "triage/posts.jsonl": ("category", {"praise", "complaint", "question", "press", "job", "other"}),
}


def rows_of(name: str) -> list[dict]:
    return [json.loads(line) for line in (FOLDER / name).read_text().splitlines()]


@pytest.mark.parametrize("name", [*LABELS, "redaction/posts.jsonl", "narratives/posts.jsonl"])
def test_every_row_has_an_id_and_a_text_of_its_own(name: str) -> None:
    rows = rows_of(name)
    assert len({row["id"] for row in rows}) == len(rows)
    # Stories spread by copies, too.
    assert name.startswith("narratives/") or len({row["text"] for row in rows}) == len(rows)


@pytest.mark.parametrize("name", LABELS)
def test_every_label_is_used_and_none_is_unknown(name: str) -> None:
    column, known = LABELS[name]
    assert {row[column] for row in rows_of(name)} == known


def test_a_refused_draft_names_the_rules_it_breaks_and_an_ok_one_none() -> None:
    assert all(bool(row["rules"]) == (row["label"] == "refused") for row in rows_of("linter/drafts.jsonl"))


def test_frightening_words_without_danger_are_routine() -> None:
    routine = {row["id"] for row in rows_of("triage/posts.jsonl") if row["urgency"] == "routine"}
    assert set((FOLDER / "triage" / "hard_negative_ids.txt").read_text().split()) <= routine


def test_identifiers_lie_in_their_texts_and_apart() -> None:
    for row in rows_of("redaction/posts.jsonl"):
        spans = sorted((one["start"], one["end"]) for one in [*row["spans"], *row["public"]])
        assert all(0 <= start < end <= len(row["text"]) for start, end in spans), row["id"]
        assert all(before[1] <= after[0] for before, after in pairwise(spans)), row["id"]


def test_practices_have_the_keys_of_the_contract() -> None:
    for name in ("resolver", "guard"):
        files = {path.stem: yaml.safe_load(path.read_text()) for path in (FOLDER / name).glob("*.yaml")}
        assert all(set(practice) == PRACTICE_KEYS for practice in files.values())
        assert {row["practice"] for row in rows_of(f"{name}/posts.jsonl")} == set(files)


DEVELOPMENT = FOLDER.parent / "practice_development"
COLUMN_OF = {Path(name).parent.name: label for name, label in LABELS.items()}


@pytest.mark.parametrize("folder", COLUMN_OF)
def test_no_text_to_train_on_is_one_of_the_tests(folder: str) -> None:
    files = sorted((DEVELOPMENT / folder).glob("*.jsonl"))
    rows = [row for path in files for row in map(json.loads, path.read_text().splitlines())]
    held = {row["text"] for tests in FOLDER.rglob("*.jsonl") for row in map(json.loads, tests.read_text().splitlines())}
    texts = {row["text"] for row in rows}
    assert len({row["id"] for row in rows}) == len(rows) == len(texts)
    assert not texts & held
    column, known = COLUMN_OF[folder]
    assert {row[column] for row in rows} == known


def test_identifiers_to_learn_from_lie_in_their_texts() -> None:
    files = sorted((DEVELOPMENT / "redaction").glob("*.jsonl"))
    rows = [row for path in files for row in map(json.loads, path.read_text().splitlines())]
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert all(0 <= one["start"] < one["end"] <= len(row["text"]) for one in row["spans"]), row["id"]
