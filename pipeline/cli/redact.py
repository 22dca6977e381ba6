"""The command for the analysts' copy: redact."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli.output import print_counts, progress_bar
from pipeline.listening import Practice, read_practice
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


def public_terms(practice: Practice) -> tuple[str, ...]:
    """What a practice says about itself in public, as `keep` of `redact` wants it."""
    terms = [practice.name, *practice.aliases, *practice.not_us, practice.website, *_numbers(practice.phone)]
    for clinician in practice.clinicians:
        name = clinician.name.split(",")[0]
        terms += [name, *name.split()[-1:]]
    for place in practice.locations:
        terms += [place.name, place.street, place.city, place.zip]
    for handles in practice.handles.values():
        terms += [form for handle in handles for form in (handle, handle.lstrip("@"), f"@{handle.lstrip('@')}")]
    return tuple(dict.fromkeys(term for term in terms if len(term) > 1))


def _numbers(phone: str) -> list[str]:
    digits = "".join(letter for letter in phone if letter.isdigit())[-10:]
    if len(digits) != 10:
        return [phone]
    area, first, last = digits[:3], digits[3:6], digits[6:]
    shapes = ("{0}-{1}-{2}", "({0}) {1}-{2}", "{0} {1} {2}", "{0}.{1}.{2}", "{0}{1}{2}", "1-{0}-{1}-{2}", "{1}-{2}")
    return [phone, *(shape.format(area, first, last) for shape in shapes)]


def _redacted(lines: Sequence[TextLine], keep: Sequence[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        found = find_identifiers(line.text, keep)
        identifiers = [{"kind": one.kind, "start": one.start, "end": one.end} for one in found]
        yield {"id": line.line_id, "text": redact(line.text, keep), "identifiers": identifiers}
