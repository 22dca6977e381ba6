"""Fit what turns readings and signs into verdicts of the guard, on writers whose posts the networks did not read.

Run as `python -m pipeline.evaluation.fit_guard WORK`, after `python -m models.training.train_guard --work WORK` with
`--hold W` for each writer. Prints what each way finds on held writers, and writes the heads over words and
`guard.json`. Deterministic.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.guard import ANSWERS, BREACHES, FOLDER, READ, SIGNS, Breach, Fit, Said, said_of, units_of
from models.training.fit_guard_words import fit_guard_words
from models.training.fit_words import save_words, word_heads
from models.training.fits import fit_logistic
from models.training.guard_examples import Row, aside_examples, writers, written_examples, written_rows
from models.triage_words import WordHeads
from pipeline.evaluation.practice_guard import Seen, look_at, shipped_judge
from pipeline.screening.judges import Judge

# Which share of fine posts of held writers may be stopped; the bar is .02.
FALSE_ALARMS = 0.02
PENALTY = 10.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Held:
    """A writer's posts: labels, what a network that did not read the writer says of each, and the signs in it."""

    labels: Sequence[str]
    said: Sequence[Said]
    seen: Sequence[Seen]

    def inputs(self, breach: Breach) -> Floats:
        """Values of READ and SIGNS (n, features)."""
        rows = [
            (*said.read[breach], *(seen.values[name] for name in SIGNS[breach]))
            for said, seen in zip(self.said, self.seen, strict=True)
        ]
        return np.array(rows, dtype=np.float64)


def held_writers(work: Path, judge: Judge) -> dict[str, Held]:
    """For each writer who was held out of a network in `work`, the posts."""
    found = {}
    for writer in writers():
        kept = work / f"guard_held_{writer}.npz"
        if kept.is_file():
            rows = written_rows(writer)
            read = _said(rows, np.load(kept)["logits"].astype(np.float64), _other_words(writer))
            found[writer] = Held([row["label"] for row in rows], read, look_at(rows, judge))
    return found


def fit_chances(held: Sequence[Held], used: Mapping[Breach, Sequence[str]] | None = None) -> Fit:
    """The regressions on these writers. `used` names what may weigh in, of READ and SIGNS (default: all).

    The threshold stops FALSE_ALARMS of their fine posts.
    """
    weights, constants = {}, {}
    labels = np.array([label for one in held for label in one.labels])
    for breach in BREACHES:
        names = (*READ, *SIGNS[breach])
        chosen = np.array([used is None or name in used[breach] for name in names])
        inputs = np.concatenate([one.inputs(breach) for one in held])[:, chosen]
        beta, constant = fit_logistic(inputs, (labels == breach).astype(float), np.ones(len(labels)), PENALTY)
        spread = np.zeros(len(names))
        spread[chosen] = beta
        weights[breach], constants[breach] = tuple(spread.round(4).tolist()), round(constant, 4)
    fit = Fit(weights, constants, 1.0)
    return replace(fit, stop_from=threshold(np.concatenate([worst_chances(fit, one) for one in held]), labels))


def threshold(chances: Floats, labels: NDArray[np.str_]) -> float:
    """The chance from which FALSE_ALARMS of the fine posts are stopped: just above the first that is one too many."""
    fine = np.sort(chances[labels == ANSWERS[0]])[::-1]
    return float(np.nextafter(fine[int(FALSE_ALARMS * len(fine))], 1))


def worst_chances(fit: Fit, held: Held) -> Floats:
    """The chance (n,) of the likelier breach of each post."""
    rows = zip(held.said, held.seen, strict=True)
    return np.array([max(fit.chance(one, said.read[one], seen.values) for one in BREACHES) for said, seen in rows])


def main() -> int:
    """Fit on all held writers; print how each is found by a fit on the others."""
    held = held_writers(Path(sys.argv[1]), shipped_judge())
    for name, used in WAYS.items():
        print(name)
        fits = {writer: fit_chances(_others(held, writer), used) for writer in held}
        chances = {writer: worst_chances(fits[writer], own) for writer, own in held.items()}
        for writer, own in held.items():
            print(f"  {writer}: {_figures(chances[writer], own.labels, fits[writer].stop_from)}")
        together = np.concatenate(list(chances.values())), [label for own in held.values() for label in own.labels]
        print(f"  all: {_figures(*together, fit_chances(list(held.values()), used).stop_from)}")
    fit = fit_chances(list(held.values()))
    (FOLDER / "guard.json").write_text(json.dumps(asdict(fit)) + "\n")
    rows = [row for writer in writers() for row in written_rows(writer)]
    save_words(fit_guard_words([*written_examples(rows), *aside_examples()]), FOLDER / "guard_words.safetensors")
    return 0


WAYS: dict[str, Mapping[Breach, Sequence[str]] | None] = {
    "signs alone": SIGNS,
    "words alone": dict.fromkeys(BREACHES, ("words",)),
    "network alone": dict.fromkeys(BREACHES, ("post",)),
    "network and words": dict.fromkeys(BREACHES, READ),
    "network, words and signs": None,
}


def _others(held: Mapping[str, Held], writer: str) -> list[Held]:
    return [one for other, one in held.items() if other != writer]


def _said(rows: Sequence[Row], logits: Floats, heads: WordHeads) -> list[Said]:
    found, at = [], 0
    for row in rows:
        units = units_of(row["text"])
        found.append(said_of(row["text"], logits[at : at + len(units)], heads.read(units)))
        at += len(units)
    return found


def _other_words(writer: str) -> WordHeads:
    others = [row for other in writers() if other != writer for row in written_rows(other)]
    return word_heads(fit_guard_words([*written_examples(others), *aside_examples()]))


def _figures(chances: Floats, told: Sequence[str], stop_from: float) -> str:
    labels = np.array(told)
    fine, stopped = labels == ANSWERS[0], chances >= stop_from
    parts = [f"{breach} {stopped[labels == breach].mean():.3f}" for breach in BREACHES]
    here = (chances[~fine] >= threshold(chances, labels)).mean()
    whole = (chances[fine] >= chances[~fine].min()).mean()
    return (
        f"found {stopped[~fine].mean():.3f} ({', '.join(parts)}), fine stopped {stopped[fine].mean():.3f}; "
        f"found at its own .02 {here:.3f}; fine stopped for all {whole:.3f}"
    )


if __name__ == "__main__":
    sys.exit(main())
