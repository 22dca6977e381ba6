"""What the guard is trained on: own posts writer by writer, drafts of replies, and the claims in their own words."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.folding import fold_text
from models.guard import ANSWERS, sentences_of
from models.training.corpus import FOLDER, corpus_claims, corpus_true_neighbours

WRITTEN = FOLDER / "practice_development"
# What an example weighs that is no post of a practice.
ASIDE = 0.5
# Rules of the reply linter that a reply breaks by telling of somebody's care.
_TELLS_CARE = frozenset(("confirms_patient", "visit_detail", "treatment_detail", "staff_patient_detail"))
_FINE, _DISCLOSURE, _FALSE = range(len(ANSWERS))

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """A folded text, the place of its answer in ANSWERS, and what it weighs."""

    text: str = field(repr=False)
    answer: int
    say: float = 1.0


def writers() -> list[str]:
    """Who wrote development posts: one file each."""
    return sorted(path.stem for path in (WRITTEN / "guard").glob("posts*.jsonl"))


def written_rows(writer: str) -> list[Row]:
    """The rows `{id, practice, text, label, phrase}` of one writer."""
    return labelled_rows(WRITTEN / "guard" / f"{writer}.jsonl")


def written_examples(rows: Sequence[Row]) -> list[Example]:
    """The posts whole, and of those that are not fine the sentences that break a rule and the rest by themselves."""
    return [example for row in rows for example in _of_post(row)]


def aside_examples() -> list[Example]:
    """Drafts of replies and the wordings of claims with what is true instead."""
    return [*_drafts(), *_claims()]


def labelled_rows(path: Path) -> list[Row]:
    """The rows of a file of JSON Lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _of_post(row: Row) -> Iterator[Example]:
    answer, text = ANSWERS.index(row["label"]), row["text"]
    yield Example(fold_text(text), answer)
    if answer == _FINE or not row["phrase"]:
        return
    sentences = [text[one.start : one.end] for one in sentences_of(text)]
    breaking = [one for one in sentences if row["phrase"] in one]
    rest = [one for one in sentences if one not in breaking]
    if breaking and rest:
        yield Example(fold_text(" ".join(breaking)), answer)
        yield Example(fold_text(" ".join(rest)), _FINE)


def _drafts() -> Iterator[Example]:
    for row in labelled_rows(WRITTEN / "linter" / "drafts.jsonl"):
        rules = set(row["rules"])
        if rules & _TELLS_CARE:
            yield Example(fold_text(row["text"]), _DISCLOSURE, ASIDE)
        elif "contradicts_correction" in rules:
            yield Example(fold_text(row["text"]), _FALSE, ASIDE)
        elif not rules:
            yield Example(fold_text(row["text"]), _FINE, ASIDE)


def _claims() -> Iterator[Example]:
    near = corpus_true_neighbours()
    for claim in corpus_claims():
        # A claim's wordings in English, as many as are written for each.
        wordings = [text for name, text in claim.fields if name in ("claim", "variant")][:4]
        yield from (Example(fold_text(text), _FALSE, ASIDE) for text in wordings)
        yield from (Example(fold_text(text), _FINE, ASIDE) for text in (claim.correction, *near[claim.claim_id]))
