"""Commands that look: sql, dictionary, export, status, sources."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from pipeline.budget import month_start
from pipeline.cli.output import console, print_counts, print_csv, print_json, print_table
from pipeline.errors import ConfigError
from pipeline.intake import missing_credentials, why_off
from pipeline.planning import read_noise
from pipeline.sources import load, names, source_type
from pipeline.warehouse import ledger, outbox, reports
from pipeline.warehouse.dictionary import dictionary_page, read_dictionary
from pipeline.warehouse.exports import FORMS, export_view
from pipeline.warehouse.reading import ROLES, read_query
from pipeline.watching import alarms
from pipeline.workplace import Workplace, moment, open_workplace

sources_app = typer.Typer(help="What is listened to, and what is switched off and why.", invoke_without_command=True)


def sql(
    query: Annotated[str, typer.Argument(help="One SELECT; it may begin with a -- comment. Or @FILE.")],
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated values instead of a table.")] = False,
    role: Annotated[str, typer.Option(help=f"Read as this role: {', '.join(ROLES)}.")] = "owner",
) -> None:
    """Run one read-only query on the warehouse and print what it finds.

    As `analyst` only the views of schema marts are seen: `auscult sql --role analyst 'select * from mart_alerts'`.
    """
    text = _file_text(Path(query[1:])) if query.startswith("@") else query
    columns, rows = read_query(open_workplace().engine, text, role)
    if as_csv:
        print_csv(columns, rows)
    else:
        print_table("", columns, rows)
        console.print(f"{len(rows)} row{'' if len(rows) == 1 else 's'}")


def dictionary() -> None:
    """Print the data dictionary of the analysts' views as Markdown, from the comments in the database."""
    with open_workplace().engine.connect() as connection:
        sys.stdout.write(dictionary_page(read_dictionary(connection)))


def export(
    view: Annotated[str, typer.Argument(help="A view of schema marts; auscult dictionary lists them.")],
    out: Annotated[Path, typer.Option(help="The file: .parquet, or .jsonl for JSON Lines.", dir_okay=False)],
    role: Annotated[str, typer.Option(help=f"Read as this role: {', '.join(ROLES)}.")] = "analyst",
) -> None:
    """Write all rows of a view into a file, Parquet or JSON Lines by its name."""
    form = next((form for form in FORMS if out.suffix == f".{form}"), None)
    if form is None:
        raise ConfigError(f"{out}: name the file .parquet or .jsonl")
    print_counts(f"wrote {out}", {"rows": export_view(open_workplace().engine, view, out, form, role)})


def status(now: Annotated[str, typer.Option(help="As of this moment. Default: now.")] = "") -> None:
    """What the warehouse holds, how far sources are read, what waits, the noise budget, and what needs the operator."""
    workplace, clock = open_workplace(), moment(now)
    with workplace.engine.begin() as connection:
        print_counts("rows", reports.table_counts(connection))
        print_counts("mail", outbox.outbox_counts(connection) or {"rows": 0})
        covered = {row["source"]: row for row in reports.coverage_at(connection, clock)}
        health = reports.source_health(connection)
        noise = read_noise(connection, workplace, clock)
    columns = ("source", "newest_run_at", "outcomes", "new_posts", "quarantined_posts", "newest_post_at", "detail")
    rows = [[covered.get(row["source"], {}).get("state"), *(row[name] for name in columns)] for row in health]
    print_table("Sources at their last run", ("coverage", *columns), rows)
    print_counts("urgent mails in the last 7 days", {"sent": noise.sent_this_week, "budget": noise.weekly_limit})
    if noise.sent_this_week > noise.weekly_limit:
        console.print("OVER THE NOISE BUDGET: silence or resolve what needs nobody, or raise the severity of less")
    standing = alarms(workplace, clock)
    for alarm in standing:
        console.print(f"ALARM {alarm.kind} since {alarm.since_at:%Y-%m-%d %H:%M} UTC: {alarm.words}", markup=False)
    if not standing:
        console.print("no alarm for the operator")


@sources_app.callback()
def sources(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False
) -> None:
    """List the sources: on, or off and why. A source that is off is not an error."""
    if context.invoked_subcommand is not None:
        return
    workplace = open_workplace()
    rows = [_source(workplace, name) for name in names()]
    if as_json:
        print_json(rows)
    else:
        print_table("", list(rows[0]), [list(row.values()) for row in rows])


@sources_app.command()
def accept(
    name: Annotated[str, typer.Argument(help="The source whose terms you accept.")],
    by: Annotated[str, typer.Option(help="Who accepts for the practice; recorded.")],
    amendment: Annotated[
        str, typer.Option(help="Instead: an agreement with the platform that lifts limits of its terms.")
    ] = "",
    now: Annotated[str, typer.Option(help="When. Default: now.")] = "",
) -> None:
    """Record that you have read a platform's terms and accept them for the practice."""
    terms = source_type(name).terms
    if terms is None:
        raise ConfigError(f"{name} has no terms to accept")
    if not by.strip():
        raise ConfigError("--by: say who accepts")
    if amendment and amendment != source_type(name).uses.amendment:
        raise ConfigError(f"{name} knows no amendment {amendment!r}")
    version = amendment or terms.version
    with open_workplace().engine.begin() as connection:
        ledger.accept_terms(connection, name, version, by.strip()[:200], moment(now))
    console.print(f"Recorded: {by.strip()[:200]} accepts the terms of {name}, version {version}", markup=False)
    console.print(f"Terms: {terms.address}\n{terms.summary}", markup=False)


@sources_app.command()
def withdraw(
    name: Annotated[str, typer.Argument(help="The source to switch off.")],
    now: Annotated[str, typer.Option(help="When. Default: now.")] = "",
) -> None:
    """Withdraw the acceptance of a platform's terms: the source is off from now on."""
    source_type(name)
    with open_workplace().engine.begin() as connection:
        standing = ledger.withdraw_terms(connection, name, moment(now))
    console.print(f"{name}: {'withdrawn' if standing else 'no acceptance stood'}", markup=False)


def _file_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8 text") from None


def _source(workplace: Workplace, name: str) -> dict[str, object]:
    source = load(name, workplace.settings, workplace.listening)
    why = why_off(workplace, source)
    rules = workplace.listening.source(name)
    with workplace.engine.begin() as connection:
        floor_at = ledger.lowest_floor(connection, name)
        now = moment("")
        spent = ledger.spent_between(connection, name, month_start(now), now + timedelta(seconds=1))
    return {
        "name": name,
        "status": f"off: {why}" if why else "on",
        "needs": [
            *missing_credentials(workplace.settings, source),
            *([f"terms {source.terms.version}"] if source.terms else []),
        ],
        "watermark": floor_at.isoformat() if floor_at else None,
        "budget": {
            "monthly_usd": rules.monthly_budget_usd,
            "monthly_calls": rules.monthly_calls,
            "daily_usd": rules.daily_budget_usd,
            "spent_usd": round(spent.cost_usd, 4),
            "calls": spent.calls,
            "usd_per_post": source.cost_per_post_usd,
        },
        "terms": source.terms.address if source.terms else "",
    }
