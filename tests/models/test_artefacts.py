"""What was built is compared with float32, kept under the name of what it is made of, and built anew when it broke."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from models.artefacts import Recipe, digest_of, open_artefact
from models.inference import OUTPUT, RUNTIMES, Runtime, choose_runtime
from models.transformer_graph import OPSET

VALUES = np.array([[1.0, 2.0, 4.0]], dtype=np.float32)


def doubled(offset: float) -> bytes:
    """A graph whose output is twice its input plus `offset`."""
    add = helper.make_tensor("offset", TensorProto.FLOAT, [], [offset])
    nodes = [helper.make_node("Add", ["x", "x"], ["twice"]), helper.make_node("Add", ["twice", "offset"], [OUTPUT])]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 3]) for name in ("x", OUTPUT)]
    graph = helper.make_graph(nodes, "doubled", ends[:1], ends[1:], [add])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9).SerializeToString()


def recipe(built: list[str], digest: str = "aaaa", offset: float = 0.0) -> Recipe:
    def graph(exact: bool) -> bytes:
        built.append("exact" if exact else "int8")
        return doubled(0.0 if exact else offset)

    loss: Callable[..., float] = lambda exact, found: float(np.abs(exact - found).max())  # noqa: E731
    return Recipe("toy", digest, graph, lambda: {"x": VALUES}, loss, 0.1)


@pytest.fixture(params=RUNTIMES)
def runtime(request: pytest.FixtureRequest) -> Runtime:
    return choose_runtime(request.param)


def test_it_is_built_once_and_kept(runtime: Runtime, tmp_path: Path) -> None:
    built: list[str] = []
    for _ in range(3):
        assert open_artefact(recipe(built), runtime, tmp_path).run({"x": VALUES}).tolist() == [[2, 4, 8]]
    assert built == ["int8", "exact"]
    assert len(list(tmp_path.iterdir())) == 1


def test_without_a_folder_it_is_built_each_time(runtime: Runtime) -> None:
    built: list[str] = []
    for _ in range(2):
        open_artefact(recipe(built), runtime, None)
    assert built == ["int8", "exact"] * 2


def test_what_is_too_far_from_float32_is_refused_and_not_kept(runtime: Runtime, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"toy is 0\.500 from float32"):
        open_artefact(recipe([], offset=0.5), runtime, tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(RuntimeError, match="toy is nan"):
        open_artefact(recipe([], offset=float("nan")), runtime, tmp_path)


def test_a_broken_one_is_built_anew(runtime: Runtime, tmp_path: Path) -> None:
    open_artefact(recipe([]), runtime, tmp_path)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:40])
    built: list[str] = []
    assert open_artefact(recipe(built), runtime, tmp_path).run({"x": VALUES}).tolist() == [[2, 4, 8]]
    assert built == ["int8", "exact"]


def test_one_of_other_weights_takes_the_place_of_the_old_one_of_its_runtime(tmp_path: Path) -> None:
    first, second = (choose_runtime(name) for name in RUNTIMES)
    open_artefact(recipe([], "aaaa"), first, tmp_path)
    open_artefact(recipe([], "aaaa"), second, tmp_path)
    open_artefact(recipe([], "bbbb"), first, tmp_path)
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == sorted([f"toy-bbbb-{first.name}-1.onnx", f"toy-aaaa-{second.name}-1.onnx"])


def test_a_folder_that_cannot_be_written_is_no_hindrance(runtime: Runtime, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert open_artefact(recipe([]), runtime, tmp_path / "file" / "under").run({"x": VALUES})[0, 0] == 2


def test_digests_keep_parts_apart() -> None:
    assert digest_of(b"ab", b"c") != digest_of(b"a", b"bc")
