"""Excel workbooks as rows: what the zip claims is checked before it is opened, and rows are read as a stream."""

import struct
import warnings
import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from datetime import date, datetime, time
from itertools import chain
from pathlib import Path
from typing import IO

import openpyxl
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.escape import unescape
from openpyxl.utils.exceptions import CellCoordinatesException
from openpyxl.worksheet._reader import DATA_TAG, ROW_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from pipeline.errors import Permanent
from pipeline.sources._files import Row

# .xls cannot be read, but one that lies in the drop folder unread and unreported would look like silence.
WORKBOOK_SUFFIXES = {".xlsx", ".xlsm", ".xls"}
ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0"  # an encrypted workbook, or one of the old .xls format

MIB = 1024 * 1024
MAX_PARTS = 10_000
MAX_UNPACKED_BYTES = 2 * 1024 * MIB
# Shared texts stay in memory while a workbook is read; the small parts are parsed as a whole.
MAX_STRINGS_BYTES = 128 * MIB
MAX_SMALL_PART_BYTES = 16 * MIB
# Real sheets shrink 15 to 30 times, also where all their cells are alike (measured); deflate itself ends at 1,032.
MAX_RATIO = 100
RATIO_FREE_BYTES = MIB
# 200 columns of the 32,767 characters that a cell may hold.
MAX_ROW_BYTES = 8 * MIB
MAX_ROWS = 1_048_576

_STRING_TAG = f"{{{SHEET_MAIN_NS}}}si"
# What openpyxl, the XML parser and zipfile raise on a workbook that is not one, or is damaged.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, SyntaxError, RuntimeError, AssertionError),
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError, CellCoordinatesException),
)

# openpyxl warns of dates and styles that it cannot read, cell by cell.
warnings.filterwarnings("ignore", module=r"openpyxl\.")


def is_workbook(path: Path) -> bool:
    """Whether this is a zip, as workbooks are. Raises Permanent for a workbook that cannot be read, OSError."""
    with path.open("rb") as stream:
        magic = stream.read(4)
    if magic == OLE_MAGIC:
        raise Permanent(
            f"{path.name}: is protected by a password or in the old .xls format; save it without one, as .xlsx or CSV"
        )
    return magic == ZIP_MAGIC


class Workbook:
    """An opened workbook; it stays open, and its texts in memory, as long as it lives."""

    def __init__(self, path: Path) -> None:
        """Raises Permanent where the file is no workbook, is encrypted, damaged or larger than we read."""
        self._name = path.name
        self._waiting: dict[tuple[str, int], Iterator[Row]] = {}
        if not openpyxl.DEFUSEDXML:
            raise Permanent(
                f"{path.name}: workbooks are read only with the package defusedxml (pip install defusedxml)"
            )
        try:
            self._archive = _Archive(path)
            _check_parts(path.name, self._archive.infolist())
            # As a stream: given a path, openpyxl goes by the suffix.
            with path.open("rb") as stream:
                self._read_structure(ExcelReader(stream, read_only=True, data_only=True, keep_links=False))
        except _BROKEN as error:
            raise _unreadable(path.name, error) from None

    def titles_like(self, wanted: str) -> list[str]:
        """The sheets of this name, or all in their order where it is "". Raises Permanent where there is none."""
        found = [title for title in self._parts if not wanted or title.strip().casefold() == wanted.strip().casefold()]
        if not found:
            names = ", ".join(repr(title[:40]) for title in self._parts)
            raise Permanent(f"{self._name}: has no sheet of that name", hint=f"Sheets found: {names}.")
        return found

    def rows(self, title: str, start: int = 0) -> Generator[Row]:
        """The rows of one sheet that are not blank, as texts; `end` counts the sheet's rows up to this one.

        Formulas give the value that was saved with them. Dates are ISO 8601. Raises Permanent where the sheet is
        damaged; a row that cannot be read alone is a Row with its problem. A sheet can only be read from its top, so
        what was not taken when this generator is closed waits for the next that starts there.
        """
        rows = self._waiting.pop((title, start), None) or self._from_top(title, start)
        taken = start
        for row in rows:
            try:
                yield row
            except GeneratorExit:
                self._waiting = {(title, taken): chain((row,), rows)}
                raise
            taken = row.end

    def _from_top(self, title: str, start: int) -> Iterator[Row]:
        try:
            with self._archive.open(self._parts[title]) as part:
                yield from self._stream(_Metered(part, self._name), start)
        except _BROKEN as error:
            raise _unreadable(self._name, error) from None

    def _read_structure(self, reader: ExcelReader) -> None:
        # What `load_workbook` does, less the parts that hold no posts: themes, properties, charts, images, names.
        reader.archive.close()
        reader.archive = self._archive
        reader.read_manifest()
        reader.read_workbook()
        apply_stylesheet(self._archive, reader.wb)
        strings = reader.package.find(SHARED_STRINGS)
        self._strings = self._shared(strings.PartName[1:]) if strings is not None else []
        self._parts = {
            str(sheet.name): relation.target
            for sheet, relation in reader.parser.find_sheets()
            if relation.target in reader.valid_files and "worksheet" in relation.Type
        }
        self._book = reader.wb

    def _shared(self, part: str) -> list[str]:
        strings: list[str] = []
        if self._archive.getinfo(part).file_size > MAX_STRINGS_BYTES:
            raise Permanent(f"{self._name}: holds more than {MAX_STRINGS_BYTES // MIB} MB of texts; save it as CSV")
        with self._archive.open(part) as stream:
            metered, root = _Metered(stream, self._name), None
            for event, element in iterparse(metered, events=("start", "end")):
                root = element if root is None else root
                if event == "end" and element.tag == _STRING_TAG:
                    strings.append(Text.from_tree(element).content)
                    root.clear()
                    metered.rest()
        return strings

    def _stream(self, part: "_Metered", start: int) -> Iterator[Row]:
        parser = WorkSheetParser(
            *(part, self._strings),
            data_only=True,
            epoch=self._book.epoch,
            date_formats=self._book._date_formats,
            timedelta_formats=self._book._timedelta_formats,
        )
        count, data = 0, None
        for event, element in iterparse(part, events=("start", "end")):
            if event == "start":
                data = element if element.tag == DATA_TAG else data
            elif element.tag == ROW_TAG:
                count += 1
                if count > MAX_ROWS:
                    raise Permanent(f"{self._name}: a sheet has more than {MAX_ROWS} rows")
                if count > start and (row := _row(parser, element, count)) is not None:
                    yield row
                # What was read is let go: neither the rows nor what openpyxl notes of them may pile up.
                (element if data is None else data).clear()
                parser.row_dimensions.clear()
                part.rest()
            elif element.tag == DATA_TAG:
                return


class _Archive(zipfile.ZipFile):
    """A zip that gives whole parts only where they are small: sheets and texts are read as streams."""

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        """The part; raises Permanent where it is large."""
        part = name if isinstance(name, zipfile.ZipInfo) else self.getinfo(name)
        if part.file_size > MAX_SMALL_PART_BYTES:
            raise Permanent(f"{Path(str(self.filename)).name}: a part of it is larger than any spreadsheet writes it")
        return super().read(name, pwd)


class _Metered:
    """A stream that refuses to give more than one row may hold until it is told that the row is read."""

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream, self._name, self._left = stream, name, MAX_ROW_BYTES

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self._left -= len(chunk)
        if self._left < 0:
            raise Permanent(f"{self._name}: a row is larger than {MAX_ROW_BYTES} bytes")
        return chunk

    def rest(self) -> None:
        """The row is read: the next one has the whole allowance."""
        self._left = MAX_ROW_BYTES


def _row(parser: WorkSheetParser, element: object, count: int) -> Row | None:
    try:
        _, cells = parser.parse_row(element)
        texts = {int(cell["column"]): _text(cell["value"]) for cell in cells}
    except _BROKEN:
        return Row(None, None, "broken_row", count)
    filled = [column for column, text in texts.items() if text.strip()]
    if not filled:
        return None
    return Row([texts.get(column, "") for column in range(1, max(filled) + 1)], None, None, count)


def _text(value: object) -> str:
    if value is None or value in ERROR_CODES:
        # A post that begins with = or @ is a formula to a spreadsheet: its words are lost, and #NAME? is not them.
        return ""
    if isinstance(value, datetime):
        # A day without a time stays one: some exports keep the time in a column of its own.
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    text = str(value)
    return unescape(text) if "_x" in text else text


def _check_parts(name: str, parts: Sequence[zipfile.ZipInfo]) -> None:
    # zipfile never gives more bytes of a part than the directory says, so a directory that lies unpacks to no more.
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        size = f"{MAX_PARTS} parts or {MAX_UNPACKED_BYTES // MIB} MB"
        raise Permanent(f"{name}: unpacks to more than {size}; save it as CSV")
    for part in parts:
        if part.flag_bits & 0x1:
            raise Permanent(f"{name}: is protected by a password; save it without one")
        if part.file_size > max(RATIO_FREE_BYTES, MAX_RATIO * part.compress_size):
            raise Permanent(f"{name}: a part of it unpacks to more than {MAX_RATIO} times its size, as no export does")


def _unreadable(name: str, error: BaseException) -> Permanent:
    # The error's own words may quote a cell.
    return Permanent(
        f"{name}: is not an Excel workbook, or is damaged ({type(error).__name__}); "
        "open it in a spreadsheet and save it again as .xlsx or CSV"
    )
