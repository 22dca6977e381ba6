"""What a draft of a public reply says that it may not, sentence by sentence: a fine-tuned MiniLM, one output a rule."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.artefacts import digest_of
from models.fine_tuned import FineTuned, Form, open_fine_tuned, read_weights
from models.folding import FOLDING_VERSION, fold_text
from models.inference import Runtime, choose_runtime
from models.metrics import logistic
from models.passages import Passage
from models.remembered import Remembered
from models.sentences import split_sentences

FOLDER = Path(__file__).parent / "weights"
RULES = (
    *("confirms_patient", "visit_detail", "treatment_detail", "staff_patient_detail"),
    *("admits_fault", "argues", "individual_advice", "contradicts_correction"),
)
# The last output says whether any rule is broken.
WIDTH = len(RULES) + 1
# A draft of more sentences is not read to its end: no public reply is as long.
MOST_SENTENCES = 64
REMEMBERED_TEXTS = 4_096
_PROBES = (
    "Thank you for trusting us with your care.",
    "We can't discuss anyone's care in public, so please call our office manager.",
    "That isn't what happened. Please take this review down. Your knee was healing well when you left our office!",
    "Take two tablets tonight",
)
FORM = Form("replies", WIDTH, 96, bound=0.25, probes=_PROBES)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """What was read of a draft: log-odds of the whole (WIDTH,) and of each of its `sentences` (n, WIDTH).

    `is_whole` says that no sentence was left out.
    """

    whole: Floats
    sentences: tuple[Passage, ...]
    odds: Floats
    is_whole: bool


@dataclass(frozen=True)
class Fit:
    """What makes a chance of what was read: the weights of four marks, a constant, and the threshold.

    The marks are the log-odds that any rule is broken, by the draft as a whole and by its worst sentence; those of the
    rule likeliest to be broken; and the score of the claim that the draft may promote (0 to 1). A draft is refused
    from the chance `refused_from` on.
    """

    whole: float
    sentence: float
    rule: float
    claim: float
    constant: float
    refused_from: float


class ReplyModel:
    """The model that ships; its card is models/cards/replies.md. `reply_id` names weights, precision and folding."""

    def __init__(self, network: FineTuned, fit: Fit, reply_id: str) -> None:
        self._network, self._fit = network, fit
        self._remembered = Remembered(REMEMBERED_TEXTS, WIDTH)
        self.reply_id = reply_id

    @property
    def refused_from(self) -> float:
        """From which chance on a draft is refused: chosen for recall, at most one safe draft in twenty."""
        return self._fit.refused_from

    def read(self, text: str) -> Reading:
        """What was read of one draft, up to MOST_SENTENCES of it."""
        found = split_sentences(text)
        sentences = tuple(found[:MOST_SENTENCES])
        odds = self._odds([text, *(text[one.start : one.end] for one in sentences)])
        return Reading(odds[0], sentences, odds[1:], is_whole=len(found) <= MOST_SENTENCES)

    def chance(self, reading: Reading, claim: float = 0.0) -> float:
        """The calibrated chance that a draft may not be published; `claim` is the score of a claim it may promote.

        0 for a draft without words.
        """
        return refusal_chance((*marks(reading), claim), self._fit) if reading.sentences else 0.0

    def sentence_chances(self, reading: Reading) -> Floats:
        """The chance that each sentence could not be published if it stood alone, shape (n,)."""
        pairs = zip(reading.sentences, reading.odds, strict=True)
        return np.array([self.chance(Reading(row, (one,), row[None], is_whole=True)) for one, row in pairs])

    def _odds(self, texts: Sequence[str]) -> Floats:
        folded = [fold_text(text) for text in texts]
        return self._remembered.rows(folded, self._network.logits).astype(np.float64)


def marks(reading: Reading) -> tuple[float, float, float]:
    """The marks of a draft that Fit weighs: whole, worst sentence, likeliest rule."""
    return float(reading.whole[-1]), float(reading.odds[:, -1].max()), float(reading.odds[:, :-1].max())


def refusal_chance(found: tuple[float, float, float, float], fit: Fit) -> float:
    """The chance of a draft with these marks, those of `marks` and the score of the claim."""
    odds = float(np.dot((fit.whole, fit.sentence, fit.rule, fit.claim), found)) + fit.constant
    return float(logistic(np.array([odds]))[0])


def load_replies(runtime: Runtime | None = None, folder: Path | None = None, *, weights: Path = FOLDER) -> ReplyModel:
    """The model that ships, on the encoder's package. `folder` keeps what was built from the files in `weights`.

    Raises RuntimeError where int8 on this machine is too far from float32.
    """
    runtime = runtime or choose_runtime()
    stored, fit = read_weights(FORM.name, weights), (weights / f"{FORM.name}.json").read_bytes()
    reply_id = f"replies-{digest_of(*stored.files, fit)}-int8-{runtime.name}-f{FOLDING_VERSION}"
    return ReplyModel(open_fine_tuned(FORM, stored, runtime, folder), Fit(**json.loads(fit)), reply_id)
