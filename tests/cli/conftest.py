"""The command line on a fresh warehouse: the whole of `auscult`, in this process or in one of its own."""

import io
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.config import Settings

Auscult = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def auscult(settings: Settings) -> Auscult:
    """Run `auscult` with these words; `code` is the exit code that is expected, `env` more variables.

    It runs in this process, because to load the models takes seconds and a test calls it five times.
    """

    def run(*words: str | Path, code: int = 0, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        out, problems = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
            patch.setattr(sys, "argv", ["auscult", *map(str, words)])
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            with redirect_stdout(out), redirect_stderr(problems), pytest.raises(SystemExit) as ended:
                main()
        done = subprocess.CompletedProcess(words, int(ended.value.code or 0), out.getvalue(), problems.getvalue())
        return _as_expected(done, code)

    return run


@pytest.fixture
def auscult_process(settings: Settings) -> Auscult:
    """The same in a process of its own, as a person starts it."""

    def run(*words: str | Path, code: int = 0, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).parent / "auscult"), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **(env or {})}, check=False)
        return _as_expected(done, code)

    return run


def _as_expected(done: subprocess.CompletedProcess[str], code: int) -> subprocess.CompletedProcess[str]:
    assert done.returncode == code, f"{done.args}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done
