"""The command that replays: an alert recomputed from what is stored of it."""

from dataclasses import asdict
from typing import Annotated

import typer

from pipeline.cli.output import FAILED, console, print_json, print_table
from pipeline.replaying import replay_alert
from pipeline.workplace import open_workplace


def replay(
    alert: Annotated[str, typer.Argument(help="Key of the alert, or its alert_id.")],
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Recompute an alert from what is stored of it, and show the same score and reason, or what is gone.

    Exit code 1 where something differs, or could not be recomputed because what judged it is not installed; what was
    lawfully erased is named and is no difference.
    """
    found = replay_alert(open_workplace(), alert)
    if as_json:
        print_json(asdict(found))
    else:
        rows = [(line.part, line.stored, line.recomputed, line.difference, line.finding) for line in found.lines]
        print_table(found.alert_key, ("what", "stored", "recomputed", "difference", "finding"), rows)
        console.print(found.words, markup=False, soft_wrap=True)
    if found.verdict in {"differs", "not_replayed"}:
        raise typer.Exit(FAILED)
