"""Reads a claim and a post together: promotes, debunks, questions, neutral or unrelated, in int8 on the CPU."""

import hashlib
import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.encoder import load_tokenizer, weights_folder
from models.folding import FOLDING_VERSION, fold_text
from models.stance import STANCES, StancePair

WEIGHTS = Path(__file__).parent / "weights" / "cross_encoder.safetensors"
RELATIONS = (*STANCES, "unrelated")
HEADS = 12
UNRELATED = RELATIONS.index("unrelated")
# What it was trained with; longer pairs lose the end of the longer side.
MAX_TOKENS = 160
BATCH_TOKENS = 4096

Logits = NDArray[np.float32]


class PairReader(Protocol):
    """Judges pairs. `reader_id` names the weights; it is stored beside every match."""

    reader_id: str

    def read(self, pairs: Sequence[StancePair]) -> Logits:
        """Logits of RELATIONS, shape (len(pairs), 5), rows in order; a row depends on its pair alone."""
        ...


class CrossEncoder:
    """The int8 cross-encoder behind PairReader; its card is models/cards/cross_encoder.md."""

    def __init__(self, weights: Path, tokenizer: Path, threads: int = 2) -> None:
        # Imported here: a command that reads no post starts without them.
        from models.int8_graph import build_graph

        onnxruntime, stored = importlib.import_module("onnxruntime"), weights.read_bytes()
        tensors = importlib.import_module("safetensors.numpy").load(stored)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Threads that spin while they wait take the processor from the database and from each other.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        graph = build_graph(tensors, HEADS)
        self._session: Any = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self._tokenizer = load_tokenizer(tokenizer, MAX_TOKENS)
        self.reader_id = f"cross-{hashlib.sha256(stored).hexdigest()[:8]}-f{FOLDING_VERSION}"

    def read(self, pairs: Sequence[StancePair]) -> Logits:
        """See PairReader. Each distinct pair is read once."""
        folded = {post: fold_text(post) for post in {pair.post for pair in pairs}}
        texts = [(pair.claim, folded[pair.post]) for pair in pairs]
        row = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        logits = np.empty((len(row), len(RELATIONS)), dtype=np.float32)
        encoded = self._tokenizer.encode_batch(list(row)) if row else []
        order = sorted(range(len(encoded)), key=lambda number: len(encoded[number].ids))
        while order:
            length = len(encoded[order[0]].ids)
            count = 1
            # Sorted, so that the last one taken is the longest and little is padded.
            while count < len(order) and (count + 1) * len(encoded[order[count]].ids) <= BATCH_TOKENS:
                length, count = len(encoded[order[count]].ids), count + 1
            batch, order = order[:count], order[count:]
            logits[batch] = self._forward([encoded[number] for number in batch], length)
        return logits[[row[text] for text in texts]]

    def _forward(self, encoded: Sequence[Any], length: int) -> Logits:
        shape = (len(encoded), length)
        ids, types, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.float32)
        for row, one in enumerate(encoded):
            ids[row, : len(one.ids)], types[row, : len(one.ids)], mask[row, : len(one.ids)] = one.ids, one.type_ids, 1
        positions = np.broadcast_to(np.arange(length), shape)
        found: Logits = self._session.run(None, {"ids": ids, "types": types, "positions": positions, "mask": mask})[0]
        return found


def related_odds(logits: Logits) -> Logits:
    """Log-odds that a pair is related at all, in whatever way, from its logits (n, 5)."""
    others = np.delete(logits, UNRELATED, axis=-1)
    found: Logits = np.logaddexp.reduce(others, axis=-1) - logits[..., UNRELATED]
    return found


def load_cross_encoder() -> CrossEncoder:
    """The reader that ships, with the vocabulary of the encoder's package. Loading takes under a second."""
    return CrossEncoder(WEIGHTS, weights_folder() / "tokenizer.json")
