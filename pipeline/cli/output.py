"""What commands print: tables, one-line results, progress, and errors as one line with an exit code."""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from pipeline.errors import AuscultError

# Exit codes that scripts can use.
OK, FAILED, USAGE, SOURCE_FAILED = 0, 1, 2, 3

# Into a file or a pipe rich would write 80 columns, too few for our tables.
PIPED_WIDTH = 160
console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
errors = Console(stderr=True, width=None if sys.stderr.isatty() else PIPED_WIDTH)


def print_error(error: AuscultError | ValueError) -> None:
    """One line on stderr, with what the error has to say to a person at the command line only."""
    errors.print(f"auscult: {error} {getattr(error, 'hint', '')}".rstrip(), markup=False, soft_wrap=True)


def print_table(title: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table for people; every cell is plain text, never markup."""
    table = Table(title=title or None, title_justify="left", show_lines=False)
    for name in names:
        table.add_column(Text(name), overflow="fold")
    for row in rows:
        table.add_row(*(Text(_words(cell)) for cell in row))
    console.print(table)


def print_csv(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Comma-separated values; a cell that a spreadsheet would run as a formula is defused (CWE-1236)."""
    writer = csv.writer(sys.stdout)
    writer.writerow(names)
    writer.writerows([_defused(cell) for cell in row] for row in rows)


def print_counts(what: str, counts: Mapping[str, Any]) -> None:
    """One line: what was done and the counts."""
    listed = ", ".join(f"{name} {_words(value)}" for name, value in counts.items())
    console.print(Text(f"{what}: {listed}"), soft_wrap=True)


def print_json(content: Any) -> None:  # noqa: ANN401
    """JSON for scripts, times as ISO text."""
    print(json.dumps(content, default=str, indent=2))


@contextmanager
def progress_bar(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr while the block runs; call what it yields with how many more are done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=errors, transient=True) as bars:
        bar = bars.add_task(what, total=total)
        yield lambda more: bars.advance(bar, more)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        """How many are done in a second."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


def _words(value: Any) -> str:  # noqa: ANN401
    if value is None:
        return ""
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(entry, dict) for entry in value)):
        return json.dumps(value, default=str, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:.3f}"
    return str(value)


def _defused(value: Any) -> str:  # noqa: ANN401
    words = _words(value)
    is_number = isinstance(value, int | float)
    return f"'{words}" if words[:1] in {"=", "+", "-", "@", "\t", "\r", "\0"} and not is_number else words
