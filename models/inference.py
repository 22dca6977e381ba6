"""Runs ONNX graphs on the CPU: OpenVINO where the processor multiplies int8 at once, ONNX Runtime elsewhere."""

import importlib
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

# What every graph calls its output.
OUTPUT = "output"
RUNTIMES = ("openvino", "onnxruntime")
MOST_AT_ONCE = 4
PROCESSOR = Path("/proc/cpuinfo")
# Instructions without which OpenVINO's int8 kernels are no faster than others, as Linux names them.
_INT8_INSTRUCTIONS = frozenset({"avx512_vnni", "avx_vnni", "amx_int8"})

Array = NDArray[Any]


@dataclass(frozen=True)
class Runtime:
    """What graphs run on. `name` also says how what is not int8 is computed: it is a part of every model id."""

    library: str
    name: str
    reason: str


class Session(Protocol):
    """A graph ready to be run, each run by the thread that asks for it: several threads may."""

    def run(self, inputs: Mapping[str, Array]) -> NDArray[np.float32]:
        """Its output for these inputs."""
        ...


@lru_cache
def choose_runtime(asked: str = "") -> Runtime:
    """The runtime `asked` for, or the best one here. Raises ValueError for an unknown name or one not installed."""
    if asked and asked not in RUNTIMES:
        raise ValueError(f"there is no runtime {asked!r}: it is one of {', '.join(RUNTIMES)}, or empty to choose")
    openvino = _installed()
    if asked == "openvino" and openvino is None:
        raise ValueError("the runtime openvino is asked for and not installed")
    missing = _missing(openvino)
    if openvino is not None and (asked == "openvino" or (not asked and not missing)):
        capable = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        reason = "asked for" if asked else "the processor multiplies int8 at once"
        return Runtime("openvino", "openvino-bf16" if "BF16" in capable else "openvino-fp32", reason)
    return Runtime("onnxruntime", "onnxruntime", "asked for" if asked else missing)


def open_session(graph: bytes, runtime: Runtime) -> Session:
    """Make `graph` ready, on all processors that this process may use. Raises RuntimeError for what is no graph."""
    return (_OpenVINO if runtime.library == "openvino" else _ONNXRuntime)(graph, runtime)


class _OpenVINO:
    def __init__(self, graph: bytes, runtime: Runtime) -> None:
        core = importlib.import_module("openvino").Core()
        options = {
            "INFERENCE_NUM_THREADS": usable_processors(),
            # Two streams would be 8 % faster and never answer in a process that was forked.
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "bf16" if runtime.name.endswith("bf16") else "f32",
            # What it prepares for each shape of a batch is no faster kept, and would grow by hundreds of MB.
            "CPU_RUNTIME_CACHE_CAPACITY": "0",
        }
        self._request: Any = core.compile_model(core.read_model(graph), "CPU", options).create_infer_request()
        self._lock = threading.Lock()

    def run(self, inputs: Mapping[str, Array]) -> NDArray[np.float32]:
        with self._lock:
            # The output lies in the request's own memory, which the next run writes over.
            found: NDArray[np.float32] = self._request.infer(dict(inputs), share_inputs=True)[0].copy()
        return found


class _ONNXRuntime:
    def __init__(self, graph: bytes, runtime: Runtime) -> None:
        onnxruntime = importlib.import_module(runtime.library)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = max(1, usable_processors() // at_once())
        # Threads that spin while they wait take the processor from the database and from each other.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session: Any = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except onnxruntime.capi.onnxruntime_pybind11_state.InvalidProtobuf as error:
            raise RuntimeError(str(error)) from None

    def run(self, inputs: Mapping[str, Array]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = self._session.run([OUTPUT], dict(inputs))[0]
        return found


def _installed() -> Any | None:  # noqa: ANN401 - a module
    try:
        return importlib.import_module("openvino")
    except ImportError:
        return None


def _missing(openvino: Any | None) -> str:  # noqa: ANN401 - a module
    if openvino is None:
        return "OpenVINO is not installed"
    return "" if multiplies_int8() else "the processor does not multiply int8 at once (no VNNI)"


def multiplies_int8() -> bool:
    """Whether the processor has instructions that multiply and add int8 at once (VNNI or AMX)."""
    flags = set(PROCESSOR.read_text().split()) if PROCESSOR.is_file() else set()
    return bool(flags & _INT8_INSTRUCTIONS)


def at_once() -> int:
    """How many batches are run at once: one a processor, but no more than memory is held for."""
    return min(MOST_AT_ONCE, usable_processors())


def usable_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
