"""How well the own-post guard stops disclosures and false claims, and how often an ordinary post, on labelled posts."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from claims_db import load_claims
from models.guard import ANSWERS, BREACHES, GuardModel, load_guard
from models.matcher import ClaimText
from models.metrics import share_interval
from models.training.corpus import FOLDER, Split
from models.training.guard_examples import Row, labelled_rows
from pipeline.errors import ConfigError
from pipeline.guarding import guard_posts, hear_claims, point_out, public_names
from pipeline.listening import Practice, read_practice
from pipeline.screening.guard import Guarded, claim_signs, person_signs
from pipeline.screening.judges import Judge, build_judge, load_models

SETS: dict[Split, str] = {"development": "practice_development", "test": "practice"}
_HEADER = ["| measure | Auscult | 95 % interval | posts |", "|---|---|---|---|"]


@dataclass(frozen=True)
class Seen:
    """The signs that were found in a post, of a person and of a claim."""

    values: Mapping[str, float]


def shipped_judge() -> Judge:
    """The models that ship, over the claims of the claims database."""
    claims = load_claims()
    texts = [ClaimText.of(one.id, one.claim, (*one.variants, *one.spanish_variants), one.correction) for one in claims]
    return build_judge(load_models(), texts, {one.id: one.true_neighbours for one in claims})


def guard_rows(split: Split) -> list[Row]:
    """The labelled posts of a split. Raises ConfigError where there is no such set."""
    if split not in SETS:
        raise ConfigError(f"no set is called {split}; there are {' and '.join(SETS)}")
    return [row for path in sorted(_folder(split).glob("posts*.jsonl")) for row in labelled_rows(path)]


def practices(folder: Path) -> dict[str, Practice]:
    """The practice files of a folder by the name that posts give them."""
    return {path.stem: read_practice(path) for path in sorted(folder.glob("practice_*.yaml"))}


def look_at(rows: Sequence[Row], judge: Judge) -> list[Seen]:
    """The signs of each post, as the guard itself finds them."""
    public = {name: public_names(one) for name, one in practices(_folder("development")).items()}
    heard = hear_claims([row["text"] for row in rows], judge)
    return [
        Seen({**person_signs(row["text"], pointers).values, **claim_signs(row["text"], own)})
        for row, own in zip(rows, heard, strict=True)
        for pointers in (point_out(row["text"], public[row["practice"]]),)
    ]


def guard_labelled(split: Split, rows: Sequence[Row], judge: Judge, model: GuardModel) -> list[Guarded]:
    """The verdicts on labelled posts, in order, each with the practice file that it belongs to."""
    known, found = practices(_folder(split)), dict[int, Guarded]()
    for name in sorted({row["practice"] for row in rows}):
        places = [place for place, row in enumerate(rows) if row["practice"] == name]
        verdicts = guard_posts([rows[place]["text"] for place in places], known[name], judge, model)
        found.update(zip(places, verdicts, strict=True))
    return [found[place] for place in range(len(rows))]


def guard_figures(rows: Sequence[Row], found: Sequence[Guarded]) -> list[tuple[str, int, int]]:
    """(measure, hits, posts): breaches stopped at all and as what they are, and fine posts that were stopped."""
    gold = np.array([row["label"] for row in rows])
    guessed = np.array([one.verdict for one in found])
    stopped, fine = guessed != ANSWERS[0], gold == ANSWERS[0]
    figures = [_count("found, both breaches", stopped[~fine])]
    for breach in BREACHES:
        figures.append(_count(f"found, {breach}", stopped[gold == breach]))
        figures.append(_count(f"found as {breach}", guessed[gold == breach] == breach))
    return [*figures, _count("ordinary posts stopped", stopped[fine])]


def guard_report(splits: Sequence[Split], judge: Judge | None = None, model: GuardModel | None = None) -> str:
    """The figures of some splits as Markdown, with Wilson intervals.

    The model that ships has read the posts of the development split: its figures there say nothing of new posts.
    """
    judge, model = judge or shipped_judge(), model or load_guard()
    parts = []
    for split in splits:
        rows = guard_rows(split)
        figures = guard_figures(rows, guard_labelled(split, rows, judge, model))
        parts += [f"## Own-post guard, {split} ({len(rows)} posts)", "", *_table(figures), ""]
    return "\n".join(parts) + "\n"


def _folder(split: Split) -> Path:
    return FOLDER / SETS[split] / "guard"


def _count(name: str, hits: NDArray[np.bool_]) -> tuple[str, int, int]:
    return name, int(hits.sum()), len(hits)


def _table(figures: Sequence[tuple[str, int, int]]) -> list[str]:
    lines = []
    for name, hits, posts in figures:
        low, high = share_interval(hits, posts)
        lines.append(f"| {name} | {hits / posts if posts else float('nan'):.3f} | {low:.3f} to {high:.3f} | {posts} |")
    return _HEADER + lines


if __name__ == "__main__":
    asked: list[Split] = [name for name in SETS if name in sys.argv[1:]]
    sys.stdout.write(guard_report(asked))
