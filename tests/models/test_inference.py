"""The runtime is the best one here, the other one stands in for it, and both say the same."""

from pathlib import Path

import numpy as np
import pytest

from models import inference
from models.encoder import load_encoder
from models.inference import Runtime, choose_runtime, open_session

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
