"""What the operator must look at: a lost canary, a missed schedule, checks that did not run, mail that is stuck."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.config import Policy
from pipeline.warehouse.tables import check_runs, outbox, posts

# How far back a lost canary or a missed run is still news.
_NEWS = timedelta(days=1)


@dataclass(frozen=True)
class Alarm:
    """One thing for the operator: a slug, when it began (UTC), and what it is in words that quote no post.

    What is `over` mends itself and is told once.
    """

    kind: str
    since_at: datetime
    words: str
    over: bool = False


def operator_alarms(connection: Connection, practice_id: str, now: datetime, policy: Policy) -> list[Alarm]:
    """The alarms that stand at `now`, the oldest first; none where nothing was ever run."""
    found = [
        *_lost_canaries(connection, practice_id, now, timedelta(hours=policy["canary_hours"])),
        *_missed_runs(connection, practice_id, now, timedelta(minutes=policy["missed_minutes"])),
        *_missing_checks(connection, now, timedelta(hours=policy["check_hours"])),
        *_stuck_mail(connection, practice_id, now),
    ]
    return sorted(found, key=lambda alarm: (alarm.since_at, alarm.kind))


def _lost_canaries(connection: Connection, practice_id: str, now: datetime, patience: timedelta) -> list[Alarm]:
    arrived = (
        sa.select(outbox.c.outbox_id)
        .where(outbox.c.kind == "canary", outbox.c.notification_key == sa.func.concat("canary|", posts.c.platform_id))
        .exists()
    )
    lost = sa.select(sa.func.count(), sa.func.min(posts.c.ingested_at)).where(
        _canaries_of(practice_id),
        posts.c.ingested_at.between(now - _NEWS, now - patience),
        sa.not_(arrived),
    )
    count, since_at = connection.execute(lost).one()
    words = f"{count} of our own posts did not reach the outbox: what is heard may not be told"
    return [Alarm("canary_lost", since_at, words)] if count else []


def _canaries_of(practice_id: str) -> sa.ColumnElement[bool]:
    # The id is the practice's and, behind the last dash, a time: "acme" is not "acme-west".
    of_practice = sa.func.regexp_replace(posts.c.platform_id, "-[^-]*$", "") == practice_id
    return sa.and_(posts.c.platform == "canary", of_practice)


def _missed_runs(connection: Connection, practice_id: str, now: datetime, patience: timedelta) -> list[Alarm]:
    canaries = sa.select(posts.c.ingested_at).where(_canaries_of(practice_id), posts.c.ingested_at <= now).distinct()
    newest = canaries.order_by(posts.c.ingested_at.desc())
    # One of each run that the patience holds, and the last one before them.
    runs: list[datetime] = list(connection.execute(newest.where(posts.c.ingested_at >= now - patience)).scalars())
    runs += connection.execute(newest.where(posts.c.ingested_at < now - patience).limit(1)).scalars()
    if runs and now - runs[0] > patience:
        return [Alarm("schedule_missed", runs[0], "the hourly flow has not run since")]
    # The run that ends a gap is the first that can tell of it.
    gaps = [(earlier, later) for later, earlier in pairwise(runs) if later - earlier > patience]
    return [
        Alarm("schedule_missed", earlier, f"the hourly flow did not run until {later:%Y-%m-%d %H:%M} UTC", over=True)
        for earlier, later in gaps
    ]


def _missing_checks(connection: Connection, now: datetime, patience: timedelta) -> list[Alarm]:
    last_at: datetime | None = connection.execute(
        sa.select(sa.func.max(check_runs.c.ran_at)).where(check_runs.c.ran_at <= now)
    ).scalar()
    # Counted from the first canary, which is as old as these checks are noted.
    canaries = sa.select(sa.func.min(posts.c.ingested_at)).where(posts.c.platform == "canary")
    first_at: datetime | None = connection.execute(canaries).scalar()
    since_at = last_at or first_at
    if since_at is None or now - since_at <= patience:
        return []
    return [Alarm("checks_missing", since_at, "no data check has run since")]


def _stuck_mail(connection: Connection, practice_id: str, now: datetime) -> list[Alarm]:
    # What a relay refused for good cannot be mended by waiting: it is told of for a week.
    refused = sa.and_(outbox.c.state == "failed", outbox.c.written_at > now - timedelta(days=7))
    stuck = sa.select(sa.func.count(), sa.func.min(outbox.c.written_at)).where(
        outbox.c.practice_id == practice_id, sa.or_(outbox.c.state == "parked", refused)
    )
    count, since_at = connection.execute(stuck).one()
    words = f"{count} notifications were given up: see auscult status, then auscult notify --parked"
    return [Alarm("mail_stuck", since_at, words)] if count else []
