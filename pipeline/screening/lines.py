"""Files of JSON Lines: posts in, one answer a post out, under the same ids. Every byte of them is hostile."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.post import MAX_TEXT_BYTES
from pipeline.whole_files import written_whole

MAX_LINE_BYTES = 1024 * 1024
# Bad lines named one by one; the rest is counted.
MAX_NAMED_PROBLEMS = 20
CHUNK_LINES = 512

Progress = Callable[[int], None]
LineId = str | int


@dataclass(frozen=True)
class TextLine:
    """A line `{id, text, …}`: its id as it was given, its text, and the whole object."""

    line_id: LineId
    text: str = field(repr=False)
    row: Mapping[str, Any] = field(repr=False, default_factory=dict)

    def get(self, name: str) -> str:
        """Another text of the line, "" where there is none. Raises BadLineError where it is not a text."""
        return text_of(self.row, name)


class BadLineError(ValueError):
    """A line that cannot be read, in words."""


def answer_file(
    in_path: Path,
    out_path: Path,
    answer: Callable[[Sequence[TextLine]], Iterable[Mapping[str, Any]]],
    progress: Progress = lambda _: None,
    *,
    optional: Sequence[str] = (),
) -> dict[str, Any]:
    """Write the answer to each line `{id, text, …}` of a file, in order, and return `lines`, `bad_lines`, `problems`.

    `answer` takes a chunk of lines and gives one object each, in order; `optional` names further keys that must be
    texts where they are given. A bad line is skipped, counted and named in `problems` (file:line: reason). The file
    appears whole or not at all. Raises ConfigError where a file cannot be read or written.
    """
    counts: dict[str, Any] = {"lines": 0, "bad_lines": 0}
    problems: list[str] = []

    def bad_line(problem: str) -> None:
        counts["bad_lines"] += 1
        if len(problems) < MAX_NAMED_PROBLEMS:
            problems.append(problem)

    with written_whole(out_path) as part, part.open("w", encoding="utf-8") as out:
        lines = text_lines(in_path, bad_line, optional)
        while chunk := list(islice(lines, CHUNK_LINES)):
            for answered in answer(chunk):
                counts["lines"] += 1
                out.write(json.dumps(answered) + "\n")
            progress(len(chunk))
    return {**counts, "problems": problems}


def text_lines(path: Path, bad_line: Callable[[str], None], optional: Sequence[str] = ()) -> Iterator[TextLine]:
    """The lines `{id, text, …}` of a file; `bad_line` is told of each that is none. Raises ConfigError."""
    for number, line in numbered_lines(path):
        try:
            row = object_of(line)
            if not isinstance(row.get("text"), str):
                raise BadLineError("text is missing or not a text")
            if len(row["text"].encode("utf-8", "ignore")) > MAX_TEXT_BYTES:
                raise BadLineError(f"text is larger than {MAX_TEXT_BYTES} bytes")
            for name in optional:
                text_of(row, name)
            yield TextLine(id_of(row), row["text"], row)
        except BadLineError as error:
            bad_line(f"{path}:{number}: {error}")


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that are not blank, from 1, cut where they are too long. Raises ConfigError."""
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


def object_of(line: bytes) -> Mapping[str, Any]:
    """The JSON object of a line. Raises BadLineError."""
    if len(line) > MAX_LINE_BYTES:
        raise BadLineError(f"the line is longer than {MAX_LINE_BYTES} bytes")
    try:
        row = json.loads(line)
    except UnicodeDecodeError:
        raise BadLineError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise BadLineError(f"not valid JSON: {error.msg} at column {error.colno}") from None
    except (RecursionError, ValueError):
        # Nested without end, or a number of thousands of digits.
        raise BadLineError("not readable JSON") from None
    if not isinstance(row, dict):
        raise BadLineError("not a JSON object")
    return row


def id_of(row: Mapping[str, Any]) -> LineId:
    """The id of a line. Raises BadLineError."""
    line_id = row.get("id")
    if isinstance(line_id, bool) or not isinstance(line_id, str | int) or line_id == "":
        raise BadLineError("id is missing, or neither text nor integer")
    return line_id


def text_of(row: Mapping[str, Any], name: str) -> str:
    """A text of a line, "" where there is none. Raises BadLineError where it is something else."""
    text = row.get(name)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise BadLineError(f"{name} must be a text")
    return text
