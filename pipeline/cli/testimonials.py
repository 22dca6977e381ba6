"""Commands about testimonials: praise that may be asked for, who was asked, and the consent before any use."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from pipeline.alerting.links import permalink
from pipeline.cli.acting import AsJson, By, Now, one_line, person
from pipeline.cli.output import console, print_json, print_table
from pipeline.errors import ConfigError
from pipeline.warehouse import testimonials as rows
from pipeline.workplace import moment, open_workplace

# Candidates that a list shows at most.
LISTED = 50
_COLUMNS = ("platform", "platform_id", "state", "asked_at", "asked_by", "recorded_at", "recorded_by", "note", "post")

Platform = Annotated[str, typer.Argument(help="Platform of the post, as the list shows it.")]
PlatformId = Annotated[str, typer.Argument(help="Id of the post there.")]

app = typer.Typer(help="Praise that may be used, once its author was asked and has agreed.", no_args_is_help=True)


class Answer(StrEnum):
    """What the author of a post may answer, or say later."""

    granted = "granted"
    refused = "refused"
    withdrawn = "withdrawn"


@app.command("list")
def list_testimonials(
    as_json: AsJson = False,
) -> None:
    """List candidates (praise whose author nobody asked) and those who were asked, with what they answered."""
    workplace = open_workplace()
    practice_id = workplace.practice.practice_id
    with workplace.engine.begin() as connection:
        asked = rows.list_asked(connection, practice_id)
        candidates = rows.list_candidates(connection, practice_id, LISTED)
    found = [_row(row, row["consent"] or "asked") for row in asked] + [_row(row, "candidate") for row in candidates]
    if as_json:
        print_json(found)
    elif found:
        print_table("", _COLUMNS, [[row[name] for name in _COLUMNS] for row in found])
    else:
        console.print("no candidate yet")


@app.command()
def ask(platform: Platform, platform_id: PlatformId, by: By, now: Now = "") -> None:
    """Note that somebody asked the author of a post. Auscult itself asks nobody."""
    workplace = open_workplace()
    with workplace.engine.begin() as connection:
        noted = rows.add_asked(
            connection, workplace.practice.practice_id, (platform, platform_id), person(by), moment(now)
        )
    if not noted:
        raise ConfigError("that is no candidate: auscult testimonials list shows them")
    console.print("noted: asked; do not use it before consent is recorded")


@app.command()
def consent(
    platform: Platform,
    platform_id: PlatformId,
    answer: Answer,
    by: By,
    note: Annotated[str, typer.Option(help="Where the consent is filed. Never text of the post.")] = "",
    now: Now = "",
) -> None:
    """Record what the author answered: granted, refused, or later withdrawn."""
    workplace = open_workplace()
    with workplace.engine.begin() as connection:
        recorded = rows.record_consent(
            connection,
            workplace.practice.practice_id,
            (platform, platform_id),
            answer.value,
            person(by),
            moment(now),
            one_line(note),
        )
    if not recorded:
        raise ConfigError(f"{answer.value} cannot be recorded: ask first, and withdraw only what was granted")
    console.print(f"recorded: {answer.value}")


def _row(row: dict[str, Any], state: str) -> dict[str, str | datetime | None]:
    # Rebuilt from ids: the platform's own address may hold a handle.
    post = permalink(row["platform"], row["platform_id"], row.get("url"))
    return {name: row.get(name) for name in _COLUMNS} | {"state": state, "post": post.address or post.words}
