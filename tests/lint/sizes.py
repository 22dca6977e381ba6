"""House rules on size: DAG files of 50 lines at most, modules of 300. Exits 1 and names each that is longer."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMITS = {"dags": 50, "": 300}
# Written by a tool from pipeline/warehouse/tables.py; a migration is read once and never edited.
EXEMPT = "sql/migrations/versions/"


def too_long(root: Path, files: list[str]) -> list[str]:
    """One line for each Python file above its limit."""
    found = []
    for name in files:
        limit = LIMITS["dags"] if name.startswith("dags/") else LIMITS[""]
        lines = len((root / name).read_text(encoding="utf-8").splitlines())
        if lines > limit and not name.startswith(EXEMPT):
            found.append(f"{name}: {lines} lines, {limit} allowed")
    return found


def tracked(root: Path) -> list[str]:
    """The Python files that git tracks."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=root, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if (root / name).exists()]


if __name__ == "__main__":
    problems = too_long(ROOT, tracked(ROOT))
    print("\n".join(problems) or "sizes: all files are within their limits")
    sys.exit(bool(problems))
