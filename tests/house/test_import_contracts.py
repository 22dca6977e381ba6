"""The import contracts hold, and each of them fails when it is broken."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("pipeline", "models", "claims_db", "dags", "demo")
LINT = Path(sys.executable).parent / "lint-imports"

BREAKS = {
    "only dags and the thin plugin import airflow": ("pipeline/post.py", "import airflow"),
    "models and claims_db import nothing of the pipeline": ("models/folding.py", "import pipeline.errors"),
    "screening and the alert rules are pure": ("pipeline/screening/mentions.py", "import sqlalchemy"),
    "imports point down only": ("pipeline/config.py", "import pipeline.steps"),
    "siblings do not meet": ("pipeline/sources/reading.py", "import pipeline.warehouse.posts"),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    return tmp_path


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LINT, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


def test_the_contracts_hold(copy: Path) -> None:
    kept = lint(copy)
    assert kept.returncode == 0, kept.stdout
    assert "4 kept, 0 broken" in kept.stdout


@pytest.mark.parametrize("what", BREAKS)
def test_a_broken_contract_fails(copy: Path, what: str) -> None:
    name, line = BREAKS[what]
    path = copy / name
    path.write_text(f"{path.read_text()}\n{line}\n")
    broken = lint(copy)
    assert broken.returncode == 1
    assert "BROKEN" in broken.stdout
