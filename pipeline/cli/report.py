"""The command that writes the weekly report: report."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.output import print_counts
from pipeline.reporting import DEFAULT_WEEKS, MOST_WEEKS, ROLES, write_report
from pipeline.whole_files import written_whole
from pipeline.workplace import moment, open_workplace


def report(
    out: Annotated[Path, typer.Option(help="The HTML file; one that is there is replaced.", dir_okay=False)] = Path(
        "report.html"
    ),
    weeks: Annotated[int, typer.Option(help=f"How many weeks, this one included: 1 to {MOST_WEEKS}.")] = DEFAULT_WEEKS,
    role: Annotated[
        str, typer.Option(help=f"Read as {' or '.join(ROLES)}; the second leaves small numbers out.")
    ] = ROLES[0],
    now: Annotated[str, typer.Option(help="As of this moment. Default: now.")] = "",
) -> None:
    """Write the weekly report: one HTML file with five charts, which needs no network and no other file."""
    page = write_report(open_workplace(), moment(now), weeks, role)
    with written_whole(out) as part:
        part.write_text(page, encoding="utf-8", errors="replace")
    print_counts(f"wrote {out}", {"weeks": weeks, "bytes": out.stat().st_size})
