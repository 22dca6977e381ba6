"""The command that screens the practice's own posts: guard."""

from pathlib import Path
from typing import Annotated

import typer

from models.guard import load_guard
from pipeline.claims_entries import claim_entries
from pipeline.cli.output import print_counts, progress_bar
from pipeline.config import read_settings
from pipeline.guarding import guard_file
from pipeline.listening import read_practice
from pipeline.screening.judges import build_judge, claim_text, load_models, runtime_of


def guard(
    practice: Annotated[Path, typer.Option(help="The practice file (YAML).", exists=True)],
    posts: Annotated[Path, typer.Option(help="JSONL: {id, text}.", exists=True)],
    out: Annotated[Path, typer.Option(help="JSONL: {id, verdict, findings}, in the same order.")],
) -> None:
    """Screen a file of the practice's own posts for disclosures and false claims. Needs no database and no network."""
    settings, known = read_settings(), read_practice(practice)
    claims = claim_entries(settings.claims_folder)
    near = {claim["claim_id"]: claim["true_neighbours"] for claim in claims}
    judge = build_judge(load_models(settings), [claim_text(claim) for claim in claims], near)
    model = load_guard(runtime_of(settings), settings.models_folder)
    with progress_bar("guarding") as advance:
        counts = guard_file(known, posts, out, judge, model, advance)
    print_counts(f"wrote {out}", counts)
