"""The command for the analysts' copy: redact."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli.output import print_counts, progress_bar
from pipeline.listening import read_practice
from pipeline.privacy.public_terms import public_terms
from pipeline.privacy.redaction import find_identifiers, redact
from pipeline.screening.lines import TextLine, answer_file


def redact_posts(
    posts: Annotated[Path, typer.Option(help="JSONL: {id, text}.", exists=True)],
    out: Annotated[Path, typer.Option(help="JSONL: {id, text, identifiers[{kind, start, end}]}.")],
    practice: Annotated[
        Path | None, typer.Option(help="practice.yaml: its own names, clinicians and numbers stay.", exists=True)
    ] = None,
) -> None:
    """Hide what points to a person in a file of posts. Needs no database and no network."""
    keep = public_terms(read_practice(practice)) if practice else ()
    with progress_bar("redacting") as advance:
        counts = answer_file(posts, out, lambda lines: _redacted(lines, keep), advance)
    print_counts(f"wrote {out}", counts)


def _redacted(lines: Sequence[TextLine], keep: Sequence[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        found = find_identifiers(line.text, keep)
        identifiers = [{"kind": one.kind, "start": one.start, "end": one.end} for one in found]
        yield {"id": line.line_id, "text": redact(line.text, keep), "identifiers": identifiers}
