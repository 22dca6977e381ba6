"""The benchmarks' own parts: what is told is what was kept, and each library's operations are known by kind."""

import json
from pathlib import Path

import pytest

from benchmarks import encoder, machine, report
from models.inference import RUNTIMES, choose_runtime

POSTS = (
    "Vaccines cause autism, a friend of mine says so.",
    "no",
    "The wait at the clinic on Harbor Road was long. " * 5,
)


def test_the_results_say_what_was_kept() -> None:
    parts = {path.stem: json.loads(path.read_text()) for path in report.FOLDER.glob("*.json")}
    assert report.results(parts) == report.RESULTS.read_text(), "python -m benchmarks writes it"


def test_operations_are_counted_by_the_first_kind_that_fits() -> None:
    found = encoder.shares_by_kind(
        [("QLinearMatMul", 5.0), ("MatMul", 2.0), ("SkipLayerNormalization", 2.0), ("Add", 1.0)]
    )
    assert list(found) == [encoder.INT8, "attention's products, softmax and moves", "normalisation", encoder.REST]
    assert list(found.values()) == pytest.approx([0.5, 0.2, 0.2, 0.1])


@pytest.mark.parametrize("name", RUNTIMES)
def test_the_encoders_time_is_told_on_both_runtimes(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(encoder, "choose_runtime", lambda: choose_runtime(name))
    for limit in ("int8_limit", "int8_limit_of_encoder"):
        monkeypatch.setattr(encoder, limit, lambda: 100.0)
    found = encoder.encoder_shares(POSTS, 1, tmp_path)
    assert sum(found["spent"].values()) == pytest.approx(1)
    assert found["spent"][encoder.INT8] > 0.2
    assert found["shares"]["limit"] == pytest.approx(found["rates"]["encoder"] / 100)


def test_the_limit_is_the_faster_library_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "SIDE", 256)
    assert machine.int8_limit() > 1
    assert machine.encoder_operations() == pytest.approx(2 * 6 * (4 * 384**2 + 2 * 384 * 1536))
