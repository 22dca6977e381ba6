"""Commands about the practice itself: resolve, practice init."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from pydantic import ValidationError

from pipeline.cli.output import console, print_counts, progress_bar
from pipeline.config import read_settings
from pipeline.errors import ConfigError
from pipeline.listening import Practice, read_practice
from pipeline.screening.homonyms import shown_homonyms
from pipeline.screening.resolve_files import resolve_file

practice_app = typer.Typer(help="The practice file: who we are, and what is not us.")

LOCATION = ("name", "street", "city", "state", "zip")
CLINICIAN = ("name", "title", "specialty")


def resolve(
    practice: Annotated[Path, typer.Option(help="The practice file (YAML).", exists=True)],
    posts: Annotated[Path, typer.Option(help="JSONL: {id, text, channel?}.", exists=True)],
    out: Annotated[Path, typer.Option(help="JSONL: {id, decision, probability, entity, evidence}, in order.")],
) -> None:
    """Decide for each post of a file whether it means the practice. Needs no database and no network."""
    known = read_practice(practice)
    with progress_bar("resolving") as advance:
        counts = resolve_file(known, posts, out, advance)
    print_counts(f"wrote {out}", counts)


@practice_app.callback()
def practice_group() -> None:
    """The practice file: who we are, and what is not us."""
    # Without a callback typer takes the one command for the whole group.


@practice_app.command("init")
def init_practice(
    out: Annotated[Path | None, typer.Option(help="Where to write. Default: practice.yaml in the home folder.")] = None,
    answers: Annotated[Path | None, typer.Option(help="Answers as YAML, in the fields of a practice file.")] = None,
) -> None:
    """Ask who the practice is, show what of the same name will be refused, and write practice.yaml.

    Ten minutes, mostly for the names; every question but the first may be left empty. Overwrites nothing.
    """
    target = out or read_settings().practice_file
    if target.exists():
        raise ConfigError(f"{target} exists and is left as it is; name another with --out")
    fields = read_practice(answers).model_dump(mode="json", exclude_defaults=True) if answers else _asked_fields()
    practice = _checked(fields)
    _show_homonyms(practice)
    if answers is None:
        more = _asked_lines(
            "What else bears your name and is not you? One a line, as “Marigold Day Spa on Kiln Street”"
        )
        practice = _checked({**fields, "not_us": [*practice.not_us, *more]})
        if more:
            _show_homonyms(practice)
    _write(target, practice)
    console.print(
        f"wrote {target}: {len(practice.clinicians)} clinicians, {len(practice.locations)} locations", markup=False
    )


def _asked_fields() -> dict[str, Any]:
    return {
        "name": typer.prompt("Name of the practice, as on the sign").strip(),
        "aliases": _asked_lines("Other names people use, short ones and initials too, one a line"),
        "locations": _asked_rows("Locations, one a line: name; street; city; state; ZIP", LOCATION),
        "clinicians": _asked_rows("Clinicians the public knows, one a line: name; title; specialty", CLINICIAN),
        "handles": _asked_handles("Handles, one a line: platform: handle"),
        "specialties": _asked_lines("Specialties, one a line"),
        "website": typer.prompt("Website", default="", show_default=False).strip(),
        "phone": typer.prompt("Telephone number", default="", show_default=False).strip(),
    }


def _asked_lines(question: str) -> list[str]:
    console.print(f"{question} (an empty line ends the list):", markup=False, soft_wrap=True)
    lines: list[str] = []
    while line := typer.prompt("", default="", show_default=False, prompt_suffix="> ").strip():
        lines.append(line)
    return lines


def _asked_rows(question: str, names: Sequence[str]) -> list[dict[str, str]]:
    rows = [[part.strip() for part in line.split(";")] for line in _asked_lines(question)]
    return [dict(zip(names, row, strict=False)) for row in rows]


def _asked_handles(question: str) -> dict[str, list[str]]:
    handles: dict[str, list[str]] = {}
    for line in _asked_lines(question):
        platform, _, handle = line.partition(":")
        if handle.strip():
            handles.setdefault(platform.strip().lower(), []).append(handle.strip())
    return handles


def _checked(fields: dict[str, Any]) -> Practice:
    try:
        return Practice.model_validate(fields)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ConfigError(f"the answers make no practice file: {problems}") from None


def _show_homonyms(practice: Practice) -> None:
    console.print("What bears one of these names and is not you:", markup=False)
    for line in shown_homonyms(practice):
        console.print(f"  - {line}", markup=False, soft_wrap=True)


def _write(target: Path, practice: Practice) -> None:
    fields = practice.model_dump(mode="json", exclude_defaults=True)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # "x": a file that appeared while the questions were asked is not overwritten either.
        with target.open("x", encoding="utf-8") as file:
            yaml.safe_dump(fields, file, sort_keys=False, allow_unicode=True, width=120)
    except FileExistsError:
        raise ConfigError(f"{target} exists and is left as it is; name another with --out") from None
    except OSError as error:
        raise ConfigError(f"{target}: cannot be written ({error.strerror})") from None
