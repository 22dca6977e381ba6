"""`make demo`: a week of an invented practice, heard, judged and told on real parts, with a fixed clock.

Real Airflow runs the three DAGs, praw and tweepy read a loopback server, PostgreSQL stores, the encoder embeds, and
an SMTP relay on 127.0.0.1 writes the mails as files. Running it again adds nothing.
"""

import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from demo.drops import fill_drop_folder
from demo.loopback import Loopback
from demo.mailroom import Relay
from pipeline.cli.output import console, print_table
from pipeline.cli.serve import write_author_key
from pipeline.config import Settings, read_settings
from pipeline.errors import AuscultError
from pipeline.orchestration import airflow_environment
from pipeline.sources import source_type
from pipeline.warehouse import ledger, outbox, reports
from pipeline.workplace import Workplace, open_workplace

HERE = Path(__file__).parent
# Saturday, Sunday and Monday, 08:00 in Port Alder: when the digest is due.
STAGES = tuple(datetime(2026, 10, day, 15, tzinfo=UTC) for day in (10, 11, 12))
# The claims are loaded the day before. With a stage's own clock a repeat after a kill would alarm on the part of the
# stage's posts that is already stored, before the rest of them is read.
CLAIMS_LOADED = STAGES[0] - timedelta(days=1)
PLATFORMS = ("reddit", "x")


def main() -> int:
    """Run the demo; 0 where every DAG run succeeded."""
    started = time.monotonic()
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    try:
        workplace = _prepare(read_settings())
        with ExitStack() as stack:
            served = stack.enter_context(Loopback(HERE / "posts" / "posts.jsonl", now=STAGES[0]))
            relay = stack.enter_context(Relay(workplace.settings.home / "mail"))
            os.environ.update(loopback_environment(served, relay))
            _accept_terms(workplace)
            before = _counts(workplace)
            failed = list(_run_dags(workplace, ("claims_changed",), CLAIMS_LOADED))
            failed += [run for stage in STAGES for run in _run_stage(workplace, served, stage)]
            _withdraw_terms(workplace)
        _report(workplace, before, time.monotonic() - started)
    except AuscultError as error:
        console.print(f"demo: {error}", markup=False, soft_wrap=True)
        return 1
    if failed:
        log = workplace.settings.home / "demo.log"
        console.print(f"These DAG runs failed: {', '.join(failed)}. See {log}", markup=False, soft_wrap=True)
    return 1 if failed else 0


def _prepare(settings: Settings) -> Workplace:
    settings.home.mkdir(parents=True, exist_ok=True)
    for target, ours in (
        (settings.practice_file, HERE / "posts" / "practice.yaml"),
        (settings.listening_file, HERE / "auscult.yaml"),
    ):
        if target.exists() and target.read_text() != ours.read_text():
            raise AuscultError(
                f"{target} is not the demo's, and the demo would mix its posts with yours. "
                "Run it in a home of its own: AUSCULT_HOME=/some/folder make demo"
            )
        target.write_text(ours.read_text())
    write_author_key(settings)
    console.print("Starting PostgreSQL and Airflow's metadata database …")
    os.environ.update(airflow_environment(settings))
    workplace = open_workplace(read_settings())
    _ = workplace.engine
    with _quiet(settings.home / "demo.log"):
        from airflow.utils import db

        try:
            db.check_migrations(0)
        except TimeoutError:
            db.initdb()
        # An earlier run may have been killed between the tables and their first rows.
        db.add_default_pool_if_not_exists()
        db.synchronize_log_template()
    return workplace


def loopback_environment(served: Loopback, relay: Relay) -> dict[str, str]:
    """Where the demo's platforms and its mail relay are."""
    return {
        "AUSCULT_REDDIT_URL": served.url,
        "AUSCULT_REDDIT_CLIENT_ID": "demo",
        "AUSCULT_REDDIT_CLIENT_SECRET": "demo",
        "AUSCULT_REDDIT_USER_AGENT": "linux:auscult-demo:1.0",
        "AUSCULT_X_URL": served.url,
        "AUSCULT_X_BEARER_TOKEN": "demo",
        # The practice's own account there, so that its followers are counted.
        "AUSCULT_X_USER_ID": "4711",
        "AUSCULT_SMTP_HOST": "127.0.0.1",
        "AUSCULT_SMTP_PORT": str(relay.port),
        "AUSCULT_SMTP_TLS": "none",
    }


def _accept_terms(workplace: Workplace) -> None:
    with workplace.engine.begin() as connection:
        for name in PLATFORMS:
            terms = source_type(name).terms
            if terms is not None:
                by = "the demo, for its loopback server only"
                ledger.accept_terms(connection, name, terms.version, by, STAGES[0])


def _withdraw_terms(workplace: Workplace) -> None:
    # So that nobody's real credentials are ever used on the demo's say-so.
    with workplace.engine.begin() as connection:
        for name in PLATFORMS:
            ledger.withdraw_terms(connection, name, STAGES[-1])


def _run_stage(workplace: Workplace, served: Loopback, now: datetime) -> Iterator[str]:
    served.now = now
    fill_drop_folder(workplace.settings.home / "imports", now)
    yield from _run_dags(workplace, ("hourly_listen", "nightly_review"), now)


def _run_dags(workplace: Workplace, names: tuple[str, ...], now: datetime) -> Iterator[str]:
    console.print(f"\n[bold]{now:%A %d %B, %H:%M} UTC[/bold]")
    for name in names:
        started = time.monotonic()
        with _quiet(workplace.settings.home / "demo.log"):
            state = _run_dag(name, now)
        counts = ", ".join(f"{count} {table}" for table, count in _counts(workplace).items())
        console.print(f"  {name:<15} {state:<8} {time.monotonic() - started:4.1f} s   {counts}", highlight=False)
        if state != "success":
            yield f"{name} at {now:%Y-%m-%d}"


def _run_dag(name: str, now: datetime) -> str:
    from airflow.dag_processing.dagbag import DagBag

    dag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"]).dags[name]
    for task in dag.tasks:
        # dag.test() sleeps through the minutes between two tries; nothing here gets better by waiting.
        task.retries = 0
    return str(dag.test(run_conf={"now": now.isoformat()}).state)


def _counts(workplace: Workplace) -> dict[str, int]:
    with workplace.engine.begin() as connection:
        return reports.table_counts(connection)


def _report(workplace: Workplace, before: dict[str, int], seconds: float) -> None:
    with workplace.engine.begin() as connection:
        after = reports.table_counts(connection)
        mail = outbox.outbox_counts(connection)
        rows = connection.exec_driver_sql(
            "select severity, kind, coalesce(claim, category), bucket_start_at::date, posts, voices, platforms, state"
            " from marts.mart_alerts where not historical"
            " order by array_position(array['urgent', 'high', 'normal'], severity), posts desc, alert_key"
        ).all()
    console.print()
    print_table("Alerts", ("severity", "kind", "about", "heard on", "posts", "voices", "platforms", "state"), rows)
    added = {name: after[name] - before[name] for name in ("posts", "alerts", "outbox")}
    listed = ", ".join(f"{mail[state]} {state}" for state in sorted(mail))
    pages = sorted((workplace.settings.home / "mail").glob("*.html"))
    console.print(f"\nThis run added {added['posts']} posts, {added['alerts']} alerts, {added['outbox']} emails.")
    console.print(f"Emails: {listed}. Open them in a browser:")
    for page in pages:
        console.print(f"  {page}", highlight=False, soft_wrap=True)
    console.print(f"\nDone in {seconds:.0f} s. The server goes on running; what to try next:")
    for command, what in (
        ("status", "what is stored, and how each source was read"),
        ("sql 'select * from marts.mart_claim_posts_daily'", "the warehouse, read-only"),
        ("explain 'my cousin says the MMR gave her kid autism'", "why a text matches"),
        ("up", "Airflow's own UI on http://127.0.0.1:8080 (make up)"),
        ("down", "stop everything (make down)"),
    ):
        console.print(f"  .venv/bin/auscult {command:<55} {what}", markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _quiet(log: Path) -> Iterator[None]:
    # Airflow writes to the file descriptors as well as through logging; both go into the log.
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with log.open("ab") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
        try:
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(kept[0], 1)
            os.dup2(kept[1], 2)
            os.close(kept[0])
            os.close(kept[1])


if __name__ == "__main__":
    sys.exit(main())
