"""What this machine can do at best, and how much memory a process holds."""

import platform
import time
from collections.abc import Callable

import psutil
import torch

from models.inference import PROCESSOR, usable_processors

# Large enough that the edges do not count, small enough for a laptop's memory.
SIDE, REPEATS = 2048, 5
# MiniLM-L6.
ENCODER_LAYERS, HIDDEN, WIDE = 6, 384, 1536


def encoder_operations() -> float:
    """Multiplications and additions of the encoder that ships, a word piece, without attention's own products."""
    return 2 * ENCODER_LAYERS * (4 * HIDDEN * HIDDEN + 2 * HIDDEN * WIDE)


def gemm_limits() -> dict[str, float]:
    """The best of some matrix products by precision, in 1e9 operations a second, on all cores of this process."""
    left, right = torch.randn(SIDE, SIDE), torch.randn(SIDE, SIDE)
    whole = [(part * 20).clamp(-127, 127).to(torch.int8) for part in (left, right)]
    half = [part.to(torch.bfloat16) for part in (left, right)]
    products: dict[str, Callable[[], object]] = {
        "float32": lambda: left @ right,
        "bfloat16": lambda: half[0] @ half[1],
        "int8": lambda: torch._int_mm(*whole),
    }
    return {name: 2 * SIDE**3 / _best_seconds(product) / 1e9 for name, product in products.items()}


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


def _best_seconds(call: Callable[[], object]) -> float:
    call()
    best = float("inf")
    for _ in range(REPEATS):
        started = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - started)
    return best
