"""What a post about the practice needs: category, theme, tone and urgency, by a fine-tuned MiniLM and by words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.artefacts import digest_of
from models.fine_tuned import FineTuned, Form, open_fine_tuned, read_weights
from models.folding import FOLDING_VERSION, fold_text
from models.inference import Runtime, choose_runtime
from models.metrics import logistic, softmax
from models.remembered import Remembered
from models.triage_words import WordHeads

FOLDER = Path(__file__).parent / "weights"
CATEGORIES = ("praise", "complaint", "question", "press", "job", "other")
THEMES = ("access", "billing", "staff", "care", "facilities", "safety", "none")
TONES = ("positive", "negative", "mixed", "neutral")
ROUTINE = "routine"
URGENT = ("danger_to_life", "adverse_event", "patient_safety", "threat_to_staff", "privacy_breach", "time_critical")
# What is asked of a post, and the answers there are, in the order of the logits.
QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "category": CATEGORIES, "theme": THEMES, "tone": TONES, "urgency": (*URGENT, ROUTINE),
}  # fmt: skip
WIDTH = sum(map(len, QUESTIONS.values()))
MAX_TOKENS = 160
# A longer post is read in windows, for what cannot wait may stand at its end; beyond MOST_WINDOWS it is not read.
WINDOW_WORDS, MOST_WINDOWS = 110, 48
REMEMBERED_WINDOWS = 16_384
_PROBES = (
    "Lovely nurses, short wait, thank you",
    "third week of calling and nobody picks up. is the clinic even open?",
    "He took the whole bottle and now he will not wake up",
    "Reporter here: who may I speak to about the new wing? " * 8,
)
FORM = Form("triage", WIDTH, MAX_TOKENS, bound=0.25, probes=_PROBES)

Floats = NDArray[np.float64]
Logits = NDArray[np.float32]


@dataclass(frozen=True)
class Readings:
    """What was read of n posts: for each of QUESTIONS the shares of its answers (n, answers), and `urgent` (n,).

    `urgent` is the calibrated chance that a post cannot wait, of whatever kind.
    """

    shares: Mapping[str, Floats]
    urgent: Floats

    def best(self, question: str) -> list[tuple[str, float]]:
        """The likeliest answer to a question for each post, and its share."""
        places = self.shares[question].argmax(axis=1)
        return [
            (QUESTIONS[question][place], float(row[place]))
            for place, row in zip(places, self.shares[question], strict=True)
        ]


@dataclass(frozen=True)
class Fit:
    """What turns logits into shares: for each question how much the words say and the temperature.

    `urgent` weighs the odds of not being routine and a cue of urgency, and has a constant; a post is taken to be urgent
    from the chance `urgent_from` on.
    """

    word_share: Mapping[str, float]
    temperature: Mapping[str, float]
    urgent: tuple[float, float, float]
    urgent_from: float


class TriageModel:
    """The model that ships; its card is models/cards/triage.md. `triage_id` names weights, precision and folding."""

    def __init__(self, network: FineTuned, words: WordHeads, fit: Fit, triage_id: str) -> None:
        self._network, self._words, self._fit = network, words, fit
        self._remembered = Remembered(REMEMBERED_WINDOWS, 2 * WIDTH)
        self.triage_id = triage_id

    @property
    def urgent_from(self) -> float:
        """From which chance on a post is taken to be urgent: chosen so that danger is caught first."""
        return self._fit.urgent_from

    def read(self, texts: Sequence[str], cued: Sequence[bool] = ()) -> Readings:
        """What was read of each text, in order; a row depends on its text alone.

        Of a long post the beginning says what it is about, and the most urgent window how urgent it is. `cued` says
        which texts have words of urgency in them (none, by default): they weigh in `urgent`.
        """
        parts = [windows(fold_text(text)) for text in texts]
        logits = self.logits([part for own in parts for part in own])
        shares = shares_of(logits[:, :WIDTH], logits[:, WIDTH:], self._fit)
        first, most, at = [], [], 0
        for own in parts:
            first.append(at)
            most.append(at + int(shares["urgency"][at : at + len(own), -1].argmin()))
            at += len(own)
        rows = {name: most if name == "urgency" else first for name in QUESTIONS}
        found = {name: shares[name][rows[name]] for name in QUESTIONS}
        return Readings(found, urgent_chances(found["urgency"], np.array(cued or [False] * len(texts)), self._fit))

    def logits(self, folded: Sequence[str]) -> Floats:
        """Shape (len(folded), 2 WIDTH): what the network says of folded texts, and beside it what the words say."""
        return self._remembered.rows(folded, self._read_distinct).astype(np.float64)

    def _read_distinct(self, texts: list[str]) -> Logits:
        return np.hstack([self._network.logits(texts), self._words.read(texts).astype(np.float32)])


def windows(folded: str) -> list[str]:
    """A folded text in parts that the model reads whole: one of a short text, the last as long as the others."""
    words = folded.split()
    if len(words) <= WINDOW_WORDS:
        return [folded]
    starts = range(0, min(len(words), WINDOW_WORDS * MOST_WINDOWS), WINDOW_WORDS)
    return [" ".join(words[min(at, len(words) - WINDOW_WORDS) :][:WINDOW_WORDS]) for at in starts]


def blended(question: str, network: Floats, words: Floats, word_share: float) -> Floats:
    """The logits of one question (n, answers) from those of all (n, WIDTH): network and words, as log-shares."""
    place = columns(question)
    both = [np.log(softmax(logits[:, place]) + 1e-9) for logits in (network, words)]
    mixed: Floats = (1 - word_share) * both[0] + word_share * both[1]
    return mixed


def columns(question: str) -> slice:
    """Where the logits of a question stand among all."""
    names = list(QUESTIONS)
    start = sum(len(QUESTIONS[name]) for name in names[: names.index(question)])
    return slice(start, start + len(QUESTIONS[question]))


def shares_of(network: Floats, words: Floats, fit: Fit) -> dict[str, Floats]:
    """For each of QUESTIONS the shares (n, answers), from the logits of the network and of the words (n, WIDTH)."""
    return {
        name: softmax(blended(name, network, words, fit.word_share[name]) / fit.temperature[name]) for name in QUESTIONS
    }


def urgent_chances(shares: Floats, cued: NDArray[np.bool_], fit: Fit) -> Floats:
    """The calibrated chance (n,) that a post is urgent, from the shares of urgencies (n, 7) and cues (n,)."""
    slope, cue, constant = fit.urgent
    return logistic(slope * urgent_odds(shares) + cue * cued + constant)


def urgent_odds(shares: Floats) -> Floats:
    """Log-odds (n,) of not being routine, from the shares of urgencies (n, 7)."""
    routine = np.clip(shares[:, -1], 1e-6, 1 - 1e-6)
    found: Floats = np.log((1 - routine) / routine)
    return found


def load_triage(runtime: Runtime | None = None, folder: Path | None = None, *, weights: Path = FOLDER) -> TriageModel:
    """The model that ships, on the encoder's package. `folder` keeps what was built from the files in `weights`.

    Raises RuntimeError where int8 on this machine is too far from float32.
    """
    runtime = runtime or choose_runtime()
    stored = read_weights(FORM.name, weights)
    words, fit = ((weights / name).read_bytes() for name in ("triage_words.safetensors", "triage.json"))
    triage_id = f"triage-{digest_of(*stored.files, words, fit)}-int8-{runtime.name}-f{FOLDING_VERSION}"
    network = open_fine_tuned(FORM, stored, runtime, folder)
    return TriageModel(network, WordHeads.load(words), Fit(**json.loads(fit)), triage_id)
