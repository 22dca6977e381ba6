"""Pack a trained cross-encoder: int8 matrices with their scales, the rest in half precision."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from models.bert_tensors import bert_tensors
from models.cross_encoder import MAX_TOKENS
from models.transformer_graph import quantise

Array = NDArray[np.float32]


def pack(state: Mapping[str, Array], path: Path) -> None:
    """Write the tensors of a BERT `state` (names of transformers, under `encoder.`, and `head.*`) to `path`."""
    inner = {name.removeprefix("encoder."): value for name, value in state.items() if name.startswith("encoder.")}
    packed = bert_tensors(inner, MAX_TOKENS)
    for name in [name for name, value in packed.items() if name.startswith("layers.") and value.ndim == 2]:
        values, scale = quantise(packed[name], axis=0)
        packed[name], packed[name.removesuffix("weight") + "scale"] = np.ascontiguousarray(values), scale
    packed["head.weight"] = np.asarray(state["head.weight"], np.float32).T.copy()
    packed["head.bias"] = np.asarray(state["head.bias"], np.float32)
    save_file(packed, path)
