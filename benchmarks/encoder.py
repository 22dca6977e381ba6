"""The encoder alone: its share of the machine's int8 limit, and what its time goes to, as its runtime counts it."""

import json
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import onnxruntime
import openvino

from benchmarks.machine import encoder_operations, int8_limit, int8_limit_of_encoder
from benchmarks.rounds import interleaved_rates, median_ratio
from models.batches import length_batches, padded_inputs, run_batches
from models.encoder import MAX_TOKENS, load_encoder, load_tokenizer
from models.folding import fold_text
from models.inference import choose_runtime, open_session, usable_processors
from models.wheel import weights_folder

SEED = 13
INT8, REST = "int8 products", "the rest"
# Parts of the names that the runtimes give their operations, and what they are part of; the first that fits.
KINDS = {
    INT8: ("FullyConnected", "MatMulInteger", "QLinearMatMul", "QGemm"),
    "rounding to int8 and back": ("QuantizeLinear", "FakeQuantize"),
    "attention's products, softmax and moves": ("MatMul", "Softmax", "Attention", "Transpose", "Split", "Reshape"),
    "normalisation": ("LayerNormalization", "MVN"),
    "Gelu": ("Gelu",),
}


def encoder_shares(posts: Sequence[str], rounds: int, artefacts: Path) -> dict[str, Any]:
    """The encoder's int8 arithmetic in 1e9 operations a second beside two limits, and its time by kind of operation.

    Texts are folded and cut into word pieces beforehand; pieces that only pad count as nothing. Limits: the best square
    product, and products of the encoder's own shapes.
    """
    tokenizer = load_tokenizer(weights_folder() / "tokenizer.json", MAX_TOKENS)
    encoded = tokenizer.encode_batch([fold_text(post) for post in posts])
    lengths = [len(one.ids) for one in encoded]
    runtime = choose_runtime()
    # Builds the graph where it was not built before.
    width = load_encoder(runtime, artefacts).dimensions
    (kept,) = artefacts.glob(f"encoder-*-{runtime.name}-*.onnx")
    session = open_session(kept.read_bytes(), runtime)

    def encode() -> tuple[int, float]:
        started = time.perf_counter()
        run_batches(session, encoded, width)
        return round(sum(lengths) * encoder_operations() / 1e9), time.perf_counter() - started

    methods = {"encoder": encode, "limit": lambda: (round(int8_limit()), 1.0)}
    methods["shaped"] = lambda: (round(int8_limit_of_encoder()), 1.0)
    rates = interleaved_rates(methods, rounds, SEED)
    batches = list(length_batches(lengths))
    inputs = [padded_inputs([encoded[number] for number in batch], length) for batch, length in batches]
    spent = (_by_openvino if runtime.library == "openvino" else _by_onnxruntime)(kept, inputs)
    return {
        "runtime": runtime.name,
        "posts": len(posts),
        "rounds": rounds,
        "pieces": sum(lengths) / len(posts),
        "padded": sum(len(batch) * length for batch, length in batches) / sum(lengths) - 1,
        "rates": {name: statistics.median(own) for name, own in rates.items()},
        "shares": {limit: median_ratio(rates, "encoder", limit) for limit in ("limit", "shaped")},
        "spent": spent,
    }


def _by_onnxruntime(graph: Path, inputs: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.enable_profiling, options.profile_file_prefix = True, f"{folder}/profile"
        session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        for one in inputs:
            session.run(None, dict(one))
        events = json.loads(Path(session.end_profiling()).read_text())
    nodes = [event for event in events if event["cat"] == "Node" and event["name"].endswith("_kernel_time")]
    return shares_by_kind((event["args"]["op_name"], event["dur"]) for event in nodes)


def _by_openvino(graph: Path, inputs: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    hints = {"PERF_COUNT": "YES", "INFERENCE_NUM_THREADS": usable_processors(), "PERFORMANCE_HINT": "LATENCY"}
    request = openvino.Core().compile_model(str(graph), "CPU", hints).create_infer_request()
    found: list[tuple[str, float]] = []
    for one in inputs:
        request.infer(dict(one))
        found += [(node.node_type, node.real_time.total_seconds()) for node in request.profiling_info]
    return shares_by_kind(found)


def shares_by_kind(found: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The share of each of KINDS, and of REST, in the time of operations given by name; the most first."""
    spent: Counter[str] = Counter()
    for operation, seconds in found:
        kinds = (kind for kind, names in KINDS.items() if any(name in operation for name in names))
        spent[next(kinds, REST)] += seconds
    return {kind: seconds / spent.total() for kind, seconds in spent.most_common()}
