"""What this machine can do at best, and how much memory a process holds."""

import platform
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import onnxruntime
import psutil
import torch
from onnx import TensorProto, helper, numpy_helper

from models.batches import BATCH_TOKENS
from models.inference import PROCESSOR, multiplies_int8, usable_processors
from models.transformer_graph import IR_VERSION, OPSET

# Large enough that the edges do not count, small enough for a laptop's memory.
SIDE, REPEATS = 2048, 5
# MiniLM-L6.
ENCODER_LAYERS, HIDDEN, WIDE = 6, 384, 1536
# What goes in and comes out of a layer's four products; the queries, keys and values are one.
_LAYER = ((HIDDEN, 3 * HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, WIDE), (WIDE, HIDDEN))


def encoder_operations() -> float:
    """Multiplications and additions of the encoder that ships, a word piece, without attention's own products."""
    return 2 * ENCODER_LAYERS * sum(taken * given for taken, given in _LAYER)


def gemm_limits() -> dict[str, float]:
    """The best of some matrix products by precision, in 1e9 operations a second, on all cores of this process."""
    left, right = torch.randn(SIDE, SIDE), torch.randn(SIDE, SIDE)
    half = [part.to(torch.bfloat16) for part in (left, right)]
    products: dict[str, Callable[[], object]] = {
        "float32": lambda: left @ right,
        "bfloat16": lambda: half[0] @ half[1],
    }
    found = {name: 2 * SIDE**3 / _best_seconds(product) / 1e9 for name, product in products.items()}
    return {**found, "int8": int8_limit()}


def int8_limit() -> float:
    """The best of some square products in int8, in 1e9 operations a second."""
    return _int8_rate([(SIDE, SIDE, SIDE)])


def int8_limit_of_encoder() -> float:
    """The best of some int8 products as the encoder needs them for one batch, in 1e9 operations a second."""
    return _int8_rate([(BATCH_TOKENS, taken, given) for taken, given in _LAYER])


def describe_machine() -> str:
    """Processor, cores and memory in one line, as far as the system tells."""
    lines = PROCESSOR.read_text().splitlines() if PROCESSOR.is_file() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = psutil.virtual_memory().total / 2**30
    return f"{named[0] if named else platform.machine()}, {usable_processors()} cores, {memory:.0f} GiB"


def resident_megabytes() -> float:
    """What this process holds in memory now."""
    found: float = psutil.Process().memory_info().rss / 2**20
    return found


def _int8_rate(shapes: Sequence[tuple[int, int, int]]) -> float:
    operations, seconds = 0.0, 0.0
    for rows, taken, given in shapes:
        operations += 2 * rows * taken * given
        seconds += min(_best_seconds(product) for product in _int8_products(rows, taken, given))
    return operations / seconds / 1e9


def _int8_products(rows: int, taken: int, given: int) -> Iterator[Callable[[], object]]:
    """The same product by ONNX Runtime's kernels and by torch's, of which either may be the faster."""
    chance = np.random.default_rng(0)
    left = chance.integers(0, 256, (rows, taken), dtype=np.uint8)
    right = chance.integers(-127, 128, (taken, given), dtype=np.int8)
    node = helper.make_node("MatMulInteger", ["left", "right"], ["product"])
    graph = helper.make_graph(
        [node],
        "product",
        [helper.make_tensor_value_info("left", TensorProto.UINT8, left.shape)],
        [helper.make_tensor_value_info("product", TensorProto.INT32, (rows, given))],
        [numpy_helper.from_array(right, "right")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    yield partial(session.run, None, {"left": left})
    if multiplies_int8():
        # Elsewhere torch multiplies int8 one by one, and takes minutes.
        signed = torch.from_numpy((left.astype(np.int16) - 128).astype(np.int8)), torch.from_numpy(right)
        yield partial(torch._int_mm, *signed)


def _best_seconds(call: Callable[[], object]) -> float:
    call()
    best = float("inf")
    for _ in range(REPEATS):
        started = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - started)
    return best
