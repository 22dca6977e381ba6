"""The command `redact` as a user runs it: a file in, a file out, the practice's own names left."""

import json
from pathlib import Path

import pytest

from pipeline.cli.redact import redact_posts
from tests.conftest import PRACTICE

POSTS = [
    {"id": "a", "text": "Priya Raman at Larkspur Family Health saw my son Emeka on 5/18"},
    {"id": 2, "text": "nothing to hide here"},
]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    posts, practice = tmp_path / "posts.jsonl", tmp_path / "practice.yaml"
    posts.write_text("\n".join([*map(json.dumps, POSTS), "no json"]), encoding="utf-8")
    practice.write_text(PRACTICE, encoding="utf-8")
    return posts, practice, tmp_path / "out.jsonl"


def test_each_post_has_its_copy_and_what_was_found(files: tuple[Path, Path, Path]) -> None:
    posts, practice, out = files
    redact_posts(posts, out, practice)
    first, second = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert first["text"] == "Priya Raman at Larkspur Family Health saw my son [name] on [date]"
    found = [POSTS[0]["text"][one["start"] : one["end"]] for one in first["identifiers"]]
    assert found == ["Emeka", "5/18"]
    assert second == {"id": 2, "text": "nothing to hide here", "identifiers": []}
