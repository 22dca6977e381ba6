"""The match contract: a file of claims and a file of posts in, a file of candidates and decisions out. No database."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from models.matcher import ClaimText
from models.stance import STANCES
from pipeline.config import POLICY, Policy
from pipeline.errors import ConfigError
from pipeline.post import MAX_TEXT_BYTES
from pipeline.screening.candidates import Judged, judge_candidates
from pipeline.screening.judges import Judge, Models, build_judge, load_models

MAX_LINE_BYTES = 1024 * 1024
# Bad lines named one by one; the rest is counted.
MAX_NAMED_PROBLEMS = 20
CHUNK_POSTS = 512

Progress = Callable[[int], None]
LineId = str | int


@dataclass(frozen=True)
class _PostLine:
    line_id: LineId
    text: str = field(repr=False)
    author: str = field(repr=False, default="")

    @property
    def searched(self) -> str:
        # Fact checks quote people by name, so retrieval reads the author; stance does not.
        return f"{self.text} {self.author}".strip()


class _BadLineError(ValueError):
    pass


def match_files(
    claims_path: Path,
    posts_path: Path,
    out_path: Path,
    top: int,
    progress: Progress = lambda _: None,
    *,
    models: Models | None = None,
    policy: Policy = POLICY,
) -> dict[str, Any]:
    """Match every post with `top` claims and write one line a post, in order; returns the counts.

    Claims: `{id, claim, title?, subtitle?, variants? | paraphrases?, correction?}`; posts: `{id, text, author?}`; ids
    are text or integers and come back as given; other keys are ignored. Written: `{id, candidates: [{claim_id,
    similarity, p_match, stance}], decision}`, candidates best first, decision alert, review or none. Raises
    ConfigError naming the bad lines of the claims file. A bad line of the posts file is skipped, counted and named in
    `problems` (file:line: reason). The file appears whole or not at all; `progress` is told of each chunk of posts.
    """
    if top < 1:
        raise ConfigError(f"top must be 1 or more, not {top}")
    claims = _read_claims(claims_path)
    judge = build_judge(models or load_models(), [text for _, text in claims.values()], policy=policy)
    counts = {"claims": len(claims), "posts": 0, "alert": 0, "review": 0, "none": 0, "bad_lines": 0}
    problems: list[str] = []

    def bad_line(problem: str) -> None:
        counts["bad_lines"] += 1
        if len(problems) < MAX_NAMED_PROBLEMS:
            problems.append(problem)

    ids = [line_id for line_id, _ in claims.values()]
    with _written_whole(out_path) as out:
        posts = _post_lines(posts_path, bad_line)
        while chunk := list(islice(posts, CHUNK_POSTS)):
            for line in _matched(chunk, ids, judge, top):
                counts["posts"] += 1
                counts[line["decision"]] += 1
                out.write(json.dumps(line) + "\n")
            progress(len(chunk))
    return {**counts, "problems": problems}


def read_claims_file(path: Path) -> list[ClaimText]:
    """The claims of a file as `match` takes them, under their ids as text. Raises ConfigError naming the bad lines."""
    return [ClaimText(str(line_id), text.fields) for line_id, text in _read_claims(path).values()]


def _matched(posts: list[_PostLine], ids: Sequence[LineId], judge: Judge, top: int) -> Iterator[dict[str, Any]]:
    searched = [post.searched for post in posts]
    vectors = judge.models.encoder.encode(searched)
    texts = [post.text for post in posts]
    judged = judge_candidates(texts, vectors, judge, top=top, floor=0.0, searched=searched)
    for post, candidates in zip(posts, judged, strict=True):
        found = [
            {
                "claim_id": ids[one.claim],
                "similarity": one.similarity,
                "p_match": one.p_match,
                "stance": {name: getattr(one.stance, name) for name in STANCES},
            }
            for one in candidates
        ]
        yield {"id": post.line_id, "candidates": found, "decision": _verdict(candidates)}


def _verdict(candidates: list[Judged]) -> str:
    decisions = {one.decision.decision for one in candidates}
    return next((verdict for verdict in ("alert", "review") if verdict in decisions), "none")


def _read_claims(path: Path) -> dict[str, tuple[LineId, ClaimText]]:
    claims: dict[str, tuple[LineId, ClaimText]] = {}
    problems = []
    for number, line in _lines(path):
        try:
            row = _mapping(line)
            line_id = _line_id(row)
            # The number 7 and the text "7" are two ids.
            key = json.dumps(line_id)
            if key in claims:
                raise _BadLineError(f"the id {line_id!r} was given before")
            claims[key] = (line_id, ClaimText(key, _claim_fields(row)))
        except _BadLineError as error:
            problems.append(f"{path}:{number}: {error}")
    if problems:
        more = f"\n... and {len(problems) - MAX_NAMED_PROBLEMS} more" if len(problems) > MAX_NAMED_PROBLEMS else ""
        raise ConfigError("\n".join(problems[:MAX_NAMED_PROBLEMS]) + more)
    if not claims:
        raise ConfigError(f"{path}: no claim in it")
    return claims


def _claim_fields(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    claim = _text(row, "claim")
    if not claim.strip():
        raise _BadLineError("claim is missing or empty")
    fields = [("claim", claim)]
    for name in ("variants", "paraphrases"):
        listed = row.get(name) or []
        if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
            raise _BadLineError(f"{name} must be a list of texts")
        fields += [("variant", text) for text in listed if text.strip()]
    fields += [(name, text) for name in ("title", "subtitle", "correction") if (text := _text(row, name)).strip()]
    return tuple(fields)


def _post_lines(path: Path, bad_line: Callable[[str], None]) -> Iterator[_PostLine]:
    for number, line in _lines(path):
        try:
            row = _mapping(line)
            if not isinstance(row.get("text"), str):
                raise _BadLineError("text is missing or not a text")
            if len(row["text"].encode("utf-8", "ignore")) > MAX_TEXT_BYTES:
                raise _BadLineError(f"text is larger than {MAX_TEXT_BYTES} bytes")
            yield _PostLine(_line_id(row), row["text"], _text(row, "author"))
        except _BadLineError as error:
            bad_line(f"{path}:{number}: {error}")


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                cut = line
                while len(cut) > MAX_LINE_BYTES and not cut.endswith(b"\n"):
                    cut = file.readline(MAX_LINE_BYTES + 1)
                if line.strip():
                    yield number, line
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None


def _mapping(line: bytes) -> Mapping[str, Any]:
    if len(line) > MAX_LINE_BYTES:
        raise _BadLineError(f"the line is longer than {MAX_LINE_BYTES} bytes")
    try:
        row = json.loads(line)
    except UnicodeDecodeError:
        raise _BadLineError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise _BadLineError(f"not valid JSON: {error.msg} at column {error.colno}") from None
    except (RecursionError, ValueError):
        # Nested without end, or a number of thousands of digits.
        raise _BadLineError("not readable JSON") from None
    if not isinstance(row, dict):
        raise _BadLineError("not a JSON object")
    return row


def _line_id(row: Mapping[str, Any]) -> LineId:
    line_id = row.get("id")
    if isinstance(line_id, bool) or not isinstance(line_id, str | int) or line_id == "":
        raise _BadLineError("id is missing, or neither text nor integer")
    return line_id


def _text(row: Mapping[str, Any], name: str) -> str:
    text = row.get(name)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise _BadLineError(f"{name} must be a text")
    return text


@contextmanager
def _written_whole(path: Path) -> Iterator[TextIO]:
    # The file replaces `path` when the block ends well, and leaves no trace where it does not.
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror})") from None
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            yield file
        part.chmod(0o644)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
