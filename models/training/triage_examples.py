"""What triage is trained on: the written posts, writer by writer, and NHS comments, each with the labels it has."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.folding import fold_text
from models.training.corpus import FOLDER
from models.training.nhs_feedback import Comment
from models.triage import QUESTIONS

WRITTEN = FOLDER / "practice_development" / "triage"
# The label of a question that an example does not answer.
UNKNOWN = -1
_TONES = {"praise": "positive", "complaint": "negative"}


@dataclass(frozen=True, slots=True)
class Example:
    """A folded text and, for each of QUESTIONS, the place of its answer, or UNKNOWN."""

    text: str = field(repr=False)
    answers: tuple[int, ...]


def writers() -> list[str]:
    """Who wrote development posts: one file each."""
    return sorted(path.stem.removeprefix("posts_") for path in WRITTEN.glob("posts_*.jsonl"))


def written_examples(writer: str) -> list[Example]:
    """The posts of one writer with all answers."""
    return [_of_row(row) for row in labelled_rows(WRITTEN / f"posts_{writer}.jsonl")]


def comment_examples(comments: Sequence[Comment]) -> list[Example]:
    """Comments as examples: opinion answers category and tone, theme the theme; urgency is not known."""
    rows = [
        {"text": one.text, "category": one.opinion, "theme": one.theme, "tone": _TONES.get(one.opinion, "")}
        for one in comments
    ]
    return [_of_row(row) for row in rows]


def labelled_rows(path: Path) -> list[dict[str, str]]:
    """The rows `{id, text, category, theme, tone, urgency}` of a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _of_row(row: dict[str, str]) -> Example:
    answers = (
        known.index(row[question]) if row.get(question) else UNKNOWN
        for question, known in QUESTIONS.items()
    )  # fmt: skip
    return Example(fold_text(row["text"]), tuple(answers))
