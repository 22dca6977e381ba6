"""A claims folder to write into, and the one way to assert that a file is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from claims_db import ClaimsError, Problem, check_claims, load_claims


@pytest.fixture
def write() -> Callable[..., Path]:
    """Write one file of claims into a folder and return its path."""

    def write_file(folder: Path, text: str | bytes, name: str = "vaccines.yaml") -> Path:
        folder.mkdir(exist_ok=True)
        file = folder / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return file

    return write_file


@pytest.fixture
def assert_refused(tmp_path: Path, write: Callable[..., Path]) -> Callable[..., Problem]:
    """Assert that a text is refused at one line and only there, with these words in the message."""

    def check(text: str | bytes, line: int, *words: str) -> Problem:
        file = write(tmp_path, text)
        problems = check_claims(tmp_path)
        assert [(problem.path, problem.line) for problem in problems] == [(str(file), line)], problems
        for word in words:
            assert word in problems[0].message
        with pytest.raises(ClaimsError) as raised:
            load_claims(tmp_path)
        assert raised.value.problems == problems
        assert f"{file}:{line}: {problems[0].message}" in str(raised.value)
        return problems[0]

    return check
