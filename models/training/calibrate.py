"""Measure the scales that the int8 graphs are built with: what goes into each product, channel by channel.

Run as `python -m models.training.calibrate`. Deterministic. It reads posts of the training split and the claims; the
other splits are not read.
"""

import importlib
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from models import cross_encoder, encoder
from models.batches import padded_inputs
from models.bert_tensors import bert_tensors
from models.encoder import load_tokenizer
from models.folding import fold_text
from models.training.corpus import corpus_claims, written_posts
from models.transformer_graph import build_graph
from models.wheel import weights_folder

TEXTS, EXTREMES, PAIRS, BATCH = 500, 120, 400, 32
# How much of a channel's reach is moved into the weights, 0 to 1. Of .4, .5, .65, .75, .85 and 1 this one left the
# encoder's vectors nearest to float32 (cosine .998) and the reader's logits too (.05 off on the mean).
SMOOTHING = 0.85
SEED = 4

Scales = dict[str, NDArray[np.float32]]
Inputs = Mapping[str, NDArray[Any]]


def measure_scales(tensors: Mapping[str, NDArray[Any]], heads: int, batches: Iterable[Inputs]) -> Scales:
    """The `scales` of `build_graph` for these tensors, from what they make of `batches` in float32."""
    onnxruntime = importlib.import_module("onnxruntime")
    session = onnxruntime.InferenceSession(build_graph(tensors, heads, probes=True), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()][1:]
    low, high = dict.fromkeys(names, np.float32(np.inf)), dict.fromkeys(names, np.float32(-np.inf))
    for inputs in batches:
        seen = inputs["mask"].astype(bool)
        for name, found in zip(names, session.run(names, dict(inputs)), strict=True):
            low[name] = np.minimum(low[name], found[seen].min(axis=0))
            high[name] = np.maximum(high[name], found[seen].max(axis=0))
    scales: Scales = {}
    for name in names:
        weight = tensors[f"{name}.weight"].astype(np.float32)
        if f"{name}.scale" in tensors:
            weight = weight * tensors[f"{name}.scale"]
        smooth = _smoothing(np.maximum(np.abs(low[name]), np.abs(high[name])), np.abs(weight).max(axis=1))
        reach = min(0.0, (low[name] / smooth).min()), max(0.0, (high[name] / smooth).max())
        scales[f"{name}.smooth"], scales[f"{name}.range"] = smooth, np.array(reach, dtype=np.float32)
    return scales


def main() -> int:
    """Measure both models and write their files of scales."""
    chance = Random(SEED)
    claims = [text for claim in corpus_claims() for _, text in claim.fields]
    posts = [post.text for post in written_posts("training")]
    words = load_file(weights_folder() / "model.safetensors")
    texts = chance.sample(posts, TEXTS * 3 // 5) + chance.sample(claims, TEXTS * 2 // 5)
    # Single words reach further than sentences do, and long texts otherwise.
    texts += [word for text in texts[:EXTREMES] for word in text.split()[:2]]
    texts += ["\n".join(texts[start : start + 8]) for start in range(0, EXTREMES, 8)]
    texts = sorted(map(fold_text, texts), key=len)
    batches = map(padded_inputs, _batched(_tokenizer(encoder.MAX_TOKENS).encode_batch(texts)))
    save_file(measure_scales(bert_tensors(words, encoder.MAX_TOKENS), encoder.HEADS, batches), encoder.SCALES)
    sentences = {claim.claim_id: claim.fields[0][1] for claim in corpus_claims()}
    others = list(sentences.values())
    # Half with their own claim, half with any: the reader sees mostly pairs that do not belong together.
    pairs = [
        (chance.choice([sentences.get(post.claim_id, others[0]), chance.choice(others)]), fold_text(post.text))
        for post in chance.sample(written_posts("training"), PAIRS)
    ]
    batches = map(padded_inputs, _batched(_tokenizer(cross_encoder.MAX_TOKENS).encode_batch(pairs)))
    save_file(measure_scales(load_file(cross_encoder.WEIGHTS), cross_encoder.HEADS, batches), cross_encoder.SCALES)
    return 0


def _smoothing(reach: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    # SmoothQuant's equation 4; around 1, so that scales stay readable.
    found = np.maximum(reach, 1e-4) ** SMOOTHING / np.maximum(weight, 1e-4) ** (1 - SMOOTHING)
    near: NDArray[np.float32] = np.maximum(found / np.exp(np.log(found).mean()), 1e-3).astype(np.float32)
    return near


def _batched(encoded: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (encoded[start : start + BATCH] for start in range(0, len(encoded), BATCH))


def _tokenizer(most: int) -> Any:  # noqa: ANN401 - see load_tokenizer
    return load_tokenizer(weights_folder() / "tokenizer.json", most)


if __name__ == "__main__":
    sys.exit(main())
