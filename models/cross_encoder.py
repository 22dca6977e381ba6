"""Reads a claim and a post together: promotes, debunks, questions, neutral or unrelated, in int8 on the CPU."""

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.artefacts import Recipe, digest_of, open_artefact
from models.batches import padded_inputs, run_batches
from models.encoder import load_tokenizer
from models.folding import FOLDING_VERSION, fold_text
from models.inference import Runtime, Session, choose_runtime
from models.remembered import Remembered
from models.stance import STANCES, StancePair
from models.wheel import weights_folder

WEIGHTS = Path(__file__).parent / "weights" / "cross_encoder.safetensors"
SCALES = Path(__file__).parent / "weights" / "cross_encoder_scales.safetensors"
RELATIONS = (*STANCES, "unrelated")
HEADS = 12
UNRELATED = RELATIONS.index("unrelated")
# What it was trained with; longer pairs lose the end of the longer side.
MAX_TOKENS = 160
REMEMBERED_PAIRS = 65_536
# Between claim and post; taken out of the claim, so that the first one parts them.
_PARTED = "\0"
# The mean distance between logits in int8 and in float32 that is let pass when the artefact is built.
MOST_DIFFERENCE = 0.25
_PROBES = (
    ("The MMR vaccine causes autism.", "My nephew stopped talking two weeks after his shot."),
    ("The MMR vaccine causes autism.", "Vaccines do not cause autism. Large studies looked, again and again."),
    ("Ivermectin cures COVID-19.", "does ivermectin really do anything against covid?"),
    ("Raw milk is safer than pasteurized milk.", "lovely evening at the harbor with the dogs"),
    ("Raw milk is safer than pasteurized milk.", "we love our raw milk share, never been sick since " * 12),
)

Logits = NDArray[np.float32]


class PairReader(Protocol):
    """Judges pairs. `reader_id` names the weights; it is stored beside every match."""

    reader_id: str

    def read(self, pairs: Sequence[StancePair]) -> Logits:
        """Logits of RELATIONS, shape (len(pairs), 5), rows in order; a row depends on its pair alone."""
        ...


class CrossEncoder:
    """The int8 cross-encoder behind PairReader; its card is models/cards/cross_encoder.md."""

    def __init__(self, session: Session, tokenizer: Any, reader_id: str) -> None:  # noqa: ANN401 - imported when needed
        self._session, self._tokenizer = session, tokenizer
        self._remembered = Remembered(REMEMBERED_PAIRS, len(RELATIONS))
        self.reader_id = reader_id

    def read(self, pairs: Sequence[StancePair]) -> Logits:
        """See PairReader. What is the same once folded is read once, and remembered for a while."""
        texts = [_PARTED.join((pair.claim.replace(_PARTED, " "), fold_text(pair.post))) for pair in pairs]
        return self._remembered.rows(texts, self._read_distinct)

    def _read_distinct(self, texts: list[str]) -> Logits:
        encoded = self._tokenizer.encode_batch([tuple(text.split(_PARTED, 1)) for text in texts])
        return run_batches(self._session, encoded, len(RELATIONS))


def related_odds(logits: Logits) -> Logits:
    """Log-odds that a pair is related at all, in whatever way, from its logits (n, 5)."""
    others = np.delete(logits, UNRELATED, axis=-1)
    found: Logits = np.logaddexp.reduce(others, axis=-1) - logits[..., UNRELATED]
    return found


def load_cross_encoder(
    runtime: Runtime | None = None, folder: Path | None = None, *, weights: Path = WEIGHTS, scales: Path = SCALES
) -> CrossEncoder:
    """The reader that ships, with the vocabulary of the encoder's package. `folder` keeps what was built.

    Raises RuntimeError where int8 on this machine is too far from float32.
    """
    runtime = runtime or choose_runtime()
    stored, measured = weights.read_bytes(), scales.read_bytes()
    tokenizer = load_tokenizer(weights_folder() / "tokenizer.json", MAX_TOKENS)
    load = importlib.import_module("safetensors.numpy").load

    def graph(exact: bool) -> bytes:
        # Imported here: what is kept already is opened without the builder's libraries.
        from models.transformer_graph import build_graph

        return build_graph(load(stored), HEADS, None if exact else load(measured))

    def inputs() -> Mapping[str, NDArray[Any]]:
        return padded_inputs(tokenizer.encode_batch([(claim, fold_text(post)) for claim, post in _PROBES]))

    recipe = Recipe("cross", digest_of(stored, measured), graph, inputs, _mean_difference, MOST_DIFFERENCE)
    session = open_artefact(recipe, runtime, folder)
    return CrossEncoder(session, tokenizer, f"cross-{recipe.digest}-int8-{runtime.name}-f{FOLDING_VERSION}")


def _mean_difference(exact: Logits, rounded: Logits) -> float:
    return float(np.abs(exact - rounded).mean())
