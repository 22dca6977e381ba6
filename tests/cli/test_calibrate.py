"""Versions of thresholds at the command line: shown with what they change, put in force, and undone by one command."""

import json
from datetime import UTC, datetime

from pipeline.warehouse import calibrations
from pipeline.workplace import Workplace
from tests.cli.conftest import Auscult

NOW = datetime(2026, 10, 12, 15, tzinfo=UTC)
FIT = {
    "scored_by": "a/b/c",
    "policy_version": "p",
    "labels": 60,
    "labels_from": NOW,
    "labels_until": NOW,
    "precision_before": 0.5,
    "precision_before_low": 0.4,
    "precision_before_high": 0.6,
    "alerts_gained": 0,
    "alerts_lost": 7,
    "beyond_bounds": "source x: the threshold would go from 0.48 to 0.72, above 0.70 (calibration_highest)",
    "fitted_at": NOW,
}
THRESHOLD = {"source": "x", "threshold": 0.72, "proven": False, "labels": 60, "confirmed": 30}


def test_a_version_is_shown_applied_and_undone(auscult: Auscult, workplace: Workplace) -> None:
    with workplace.engine.begin() as connection:
        version = str(calibrations.add_fit(connection, FIT, [THRESHOLD]))
    shown = auscult("calibrate", "show").stdout
    assert "in force: the numbers of the policy" in shown
    for words in (
        "proposed",
        "0.50 (0.40 to 0.60) -> none labelled",
        "above 0.70",
        "source x: from 0.72 on, not proven",
    ):
        assert words in shown
    assert "--by: say who does it" in auscult("calibrate", "apply", version, "--by", " ", code=1).stderr
    assert f"version {version} is in force" in auscult("calibrate", "apply", version, "--by", "Ana").stdout
    told = json.loads(auscult("calibrate", "show", "--json").stdout)
    assert told["in_force"] == int(version)
    assert told["versions"][0]["acts"][0]["acted_by"] == "Ana"
    undone = auscult("calibrate", "undo", "--by", "Ana", "--note", "too quiet").stdout
    assert "the numbers of the policy are in force" in undone
    assert auscult("calibrate", "undo", "--by", "Ana", code=1).stderr.startswith("auscult: nothing to undo")
