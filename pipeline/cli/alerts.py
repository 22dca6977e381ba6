"""Commands about alerts: what there is and why it is not told, and what a person does with it."""

from datetime import datetime, timedelta
from typing import Annotated

import typer

from pipeline import handling
from pipeline.alerting.alert import Alert
from pipeline.alerting.plan import Held, Silence
from pipeline.cli.acting import AsJson, Now, person
from pipeline.cli.listen import alert as raise_alerts
from pipeline.cli.output import console, print_json, print_table
from pipeline.errors import ConfigError
from pipeline.workplace import Workplace, moment, open_workplace

_ACTS = {"acknowledge": handling.acknowledge, "resolve": handling.resolve, "reopen": handling.reopen}
_SILENCE_COLUMNS = ("silence_id", "what", "owner", "reason", "starts_at", "ends_at")

silences_app = typer.Typer(help="The silences that last or are yet to begin.", invoke_without_command=True)


def alerts(
    everything: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False,
    as_json: AsJson = False,
    now: Now = "",
) -> None:
    """List the alerts that are not resolved, the newest first, and why each is not told now."""
    found = handling.list_alerts(open_workplace(), moment(now), live=not everything)
    rows = [_row(alert, held) for alert, held in found]
    if as_json:
        print_json(rows)
    elif rows:
        print_table("", list(rows[0]), [list(row.values()) for row in rows])
    else:
        console.print("no alert" if everything else "no alert is open")


def alert(
    key: Annotated[str, typer.Argument(help="Its key. Without one: group what was screened into alerts.")] = "",
    acknowledge: Annotated[bool, typer.Option("--acknowledge", help="Take it on: it is told no more.")] = False,
    resolve: Annotated[bool, typer.Option("--resolve", help="Close it.")] = False,
    reopen: Annotated[bool, typer.Option("--reopen", help="Open it again.")] = False,
    by: Annotated[str, typer.Option(help="Who does it; recorded.")] = "",
    note: Annotated[str, typer.Option(help="Why; recorded. Never text of a post.")] = "",
    as_json: AsJson = False,
    now: Now = "",
) -> None:
    """Show one alert with its history and why it is not told now, or acknowledge, resolve or reopen it.

    Without a key it is a step of the hourly flow: group what was screened into alerts, and write what is to be told.
    """
    asked = [
        name for name, wanted in (("acknowledge", acknowledge), ("resolve", resolve), ("reopen", reopen)) if wanted
    ]
    if len(asked) > 1:
        raise ConfigError(f"--{' and --'.join(asked)}: one at a time")
    by = person(by) if asked else by
    if not key:
        if asked:
            raise ConfigError(f"--{asked[0]}: name the alert by its key; auscult alerts lists them")
        raise_alerts(now=now)
        return
    workplace, clock = open_workplace(), moment(now)
    if asked:
        _ACTS[asked[0]](workplace, key, by, clock, note)
    _show(workplace, key, clock, as_json)


def silence(
    owner: Annotated[str, typer.Option(help="Who asks for it; recorded.")],
    reason: Annotated[str, typer.Option(help="Why; recorded. Never text of a post.")],
    hours: Annotated[float, typer.Option(help="How long from now on.", min=0.01, max=24 * 366)],
    alert: Annotated[str, typer.Option(help="Key of one alert.")] = "",
    kind: Annotated[str, typer.Option(help="misinformation, mention or surge.")] = "",
    claim: Annotated[str, typer.Option(help="Id of a claim.")] = "",
    narrative: Annotated[str, typer.Option(help="Id of a narrative.")] = "",
    category: Annotated[str, typer.Option(help="Category of mentions.")] = "",
    now: Now = "",
) -> None:
    """Hold back what fits all that is named, for some hours. It is counted in the digest and told by nothing else."""
    workplace, clock = open_workplace(), moment(now)
    if alert:
        handling.read_alert(workplace, alert)
    wanted = Silence(
        practice_id=workplace.practice.practice_id,
        owner=owner,
        reason=reason,
        starts_at=clock,
        ends_at=clock + timedelta(hours=hours),
        alert_key=alert or None,
        kind=kind or None,
        claim_id=claim or None,
        narrative_id=narrative or None,
        category=category or None,
    )
    number = handling.add_silence(workplace, wanted, clock)
    console.print(f"silence {number} until {wanted.ends_at:%Y-%m-%d %H:%M} UTC: {_what(wanted)}", markup=False)


@silences_app.callback()
def silences(context: typer.Context, as_json: AsJson = False, now: Now = "") -> None:
    """List the silences that last or are yet to begin."""
    if context.invoked_subcommand is not None:
        return
    found = handling.list_silences(open_workplace(), moment(now))
    rows = [[one.silence_id, _what(one), one.owner, one.reason, one.starts_at, one.ends_at] for one in found]
    if as_json:
        print_json([dict(zip(_SILENCE_COLUMNS, row, strict=True)) for row in rows])
    elif rows:
        print_table("", _SILENCE_COLUMNS, rows)
    else:
        console.print("no silence")


@silences_app.command()
def end(
    silence_id: Annotated[int, typer.Argument(help="Its number, as the list shows it.")],
    by: Annotated[str, typer.Option(help="Who does it; recorded.")] = "",
    now: Now = "",
) -> None:
    """End a silence before its time."""
    handling.end_silence(open_workplace(), silence_id, person(by), moment(now))
    console.print(f"silence {silence_id} ended")


def _show(workplace: Workplace, key: str, clock: datetime, as_json: bool) -> None:
    known, facts, happened = handling.read_alert(workplace, key)
    held = handling.held_back(workplace, key, clock)
    row = _row(known, held) | {"reasons": list(known.reasons), "claim": facts.claim if facts else None}
    if as_json:
        history = [{"at": one.at, "event": one.event, "by": one.by, "note": one.note} for one in happened]
        print_json(row | {"history": history})
        return
    print_table("", ("what", ""), list(row.items()))
    print_table("History", ("at", "event", "by", "note"), [(one.at, one.event, one.by, one.note) for one in happened])


def _row(alert: Alert, held: list[Held]) -> dict[str, object]:
    return {
        "alert_key": alert.alert_key,
        "state": alert.state,
        "severity": alert.severity,
        "kind": alert.kind,
        "posts": alert.posts,
        "voices": alert.voices,
        "platforms": list(alert.platforms),
        "raised_at": alert.raised_at,
        "held": [_held_words(one) for one in held],
    }


def _held_words(held: Held) -> str:
    until = f" until {held.until_at:%Y-%m-%d %H:%M} UTC" if held.until_at else ""
    return f"{held.receiver}: {held.why.replace('_', ' ')}{until}"


def _what(silence: Silence) -> str:
    names = ("alert_key", "kind", "claim_id", "narrative_id", "category")
    return ", ".join(f"{name} {value}" for name in names if (value := getattr(silence, name)))
