"""The match contract: lines in, lines out, in order; bad lines named; the file whole or not at all."""

import json
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.screening.judges import Models
from pipeline.screening.match_files import match_files

CLAIMS = [
    {"id": 7, "claim": "The MMR vaccine causes autism."},
    {
        "id": "milk",
        "claim": "Raw milk is safer and healthier than pasteurized milk.",
        "title": "Raw milk",
        "paraphrases": ["pasteurization kills everything good in milk"],
        "correction": "Raw milk carries germs.",
        "rating": "false",
    },
]
POSTS = [
    {"id": "p1", "text": "The MMR vaccine causes autism, wake up", "lang": "en"},
    {"id": 2, "text": "The MMR vaccine does not cause autism", "author": "Jo Doe"},
    {"id": "p3", "text": "pasteurization kills everything good in milk"},
    {"id": "p4", "text": ""},
]


def written(folder: Path, name: str, rows: list[object]) -> Path:
    path = folder / name
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def test_round_trip(tmp_path: Path, models: Models) -> None:
    out, told = tmp_path / "out.jsonl", []
    counts = match_files(
        written(tmp_path, "c", CLAIMS), written(tmp_path, "p", POSTS), out, 5, told.append, models=models
    )
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["id"] for row in rows] == ["p1", 2, "p3", "p4"]
    assert [row["decision"] for row in rows] == ["alert", "none", "alert", "none"]
    assert rows[0]["candidates"][0]["claim_id"] == 7
    assert rows[2]["candidates"][0]["claim_id"] == "milk"
    for row in rows:
        assert len(row["candidates"]) == 2
        similarities = [one["similarity"] for one in row["candidates"]]
        assert similarities == sorted(similarities, reverse=True)
        for one in row["candidates"]:
            assert set(one) == {"claim_id", "similarity", "p_match", "stance"}
            assert sum(one["stance"].values()) == pytest.approx(1)
    assert counts == {"claims": 2, "posts": 4, "alert": 2, "review": 0, "none": 2, "bad_lines": 0, "problems": []}
    assert told == [4]


def test_the_same_files_give_the_same_bytes(tmp_path: Path, models: Models) -> None:
    claims, posts = written(tmp_path, "c", CLAIMS), written(tmp_path, "p", POSTS)
    backwards = written(tmp_path, "b", POSTS[::-1])
    for name, file in (("one", posts), ("two", posts), ("three", backwards)):
        match_files(claims, file, tmp_path / name, 3, models=models)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert (tmp_path / "one").read_text().splitlines() == (tmp_path / "three").read_text().splitlines()[::-1]


def test_bad_posts_are_named_and_the_rest_goes_on(tmp_path: Path, models: Models) -> None:
    rows = [POSTS[0], "{not json", {"id": "x"}, {"text": "no id"}, "[1]", "", {"id": "big", "text": "a" * 70_000}]
    rows += [{"id": True, "text": "a"}, "[" * 100_000, {"id": "s", "text": "lone \ud800 surrogate"}, POSTS[1]]
    posts, out = written(tmp_path, "p", rows), tmp_path / "out"
    counts = match_files(written(tmp_path, "c", CLAIMS), posts, out, 5, models=models)
    assert [json.loads(line)["id"] for line in out.read_text().splitlines()] == ["p1", "s", 2]
    assert counts["bad_lines"] == 7
    assert f"{posts}:3: text is missing or not a text" in counts["problems"]
    assert f"{posts}:7: text is larger than 65536 bytes" in counts["problems"]


def test_bad_claims_stop_it_and_are_all_named(tmp_path: Path, models: Models) -> None:
    bad = [
        CLAIMS[0],
        {"id": 7, "claim": "again"},
        {"id": "x", "claim": " "},
        {"id": "y", "claim": "c", "variants": "v"},
    ]
    claims, out = written(tmp_path, "c", bad), tmp_path / "out"
    with pytest.raises(ConfigError) as raised:
        match_files(claims, written(tmp_path, "p", POSTS), out, 5, models=models)
    lines = str(raised.value).splitlines()
    assert [line.split(": ", 1)[0] for line in lines] == [f"{claims}:{number}" for number in (2, 3, 4)]
    assert not out.exists()


def test_no_claim_and_no_file_are_errors(tmp_path: Path, models: Models) -> None:
    posts = written(tmp_path, "p", POSTS)
    with pytest.raises(ConfigError, match="no claim in it"):
        match_files(written(tmp_path, "c", []), posts, tmp_path / "out", 5, models=models)
    with pytest.raises(ConfigError, match="cannot be read"):
        match_files(tmp_path / "absent", posts, tmp_path / "out", 5, models=models)
    with pytest.raises(ConfigError, match="top must be"):
        match_files(written(tmp_path, "c", CLAIMS), posts, tmp_path / "out", 0, models=models)


def test_a_failure_leaves_the_old_file_and_no_trace(tmp_path: Path, models: Models) -> None:
    out = tmp_path / "out"
    out.write_text("old")

    def fail(_: int) -> None:
        raise KeyboardInterrupt

    claims, posts = written(tmp_path, "c", CLAIMS), written(tmp_path, "p", POSTS)
    with pytest.raises(KeyboardInterrupt):
        match_files(claims, posts, out, 5, fail, models=models)
    assert out.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c", "out", "p"]


def test_no_posts_give_an_empty_file(tmp_path: Path, models: Models) -> None:
    out = tmp_path / "out"
    counts = match_files(written(tmp_path, "c", CLAIMS), written(tmp_path, "p", []), out, 5, models=models)
    assert out.read_text() == ""
    assert counts["posts"] == 0
