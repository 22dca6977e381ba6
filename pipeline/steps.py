"""One function per task: each takes a clock and names, owns its transactions, and returns counts and names only.

Airflow runs them from dags/, and `auscult` runs the same functions from a shell. `now` is an ISO time; empty means
the wall clock.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline import intake, judging, rechecking, telling
from pipeline.alerting import smtp
from pipeline.claims_entries import claim_entries
from pipeline.config import POLICY
from pipeline.errors import AuscultError
from pipeline.warehouse import erasure, outbox, reports
from pipeline.warehouse.claims import claims_differ, claims_in_force
from pipeline.warehouse.claims import sync_claims as write_claims
from pipeline.workplace import moment, open_workplace

# One mapped screening task each; they share the work by leases, so the number changes speed and nothing else.
SHARDS = list(range(int(POLICY["shards"])))

Clock = str | datetime
Progress = Callable[[int], None]
Connection = tuple[str | None, int | None, str | None, str | None, dict[str, Any]]


def _ignore(_: int) -> None:
    pass


def read_clock(now: Clock = "") -> str:
    """The clock of a run as ISO text, so that all its tasks, and their repeats, have the same one."""
    return moment(now).isoformat()


def listed_sources() -> list[str]:
    """The names of the sources that auscult.yaml lists, on or off."""
    return sorted(open_workplace().listening.sources)


def ingest(source: str, now: Clock = "", progress: Progress = _ignore) -> dict[str, Any]:
    """Read one source into the warehouse. Raises ListenError where a query broke off."""
    return intake.ingest_source(open_workplace(), source, moment(now), progress)


def import_file(
    path: Path, columns: dict[str, str], platform: str, now: Clock = "", progress: Progress = _ignore
) -> dict[str, Any]:
    """Read one file of posts into the warehouse, whether it was read before or not."""
    return intake.import_file(open_workplace(), path, columns, platform, moment(now), progress)


def claims_edited() -> bool:
    """Whether the claims database is not what is in force. Raises ClaimsError where it does not load."""
    workplace = open_workplace()
    entries = claim_entries(workplace.settings.claims_folder)
    with workplace.engine.begin() as connection:
        return claims_differ(connection, entries)


def sync_claims(now: Clock = "") -> dict[str, int]:
    """Load the claims database: edited claims become new versions, removed ones are retired."""
    workplace = open_workplace()
    entries = claim_entries(workplace.settings.claims_folder)
    with workplace.engine.begin() as connection:
        return asdict(write_claims(connection, entries, moment(now)))


def claims_in_use() -> bool:
    """Whether any claim is in force in the warehouse."""
    with open_workplace().engine.begin() as connection:
        return bool(claims_in_force(connection))


def waiting_posts(now: Clock = "") -> int:
    """How many posts wait to be screened."""
    return judging.count_waiting(open_workplace(), moment(now))


def screen(shard: int = 0, now: Clock = "", progress: Progress = _ignore) -> dict[str, int]:
    """Screen what is stored and not yet screened with today's models, claims, practice and policy."""
    return judging.screen_window(open_workplace(), moment(now), progress) | {"shard": shard}


def raise_alerts(now: Clock = "") -> dict[str, int]:
    """Group what was screened into alerts; urgent mails are written in the same transaction."""
    return telling.raise_alerts(open_workplace(), moment(now))


def write_digest(now: Clock = "") -> dict[str, int]:
    """Write the daily digest where it is due."""
    return telling.write_digest(open_workplace(), moment(now))


def notify(now: Clock = "", connection: Connection | None = None) -> dict[str, int]:
    """Send what is due. `connection` is (host, port, login, password, extra); default: the environment's relay.

    Raises ConfigError where mail is due and no relay is configured; it stays in the outbox.
    """
    workplace = open_workplace()
    with workplace.engine.begin() as opened:
        waiting = sum(count for state, count in outbox.outbox_counts(opened).items() if state in outbox.UNSENT)
    if not waiting:
        return {}
    relay = smtp.smtp_from_connection(*connection) if connection else smtp.smtp_from_environment(workplace.settings)
    return telling.send_due(workplace, relay, moment(now))


def release_parked(now: Clock = "") -> int:
    """Make parked mails due again; returns how many."""
    with open_workplace().engine.begin() as connection:
        return outbox.release_parked(connection, moment(now))


def recheck(source: str, now: Clock = "") -> dict[str, Any]:
    """Ask a platform whether stored posts are still public, and erase what is gone."""
    return rechecking.recheck_source(open_workplace(), source, moment(now))


def expire(now: Clock = "") -> dict[str, int]:
    """Empty the posts that are past their retention."""
    clock, workplace = moment(now), open_workplace()
    unmatched, matched = (clock - timedelta(days=POLICY[name]) for name in ("rematch_days", "matched_days"))
    with workplace.engine.begin() as connection:
        return {"expired": erasure.expire_posts(connection, unmatched, matched)}


def run_checks(now: Clock = "") -> dict[str, int]:
    """Run sql/checks as of `now`. Raises AuscultError where one finds a row, and where there are none to run."""
    with open_workplace().engine.begin() as connection:
        found = reports.run_checks(connection, moment(now))
    offending = [f"{name}: {count}" for name, count in found.items() if count]
    if offending or not found:
        raise AuscultError(f"data checks failed: {'; '.join(offending) or 'no check was run'}")
    return found
