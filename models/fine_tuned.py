"""MiniLM whose upper layers were fine-tuned: what the linear head on top says of folded texts."""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.artefacts import Recipe, digest_of, open_artefact
from models.batches import padded_inputs, run_batches
from models.bert_tensors import bert_tensors
from models.encoder import load_tokenizer
from models.folding import fold_text
from models.inference import Runtime, Session
from models.wheel import weights_folder

ATTENTION_HEADS = 12

Logits = NDArray[np.float32]


@dataclass(frozen=True)
class Form:
    """What a fine-tuned network is called in `weights` and among artefacts, and what it was trained with.

    `width` is the number of logits, `bound` the mean distance between logits in int8 and in float32 that is let pass
    when the artefact is built, measured on `probes`.
    """

    name: str
    width: int
    max_tokens: int
    bound: float
    probes: tuple[str, ...]


@dataclass(frozen=True)
class Weights:
    """The files that a network is made of: the encoder's, what was trained on top of it, and the scales of int8."""

    below: bytes = field(repr=False)
    trained: bytes = field(repr=False)
    scales: bytes = field(repr=False)

    @property
    def files(self) -> tuple[bytes, bytes, bytes]:
        """All three, in the order in which they are named by `digest_of`."""
        return self.below, self.trained, self.scales


class FineTuned:
    """A network ready to be asked. Build one with `open_fine_tuned`."""

    def __init__(self, session: Session, tokenizer: Any, width: int) -> None:  # noqa: ANN401 - imported when needed
        self._session, self._tokenizer, self._width = session, tokenizer, width

    def logits(self, folded: Sequence[str]) -> Logits:
        """Shape (len(folded), width); a row depends on its text alone."""
        # One by one: beside others a text's numbers would differ in the last bit.
        return run_batches(self._session, self._tokenizer.encode_batch(list(folded)), self._width, most=1)


def read_weights(name: str, folder: Path) -> Weights:
    """The files of the network called `name` in a folder, and the encoder's from its package."""
    trained, scales = (folder / f"{name}{rest}.safetensors" for rest in ("", "_scales"))
    return Weights((weights_folder() / "model.safetensors").read_bytes(), trained.read_bytes(), scales.read_bytes())


def open_fine_tuned(form: Form, weights: Weights, runtime: Runtime, folder: Path | None) -> FineTuned:
    """The network of these weights. `folder` keeps what was built from them.

    Raises RuntimeError where int8 on this machine is too far from float32.
    """
    tokenizer = load_tokenizer(weights_folder() / "tokenizer.json", form.max_tokens)
    load = importlib.import_module("safetensors.numpy").load

    def graph(exact: bool) -> bytes:
        # Imported here: what is kept already is opened without the builder's libraries.
        from models.transformer_graph import build_graph

        tensors = bert_tensors(load(weights.below), form.max_tokens) | load(weights.trained)
        return build_graph(tensors, ATTENTION_HEADS, None if exact else load(weights.scales))

    def inputs() -> Mapping[str, NDArray[Any]]:
        return padded_inputs(tokenizer.encode_batch([fold_text(text) for text in form.probes]))

    recipe = Recipe(form.name, digest_of(*weights.files), graph, inputs, _mean_difference, form.bound)
    return FineTuned(open_artefact(recipe, runtime, folder), tokenizer, form.width)


def _mean_difference(exact: Logits, rounded: Logits) -> float:
    return float(np.abs(exact - rounded).mean())
