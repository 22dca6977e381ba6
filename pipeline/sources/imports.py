"""Files that people drop: exports and research sets as JSONL, CSV, TSV or Excel workbooks."""

import json
import re
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.config import Settings
from pipeline.errors import CursorRejected, Permanent
from pipeline.listening import Listening, Practice
from pipeline.post import Post
from pipeline.sources import Page, Query, Record, Source
from pipeline.sources import _columns as columns
from pipeline.sources import _presets as presets
from pipeline.sources._files import Fingerprint, Row, fingerprint, first_lines, json_rows, split_line, table_rows
from pipeline.sources._sheets import WORKBOOK_SUFFIXES, Workbook, is_workbook

PAGE_SIZE = 500
PAGE_BYTES = 8 * 1024 * 1024  # whichever comes first: 500 rows of 4 MB would fill the memory
JSON_SUFFIXES = {".jsonl", ".ndjson", ".json"}
TABLE_SUFFIXES = {".tsv": "\t", ".tab": "\t", ".csv": ",", ".txt": "\t"}
DELIMITERS = (",", "\t", ";", "|")
# Media-monitoring exports put lines about the export above the header, a long search query among them.
HEADER_SEARCH_LINES = 50
SAMPLE_RECORDS = 500
OPTIONS = {"map", "platform", "date_format", "preset", "sheet", "stamp"}

_CURSOR = re.compile(r"(\d{1,18})\.(\d{1,12}):([0-9a-f]{64})\Z")


@dataclass(frozen=True, slots=True)
class _Layout:
    """How one file is read: its encoding, where rows start, what separates cells (none: JSONL) and what they mean.

    `book` and `sheet` are of a workbook, where rows are counted and not bytes; `digits`: of ids that were rounded.
    """

    print: Fingerprint
    start: int
    delimiter: str | None
    cells: tuple[str, ...]
    header: presets.Header
    book: Workbook | None = None
    sheet: str = ""
    digits: int | None = None


class Imports(Source):
    """Reads files page by page. A cursor is `<byte offset or sheet row>.<rows read>:<SHA-256 of the file>`."""

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
            if path.suffix.casefold() in JSON_SUFFIXES | TABLE_SUFFIXES.keys() | WORKBOOK_SUFFIXES
            and not path.name.startswith((".", "~$"))  # the second is how a spreadsheet marks a file that is open
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
            with closing(_rows(path, layout, offset)) as rows:
                return _page(rows, layout, offset, row, options)
        except OSError as error:
            raise Permanent(f"{path.name}: cannot be read ({error.strerror})") from None

    def to_post(self, record: Record) -> Post:
        """Map one row, whose keys are the field names of `_columns.COLUMNS`. Raises Skippable."""
        get = record.get
        platform = presets.platform_of_row(record) or self.platform
        kind = columns.kind_of(get("kind"), get("platform"), get("text_column"))
        text, title = columns.words_of(get("text")), columns.words_of(get("title"))
        if kind == "comment" and columns.slug(title) == "comment":
            title = ""  # a label that some exports put where a comment has no title
        if get("preset"):
            title = presets.title_of(platform, text, title)
        created_at = columns.moment_of(get("date"), get("date_formats", ()), columns.zone_of(get("date_column")))
        own_id, kind = presets.identity(record, platform, kind)
        counts = {name: columns.count_of(get(name)) for name in columns.METRICS}
        return Post(
            platform=platform,
            platform_id=own_id or presets.made_id(record, text, title, created_at),
            kind=kind,
            text=text,
            title=title or None,
            created_at=created_at,
            author_id=columns.author_of(get("author")),
            url=columns.address_of(get("url")),
            lang=columns.lang_of(get("lang")),
            channel=columns.channel_of(get("channel"), get("author")),
            parent_id=columns.name_of(get("parent_id")),
            metrics={name: count for name, count in counts.items() if count is not None},
        )

    def _layout(self, path: Path, options: Mapping[str, Any]) -> _Layout:
        if not path.is_file():
            raise Permanent(f"{path.name}: there is no such file")
        status = path.stat()
        key = (str(path), f"{status.st_size}-{status.st_mtime_ns}", json.dumps(options, sort_keys=True))
        if key not in self._layouts:
            layout = _read_layout(path, options)
            with closing(_rows(path, layout, layout.start)) as rows:
                sample = (read for read in islice(rows, SAMPLE_RECORDS) if not read.problem)
                digits = columns.rounded_digits(presets.shown_id(_record(read, 0, layout, options)) for read in sample)
            self._layouts = {key: replace(layout, digits=digits)}
        return self._layouts[key]


SOURCE = Imports


def file_query(
    path: Path,
    columns_map: Mapping[str, str] | None = None,
    platform: str = "",
    date_format: str = "",
    preset: str = "",
    sheet: str = "",
) -> Query:
    """The query that reads one file. `columns_map`: field -> column, for headers that are not recognised.

    `preset`: a name in `_presets.PRESETS`, where the header does not show it; `sheet`: of a workbook.
    The query carries the file's size and time of change, so its watermark belongs to this version of the file.
    """
    absolute = path.expanduser().absolute()
    options: dict[str, Any] = {}
    if absolute.is_file():
        status = absolute.stat()
        options["stamp"] = f"{status.st_size}-{status.st_mtime_ns}"
    options |= {"map": dict(columns_map or {}), "platform": platform, "date_format": date_format}
    options |= {"preset": preset, "sheet": sheet}
    options = {name: value for name, value in options.items() if value}
    return Query(Imports.name, "file", words=json.dumps(options, sort_keys=True), channel=str(absolute))


def _options(words: str) -> dict[str, Any]:
    try:
        options = json.loads(words) if words else {}
    except ValueError:
        raise Permanent("the options of an import are not JSON") from None
    if not isinstance(options, dict):
        raise Permanent("the options of an import are not a JSON object")
    # A bare {field: column} map is accepted too.
    if options and not options.keys() & OPTIONS:
        options = {"map": options}
    chosen, preset = options.get("map", {}), options.get("preset", "")
    unknown = sorted(set(chosen) - set(columns.COLUMNS)) if isinstance(chosen, dict) else ["map"]
    if unknown:
        raise Permanent(f"--map knows no field {', '.join(unknown)}; fields: {', '.join(columns.COLUMNS)}")
    if preset and preset not in presets.PRESETS:
        raise Permanent(f"there is no preset {str(preset)[:40]!r}; presets: {', '.join(presets.PRESETS)}")
    return options


def _parse_cursor(cursor: str | None, layout: _Layout) -> tuple[int, int]:
    if cursor is None:
        return layout.start, 0
    match = _CURSOR.match(cursor)
    if not match or match[3] != layout.print.digest or int(match[1]) < layout.start:
        raise CursorRejected("the file changed since it was read in part")
    return int(match[1]), int(match[2])


def _page(rows: Iterator[Row], layout: _Layout, offset: int, row: int, options: Mapping[str, Any]) -> Page:
    records: list[Record] = []
    malformed: list[tuple[str, str]] = []
    end, size, more = offset, 0, False
    try:
        for read in rows:
            row, size = row + 1, size + (len("".join(read.cells or ())) if layout.book else read.end - end)
            end = read.end
            if read.problem:
                malformed.append((str(row), read.problem))
            else:
                records.append(_record(read, row, layout, options))
            if len(records) + len(malformed) == PAGE_SIZE or size > PAGE_BYTES:
                more = next(rows, None) is not None
                break
    except Permanent:
        if not records and not malformed:
            raise
        # What stands above the damage is stored first; the next page begins at it.
        more = True
    return Page(records, f"{end}.{row}:{layout.print.digest}" if more else None, malformed)


def _rows(path: Path, layout: _Layout, offset: int) -> Generator[Row]:
    if layout.book is not None:
        yield from layout.book.rows(layout.sheet, offset)
        return
    with path.open("rb") as stream:
        if layout.delimiter is None:
            yield from json_rows(stream, layout.print.encoding, offset)
        else:
            yield from table_rows(stream, layout.print.encoding, offset, layout.delimiter, len(layout.cells))


def _record(read: Row, row: int, layout: _Layout, options: Mapping[str, Any]) -> Record:
    # Backwards: of two columns with one name the first counts.
    named = zip(layout.cells, read.cells or (), strict=False)
    cells: Mapping[str, Any] = read.fields or dict(reversed(list(named)))
    header = layout.header
    if read.fields is not None:
        # Lines of JSON need not all have the same keys.
        header = replace(header, fields=presets.fields_among(cells, options.get("map", {}), header.preset))
    record = presets.fields_of(cells, header) | {"row": row, "digits": layout.digits}
    record["given_platform"] = options.get("platform")
    if options.get("date_format"):
        record["date_formats"] = (options["date_format"],)
    return record


def _read_layout(path: Path, options: Mapping[str, Any]) -> _Layout:
    print_ = fingerprint(path)
    recognise = partial(presets.read_header, chosen=options.get("map", {}), preset=options.get("preset", ""))
    if is_workbook(path):
        return _book_layout(path, print_, recognise, options.get("sheet", ""))
    with path.open("rb") as stream:
        lines = first_lines(stream, print_.encoding, print_.mark, HEADER_SEARCH_LINES)
        if not lines:
            return _Layout(print_, print_.mark, None, (), presets.NO_HEADER)
        if path.suffix.casefold() in JSON_SUFFIXES or lines[0][0].lstrip().startswith("{"):
            names = _json_names(path, islice(json_rows(stream, print_.encoding, print_.mark), SAMPLE_RECORDS))
            if header := recognise(names):
                return _Layout(print_, print_.mark, None, (), header)
            raise _no_text(path, names)
    usual = TABLE_SUFFIXES.get(path.suffix.casefold()) or ","
    for place, (text, end) in enumerate(lines):
        found: list[_Layout] = []
        for delimiter in sorted(DELIMITERS, key=lambda each: each != usual):
            cells = tuple(name.strip().lstrip("\ufeff") for name in split_line(text, delimiter))
            if header := recognise(cells, first=place == 0):
                found.append(_Layout(print_, end, delimiter, cells, header))
        if found:
            return max(found, key=lambda layout: len(layout.header.fields))
    raise _no_text(path, split_line(lines[0][0], usual))


def _json_names(path: Path, sample: Iterable[Row]) -> dict[str, None]:
    names: dict[str, None] = {}
    for read in sample:
        names |= dict.fromkeys(read.fields or {})
    if not names:
        raise Permanent(f"{path.name}: no line is a JSON object; write one a line (an array: jq -c '.[]')")
    return names


def _book_layout(path: Path, print_: Fingerprint, recognise: partial[presets.Header | None], sheet: str) -> _Layout:
    book = Workbook(path)
    first: Sequence[str] = ()
    for title in book.titles_like(sheet):
        with closing(book.rows(title)) as rows:
            for place, read in enumerate(islice(rows, HEADER_SEARCH_LINES)):
                cells = tuple(name.strip() for name in read.cells or ())
                first = first or cells
                if header := recognise(cells, first=place == 0):
                    return _Layout(print_, read.end, None, cells, header, book, title)
    if first:
        raise _no_text(path, first)
    return _Layout(print_, 0, None, (), presets.NO_HEADER, book, title)


def _no_text(path: Path, names: Sequence[str] | Mapping[str, None]) -> Permanent:
    # A file without a header has a post where the names should be: they are shown to who runs the command only.
    shown = ", ".join(repr(str(name)[:40]) for name in islice(names, 30))
    others = ", ".join(field for field in columns.COLUMNS if field != "text")
    return Permanent(
        f"{path.name}: no column of text is recognised, or one that --map names is not there. "
        f"Name it with --map text=COLUMN (likewise {others}).",
        hint=f"Columns found: {shown}.",
    )
