"""The command that measures: eval."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from models.training.corpus import Split
from models.training.examples import research_folder
from pipeline.claims_entries import claim_entries
from pipeline.cli.output import progress_bar
from pipeline.config import read_settings
from pipeline.errors import ConfigError
from pipeline.evaluation.labelled import read_labelled
from pipeline.evaluation.narratives import narrative_report
from pipeline.evaluation.practice_guard import guard_report
from pipeline.evaluation.practice_linter import linter_report
from pipeline.evaluation.practice_redaction import redaction_report
from pipeline.evaluation.practice_resolver import resolver_report
from pipeline.evaluation.practice_triage import triage_report
from pipeline.evaluation.report import evaluate, evaluate_file
from pipeline.evaluation.reviews import reviews_report
from pipeline.screening.judges import Judge, build_judge, claim_text, load_models
from pipeline.screening.match_files import read_claims_file

SPLITS: tuple[Split, ...] = ("development", "test")
CLAIMS = "claims"
# Each part that can be measured by itself, beside the claims.
REPORTS: Mapping[str, Callable[[Sequence[Split]], str]] = {
    "narratives": lambda splits: narrative_report(load_models().encoder, splits),
    "resolver": resolver_report,
    "triage": lambda splits: triage_report(splits, research=research_folder()),
    "redaction": redaction_report,
    "replies": linter_report,
    "guard": guard_report,
    "reviews": reviews_report,
}


def evaluation(
    claims: Annotated[Path | None, typer.Option(help="Claims, as for match. Default: the claims database.")] = None,
    posts: Annotated[Path | None, typer.Option(help="JSONL: {id, text, labels: {claim_id: stance}}.")] = None,
    plots: Annotated[Path | None, typer.Option(help="A folder for reliability plots.", file_okay=False)] = None,
    split: Annotated[list[str] | None, typer.Option(help="development (by default), or test: look once.")] = None,
    part: Annotated[list[str] | None, typer.Option(help=f"Only {', '.join((CLAIMS, *REPORTS))}.")] = None,
) -> None:
    """Measure on labelled posts, yours or the project's, beside the peers' recipe; Markdown on stdout.

    Research sets are measured too where AUSCULT_RESEARCH_DATA names them. Needs no database.
    """
    if (claims is None) != (posts is None):
        raise ConfigError("--claims and --posts belong together: claims, and posts labelled with them")
    with progress_bar("measuring") as advance:
        if claims is not None and posts is not None:
            judge = build_judge(load_models(), read_claims_file(claims))
            report = evaluate_file(judge, read_labelled(posts), advance)
        else:
            wanted, splits = _chosen("part", part, (CLAIMS, *REPORTS)), _splits(split)
            if plots:
                plots.mkdir(parents=True, exist_ok=True)
            reports = [evaluate(_judges(), research_folder(), splits, advance, plots)] if CLAIMS in wanted else []
            report = "\n".join([*reports, *(REPORTS[name](splits) for name in wanted if name != CLAIMS)])
    sys.stdout.write(report)


def _judges() -> dict[str, Judge]:
    models = load_models()
    rich = [claim_text(entry) for entry in claim_entries(read_settings().claims_folder)]
    return {"rich": build_judge(models, rich), "bare": build_judge(models, [claim.bare() for claim in rich])}


def _splits(asked: list[str] | None) -> list[Split]:
    chosen = _chosen("split", asked or ["development"], SPLITS)
    return [name for name in SPLITS if name in chosen]


def _chosen(what: str, asked: Sequence[str] | None, known: Sequence[str]) -> list[str]:
    if unknown := set(asked or ()) - set(known):
        raise ConfigError(f"unknown {what} {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return [name for name in known if name in (asked or known)]
