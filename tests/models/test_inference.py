"""The runtime is the best one here, the other one stands in for it, and both say the same."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from models import inference
from models.batches import run_batches
from models.encoder import load_encoder
from models.inference import Runtime, choose_runtime, open_session
from tests.waiting import until

OTHER = Runtime("onnxruntime", "onnxruntime", "asked for")
POSTS = ["The MMR vaccine causes autism.", "my nephew stopped talking after his shot", "lovely evening by the harbor"]


@pytest.fixture(autouse=True)
def forgetful() -> None:
    choose_runtime.cache_clear()


def test_an_unknown_runtime_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ValueError, match="openvino, onnxruntime"):
        choose_runtime("tensorflow")


def test_what_is_asked_for_is_taken() -> None:
    assert choose_runtime("onnxruntime").library == "onnxruntime"
    assert choose_runtime("openvino").library == "openvino"


def test_without_openvino_the_other_one_runs_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "_installed", lambda: None)
    assert choose_runtime() == Runtime("onnxruntime", "onnxruntime", "OpenVINO is not installed")
    with pytest.raises(ValueError, match="not installed"):
        choose_runtime("openvino")


def test_without_the_instructions_the_other_one_runs_and_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = tmp_path / "cpuinfo"
    told.write_text("flags : fpu sse sse2 avx avx2 avx512f\n")
    monkeypatch.setattr(inference, "PROCESSOR", told)
    assert choose_runtime().library == "onnxruntime"
    assert "no VNNI" in choose_runtime().reason
    told.write_text("flags : fpu sse sse2 avx avx2 avx512f avx512_vnni\n")
    choose_runtime.cache_clear()
    assert choose_runtime().library == "openvino"


@pytest.mark.parametrize("name", inference.RUNTIMES)
def test_what_is_no_graph_is_refused(name: str) -> None:
    with pytest.raises(RuntimeError):
        open_session(b"not a graph", choose_runtime(name))


def test_both_runtimes_give_nearly_the_same_vectors_under_other_names() -> None:
    first, second = load_encoder(choose_runtime("openvino")), load_encoder(OTHER)
    assert first.model_id != second.model_id
    assert (first.encode(POSTS) * second.encode(POSTS)).sum(axis=1).min() > 0.99
    assert np.abs(second.encode(POSTS) - np.concatenate([second.encode([post]) for post in POSTS])).max() < 1e-5


@pytest.mark.parametrize("name", inference.RUNTIMES)
def test_several_threads_are_answered_as_one_is(name: str) -> None:
    shards = [[f"{post} number {number}, " * (1 + number % 7) for post in POSTS] for number in range(24)]
    one = load_encoder(choose_runtime(name))
    alone = [one.encode(shard) for shard in shards]
    encoders = [load_encoder(choose_runtime(name)) for _ in range(2)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda number: encoders[number % 2].encode(shards[number]), range(len(shards))))
    assert np.array_equal(np.concatenate(found), np.concatenate(alone))


@pytest.mark.parametrize("name", inference.RUNTIMES)
def test_a_forked_process_is_answered_too(name: str) -> None:
    encoder = load_encoder(choose_runtime(name))
    encoder.encode(POSTS)
    child = os.fork()
    if not child:
        encoder.encode([post.upper() for post in POSTS])
        os._exit(0)
    ended: list[int] = []

    def is_over() -> bool:
        process, status = os.waitpid(child, os.WNOHANG)
        ended.extend([status] if process else [])
        return bool(process)

    try:
        until(is_over)
    finally:
        if not ended:
            os.kill(child, 9)
    assert ended == [0]


def test_what_a_graph_refuses_is_raised() -> None:
    class Refusing:
        def run(self, inputs: object) -> np.ndarray:
            raise RuntimeError("no")

    class Encoded:
        ids = type_ids = (1, 2)

    with pytest.raises(RuntimeError, match="no"):
        run_batches(Refusing(), [Encoded()] * 3, 1)
