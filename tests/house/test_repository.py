"""Rules about the repository as a whole."""

import re
import subprocess
from pathlib import Path

import pytest

from pipeline.config import POLICY, Policy
from tests.lint.sizes import too_long, tracked

ROOT = Path(__file__).resolve().parents[2]
BANNED_ROOMS = {"utils", "helpers", "common", "manager", "processor", "handler", "data", "info"}


def test_no_file_is_too_long() -> None:
    files = tracked(ROOT)
    assert files
    assert too_long(ROOT, files) == []


def test_a_long_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "a.py").write_text("\n" * 51)
    (tmp_path / "b.py").write_text("\n" * 300)
    assert too_long(tmp_path, ["dags/a.py", "b.py"]) == ["dags/a.py: 51 lines, 50 allowed"]


def test_no_room_has_a_name_that_says_nothing() -> None:
    for path in (*ROOT.glob("*/**/*.py"), *ROOT.glob("*/")):
        if ".venv" not in path.parts:
            assert path.stem.strip("_") not in BANNED_ROOMS, path


@pytest.mark.parametrize("name", list(Policy.__dataclass_fields__))
def test_every_policy_number_says_what_it_is_and_why(name: str) -> None:
    number = getattr(POLICY, name)
    assert number.unit
    assert number.meaning
    assert number.evidence


def test_nobody_writes_those_two_words() -> None:
    listed = subprocess.run(["git", "grep", "-il", "fake" + " news"], cwd=ROOT, capture_output=True, text=True)
    assert listed.stdout == ""


def test_requirements_are_pinned_with_hashes_and_torch_is_not_among_them() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    pins = re.findall(r"^([a-z0-9-]+)==[^ ]+ \\\n    --hash=sha256:", lock, flags=re.MULTILINE)
    wanted = {
        re.split(r"[=\[ ]", line)[0].lower()
        for line in (ROOT / "requirements.in").read_text().splitlines()
        if line and not line.startswith("#")
    }
    assert wanted - set(pins) == {"torch"}
    assert not [name for name in pins if name.startswith(("nvidia", "cuda", "triton"))]
