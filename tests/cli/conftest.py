"""The command line as a process of its own, on a fresh warehouse that is loaded with the claims database once."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import Settings

Auscult = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def auscult(settings: Settings) -> Auscult:
    """Run `auscult` with these words; `code` is the exit code that is expected, `env` more variables."""

    def run(*words: str | Path, code: int = 0, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).parent / "auscult"), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **(env or {})}, check=False)
        assert done.returncode == code, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run
