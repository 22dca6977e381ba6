"""One function per task: each takes a clock and names, owns its transactions, and returns counts and names only.

Airflow runs them from dags/, and `auscult` runs the same functions from a shell. `now` is an ISO time; empty means
the wall clock.
"""

import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline import canary, digesting, erasing, intake, judging, narrating, rechecking, sending, telling, watching
from pipeline.alerting import smtp
from pipeline.claims_entries import claim_entries
from pipeline.config import POLICY
from pipeline.errors import AuscultError, ConfigError
from pipeline.recalibrating import fit_to_reviews
from pipeline.warehouse import outbox, reports
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
    path: Path,
    columns: dict[str, str],
    platform: str,
    now: Clock = "",
    progress: Progress = _ignore,
    *,
    date_format: str = "",
    preset: str = "",
    sheet: str = "",
) -> dict[str, Any]:
    """Read one file of posts into the warehouse, whether it was read before or not."""
    layout = intake.Layout(columns, platform, date_format, preset, sheet)
    return intake.import_file(open_workplace(), path, layout, moment(now), progress)


def backfill(source: str, after: Clock, until: Clock, now: Clock = "", progress: Progress = _ignore) -> dict[str, Any]:
    """Read what one source still has of [after, until); historical alerts only."""
    return intake.backfill_source(open_workplace(), source, moment(after), moment(until), moment(now), progress)


def release_canary(now: Clock = "") -> dict[str, int]:
    """Let this run's canary in: a post of our own that must reach the outbox."""
    return canary.release_canary(open_workplace(), moment(now))


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


def narrate(now: Clock = "") -> dict[str, int]:
    """Sort the posts of the last days into narratives, whose ids stay when posts arrive or narratives join."""
    return narrating.write_narratives(open_workplace(), moment(now))


def raise_alerts(now: Clock = "") -> dict[str, int]:
    """Group what was screened into alerts; what is told of them at once is written in the same transaction."""
    return telling.raise_alerts(open_workplace(), moment(now))


def watch(now: Clock = "") -> dict[str, int]:
    """Look for what is wrong with listening itself, and tell the operators once a day."""
    return watching.watch(open_workplace(), moment(now))


def write_digest(now: Clock = "") -> dict[str, int]:
    """Write the daily digest where it is due."""
    return digesting.write_digest(open_workplace(), moment(now))


def notify(now: Clock = "", connection: Connection | None = None) -> dict[str, int]:
    """Send what is due: mail by the relay, the rest by the services' own addresses.

    `connection` is (host, port, login, password, extra) of the relay; default: the environment's. Raises ConfigError
    where something is due that has no way out; it stays in the outbox, and all else is sent first.
    """
    find_relay = (lambda _: smtp.smtp_from_connection(*connection)) if connection else smtp.smtp_from_environment
    return sending.send_due(open_workplace(), moment(now), find_relay)


def release_parked(now: Clock = "") -> int:
    """Make parked mails due again; returns how many."""
    with open_workplace().engine.begin() as connection:
        return outbox.release_parked(connection, moment(now))


def recheck(source: str, now: Clock = "") -> dict[str, Any]:
    """Ask a platform whether stored posts are still public, and erase what is gone."""
    return rechecking.recheck_source(open_workplace(), source, moment(now))


def expire(now: Clock = "") -> dict[str, int]:
    """Empty the posts that are past their retention, delete what outlived its purpose, purge the disk of both."""
    return erasing.expire(open_workplace(), moment(now))


def forget(platform: str, platform_id: str = "", author: str = "", now: Clock = "") -> int:
    """Erase one post, or all posts of one author (the platform's id, or our keyed hash); returns how many.

    Raises ConfigError where neither or both are named.
    """
    if bool(platform_id) == bool(author):
        raise ConfigError("name one post or one author to forget")
    workplace = open_workplace()
    if platform_id:
        return erasing.forget_post(workplace, platform, platform_id, moment(now))
    known = author if re.fullmatch(r"[0-9a-f]{64}", author) else workplace.names.author(platform, author)
    return erasing.forget_author(workplace, platform, str(known), moment(now))


def recalibrate(now: Clock = "") -> dict[str, int]:
    """Fit the thresholds to people's reviews; what is inside the policy's bounds is applied, the rest is shown."""
    return fit_to_reviews(open_workplace(), moment(now))


def run_checks(now: Clock = "") -> dict[str, int]:
    """Run sql/checks as of `now`. Raises AuscultError where one finds a row, and where there are none to run."""
    with open_workplace().engine.begin() as connection:
        found = reports.run_checks(connection, moment(now))
    offending = [f"{name}: {count}" for name, count in found.items() if count]
    if offending or not found:
        raise AuscultError(f"data checks failed: {'; '.join(offending) or 'no check was run'}")
    return found
