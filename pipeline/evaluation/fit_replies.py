"""Fit what turns the reply network's log-odds into a chance, on drafts of writers that the network did not read.

Run as `python -m pipeline.evaluation.fit_replies WORK FILE…`, after `python -m models.training.train_replies` with
`--work WORK --hold FILE…`. Writes `replies.json` and prints how the ways compare on the held drafts. Deterministic.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.replies import FOLDER, FORM, Fit, Reading, marks, refusal_chance
from models.sentences import split_sentences
from models.training.fits import fit_logistic
from models.training.reply_examples import WRITTEN, Row, labelled_rows
from pipeline.evaluation.practice_linter import shipped_claims
from pipeline.screening.judges import Judge, load_models
from pipeline.screening.replies import PROMOTED_FROM, claims_judge, find_promoted
from pipeline.screening.reply_rules import find_wordings

# Which share of safe drafts may be refused: the bar. Recall comes first within it.
FALSE_REFUSALS = 0.05
PENALTY = 1.0
CLAIM_WEIGHTS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Held:
    """Drafts that were not trained on: marks (n, 4), whether they break a rule, and whether they are surely refused.

    Sure are a wording of reply_rules.yaml and a claim that is promoted by PROMOTED_FROM.
    """

    marks: Floats
    sure: Flags
    refused: Flags


def held_drafts(work: Path, file: str, judge: Judge) -> Held:
    """The held drafts of one file, with what a network in `work` said of them."""
    rows = labelled_rows(WRITTEN / "linter" / f"{file}.jsonl")
    logits, at = np.load(work / f"replies_held_{file}.npy").astype(np.float64), 0
    found = []
    for row in rows:
        sentences = tuple(split_sentences(row["text"]))
        own = logits[at : at + 1 + len(sentences)]
        at += len(own)
        found.append((*marks(Reading(own[0], sentences, own[1:], is_whole=True)), _claim_score(row, judge)))
    sure = [any(find_wordings(row["text"])) or own[-1] >= PROMOTED_FROM for row, own in zip(rows, found, strict=True)]
    return Held(np.array(found), np.array(sure), np.array([bool(row["rules"]) for row in rows]))


def fit_marks(held: Held) -> Fit:
    """Weights by logistic regression, the claim's for recall, and the lowest threshold that refuses few safe drafts.

    Few drafts are about a claim, so that a regression over all of them would hardly hear it.
    """
    read, labels = held.marks[:, :3], held.refused.astype(float)
    weights, constant = fit_logistic(read, labels, np.ones(len(read)), PENALTY)
    whole, sentence, rule = (round(float(weight), 4) for weight in weights)
    fits = [Fit(whole, sentence, rule, claim, round(constant, 4), refused_from=1.0) for claim in CLAIM_WEIGHTS]
    fits = [replace(fit, refused_from=round(threshold(chances_of(held, fit), held), 4)) for fit in fits]
    return max(
        fits, key=lambda fit: float((chances_of(held, fit) >= fit.refused_from)[held.refused & ~held.sure].sum())
    )


def chances_of(held: Held, fit: Fit) -> Floats:
    """The chance of each held draft that it should be refused."""
    return np.array([refusal_chance(tuple(row), fit) for row in held.marks])


def threshold(scores: Floats, held: Held) -> float:
    """The lowest score of which at most FALSE_REFUSALS of safe drafts are refused, sure ones counted in."""
    safe = ~held.refused
    allowed = int(FALSE_REFUSALS * safe.sum()) - int((safe & held.sure).sum())
    ranked = np.sort(scores[safe & ~held.sure])[::-1]
    return float(ranked[allowed] + 1e-4)


def compared(held: Held, fit: Fit) -> Mapping[str, tuple[float, float]]:
    """Of each way: the share of violating and of safe held drafts that it refuses."""
    ways = {
        "sure wordings and claims alone": held.sure,
        "the network's whole draft alone": _beyond(held.marks[:, 0], held),
        "the network's worst sentence alone": _beyond(held.marks[:, 1], held),
        "the claim alone": _beyond(held.marks[:, 3], held),
        "all marks": chances_of(held, fit) >= fit.refused_from,
        "all marks, sure wordings and claims": (chances_of(held, fit) >= fit.refused_from) | held.sure,
    }
    return {name: (float(hit[held.refused].mean()), float(hit[~held.refused].mean())) for name, hit in ways.items()}


def main(arguments: Sequence[str]) -> int:
    """Fit on the held files, print the ways, and write the fit."""
    work, judge = Path(arguments[0]), claims_judge(shipped_claims(), load_models())
    parts = {file: held_drafts(work, file, judge) for file in arguments[1:]}
    held = Held(*(np.concatenate([getattr(one, name) for one in parts.values()]) for name in Held.__dataclass_fields__))
    fit = fit_marks(held)
    for file, part in {**parts, "all": held}.items():
        for way, (refused, safe) in compared(part, fit).items():
            print(f"{file}: {way}: {refused:.3f} of violating drafts refused, {safe:.3f} of safe ones")
    (FOLDER / f"{FORM.name}.json").write_text(json.dumps(asdict(fit), indent=1) + "\n", encoding="utf-8")
    return 0


def _claim_score(row: Row, judge: Judge) -> float:
    claim = find_promoted(row["text"], row.get("in_reply_to") or "", judge)
    return claim.score if claim else 0.0


def _beyond(scores: Floats, held: Held) -> Flags:
    bare = Held(held.marks, np.zeros_like(held.sure), held.refused)
    found: Flags = scores >= threshold(scores, bare)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
