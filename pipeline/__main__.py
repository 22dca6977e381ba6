"""The command `auscult`, also `python -m pipeline`."""

import sys
import warnings

import typer

from claims_db import ClaimsError
from pipeline.cli import (
    alerts,
    guard,
    judge,
    listen,
    look,
    measure,
    practice,
    redact,
    replay,
    replies,
    serve,
    testimonials,
    triage,
)
from pipeline.cli.output import FAILED, SOURCE_FAILED, print_error
from pipeline.errors import AuscultError, ListenError

app = typer.Typer(
    name="auscult",
    help="Listens to public social media for a medical practice: who mentions it, which false health claims spread.",
    epilog="Start with: auscult init, then auscult doctor. Every step that Airflow runs can be run from here.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command("import")(listen.import_posts)
# A query may begin with a comment, which to the parser looks like an option.
app.command(context_settings={"ignore_unknown_options": True})(look.sql)
for command in (
    *(listen.ingest, listen.backfill, listen.screen, listen.narrate, listen.watch, listen.notify),
    *(listen.recheck, listen.forget, alerts.alerts, alerts.alert, alerts.silence, replay.replay),
    *(
        judge.match,
        judge.explain,
        look.status,
        look.dictionary,
        look.export,
        serve.init,
        serve.doctor,
        serve.up,
        serve.down,
        serve.serve,
    ),
):
    app.command()(command)
app.command()(practice.resolve)
app.command()(triage.triage)
app.command()(replies.lint_reply)
app.command()(guard.guard)
app.command("redact")(redact.redact_posts)
app.command("eval")(measure.evaluation)
app.add_typer(judge.claims_app, name="claims")
app.add_typer(look.sources_app, name="sources")
app.add_typer(alerts.silences_app, name="silences")
app.add_typer(practice.practice_app, name="practice")
app.add_typer(testimonials.app, name="testimonials")


def main() -> None:
    """Run the command; an error that we know is one line on stderr and an exit code."""
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    try:
        app()
    except ListenError as error:
        print_error(error)
        sys.exit(SOURCE_FAILED)
    except (AuscultError, ClaimsError) as error:
        print_error(error)
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
