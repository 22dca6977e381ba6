"""The command `auscult`, also `python -m pipeline`."""

import sys
import warnings
from importlib import import_module

import typer

from claims_db import ClaimsError
from pipeline.cli.output import FAILED, SOURCE_FAILED, print_error
from pipeline.errors import AuscultError, ListenError

# Where in pipeline.cli each command is, in the order of the help. Only the one that is called is loaded, because to
# load them all takes seconds.
COMMANDS = {
    "import": "listen:import_posts",
    "sql": "look:sql",
    **{name: f"listen:{name}" for name in ("ingest", "backfill", "screen", "narrate", "watch", "notify", "recheck")},
    "forget": "listen:forget",
    **{name: f"alerts:{name}" for name in ("alerts", "alert", "silence")},
    "replay": "replay:replay",
    **{name: f"judge:{name}" for name in ("match", "explain")},
    **{name: f"look:{name}" for name in ("status", "dictionary", "export")},
    "report": "report:report",
    **{name: f"serve:{name}" for name in ("init", "doctor", "up", "down", "serve")},
    "resolve": "practice:resolve",
    "triage": "triage:triage",
    "lint-reply": "replies:lint_reply",
    "guard": "guard:guard",
    "redact": "redact:redact_posts",
    "eval": "measure:evaluation",
    "claims": "judge:claims_app",
    "sources": "look:sources_app",
    "silences": "alerts:silences_app",
    "practice": "practice:practice_app",
    "testimonials": "testimonials:app",
    "calibrate": "calibrate:app",
}
# A query may begin with a comment, which to the parser looks like an option.
_SETTINGS = {"sql": {"ignore_unknown_options": True}}


def build_app(called: str = "") -> typer.Typer:
    """The commands; only the one `called` where there is one of this name."""
    app = typer.Typer(
        name="auscult",
        help="Listens to public social media for a medical practice: who mentions it, and which false claims spread.",
        epilog="Start with: auscult init, then auscult doctor. Every step that Airflow runs can be run from here.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        # Or a single command would take the place of the whole.
        callback=lambda: None,
    )
    for name in [called] if called in COMMANDS else COMMANDS:
        room, _, found = COMMANDS[name].partition(":")
        command = getattr(import_module(f"pipeline.cli.{room}"), found)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name, context_settings=_SETTINGS.get(name))(command)
    return app


def main() -> None:
    """Run the command; an error that we know is one line on stderr and an exit code."""
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    try:
        build_app(sys.argv[1] if len(sys.argv) > 1 else "")()
    except ListenError as error:
        print_error(error)
        sys.exit(SOURCE_FAILED)
    except (AuscultError, ClaimsError) as error:
        print_error(error)
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
