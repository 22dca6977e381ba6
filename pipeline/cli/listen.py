"""Commands that do what a DAG does: import, ingest, screen, alert, notify, recheck."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline import steps
from pipeline.cli.output import SOURCE_FAILED, print_counts, print_error, progress_bar
from pipeline.errors import ConfigError, ListenError
from pipeline.workplace import open_workplace

Now = Annotated[str, typer.Option(help="Clock of the step, like 2026-10-12T15:00:00Z. Default: now.")]


def import_posts(
    file: Annotated[Path, typer.Argument(help="JSONL, CSV, TSV or XLSX file of posts.", exists=True, dir_okay=False)],
    map: Annotated[
        list[str] | None, typer.Option(help="FIELD=COLUMN where a column has no usual name, e.g. text=Body.")
    ] = None,
    platform: Annotated[str, typer.Option(help="Platform of rows that name none.")] = "",
    preset: Annotated[
        str,
        typer.Option(help="Whose export it is, where the file does not show it: 4cat, brandwatch, meltwater, sprout."),
    ] = "",
    sheet: Annotated[str, typer.Option(help="Name of the sheet of a workbook. Default: the first with posts.")] = "",
    date_format: Annotated[str, typer.Option(help="How dates are written, as strptime has it, e.g. %m/%d/%Y.")] = "",
    only_store: Annotated[
        bool, typer.Option("--only-store", help="Do not screen and raise alerts afterwards.")
    ] = False,
    now: Now = "",
) -> None:
    """Read a file of posts, screen them and raise alerts. Sends no mail: `auscult notify` does.

    Usual column names are recognised. A row that cannot be a post is put into quarantine with its reason; the file
    itself is left as it is, and reading it again adds nothing.
    """
    with progress_bar(f"reading {file.name}") as advance:
        counts = steps.import_file(
            file.resolve(),
            _columns(map or []),
            platform,
            now,
            advance,
            date_format=date_format,
            preset=preset,
            sheet=sheet,
        )
    print_counts(f"read {file.name}", counts)
    if not only_store:
        ensure_claims(now)
        screen(now=now)
        narrate(now=now)
        alert(now=now)


def ingest(
    source: Annotated[list[str] | None, typer.Argument(help="Names of sources. Default: all listed ones.")] = None,
    now: Now = "",
) -> None:
    """Read sources into the warehouse. Exit code 3 where one broke off; the others are read all the same."""
    broken = False
    for name in source or steps.listed_sources():
        try:
            with progress_bar(f"reading {name}") as advance:
                counts = steps.ingest(name, now, advance)
            print_counts(f"read {name}", counts)
        except ListenError as error:
            broken = True
            print_error(error)
    if broken:
        raise typer.Exit(SOURCE_FAILED)


def screen(now: Now = "") -> None:
    """Match what is stored with the claims, judge its stance and find mentions of the practice."""
    ensure_claims(now)
    with progress_bar("screening", steps.waiting_posts(now)) as advance:
        counts = steps.screen(0, now, advance)
    counts.pop("shard")
    print_counts("screened", counts)


def narrate(now: Now = "") -> None:
    """Sort the posts of the last days into narratives."""
    print_counts("narratives", steps.narrate(now))


def alert(now: Now = "") -> None:
    """Group what was screened into alerts, and write what is told of them at once into the outbox."""
    print_counts("alerts", steps.raise_alerts(now))


def notify(
    digest: Annotated[bool, typer.Option("--digest", help="Write today's digest first, if it is due.")] = False,
    parked: Annotated[
        bool, typer.Option("--parked", help="Try mails again that were given up after a long outage of the relay.")
    ] = False,
    now: Now = "",
) -> None:
    """Send what is due: mail through the relay named by AUSCULT_SMTP_HOST, the rest to the receivers' services."""
    if digest:
        print_counts("digest", steps.write_digest(now))
    if parked:
        print_counts("released", {"mails": steps.release_parked(now)})
    print_counts("mail", steps.notify(now) or {"due": 0})


def backfill(
    source: Annotated[str, typer.Argument(help="Name of the source.")],
    after: Annotated[str, typer.Option(help="Posts from this moment on, like 2026-09-01T00:00:00Z.")],
    until: Annotated[str, typer.Option(help="Posts before this moment.")],
    now: Now = "",
) -> None:
    """Read a range of the past of one source, beside live listening. It raises historical alerts only, and no mail.

    Called again with the same range it goes on where it broke off.
    """
    with progress_bar(f"reading {source}") as advance:
        counts = steps.backfill(source, after, until, now, advance)
    print_counts(f"read {source}", counts)


def forget(
    platform: Annotated[str, typer.Argument(help="Platform of the post or author, like reddit.")],
    post: Annotated[str, typer.Option(help="The platform's id of one post.")] = "",
    author: Annotated[str, typer.Option(help="The platform's id of an author, or our keyed hash.")] = "",
    now: Now = "",
) -> None:
    """Erase one post, or all stored posts of one author, because somebody asked for it. It cannot be undone.

    Words, vectors, matches, mentions and excerpts go; a keyed tombstone keeps the post from coming back, also from a
    restored backup.
    """
    print_counts("forgotten", {"posts": steps.forget(platform, post, author, now)})


def watch(now: Now = "") -> None:
    """Look for what is wrong with listening itself, and write a mail to the operators where something is."""
    print_counts("watched", steps.watch(now))


def recheck(
    source: Annotated[list[str] | None, typer.Argument(help="Names of sources. Default: all listed ones.")] = None,
    now: Now = "",
) -> None:
    """Ask the platforms whether stored posts are still public, and erase here what is gone there."""
    for name in source or steps.listed_sources():
        print_counts(f"rechecked {name}", steps.recheck(name, now))


def ensure_claims(now: str) -> None:
    """Load the claims database where no claim is in force yet, as on a new warehouse."""
    if not steps.claims_in_use():
        print_counts(f"loaded the claims of {open_workplace().settings.claims_folder.name}", steps.sync_claims(now))


def _columns(given: list[str]) -> dict[str, str]:
    pairs = [entry.partition("=") for entry in given]
    for field, equals, column in pairs:
        if not field or not equals or not column:
            raise ConfigError(f"--map {field}{equals}{column}: write FIELD=COLUMN, like text=Body")
    return {field: column for field, _, column in pairs}
