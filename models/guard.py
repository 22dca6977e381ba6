"""What a post of our own lets slip, somebody's care or a false claim: a fine-tuned MiniLM, words, and what was seen."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from models.artefacts import digest_of
from models.fine_tuned import FineTuned, Form, open_fine_tuned, read_weights
from models.folding import FOLDING_VERSION, fold_text
from models.inference import Runtime, choose_runtime
from models.metrics import logistic, softmax
from models.passages import Passage, split_passages
from models.remembered import Remembered
from models.sentences import split_sentences
from models.triage_words import WordHeads

FOLDER = Path(__file__).parent / "weights"
Breach = Literal["disclosure", "false_claim"]
BREACHES: tuple[Breach, ...] = get_args(Breach)
# In the order of the logits.
ANSWERS = ("fine", *BREACHES)
# What each breach is weighed by beside READ: what pipeline.screening.guard finds in a post.
SIGNS: Mapping[Breach, tuple[str, ...]] = {
    "disclosure": ("beside", "keyed", "reply"),
    "false_claim": ("promoted", "denied"),
}
# What the network says of the post, and what its words say.
READ = ("post", "words")
_PROBES = (
    "Happy birthday to the front desk! Cake at noon.",
    "Thank you, Mrs. Ames, for coming in about your knee on Tuesday.",
    "Antibiotics cure the flu.",
    "Flu shots are here, walk in from nine to noon. " * 6,
)
FORM = Form("guard", len(ANSWERS), 160, bound=0.25, probes=_PROBES)
# Bounds the work that one hostile post can make, as passages do.
MOST_SENTENCES = 160
REMEMBERED = 4_096
# Log-odds beyond this say no more.
MOST_ODDS = 8.0

Floats = NDArray[np.float64]
Logits = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Said:
    """What was read of one post: for each breach the log-odds against fine of READ, in this order.

    `sentences` has, for each breach, where the sentence stands that most looks like it.
    """

    read: Mapping[Breach, tuple[float, ...]]
    sentences: Mapping[Breach, Passage]


@dataclass(frozen=True)
class Fit:
    """A logistic regression for each breach: weights of READ and then of SIGNS, and a constant.

    A post is stopped from the chance `stop_from` on.
    """

    weights: Mapping[Breach, tuple[float, ...]]
    constants: Mapping[Breach, float]
    stop_from: float

    def chance(self, breach: Breach, read: Sequence[float], signs: Mapping[str, float]) -> float:
        """The chance of a breach, as among the development posts, from the log-odds of READ and the signs found."""
        values = (*read, *(float(signs[name]) for name in SIGNS[breach]))
        odds = sum(weight * value for weight, value in zip(self.weights[breach], values, strict=True))
        return float(logistic(np.array(odds + self.constants[breach])))


class GuardModel:
    """The model that ships; its card is models/cards/guard.md. `guard_id` names weights, precision and folding."""

    def __init__(self, network: FineTuned, words: WordHeads, fit: Fit, guard_id: str) -> None:
        self._network, self._words, self.fit, self.guard_id = network, words, fit, guard_id
        self._remembered = Remembered(REMEMBERED, 2 * len(ANSWERS))

    def read(self, texts: Sequence[str]) -> list[Said]:
        """What was read of each text, in order; a text's answer depends on it alone."""
        units = [units_of(text) for text in texts]
        rows = self._remembered.rows([unit for own in units for unit in own], self._read_distinct).astype(np.float64)
        said, at = [], 0
        for text, own in zip(texts, units, strict=True):
            found = rows[at : at + len(own)]
            said.append(said_of(text, found[:, : len(ANSWERS)], found[:, len(ANSWERS) :]))
            at += len(own)
        return said

    def _read_distinct(self, texts: list[str]) -> Logits:
        return np.hstack([self._network.logits(texts), self._words.read(texts).astype(np.float32)])


def sentences_of(text: str) -> list[Passage]:
    """The sentences of a text that are read, in order, one at least and MOST_SENTENCES at most."""
    return split_sentences(text)[:MOST_SENTENCES] or [Passage(0, len(text))]


def units_of(text: str) -> list[str]:
    """What is read of a text, folded: its passages, one of a short text, and after them its sentences."""
    return [fold_text(text[one.start : one.end]) for one in (*split_passages(text), *sentences_of(text))]


def said_of(text: str, network: Floats, words: Floats) -> Said:
    """What was read of a text, from the logits (units, 3) of the network and of the words for its `units_of`.

    The worst passage counts; the worst sentence is blamed. Sentences say too little alone to be weighed.
    """
    odds, told, sentences = against_fine(network), against_fine(words), sentences_of(text)
    split = len(odds) - len(sentences)
    whole, worded, blamed = odds[:split].max(axis=0), told[:split].max(axis=0), odds[split:].argmax(axis=0)
    read = {breach: (float(whole[at]), float(worded[at])) for at, breach in enumerate(BREACHES)}
    return Said(read, {breach: sentences[blamed[at]] for at, breach in enumerate(BREACHES)})


def against_fine(logits: Floats) -> Floats:
    """Log-odds (n, 2) of each breach against all else, from logits (n, 3)."""
    shares = np.clip(softmax(logits)[:, 1:], 1e-6, 1 - 1e-6)
    odds: Floats = np.clip(np.log(shares / (1 - shares)), -MOST_ODDS, MOST_ODDS)
    return odds


def load_guard(runtime: Runtime | None = None, folder: Path | None = None, *, weights: Path = FOLDER) -> GuardModel:
    """The model that ships, on the encoder's package. `folder` keeps what was built from the files in `weights`.

    Raises RuntimeError where int8 on this machine is too far from float32.
    """
    runtime = runtime or choose_runtime()
    stored = read_weights(FORM.name, weights)
    words, fit = ((weights / name).read_bytes() for name in ("guard_words.safetensors", "guard.json"))
    guard_id = f"guard-{digest_of(*stored.files, words, fit)}-int8-{runtime.name}-f{FOLDING_VERSION}"
    return GuardModel(
        open_fine_tuned(FORM, stored, runtime, folder), WordHeads.load(words), Fit(**json.loads(fit)), guard_id
    )
