"""Fit what turns the triage network's logits into answers, on writers that each network did not read.

Run as `python -m pipeline.evaluation.fit_triage WORK`, after `python -m models.training.train_triage --work WORK` with
`--hold W` for each writer, and without; AUSCULT_RESEARCH_DATA must name the research sets. Writes the heads over words
and `triage.json`. Deterministic.
"""

import json
import random
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.metrics import macro_f1, softmax
from models.training.examples import research_folder
from models.training.fit_words import fit_words, save_words, word_heads
from models.training.fits import fit_logistic
from models.training.nhs_feedback import nhs_comments
from models.training.train_triage import COMMENTS_POOL
from models.training.triage_examples import WRITTEN, Example, comment_examples, labelled_rows, writers, written_examples
from models.training.upper_half import SEED
from models.triage import FOLDER, QUESTIONS, Fit, blended, shares_of, urgent_chances, urgent_odds
from pipeline.errors import ConfigError
from pipeline.screening.urgency import find_urgency

# How much the words may say beside the network; the best share on held writers is taken.
WORD_SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
TEMPERATURES = tuple(np.geomspace(0.4, 2.5, 20).round(3))
# Which share of routine posts may be taken for urgent; the bar is .10, and another writer's posts are not these.
FALSE_URGENCY = 0.09
PENALTY = 1.0

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Held:
    """What was said of posts that were not trained on: logits (n, WIDTH), answers (n, questions), cues (n,)."""

    network: Floats
    words: Floats
    answers: NDArray[np.int64]
    cued: Flags
    decided: Flags

    def rows(self, chosen: Flags) -> "Held":
        """Some of the posts."""
        return Held(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def held_posts(work: Path, comments: list[Example]) -> dict[str, Held]:
    """For each writer whose posts were held out of a network in `work`, what it and the words said of them."""
    found = {}
    for writer in writers():
        kept = work / f"triage_held_{writer}.npz"
        if not kept.is_file():
            continue
        posts, own = (
            [one for other in writers() if other != writer for one in written_examples(other)],
            written_examples(writer),
        )
        words = word_heads(fit_words(posts, comments)).read([one.text for one in own])
        cues = [find_urgency(row["text"]) for row in labelled_rows(WRITTEN / f"posts_{writer}.jsonl")]
        found[writer] = Held(
            np.load(kept)["posts"].astype(np.float64),
            words,
            np.array([one.answers for one in own]),
            np.array([cue is not None and cue.plain for cue in cues]),
            np.array([cue is not None and cue.decides for cue in cues]),
        )
    return found


def fit_answers(held: Held) -> Fit:
    """The fit with the least log-loss on held posts, and the threshold that takes FALSE_URGENCY of routine ones."""
    word_share, temperature = {}, {}
    for place, question in enumerate(QUESTIONS):
        answers = held.answers[:, place]
        mixed = {share: blended(question, held.network, held.words, share) for share in WORD_SHARES}
        # Of equal ones the least share; urgency is a matter of chances, the others of the answer.
        measure = _log_loss if question == "urgency" else _missed
        word_share[question] = min(WORD_SHARES, key=lambda share: measure(mixed[share], answers))
        logits = mixed[word_share[question]]
        temperature[question] = min(TEMPERATURES, key=lambda heat: _log_loss(logits / heat, answers))
    fit = Fit(word_share, {name: float(heat) for name, heat in temperature.items()}, (1.0, 0.0, 0.0), 0.5)
    shares = shares_of(held.network, held.words, fit)["urgency"]
    routine = held.answers[:, -1] == len(QUESTIONS["urgency"]) - 1
    inputs = np.column_stack([urgent_odds(shares), held.cued])
    weights, constant = fit_logistic(inputs, (~routine).astype(np.float64), np.ones(len(routine)), PENALTY)
    fit = replace(fit, urgent=(round(float(weights[0]), 4), round(float(weights[1]), 4), round(constant, 4)))
    return replace(fit, urgent_from=_threshold(urgent_chances(shares, held.cued, fit)[routine], held.decided[routine]))


def joined(parts: Mapping[str, Held]) -> Held:
    """The posts of all writers."""
    return Held(*(np.concatenate([getattr(one, name) for one in parts.values()]) for name in Held.__dataclass_fields__))


def main() -> int:
    """Fit, write what ships, and say what each writer's posts got by networks and fits that did not see them."""
    research = research_folder()
    if research is None or len(sys.argv) != 2:
        raise ConfigError("name the folder WORK, and the research sets by AUSCULT_RESEARCH_DATA")
    chance = random.Random(SEED)
    comments = chance.sample(comment_examples(nhs_comments(research, "training")), COMMENTS_POOL)
    parts = held_posts(Path(sys.argv[1]), comments)
    fit = fit_answers(joined(parts))
    save_words(
        fit_words([one for writer in writers() for one in written_examples(writer)], comments),
        FOLDER / "triage_words.safetensors",
    )
    (FOLDER / "triage.json").write_text(json.dumps(asdict(fit), indent=2) + "\n")
    print(json.dumps(asdict(fit)))
    return 0


def _threshold(chances: Floats, decided: Flags) -> float:
    # Crisis words are counted first: they are urgent whatever the chance.
    left = max(0, round(FALSE_URGENCY * len(chances)) - int(decided.sum()))
    others = np.sort(chances[~decided])[::-1]
    return round(float(others[left]) + 1e-4, 4)


def _missed(logits: Floats, answers: NDArray[np.int64]) -> float:
    # What macro-F1 misses.
    names = [str(place) for place in range(logits.shape[1])]
    return 1 - macro_f1([str(one) for one in logits.argmax(axis=1)], [str(one) for one in answers], names)


def _log_loss(logits: Floats, answers: NDArray[np.int64]) -> float:
    return float(-np.log(softmax(logits)[np.arange(len(answers)), answers] + 1e-12).mean())


if __name__ == "__main__":
    sys.exit(main())
