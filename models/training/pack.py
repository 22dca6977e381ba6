"""Pack a trained cross-encoder for `models.int8_graph`: int8 matrices with their scales, the rest in half precision."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from models.cross_encoder import MAX_TOKENS
from models.int8_graph import quantise

Array = NDArray[np.float32]


def pack(state: Mapping[str, Array], path: Path) -> None:
    """Write the tensors of a BERT `state` (names of transformers, under `encoder.`, and `head.*`) to `path`."""
    take = {name.removeprefix("encoder."): np.asarray(value, np.float32) for name, value in state.items()}
    words, scale = quantise(take["embeddings.word_embeddings.weight"], axis=1)
    packed: dict[str, NDArray[np.generic]] = {
        "words": words,
        "words.scale": scale,
        "places": take["embeddings.position_embeddings.weight"][:MAX_TOKENS].astype(np.float16),
        "sides": take["embeddings.token_type_embeddings.weight"].astype(np.float16),
        "head.weight": take["head.weight"].T.copy(),
        "head.bias": take["head.bias"],
    }
    _norm(packed, take, "embeddings.norm", "embeddings.LayerNorm")
    layer = 0
    while (old := f"encoder.layer.{layer}") + ".output.dense.weight" in take:
        new = f"layers.{layer}"
        _linear(
            packed,
            take,
            f"{new}.query_key_value",
            *(f"{old}.attention.self.{part}" for part in ("query", "key", "value")),
        )
        _linear(packed, take, f"{new}.output", f"{old}.attention.output.dense")
        _linear(packed, take, f"{new}.up", f"{old}.intermediate.dense")
        _linear(packed, take, f"{new}.down", f"{old}.output.dense")
        _norm(packed, take, f"{new}.attention_norm", f"{old}.attention.output.LayerNorm")
        _norm(packed, take, f"{new}.output_norm", f"{old}.output.LayerNorm")
        layer += 1
    save_file(packed, path)


def _linear(packed: dict[str, NDArray[np.generic]], take: Mapping[str, Array], name: str, *parts: str) -> None:
    weight = np.concatenate([take[f"{part}.weight"] for part in parts]).T
    values, scale = quantise(weight, axis=0)
    packed[f"{name}.weight"], packed[f"{name}.scale"] = np.ascontiguousarray(values), scale
    packed[f"{name}.bias"] = np.concatenate([take[f"{part}.bias"] for part in parts])


def _norm(packed: dict[str, NDArray[np.generic]], take: Mapping[str, Array], name: str, old: str) -> None:
    for part in ("weight", "bias"):
        packed[f"{name}.{part}"] = take[f"{old}.{part}"]
