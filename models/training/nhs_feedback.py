"""Comments of NHS patients with the labels that triage can express: praise or complaint, and four themes.

The labels come from two frameworks of the same project (pxtextmining): in phase 1 a comment has one label and a
criticality, in phase 2 several labels and a sentiment. What has no counterpart here has no label here.
"""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from models.folding import fold_text

FOLDER = "nhs_patient_feedback"
# Shorter comments ("Nothing.") say nothing by themselves.
LEAST_WORDS = 3
# One comment of five is kept out of training, by the hash of its text: copies of it stay on its side.
HELD_OF = 5

PHASE_1 = {"Access": "access", "Staff": "staff", "Care received": "care", "Environment/ facilities": "facilities"}
# Subcategories that are about something else than their label's theme here.
PHASE_1_LEFT_OUT = frozenset({"Provision of services", "Activities", "Advice and support", "Nothing to improve"})
PHASE_2 = {
    "access": (
        *("Timeliness of care", "Contacting services", "Appointment arrangements", "Appointment method"),
        "Service location",
    ),
    "staff": (
        *("Staff manner & personal attributes", "Staff listening, understanding & involving patients"),
        *("Competence & training", "Number & deployment of staff", "Staff responsiveness"),
    ),
    "care": (
        *("Impact of treatment/ care", "Pain management", "Diagnosis & triage", "Supplying & understanding medication"),
        *("Referals & continuity of care", "Discharge", "Care plans"),
    ),
    "facilities": (
        *("Food & drink provision & facilities", "Environment & Facilities", "Electronic entertainment", "Parking"),
        *("Cleanliness, tidiness & infection control", "Sensory experience"),
    ),
}
# Labels that say how it was and not what it was about.
PHASE_2_OF_NO_THEME = frozenset({"Positive experience & gratitude", "Negative experience & dissatisfaction"})

Split = Literal["training", "held"]
_THEME_OF = {label: theme for theme, labels in PHASE_2.items() for label in labels}


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment: `opinion` is praise, complaint or "" (neither is known), `theme` one of four or ""."""

    text: str = field(repr=False)
    opinion: str = ""
    theme: str = ""


def nhs_comments(research: Path, split: Split) -> list[Comment]:
    """The distinct comments of a split that have a label here. Raises OSError where the set is not there."""
    found: dict[str, Comment] = {}
    for comment in (*_phase_1(research / FOLDER), *_phase_2(research / FOLDER)):
        if (comment.opinion or comment.theme) and len(comment.text.split()) >= LEAST_WORDS:
            found.setdefault(fold_text(comment.text).lower(), comment)
    return [comment for folded, comment in found.items() if _is_held(folded) == (split == "held")]


def _phase_1(folder: Path) -> Iterator[Comment]:
    for row in _rows(folder / "phase1_feedback.tsv"):
        label, left_out = row["label"], row["subcategory"] in PHASE_1_LEFT_OUT
        # "Nothing" is praise as an answer to one question and says nothing alone.
        criticality = 0 if label == "Couldn't be improved" or row["subcategory"] == "Nothing to improve" else None
        opinion = _opinion(int(row["criticality"]) if criticality is None else criticality)
        yield Comment(row["text"], opinion, "" if left_out else PHASE_1.get(label, ""))


def _phase_2(folder: Path) -> Iterator[Comment]:
    for row in _rows(folder / "phase2_feedback.tsv"):
        labels = [label for label in row["labels"].split("|") if label not in PHASE_2_OF_NO_THEME]
        themes = {_THEME_OF.get(label, "") for label in labels}
        # 1 and 2 are positive, 4 and 5 negative; 3 is mixed or neutral.
        opinion = _opinion(3 - float(row["sentiment_1pos_5neg"])) if row["sentiment_1pos_5neg"] else ""
        yield Comment(row["text"], opinion, themes.pop() if len(themes) == 1 else "")


def _opinion(score: float) -> str:
    return "praise" if score > 0 else "complaint" if score < 0 else ""


def _is_held(folded: str) -> bool:
    return int(hashlib.sha256(folded.encode()).hexdigest(), 16) % HELD_OF == 0


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
