"""Commands around the program: init, up, down, serve, doctor."""

import secrets
import shutil
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from pipeline import __version__, orchestration, steps
from pipeline.alerting.services import service_from
from pipeline.alerting.smtp import smtp_from_environment
from pipeline.claims_entries import claim_entries
from pipeline.cli.output import FAILED, console, print_counts, print_table
from pipeline.config import ROOT, Settings, read_settings
from pipeline.errors import AuscultError
from pipeline.warehouse import embedded
from pipeline.workplace import Workplace, close_engines, moment, open_workplace

EXAMPLES = ROOT / "docs" / "examples"
START_SECONDS = 180
WEB_PORT = 8090
LOOPBACK = "127.0.0.1"


def init() -> None:
    """Write practice.yaml, auscult.yaml and an author key into the home folder, to be edited. Overwrites nothing."""
    settings = read_settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    for target, example in (
        (settings.practice_file, EXAMPLES / "practice.yaml"),
        (settings.listening_file, EXAMPLES / "auscult.yaml"),
    ):
        if target.exists():
            console.print(f"kept {target}", markup=False, soft_wrap=True)
            continue
        shutil.copyfile(example, target)
        console.print(f"wrote {target}: edit it", markup=False, soft_wrap=True)
    write_author_key(settings)


def write_author_key(settings: Settings) -> None:
    """Make the key that author ids are hashed with, where there is none; readable by its owner alone."""
    path = settings.home / "author.key"
    if settings.author_key is None:
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
        console.print(f"wrote {path}: keep it out of backups of the database", markup=False, soft_wrap=True)


def up(
    wait: Annotated[bool, typer.Option(help="Return when the UI answers.")] = True,
) -> None:
    """Start the embedded server and Airflow (scheduler, UI, workers) on this machine, bound to 127.0.0.1."""
    workplace = open_workplace()
    if not steps.claims_in_use():
        print_counts("loaded the claims", steps.sync_claims())
    orchestration.start_standalone(workplace.settings)
    if wait:
        orchestration.wait_until_healthy(workplace.settings, START_SECONDS)
    passwords = workplace.settings.home / "airflow" / "simple_auth_manager_passwords.json.generated"
    console.print(f"Airflow: {orchestration.address(workplace.settings)}", soft_wrap=True)
    console.print(f"User admin, password in {passwords}", markup=False, soft_wrap=True)
    console.print("Stop it with: make down", markup=False)


def down() -> None:
    """Stop Airflow, all its processes, and then the embedded server. Nothing stored is lost."""
    settings = read_settings()
    stopped = orchestration.stop_standalone(settings)
    close_engines()
    served = embedded.stop_server(settings.database_folder)
    console.print(f"Airflow {'stopped' if stopped else 'was not running'}")
    console.print(f"PostgreSQL {'stopped' if served else 'was not running'}")


def serve(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")] = WEB_PORT,
    host: Annotated[str, typer.Option(help="Address to listen on. Behind a proxy with TLS, leave it.")] = LOOPBACK,
    now: Annotated[str, typer.Option(help="Clock of every request, like 2026-10-12T15:00:00Z. Default: now.")] = "",
) -> None:
    """Serve the pages that mails link to, without Airflow, until interrupted. auscult.yaml names their address."""
    # Imported here: no other command needs them.
    from pipeline.web.app import create_app
    from pipeline.web.serving import web_server

    workplace, _ = open_workplace(), moment(now)
    workplace.settings.require_author_key()
    # The first look at the warehouse may start a server and migrate it: not while somebody waits for a page.
    _server(workplace)
    console.print(f"Auscult's pages: http://{host}:{port} (stop with Ctrl-C)", markup=False, soft_wrap=True)
    if host != LOOPBACK:
        console.print("Without TLS in front of it, links and what they show can be read on the way.", markup=False)
    web_server(create_app(open_workplace, lambda: moment(now)), host, port).run()


def doctor() -> None:
    """Check what the program needs, one line each. Exit code 1 where something must be mended."""
    workplace = open_workplace()
    rows = [_checked(name, check) for name, check in _checks(workplace).items()]
    print_table(f"Auscult {__version__}, Python {sys.version.split()[0]}", ("what", "state", "more"), rows)
    if any(row[1] == "mend" for row in rows):
        raise typer.Exit(FAILED)


def _checks(workplace: Workplace) -> dict[str, Callable[[], str]]:
    settings = workplace.settings
    return {
        "practice.yaml": lambda: workplace.practice.name,
        "auscult.yaml": lambda: f"{len(workplace.listening.sources)} sources, {_receivers(workplace)} receivers",
        "author key": lambda: f"{len(settings.require_author_key())} characters",
        "claims database": lambda: f"{len(claim_entries(settings.claims_folder))} claims",
        "warehouse": lambda: _server(workplace),
        "models": lambda: _models(settings),
        "mail relay": lambda: smtp_from_environment(settings).host,
        "data checks": lambda: f"{len(steps.run_checks())} passed",
        "services": lambda: _services(workplace),
        "alert pages": lambda: workplace.listening.web_address or "no web_address in auscult.yaml: mails hold no link",
        "Airflow": lambda: _airflow(settings),
    }


def _checked(name: str, check: Callable[[], str]) -> tuple[str, str, str]:
    try:
        return name, "good", check()
    except AuscultError as error:
        return name, "mend", str(error)
    except ValueError as error:
        return name, "mend", str(error)


def _receivers(workplace: Workplace) -> int:
    return len(workplace.listening.receivers)


def _services(workplace: Workplace) -> str:
    # The kind alone: the address is a secret.
    told = {receiver.name: receiver.service for receiver in workplace.listening.receivers if receiver.service}
    kinds = [f"{name}: {service_from(workplace.settings, variable).kind}" for name, variable in told.items()]
    return ", ".join(kinds) or "none is told"


def _server(workplace: Workplace) -> str:
    with workplace.engine.begin() as connection:
        version = connection.exec_driver_sql("show server_version").scalar_one()
    place = "AUSCULT_DATABASE_URL" if workplace.settings.database_url else "embedded"
    return f"PostgreSQL {version}, {place}"


def _models(settings: Settings) -> str:
    # Imported here: the other commands of this module start without the models' libraries.
    from pipeline.screening.judges import load_models, runtime_of

    runtime = runtime_of(settings)
    return f"{load_models(settings).encoder.model_id}; {runtime.name}: {runtime.reason}"


def _airflow(settings: Settings) -> str:
    if orchestration.standalone_group(settings) is None:
        return "not running (auscult up)"
    warning = "its log servers (ports 8793, 8794) listen on every interface: close them in the firewall"
    return f"{orchestration.address(settings)}; {warning}"
