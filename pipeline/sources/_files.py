"""Import files as rows: encoding, lines, quoting and JSON, read as a stream; a broken row never costs its neighbour."""

import csv
import hashlib
import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

MAX_LINE_BYTES = 4 * 1024 * 1024
MAX_FIELD_CHARACTERS = 1024 * 1024
# A quoted text longer than this, over line ends, is a stray quote.
MAX_QUOTED_LINES = 2_000
CHUNK = 1024 * 1024
MARK_BYTES = 64

csv.field_size_limit(MAX_FIELD_CHARACTERS)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a file is: SHA-256 of its bytes (hex), its encoding and the bytes of a byte-order mark to step over."""

    digest: str
    encoding: str
    mark: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells (or JSON object), or why there are none; `end` is the byte offset after it."""

    cells: Sequence[str] | None
    fields: Mapping[str, Any] | None
    problem: str | None
    end: int


@dataclass(frozen=True, slots=True)
class _Line:
    text: str | None
    problem: str | None
    end: int


def fingerprint(path: Path) -> Fingerprint:
    """Read the whole file, in constant memory. Raises OSError."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        encoding, mark = _marked_encoding(stream.read(MARK_BYTES))
        stream.seek(0)
        if encoding == "utf-8" and _is_windows_export(stream):
            encoding = "cp1252"
    return Fingerprint(digest, encoding, mark)


def json_rows(stream: BinaryIO, encoding: str, start: int) -> Iterator[Row]:
    """One row for each line that is not blank, from byte `start` on."""
    for line in _lines(stream, encoding, start):
        if line.text is None:
            yield Row(None, None, line.problem, line.end)
        elif line.text.strip():
            yield _json_row(line)


def table_rows(stream: BinaryIO, encoding: str, start: int, delimiter: str, width: int) -> Iterator[Row]:
    """One row for each record of a delimited table of `width` columns, from byte `start` on.

    A quote opens a quoted cell only if it also closes as one and the row then has `width` cells; otherwise it is a
    character like any other and the row ends with its line, so a stray quote swallows nothing.
    """
    lines = _Lookahead(_lines(stream, encoding, start))
    while (line := lines.next()) is not None:
        if line.text is None:
            yield Row(None, None, line.problem, line.end)
        elif line.text.strip():
            yield _table_row(line, lines, delimiter, width)


def split_line(text: str, delimiter: str) -> list[str]:
    """The cells of one line; quotes are honoured where they are well formed."""
    return _strict_cells(iter([text]), delimiter) or _literal_cells(text, delimiter)


def first_lines(stream: BinaryIO, encoding: str, start: int, count: int) -> list[tuple[str, int]]:
    """The first `count` readable lines that are not blank, each with the byte offset after it."""
    found: list[tuple[str, int]] = []
    for line in _lines(stream, encoding, start):
        if line.text and line.text.strip():
            found.append((line.text, line.end))
        if len(found) == count:
            break
    return found


class _Lookahead:
    """Lines that can be read ahead and taken back."""

    def __init__(self, lines: Iterator[_Line]) -> None:
        self._lines = lines
        self._ahead: deque[_Line] = deque()

    def next(self) -> _Line | None:
        return self._ahead.popleft() if self._ahead else next(self._lines, None)

    def peek(self) -> Iterator[_Line]:
        """The following lines without taking them; ends at one that cannot be part of a quoted cell."""
        size = 0
        for place in range(MAX_QUOTED_LINES):
            if place == len(self._ahead):
                line = next(self._lines, None)
                if line is None:
                    return
                self._ahead.append(line)
            line = self._ahead[place]
            size += len(line.text or "")
            if line.text is None or size > MAX_FIELD_CHARACTERS:
                return
            yield line


def _table_row(line: _Line, lines: _Lookahead, delimiter: str, width: int) -> Row:
    text = line.text or ""
    literal = _literal_cells(text, delimiter) if width > 1 else [text.rstrip("\r\n")]
    if '"' not in text:
        return _row_of(literal, width, line.end)
    if (cells := _strict_cells(iter([text]), delimiter)) and _fits(cells, width):
        return _row_of(cells, width, line.end)
    taken: list[_Line] = []

    def following() -> Iterator[str]:
        yield text
        for ahead in lines.peek():
            taken.append(ahead)
            yield ahead.text or ""

    cells = _strict_cells(following(), delimiter)
    # A tab inside a quoted text is rare, a stray quote is not: lines that are rows by themselves stay rows.
    rows_already = delimiter == "\t" and all(
        len(_literal_cells(each.text or "", delimiter)) == width > 1 for each in (line, *taken)
    )
    if cells and taken and _fits(cells, width) and not rows_already:
        end = [lines.next() for _ in taken][-1]
        return _row_of(cells, width, end.end if end else line.end)
    if _fits(literal, width):
        return _row_of(literal, width, line.end)
    return _row_of(_lenient_cells(text, delimiter), width, line.end)


def _row_of(cells: Sequence[str], width: int, end: int) -> Row:
    if not _fits(cells, width):
        return Row(None, None, "wrong_columns", end)
    return Row(cells[:width], None, None, end)


def _fits(cells: Sequence[str], width: int) -> bool:
    return len(cells) == width or (len(cells) > width and not any(cells[width:]))


def _literal_cells(text: str, delimiter: str) -> list[str]:
    return text.rstrip("\r\n").split(delimiter)


def _strict_cells(lines: Iterator[str], delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader(lines, delimiter=delimiter, strict=True), None)
    except csv.Error:
        # Badly quoted or too long for a cell: the caller has other ways to read the line.
        return None


def _lenient_cells(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return []


def _json_row(line: _Line) -> Row:
    try:
        fields = json.loads(line.text or "")
    except (ValueError, RecursionError):
        return Row(None, None, "broken_json", line.end)
    if not isinstance(fields, dict):
        return Row(None, None, "not_an_object", line.end)
    return Row(None, fields, None, line.end)


def _lines(stream: BinaryIO, encoding: str, start: int) -> Iterator[_Line]:
    stream.seek(start)
    for raw, end in _raw_lines(stream, "\n".encode(encoding), start):
        if len(raw) > MAX_LINE_BYTES:
            yield _Line(None, "record_too_large", end)
            continue
        try:
            yield _Line(raw.decode(encoding), None, end)
        except UnicodeDecodeError:
            yield _Line(None, "undecodable", end)


def _raw_lines(stream: BinaryIO, newline: bytes, start: int) -> Iterator[tuple[bytes, int]]:
    # Not readline: in UTF-16 the byte 0x0A is part of other characters too, so a line end must stand on its width.
    unit, end, held, dropped = len(newline), start, b"", 0
    while chunk := stream.read(CHUNK):
        begin = 0
        while (found := _find(chunk, newline, begin, unit)) >= 0:
            stop = found + unit
            end += dropped + len(held) + stop - begin
            yield held + chunk[begin:stop], end
            held, dropped, begin = b"", 0, stop
        if len(held) > MAX_LINE_BYTES:
            # Enough to be refused by its length; memory stays flat.
            dropped += len(chunk) - begin
        else:
            held += chunk[begin:]
    if held:
        yield held, end + dropped + len(held)


def _find(buffer: bytes, newline: bytes, begin: int, unit: int) -> int:
    found = buffer.find(newline, begin)
    while found >= 0 and found % unit:
        found = buffer.find(newline, found + 1)
    return found


def _marked_encoding(start: bytes) -> tuple[str, int]:
    if start.startswith(b"\xef\xbb\xbf"):
        return "utf-8", 3
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if start.startswith(mark):
            return encoding, 2
    # UTF-16 without its mark: of each two bytes of Latin letters one is zero.
    for place, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if start and start[place::2].count(0) > len(start) // 4 and 0 not in start[1 - place :: 2]:
            return encoding, 0
    return "utf-8", 0


def _is_windows_export(stream: BinaryIO) -> bool:
    # Bytes that are not UTF-8, and not one line whose other-than-ASCII bytes are.
    broken = False
    for raw, _ in _raw_lines(stream, b"\n", 0):
        if not raw.isascii() and len(raw) <= MAX_LINE_BYTES:
            if _is_utf8(raw):
                return False
            broken = True
    return broken


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
