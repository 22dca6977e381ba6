"""The command that reads drafts of public replies before anybody publishes them: lint-reply."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.claims_entries import claim_entries
from pipeline.cli.output import print_counts, progress_bar
from pipeline.config import read_settings
from pipeline.screening.replies import load_linter
from pipeline.screening.reply_files import lint_file


def lint_reply(
    drafts: Annotated[Path, typer.Option(help="JSONL: {id, text, in_reply_to?}.", exists=True)],
    out: Annotated[Path, typer.Option(help="JSONL: {id, verdict, findings: [{rule, phrase, source}]}.")],
) -> None:
    """Say which drafts of a file may not be published, and why. Needs no database and no network."""
    settings = read_settings()
    linter = load_linter(claim_entries(settings.claims_folder), settings)
    with progress_bar("reading") as advance:
        counts = lint_file(drafts, out, linter, advance)
    print_counts(f"wrote {out}", counts)
