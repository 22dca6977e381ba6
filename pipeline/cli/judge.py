"""Commands about claims and matching: match, explain, claims."""

from pathlib import Path
from typing import Annotated

import typer

from claims_db import check_claims
from pipeline import steps
from pipeline.cli.output import FAILED, console, errors, print_counts, progress_bar
from pipeline.config import read_settings
from pipeline.judging import explain_text
from pipeline.screening.match_files import match_files
from pipeline.workplace import open_workplace

claims_app = typer.Typer(help="The claims database: check the files, load them into the warehouse.")


def match(
    claims: Annotated[Path, typer.Option(help="JSONL: {id, claim, title?, variants?, correction?}.", exists=True)],
    posts: Annotated[Path, typer.Option(help="JSONL: {id, text, author?}.", exists=True)],
    out: Annotated[Path, typer.Option(help="JSONL: {id, candidates, decision}, in the order of the posts.")],
    top: Annotated[int, typer.Option(help="Candidates for each post.", min=1, max=1000)] = 10,
) -> None:
    """Match a file of posts with a file of claims. Needs no database and no network."""
    with progress_bar("matching") as advance:
        counts = match_files(claims, posts, out, top, advance)
    print_counts(f"wrote {out}", counts)


def explain(text: Annotated[str, typer.Argument(help="The text of a post.")]) -> None:
    """Say which claims a text matches, why, and what would be done about it."""
    console.print(explain_text(open_workplace(), text), markup=False, soft_wrap=True)


@claims_app.command()
def check(
    folder: Annotated[Path | None, typer.Argument(help="Folder of YAML files. Default: the claims database.")] = None,
) -> None:
    """Check the claims files and print every problem with its file and line. Exit code 1 where there is one."""
    where = folder or read_settings().claims_folder
    problems = check_claims(where)
    for problem in problems:
        errors.print(str(problem), markup=False, soft_wrap=True)
    if problems:
        raise typer.Exit(FAILED)
    console.print(f"{where.name}: no problem", markup=False)


@claims_app.command()
def load(now: Annotated[str, typer.Option(help="Clock of the step. Default: now.")] = "") -> None:
    """Load the claims database: an edited claim becomes a new version, a removed one is retired."""
    print_counts("claims", steps.sync_claims(now))
