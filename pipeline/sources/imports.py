"""Files that people drop: exports and research sets as JSONL, CSV or TSV, with usual or mapped column names."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.config import Settings
from pipeline.errors import CursorRejected, Permanent
from pipeline.listening import Listening, Practice
from pipeline.post import Post
from pipeline.sources import Page, Query, Record, Source
from pipeline.sources import _columns as columns
from pipeline.sources._files import Fingerprint, Row, fingerprint, first_lines, json_rows, split_line, table_rows

PAGE_SIZE = 500
PAGE_BYTES = 8 * 1024 * 1024  # whichever comes first: 500 rows of 4 MB would fill the memory
JSON_SUFFIXES = {".jsonl", ".ndjson", ".json"}
TABLE_SUFFIXES = {".tsv": "\t", ".tab": "\t", ".csv": ",", ".txt": "\t"}
DELIMITERS = (",", "\t", ";", "|")
# Media-monitoring exports put lines about the export above the header.
HEADER_SEARCH_LINES = 20
MIN_LATE_HEADER_FIELDS = 3
SAMPLE_RECORDS = 100

_CURSOR = re.compile(r"(\d{1,18})\.(\d{1,12}):([0-9a-f]{64})\Z")


@dataclass(frozen=True, slots=True)
class _Layout:
    """How one file is read: its encoding, where rows start, what separates cells (none: JSONL) and the header."""

    print: Fingerprint
    start: int
    delimiter: str | None
    header: tuple[str, ...]
    fields: Mapping[str, str]


class Imports(Source):
    """Reads files page by page. A cursor is `<byte offset>.<rows read>:<SHA-256 of the file>`."""

    name = "imports"
    platform = "imports"
    newest_first = False

    def __init__(self, settings: Settings, listening: Listening) -> None:
        super().__init__(settings, listening)
        self.folder = Path(listening.source(self.name).folder or settings.home / "imports").expanduser().absolute()
        self._layouts: dict[tuple[str, str, str], _Layout] = {}

    def queries(self, practice: Practice, keywords: Sequence[str]) -> list[Query]:
        """One query for each file in the drop folder, by name. A changed file is a new query, so it is read again."""
        if not self.folder.is_dir():
            return []
        files = [
            path
            for path in sorted(self.folder.iterdir())
            if path.suffix.casefold() in JSON_SUFFIXES | TABLE_SUFFIXES.keys()
            and not path.name.startswith(".")
            and path.is_file()
        ]
        return [file_query(path) for path in files]

    def fetch_page(self, query: Query, cursor: str | None, since: datetime | None) -> Page:
        """The next 500 rows. A file that was read to its end (`since` is set) and has not changed gives none.

        Raises Permanent where the file cannot be read or has no column of text, CursorRejected where it changed.
        """
        options = _options(query.words)
        if cursor is None and since is not None and options.get("stamp"):
            return Page((), None)
        path = Path(query.channel)
        try:
            layout = self._layout(path, options)
            offset, row = _parse_cursor(cursor, layout)
            with path.open("rb") as stream:
                return _page(stream, layout, offset, row, options)
        except OSError as error:
            raise Permanent(f"{path.name}: cannot be read ({error.strerror})") from None

    def to_post(self, record: Record) -> Post:
        """Map one row, whose keys are the field names of `_columns.COLUMNS`. Raises Skippable."""
        get = record.get
        kind = columns.kind_of(get("kind"), get("text_column"))
        platform = columns.platform_of(get("platform")) or self.platform
        text, title = columns.words_of(get("text")), columns.words_of(get("title"))
        if kind == "comment" and columns.slug(title) == "comment":
            title = ""  # a label that some exports put where a comment has no title
        url = columns.name_of(get("url"))
        own_id = columns.id_of(get("id"))
        counts = {name: columns.count_of(get(name)) for name in columns.METRICS}
        return Post(
            platform=platform,
            platform_id=columns.platform_id(platform, kind, own_id)
            if own_id
            else columns.made_id(url, text, title, get("date")),
            kind=kind,
            text=text,
            title=title or None,
            created_at=columns.moment_of(get("date"), get("date_format")),
            author_id=columns.name_of(get("author")),
            url=url,
            lang=columns.name_of(get("lang")),
            channel=columns.name_of(get("channel")),
            parent_id=columns.name_of(get("parent_id")),
            metrics={name: count for name, count in counts.items() if count is not None},
        )

    def _layout(self, path: Path, options: Mapping[str, Any]) -> _Layout:
        if not path.is_file():
            raise Permanent(f"{path.name}: there is no such file")
        status = path.stat()
        key = (str(path), f"{status.st_size}-{status.st_mtime_ns}", json.dumps(options, sort_keys=True))
        if key not in self._layouts:
            self._layouts = {key: _read_layout(path, options)}
        return self._layouts[key]


SOURCE = Imports


def file_query(
    path: Path, columns_map: Mapping[str, str] | None = None, platform: str = "", date_format: str = ""
) -> Query:
    """The query that reads one file. `columns_map`: field -> column, for headers that are not recognised.

    It carries the file's size and time of change, so its watermark belongs to this version of the file.
    """
    absolute = path.expanduser().absolute()
    options: dict[str, Any] = {}
    if absolute.is_file():
        status = absolute.stat()
        options["stamp"] = f"{status.st_size}-{status.st_mtime_ns}"
    given = {"map": dict(columns_map or {}), "platform": platform, "date_format": date_format}
    options |= {name: value for name, value in given.items() if value}
    return Query(Imports.name, "file", words=json.dumps(options, sort_keys=True), channel=str(absolute))


def _options(words: str) -> dict[str, Any]:
    try:
        options = json.loads(words) if words else {}
    except ValueError:
        raise Permanent("the options of an import are not JSON") from None
    if not isinstance(options, dict):
        raise Permanent("the options of an import are not a JSON object")
    # A bare {field: column} map is accepted too.
    if options and not options.keys() & {"map", "platform", "date_format", "stamp"}:
        options = {"map": options}
    chosen = options.get("map", {})
    unknown = sorted(set(chosen) - set(columns.COLUMNS)) if isinstance(chosen, dict) else ["map"]
    if unknown:
        raise Permanent(f"--map knows no field {', '.join(unknown)}; fields: {', '.join(columns.COLUMNS)}")
    return options


def _parse_cursor(cursor: str | None, layout: _Layout) -> tuple[int, int]:
    if cursor is None:
        return layout.start, 0
    match = _CURSOR.match(cursor)
    if not match or match[3] != layout.print.digest or int(match[1]) < layout.start:
        raise CursorRejected("the file changed since it was read in part")
    return int(match[1]), int(match[2])


def _page(stream: BinaryIO, layout: _Layout, offset: int, row: int, options: Mapping[str, Any]) -> Page:
    records: list[Record] = []
    malformed: list[tuple[str, str]] = []
    end = offset
    rows = _rows(stream, layout, offset)
    more = False
    for read in rows:
        row, end = row + 1, read.end
        if read.problem:
            malformed.append((str(row), read.problem))
        else:
            records.append(_record(read, row, layout, options))
        if len(records) + len(malformed) == PAGE_SIZE or end - offset > PAGE_BYTES:
            more = next(rows, None) is not None
            break
    return Page(records, f"{end}.{row}:{layout.print.digest}" if more else None, malformed)


def _rows(stream: BinaryIO, layout: _Layout, offset: int) -> Iterator[Row]:
    if layout.delimiter is None:
        return json_rows(stream, layout.print.encoding, offset)
    return table_rows(stream, layout.print.encoding, offset, layout.delimiter, len(layout.header))


def _record(read: Row, row: int, layout: _Layout, options: Mapping[str, Any]) -> Record:
    # Backwards: of two columns with one name the first counts.
    cells: Mapping[str, Any] = read.fields or dict(zip(layout.header[::-1], (read.cells or ())[::-1], strict=False))
    # Lines of JSON need not all have the same keys.
    fields = columns.recognised(cells, options.get("map", {})) if layout.delimiter is None else layout.fields
    record = {field: cells[column] for field, column in fields.items()}
    record |= {"row": row, "text_column": fields.get("text"), "date_format": options.get("date_format")}
    record["platform"] = record.get("platform") or options.get("platform")
    return record


def _read_layout(path: Path, options: Mapping[str, Any]) -> _Layout:
    print_ = fingerprint(path)
    chosen = options.get("map", {})
    with path.open("rb") as stream:
        lines = first_lines(stream, print_.encoding, print_.mark, HEADER_SEARCH_LINES)
        if not lines:
            return _Layout(print_, print_.mark, None, (), {})
        if path.suffix.casefold() in JSON_SUFFIXES or lines[0][0].lstrip().startswith("{"):
            return _json_layout(path, stream, print_, chosen)
    return _table_layout(path, lines, print_, chosen)


def _json_layout(path: Path, stream: BinaryIO, print_: Fingerprint, chosen: Mapping[str, str]) -> _Layout:
    names: dict[str, None] = {}
    for read in islice(json_rows(stream, print_.encoding, print_.mark), SAMPLE_RECORDS):
        names |= dict.fromkeys(read.fields or {})
    fields = columns.recognised(names, chosen)
    if not names:
        raise Permanent(f"{path.name}: no line is a JSON object; write one a line (an array: jq -c '.[]')")
    if not _is_header(fields, chosen):
        raise _no_text(path, names)
    return _Layout(print_, print_.mark, None, (), fields)


def _table_layout(
    path: Path, lines: Sequence[tuple[str, int]], print_: Fingerprint, chosen: Mapping[str, str]
) -> _Layout:
    usual = TABLE_SUFFIXES.get(path.suffix.casefold()) or ","
    for place, (text, end) in enumerate(lines):
        found: list[tuple[int, _Layout]] = []
        for delimiter in sorted(DELIMITERS, key=lambda each: each != usual):
            header = tuple(name.strip().lstrip("\ufeff") for name in split_line(text, delimiter))
            fields = columns.recognised(header, chosen)
            # Below the first line a row of posts may hold the word `comment`, so more is asked of a header there.
            if _is_header(fields, chosen) and (place == 0 or len(fields) >= MIN_LATE_HEADER_FIELDS):
                found.append((len(fields), _Layout(print_, end, delimiter, header, fields)))
        if found:
            return max(found, key=lambda scored: scored[0])[1]
    raise _no_text(path, split_line(lines[0][0], usual))


def _is_header(fields: Mapping[str, str], chosen: Mapping[str, str]) -> bool:
    return bool(fields.keys() & {"text", "title"}) and chosen.keys() <= fields.keys()


def _no_text(path: Path, names: Sequence[str] | Mapping[str, None]) -> Permanent:
    # A file without a header has a post where the names should be: they are shown to who runs the command only.
    shown = ", ".join(repr(str(name)[:40]) for name in islice(names, 30))
    others = ", ".join(field for field in columns.COLUMNS if field != "text")
    return Permanent(
        f"{path.name}: no column of text is recognised, or one that --map names is not there. "
        f"Name it with --map text=COLUMN (likewise {others}).",
        hint=f"Columns found: {shown}.",
    )
