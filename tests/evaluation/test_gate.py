"""The regression gate: a fixed part of the written development posts through the product's own path."""

import json
import os
from pathlib import Path

import pytest

from models.inference import RUNTIMES
from pipeline.claims_entries import claim_entries
from pipeline.config import read_settings
from pipeline.evaluation.labelled import written
from pipeline.evaluation.measures import figures, judged_rows
from pipeline.screening.judges import build_judge, claim_text, load_models

ROOT = Path(__file__).parents[2]
GATE = json.loads((Path(__file__).parent / "gate.json").read_text())


@pytest.fixture(scope="module", params=RUNTIMES)
def measured(request: pytest.FixtureRequest) -> dict[str, float]:
    """Figures on each runtime: what stands in for the better one must be as good."""
    models = load_models(read_settings({**os.environ, "AUSCULT_RUNTIME": request.param}))
    claims = [claim_text(entry) for entry in claim_entries(ROOT / "claims_db" / "claims")]
    posts = written("development")[:: GATE["every"]]
    return {figure.name: figure.value for figure in figures(judged_rows(posts, build_judge(models, claims)))}


@pytest.mark.parametrize("name", GATE["at_least"])
def test_what_was_reached_is_kept(measured: dict[str, float], name: str) -> None:
    assert measured[name] >= GATE["at_least"][name]


@pytest.mark.parametrize("name", GATE["at_most"])
def test_false_alarms_stay_as_rare(measured: dict[str, float], name: str) -> None:
    assert measured[name] <= GATE["at_most"][name]
