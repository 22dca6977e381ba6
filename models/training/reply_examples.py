"""What the reply linter is trained on, sentence by sentence: labelled drafts, posts of our own, and the claims."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.folding import fold_text
from models.replies import RULES
from models.sentences import split_sentences
from models.training.corpus import FOLDER

WRITTEN = FOLDER / "practice_development"
# Rules of a draft that its marked sentence may break beside the first, which it does break.
PERHAPS = 0.3
# What a sentence says beside one of a draft: posts of our own are not answers, claims are not drafts.
OWN_POST_SAY, CLAIM_SAY = 0.7, 0.5
_DISCLOSED = frozenset({"confirms_patient", "visit_detail", "treatment_detail", "staff_patient_detail"})
_FALSE = "contradicts_correction"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """A folded sentence and, for each of RULES and for any, whether it is broken and how much that label is worth."""

    text: str = field(repr=False)
    broken: tuple[float, ...]
    worth: tuple[float, ...]


def files() -> list[str]:
    """The files of labelled drafts, one a writer."""
    return sorted(path.stem for path in (WRITTEN / "linter").glob("*.jsonl"))


def labelled_rows(path: Path) -> list[Row]:
    """The rows of a file of JSON Lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def draft_examples(file: str) -> list[Example]:
    """The sentences of one file of drafts `{text, rules, phrase}`; a label that cannot be known is worth nothing."""
    return [one for row in labelled_rows(WRITTEN / "linter" / f"{file}.jsonl") for one in _of_draft(row)]


def own_post_examples() -> list[Example]:
    """The sentences of the guard's posts `{text, label, phrase}`, with what they say of replies."""
    rows = [row for path in sorted((WRITTEN / "guard").glob("posts*.jsonl")) for row in labelled_rows(path)]
    return [one for row in rows for one in _of_own_post(row)]


def claim_examples() -> list[Example]:
    """Claims as sentences that contradict their correction; corrections and true neighbours as ones that may stand."""
    found = []
    for row in labelled_rows(FOLDER / "claims.jsonl"):
        found.append(_example(row["claim"], {_FALSE}, worth=CLAIM_SAY))
        true = [text for text, _ in _sentences(row["correction"], "")]
        found += [_example(text, worth=CLAIM_SAY) for text in (*true, *row["true_neighbours"])]
    return found


def _of_draft(row: Row) -> Iterator[Example]:
    rules = list(row["rules"])
    marked = _sentences(row["text"], row["phrase"])
    alone = len(marked) == 1
    for text, is_marked in marked:
        if not rules:
            yield _example(text)
        elif is_marked or alone:
            others = dict.fromkeys(rules[1:], 1.0 if alone else PERHAPS)
            yield _example(text, set(rules), unsure=others)
        else:
            # What else the draft breaks may stand here as well.
            yield _example(text, unsure=dict.fromkeys(rules, 0.0), any_worth=PERHAPS)


def _of_own_post(row: Row) -> Iterator[Example]:
    for text, is_marked in _sentences(row["text"], row["phrase"]):
        if row["label"] == "fine":
            yield _example(text, worth=OWN_POST_SAY)
        elif is_marked and row["label"] == "false_claim":
            yield _example(text, {_FALSE}, worth=OWN_POST_SAY)
        elif is_marked:
            # Which of the four it would be in an answer is not known.
            unknown = dict.fromkeys(_DISCLOSED, 0.0)
            yield _example(text, set(), unsure=unknown, worth=OWN_POST_SAY, any_broken=True)


def _example(
    text: str,
    rules: set[str] | None = None,
    *,
    unsure: Mapping[str, float] | None = None,
    worth: float = 1.0,
    any_worth: float = 1.0,
    any_broken: bool = False,
) -> Example:
    broken, doubts = rules or set(), unsure or {}
    any_rule = float(any_broken or bool(broken))
    return Example(
        fold_text(text),
        (*(float(rule in broken) for rule in RULES), any_rule),
        (*(worth * doubts.get(rule, 1.0) for rule in RULES), worth * any_worth),
    )


def _sentences(text: str, phrase: str | None) -> Sequence[tuple[str, bool]]:
    """The sentences of a text, and whether the phrase stands in each or reaches into it."""
    start = text.find(phrase) if phrase else -1
    end = start + len(phrase or "")
    return [
        (text[one.start : one.end], start >= 0 and one.start < end and start < one.end) for one in split_sentences(text)
    ]
