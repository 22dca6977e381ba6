"""`auscult eval` on a user's own labelled posts: a report on stdout, bad lines named."""

import json
from pathlib import Path

from tests.cli.conftest import Auscult

CLAIMS = [
    {"id": "mmr", "claim": "The MMR vaccine causes autism."},
    {"id": "milk", "claim": "Raw milk is safer and healthier than pasteurized milk."},
]
POSTS = [
    {"id": 1, "text": "the MMR gave my nephew autism, wake up", "labels": {"mmr": "promotes"}},
    {"id": 2, "text": "The MMR vaccine does not cause autism.", "labels": {"mmr": "debunks"}},
    {"id": 3, "text": "We had a picnic by the river.", "labels": {}},
]


def written(path: Path, rows: list[object]) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def test_own_posts_are_measured_beside_the_peers(auscult: Auscult, tmp_path: Path) -> None:
    claims, posts = written(tmp_path / "c.jsonl", CLAIMS), written(tmp_path / "p.jsonl", POSTS)
    report = auscult("eval", "--claims", claims, "--posts", posts).stdout
    assert "| measure | Auscult | 95 % interval | peers' recipe | rows |" in report
    assert "| right claim in 1 | 1.000 |" in report
    assert "promotes AP" in report
    assert "picnic" not in report


def test_bad_lines_are_named_and_half_a_pair_is_refused(auscult: Auscult, tmp_path: Path) -> None:
    claims = written(tmp_path / "c.jsonl", CLAIMS)
    bad = [{"id": 1, "text": "x", "labels": {"mmr": "likes"}}, {"id": 2, "labels": {}}, "[]", "not json"]
    failed = auscult("eval", "--claims", claims, "--posts", written(tmp_path / "p.jsonl", bad), code=1)
    for line in (1, 2, 3, 4):
        assert f"p.jsonl:{line}:" in failed.stderr
    assert "belong together" in auscult("eval", "--claims", claims, code=1).stderr
    assert "unknown split" in auscult("eval", "--split", "exam", code=1).stderr


def test_a_part_is_measured_by_itself_and_an_unknown_one_is_refused(auscult: Auscult) -> None:
    report = auscult("eval", "--part", "redaction").stdout
    assert "Redact" in report
    assert "resolver" not in report.lower()
    assert "there are claims, narratives" in auscult("eval", "--part", "weather", code=1).stderr
