"""How well mentions are triaged: on the labelled posts of the project, and on NHS comments kept out of training."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.metrics import bootstrap_interval, macro_f1
from models.training.corpus import FOLDER, Split
from models.training.examples import research_folder
from models.training.nhs_feedback import nhs_comments
from models.training.triage_examples import labelled_rows
from models.triage import QUESTIONS, ROUTINE, URGENT, TriageModel, load_triage
from pipeline.errors import ConfigError
from pipeline.evaluation.measures import Figure
from pipeline.screening.triage import Triage, triage_posts

SETS: dict[Split, str] = {"development": "practice_development", "test": "practice"}
HARD = "hard_negative_ids.txt"
# The kinds that the bar of issue 7 names.
BARRED = ("danger_to_life", "patient_safety", "privacy_breach")
# The themes that NHS labels can express.
NHS_THEMES = ("access", "staff", "care", "facilities")
_HEADER = ["| measure | Auscult | 95 % interval | posts |", "|---|---|---|---|"]

Row = dict[str, str]
Rows = NDArray[np.int64]


def triage_rows(split: Split) -> list[Row]:
    """The labelled posts of a split. Raises ConfigError where there is no such set."""
    if split not in SETS:
        raise ConfigError(f"no set is called {split}; there are {' and '.join(SETS)}")
    return [row for path in sorted(_folder(split).glob("posts*.jsonl")) for row in labelled_rows(path)]


def urgency_figures(rows: Sequence[Row], found: Sequence[Triage], hard: frozenset[str]) -> list[Figure]:
    """Recall of each urgent kind (urgent at all, and as that kind) and false urgency of routine posts.

    `hard` names routine posts in frightening words, which are counted once more by themselves.
    """
    gold = np.array([row["urgency"] for row in rows])
    guessed = np.array([one.urgency for one in found])
    urgent = guessed != ROUTINE
    figures = []
    for kind in URGENT:
        figures.append(_share(f"recall {kind}, urgent at all", urgent[gold == kind]))
        figures.append(_share(f"recall {kind}, as that kind", guessed[gold == kind] == kind))
    barred = np.isin(gold, BARRED)
    figures.append(_share(f"recall of {', '.join(BARRED)}, urgent at all", urgent[barred]))
    figures.append(_share("false urgency, routine posts", urgent[gold == ROUTINE]))
    if hard:
        figures.append(_share("false urgency, frightening words", urgent[[row["id"] in hard for row in rows]]))
    return figures


def answer_figures(rows: Sequence[Row], found: Sequence[Triage]) -> list[Figure]:
    """Macro-F1 of category, theme, tone and urgency, and of praise against complaint."""
    figures = [_macro(f"macro-F1 {name}", rows, found, name, answers) for name, answers in QUESTIONS.items()]
    told = [number for number, row in enumerate(rows) if row["category"] in ("praise", "complaint")]
    picked = [rows[number] for number in told], [found[number] for number in told]
    return [*figures, _macro("F1 praise and complaint", *picked, "category", ("praise", "complaint"))]


def nhs_figures(research: Path, model: TriageModel) -> list[Figure]:
    """Macro-F1 on NHS comments that were not trained on: four themes, and praise against complaint.

    Asked between the answers that the labels can have: which of the four themes is likelier, which opinion.
    """
    figures = []
    comments = nhs_comments(research, "held")
    for name, question, labels, known in (
        ("macro-F1 theme of four", "theme", [one.theme for one in comments], NHS_THEMES),
        ("F1 praise against complaint", "category", [one.opinion for one in comments], ("praise", "complaint")),
    ):
        told = [number for number, label in enumerate(labels) if label]
        shares = model.read([comments[number].text for number in told]).shares[question]
        likelier = shares[:, [QUESTIONS[question].index(label) for label in known]].argmax(axis=1)
        gold, guessed = np.array([labels[number] for number in told]), np.array(known)[likelier]
        figures.append(_figure(f"{name}, NHS comments", len(told), _f1(gold, guessed, known)))
    return figures


def triage_report(splits: Sequence[Split], model: TriageModel | None = None, research: Path | None = None) -> str:
    """The figures of some splits as Markdown, and of NHS comments where `research` names the folder of sets.

    The model that ships has read the posts of the development split: its figures there say nothing of new posts.
    """
    model = model or load_triage()
    parts = []
    for split in splits:
        rows = triage_rows(split)
        found = triage_posts([row["text"] for row in rows], model)
        figures = [*urgency_figures(rows, found, _hard(split)), *answer_figures(rows, found)]
        parts += [f"## Triage, {split} ({len(rows)} posts)", "", *_table(figures), ""]
    if research:
        parts += ["## Triage, NHS comments kept out of training", "", *_table(nhs_figures(research, model)), ""]
    return "\n".join(parts) + "\n"


def _folder(split: Split) -> Path:
    return FOLDER / SETS[split] / "triage"


def _hard(split: Split) -> frozenset[str]:
    place = _folder(split) / HARD
    return frozenset(place.read_text(encoding="utf-8").split()) if place.is_file() else frozenset()


def _macro(name: str, rows: Sequence[Row], found: Sequence[Triage], question: str, known: Sequence[str]) -> Figure:
    gold = np.array([row[question] for row in rows])
    guessed = np.array([getattr(one, question) for one in found])
    return _figure(name, len(rows), _f1(gold, guessed, known))


def _f1(gold: NDArray[np.str_], guessed: NDArray[np.str_], known: Sequence[str]) -> Callable[[Rows], float]:
    return lambda rows: macro_f1(guessed[rows].tolist(), gold[rows].tolist(), known)


def _share(name: str, hits: NDArray[np.bool_]) -> Figure:
    return _figure(name, len(hits), lambda rows: float(hits[rows].mean()) if len(rows) else float("nan"))


def _figure(name: str, count: int, measure: Callable[[Rows], float]) -> Figure:
    if not count:
        return Figure(name, float("nan"), float("nan"), float("nan"), 0)
    low, high = bootstrap_interval(measure, range(count))
    return Figure(name, measure(np.arange(count)), low, high, count)


def _table(figures: Sequence[Figure]) -> list[str]:
    return _HEADER + [
        f"| {one.name} | {one.value:.3f} | {one.low:.3f} to {one.high:.3f} | {one.rows} |" for one in figures
    ]


if __name__ == "__main__":
    asked: list[Split] = [name for name in SETS if name in sys.argv[1:]]
    sys.stdout.write(triage_report(asked, research=research_folder()))
