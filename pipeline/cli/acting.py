"""Options of commands by which a person does something that is recorded, and how they are read."""

from typing import Annotated

import typer

from pipeline.errors import ConfigError

By = Annotated[str, typer.Option(help="Who did it; recorded.")]
Now = Annotated[str, typer.Option(help="As of this moment, like 2026-10-12T15:00:00Z. Default: now.")]
AsJson = Annotated[bool, typer.Option("--json", help="For scripts.")]


def person(by: str) -> str:
    """The name of who does something, on one line. Raises ConfigError where there is none."""
    name = " ".join(by.split())[:200]
    if not name or not name.isprintable():
        raise ConfigError("--by: say who does it")
    return name


def one_line(note: str) -> str:
    """A note, on one line and not too long."""
    return " ".join(note.split())[:300]
