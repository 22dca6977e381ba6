"""A BERT model's tensors under this project's names, as `models.transformer_graph` takes them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.transformer_graph import quantise

Tensors = dict[str, NDArray[np.generic]]
Floats = NDArray[np.float32]


def bert_tensors(state: Mapping[str, NDArray[np.generic]], places: int) -> Tensors:
    """The tensors of a `state` with transformers' names, the first `places` positions of it; products are (in, out).

    `words` is int8 with `words.scale`, row by row; `layers.N.{query_key_value,output,up,down}.{weight,bias}` and
    `layers.N.{attention,output}_norm.{weight,bias}` are float32, `places` and `sides` float16.
    """
    take = {name: np.asarray(value, np.float32) for name, value in state.items()}
    words, scale = quantise(take["embeddings.word_embeddings.weight"], axis=1)
    found: Tensors = {
        "words": words,
        "words.scale": scale,
        "places": take["embeddings.position_embeddings.weight"][:places].astype(np.float16),
        "sides": take["embeddings.token_type_embeddings.weight"].astype(np.float16),
        **_norm(take, "embeddings.norm", "embeddings.LayerNorm"),
    }
    layer = 0
    while (old := f"encoder.layer.{layer}") + ".output.dense.weight" in take:
        new = f"layers.{layer}"
        attention = [f"{old}.attention.self.{part}" for part in ("query", "key", "value")]
        found |= _linear(take, f"{new}.query_key_value", *attention)
        found |= _linear(take, f"{new}.output", f"{old}.attention.output.dense")
        found |= _linear(take, f"{new}.up", f"{old}.intermediate.dense")
        found |= _linear(take, f"{new}.down", f"{old}.output.dense")
        found |= _norm(take, f"{new}.attention_norm", f"{old}.attention.output.LayerNorm")
        found |= _norm(take, f"{new}.output_norm", f"{old}.output.LayerNorm")
        layer += 1
    return found


def _linear(take: Mapping[str, Floats], name: str, *parts: str) -> Tensors:
    weight = np.concatenate([take[f"{part}.weight"] for part in parts]).T
    bias = np.concatenate([take[f"{part}.bias"] for part in parts])
    return {f"{name}.weight": np.ascontiguousarray(weight), f"{name}.bias": bias}


def _norm(take: Mapping[str, Floats], name: str, old: str) -> Tensors:
    return {f"{name}.{part}": take[f"{old}.{part}"] for part in ("weight", "bias")}
