"""The command that says what posts about the practice need: triage."""

from pathlib import Path
from typing import Annotated

import typer

from models.triage import load_triage
from pipeline.cli.output import print_counts, progress_bar
from pipeline.config import read_settings
from pipeline.screening.judges import runtime_of
from pipeline.screening.triage_files import triage_file


def triage(
    posts: Annotated[Path, typer.Option(help="JSONL: {id, text}.", exists=True)],
    out: Annotated[Path, typer.Option(help="JSONL: {id, category, theme, tone, urgency, ...}, in the same order.")],
) -> None:
    """Say what each post of a file needs: category, theme, tone, urgency. Needs no database and no network."""
    settings = read_settings()
    model = load_triage(runtime_of(settings), settings.models_folder)
    with progress_bar("sorting") as advance:
        counts = triage_file(posts, out, model, advance)
    print_counts(f"wrote {out}", counts)
