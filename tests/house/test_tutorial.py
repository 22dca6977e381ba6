"""docs/adding-a-source.md works: its three blocks make a source that passes the contract suite."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("pipeline", "models", "claims_db", "demo", "sql", "tests/sources", "tests/chaos")
FILES = ("setup.cfg", "pyproject.toml", "tests/conftest.py", "tests/fakes.py")


def test_the_tutorials_source_passes_the_contract_suite(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n# (\S+)\n(.*?)```", (ROOT / "docs" / "adding-a-source.md").read_text(), re.DOTALL)
    assert len(blocks) == 3
    for folder in FOLDERS:
        kept = shutil.ignore_patterns("__pycache__", "weights", "corpus", "training")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=kept)
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path / name)
    for path, code in blocks:
        assert not (tmp_path / path).exists()
        (tmp_path / path).write_text(code)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/sources/test_contract.py", "-k", "townboard", "-q", "-rs"],
        cwd=tmp_path,
        # What this session was asked for is nothing to the one inside.
        env={
            **{name: value for name, value in os.environ.items() if "PYTEST" not in name},
            "PYTHONPATH": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-3000:]
    passed = re.search(r"(\d+) passed|(\[100%\])", ran.stdout)
    assert passed, ran.stdout[-1000:]
    assert "skipped" not in ran.stdout.lower(), ran.stdout[-1000:]
    linted = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--config", "pyproject.toml", *(path for path, _ in blocks)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout
