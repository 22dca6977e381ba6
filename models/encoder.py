"""Texts to unit vectors: the Encoder protocol, and the bundled MiniLM in int8 behind it."""

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.ahead import one_ahead
from models.artefacts import Recipe, digest_of, open_artefact
from models.batches import padded_inputs, run_batches
from models.folding import FOLDING_VERSION, fold_text
from models.inference import Runtime, Session, choose_runtime
from models.remembered import Remembered
from models.wheel import weights_folder

SCALES = Path(__file__).parent / "weights" / "encoder_scales.safetensors"
HEADS = 12
MAX_TOKENS = 256
REMEMBERED_TEXTS = 8_192
# While so many are encoded, the next are folded: one processor would wait otherwise.
PART_TEXTS = 512
# The least cosine between a vector in int8 and in float32 that is let pass when the artefact is built.
LEAST_COSINE = 0.97
# What is compared then: short, long, odd and Spanish. Single words are the furthest off.
_PROBES = (
    *("no", "vaccines cause autism", "My nephew stopped talking two weeks after his shot."),
    *(
        "¿Es verdad que la vacuna cambia el ADN?",
        "#RawMilk saved us!!! 🥛🥛 @dairyfriend",
        "350 degrees for an hour",
    ),
    "The clinic on Harbor Road was kind, the wait was long, and nobody could tell me what the bill would be. " * 6,
)

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Turns texts into vectors. `model_id` names the weights, the precision and the folding: vectors never mix."""

    model_id: str
    dimensions: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dimensions), float32, unit length; rows in the order of `texts`."""
        ...


class MiniLM:
    """all-MiniLM-L6-v2 on the CPU, mean of the last states; reads the first 256 word pieces of a text."""

    dimensions = 384

    def __init__(self, session: Session, tokenizer: Any, model_id: str) -> None:  # noqa: ANN401 - imported when needed
        self._session, self._tokenizer = session, tokenizer
        self._remembered = Remembered(REMEMBERED_TEXTS, self.dimensions)
        self.model_id = model_id

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See Encoder. What is the same once folded is encoded once, and remembered for a while."""
        parts = (texts[start : start + PART_TEXTS] for start in range(0, len(texts), PART_TEXTS))
        folded = one_ahead([fold_text(text) for text in part] for part in parts)
        rows = [self._remembered.rows(part, self._encode_distinct) for part in folded]
        return np.concatenate(rows) if rows else np.empty((0, self.dimensions), dtype=np.float32)

    def _encode_distinct(self, texts: list[str]) -> Vectors:
        return run_batches(self._session, self._tokenizer.encode_batch(texts), self.dimensions)


def load_encoder(runtime: Runtime | None = None, folder: Path | None = None) -> Encoder:
    """The encoder that ships, offline: MiniLM on the bundled weights. `folder` keeps what was built from them.

    Opens no socket. Raises RuntimeError where int8 on this machine is too far from float32.
    """
    runtime = runtime or choose_runtime()
    weights, scales = (weights_folder() / "model.safetensors").read_bytes(), SCALES.read_bytes()
    tokenizer = load_tokenizer(weights_folder() / "tokenizer.json", MAX_TOKENS)
    load = importlib.import_module("safetensors.numpy").load

    def graph(exact: bool) -> bytes:
        # Imported here: what is kept already is opened without the builder's libraries.
        from models.bert_tensors import bert_tensors
        from models.transformer_graph import build_graph

        return build_graph(bert_tensors(load(weights), MAX_TOKENS), HEADS, None if exact else load(scales))

    def inputs() -> Mapping[str, NDArray[Any]]:
        return padded_inputs(tokenizer.encode_batch([fold_text(text) for text in _PROBES]))

    recipe = Recipe("encoder", digest_of(weights, scales), graph, inputs, _cosine_loss, 1 - LEAST_COSINE)
    session = open_artefact(recipe, runtime, folder)
    return MiniLM(session, tokenizer, f"minilm-l6-{recipe.digest}-int8-{runtime.name}-f{FOLDING_VERSION}")


def load_tokenizer(path: Path, most: int) -> Any:  # noqa: ANN401 - imported when it is called
    """The tokenizer at `path`: cuts the longer text of a pair until `most` word pieces are left, pads nothing."""
    tokenizer = importlib.import_module("tokenizers").Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(most, strategy="longest_first")
    tokenizer.no_padding()
    return tokenizer


def _cosine_loss(exact: Vectors, rounded: Vectors) -> float:
    return float(1 - (exact * rounded).sum(axis=1).min())
