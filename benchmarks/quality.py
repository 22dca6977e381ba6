"""What speed costs: MAP@5 of our matcher beside the same one with the teacher in float32, post by post."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from benchmarks import ours
from models.bert_tensors import bert_tensors
from models.encoder import HEADS, MAX_TOKENS, MiniLM, load_tokenizer
from models.inference import choose_runtime, open_session
from models.matcher import build_index, claim_field_texts, nearest_claims
from models.metrics import bootstrap_interval, ranked_precision
from models.training.examples import Clef, clef
from models.transformer_graph import build_graph
from models.wheel import weights_folder

SPLITS = ("train", "dev", "devtest")

Encode = Callable[[Sequence[str]], NDArray[np.float32]]


def paired_losses(folder: Path, artefacts: Path) -> list[dict[str, object]]:
    """MAP@5 of both, and their difference with a 95 % interval (bootstrap over posts), raw and without signatures."""
    sets = [(split, stripped, clef(folder, split, stripped=stripped)) for split in SPLITS for stripped in (False, True)]
    encoders = (_float32(), ours.fresh_encoder(artefacts).encode)
    scores = [_scores(encode, [one for _, _, one in sets]) for encode in encoders]
    rows: list[dict[str, object]] = []
    for (split, stripped, _), exact, own in zip(sets, *scores, strict=True):
        lost = exact - own
        low, high = bootstrap_interval(_mean_of(lost), range(len(lost)))
        told = {"float32": exact.mean(), "ours": own.mean(), "loss": lost.mean(), "low": low, "high": high}
        rows.append({"split": split, "stripped": stripped, "posts": len(own)} | {n: float(v) for n, v in told.items()})
    return rows


def _scores(encode: Encode, sets: Sequence[Clef]) -> list[NDArray[np.float64]]:
    claims = sets[0].claims
    index = build_index(claims, encode(claim_field_texts(claims)))
    found = []
    for one in sets:
        ranks = nearest_claims(index, encode(one.posts), one.posts, ours.TOP).claim.tolist()
        found.append(np.array([ranked_precision(own, gold) for own, gold in zip(ranks, one.gold, strict=True)]))
    return found


def _float32() -> Encode:
    tensors = bert_tensors(load_file(weights_folder() / "model.safetensors"), MAX_TOKENS)
    session = open_session(build_graph(tensors, HEADS), choose_runtime("onnxruntime"))
    tokenizer = load_tokenizer(weights_folder() / "tokenizer.json", MAX_TOKENS)
    return MiniLM(session, tokenizer, "minilm-l6-float32").encode


def _mean_of(values: NDArray[np.float64]) -> Callable[[NDArray[np.int64]], float]:
    return lambda rows: float(values[rows].mean())
