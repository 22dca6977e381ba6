"""The field's way, as its libraries are meant to be used: sentence-transformers and its semantic search, in float32."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer, util

from models.wheel import weights_folder

BATCH, TOP = 32, 10

Ranked = NDArray[np.int64]


class Baseline:
    """MiniLM over claim sentences; `per_text` asks for one post at a time, `batched` for all of them."""

    def __init__(self, claims: Sequence[str]) -> None:
        self._model = SentenceTransformer(str(weights_folder()), device="cpu", local_files_only=True)
        self._claims = self._model.encode(list(claims), batch_size=BATCH, convert_to_tensor=True)

    def per_text(self, posts: Sequence[str]) -> Ranked:
        """The positions of the TOP nearest claims of each post, asked one by one."""
        return np.concatenate([self._found(self._model.encode([post], convert_to_tensor=True)) for post in posts])

    def batched(self, posts: Sequence[str]) -> Ranked:
        """The positions of the TOP nearest claims of each post, asked for in batches."""
        return self._found(self._model.encode(list(posts), batch_size=BATCH, convert_to_tensor=True))

    def _found(self, vectors: torch.Tensor) -> Ranked:
        hits = util.semantic_search(vectors, self._claims, top_k=TOP)
        return np.array([[hit["corpus_id"] for hit in own] for own in hits], dtype=np.int64)
