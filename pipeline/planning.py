"""Alerts as the warehouse keeps them, and the plan of who is told of them: what raising, digests and people share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

from pipeline.alerting.alert import Alert, ClaimFacts, apart_of
from pipeline.alerting.plan import Noise, Plan, Silence, Told, plan_notifications
from pipeline.alerting.severity import LEVELS
from pipeline.alerting.trends import Trend
from pipeline.config import POLICY
from pipeline.warehouse import alerts as alert_rows
from pipeline.warehouse import events, outbox, tellings
from pipeline.warehouse.claims import claims_by_version
from pipeline.workplace import Workplace

NOISE_DAYS = 7


def bucket_start(moment: datetime) -> datetime:
    """The beginning of the time bucket of a moment."""
    length = POLICY["alert_bucket_hours"] * 3600
    return datetime.fromtimestamp(moment.timestamp() // length * length, moment.tzinfo)


def window_start(now: datetime) -> datetime:
    """The beginning of the buckets that alerts are computed of at `now`."""
    return bucket_start(now - timedelta(days=POLICY["rematch_days"]))


def read_facts(connection: Connection, claim_ids: Iterable[str | None]) -> dict[str, ClaimFacts]:
    """What the claims database knows of these claims, by id; None is nobody's."""
    wanted = ClaimFacts.__dataclass_fields__
    ids = sorted({claim_id for claim_id in claim_ids if claim_id})
    return {
        row["claim_id"]: ClaimFacts(**{**{name: row[name] for name in wanted}, "evidence": tuple(row["evidence"])})
        for row in claims_by_version(connection, ids)
    }


def as_row(alert: Alert) -> dict[str, Any]:
    """The columns that a step writes; its state and the moment it was raised are the warehouse's to keep."""
    row = {**asdict(alert), "reason": ",".join(alert.reasons), "platforms": list(alert.platforms)}
    for name in ("reasons", "state", "raised_at"):
        del row[name]
    return row


def told_of(alert: Alert, why: str) -> dict[str, dict[str, object]]:
    """What the outbox notes of an alert beside the notification that tells it."""
    facts = {"severity": alert.severity, "why": why}
    return {alert.alert_key: {**facts, "posts": alert.posts, "wordings": alert.wordings}}


def as_alert(row: Mapping[str, Any]) -> Alert:
    """The alert of a row of the warehouse."""
    given = {name: row[name] for name in Alert.__dataclass_fields__ if name != "reasons"}
    lists = {"platforms": tuple(row["platforms"]), "post_ids": tuple(row["post_ids"])}
    return Alert(**{**given, **lists, "reasons": tuple(row["reason"].split(","))})


def plan_at(connection: Connection, workplace: Workplace, now: datetime) -> Plan:
    """Who is told what of the stored alerts at `now`, and what is held back and why."""
    practice_id = workplace.practice.practice_id
    since = window_start(now)
    alerts = [as_alert(row) for row in alert_rows.read_live(connection, practice_id, since)]
    told = [Told(**row) for row in tellings.tellings(connection, practice_id, since)]
    return plan_notifications(
        alerts,
        told,
        read_silences(connection, practice_id, now),
        workplace.listening,
        POLICY,
        now,
        digest_at=outbox.last_digest_at(connection, practice_id, now),
    )


def read_silences(connection: Connection, practice_id: str, after: datetime) -> list[Silence]:
    """The silences that end after a moment, the first to end first."""
    names = Silence.__dataclass_fields__
    rows = events.read_silences(connection, practice_id, after)
    return [Silence(**{name: row[name] for name in names}) for row in rows]


def read_noise(connection: Connection, workplace: Workplace, now: datetime) -> Noise:
    """The noise budget, and what the last seven days held against it."""
    since = now - timedelta(days=NOISE_DAYS)
    sent = tellings.most_urgent_mails(connection, workplace.practice.practice_id, since, now)
    return Noise(workplace.listening.noise_budget.weekly_urgent, sent)


def worst_first(alert: Alert) -> tuple[int, int, str]:
    """Sorts alerts as a person wants to read them."""
    return -LEVELS.index(alert.severity), -alert.posts, alert.alert_key


def trend_of(alert: Alert, trends: Sequence[Trend]) -> Trend | None:
    """The trend of what an alert is about; that of a narrative before that of its claim."""
    subjects = (("narrative", alert.narrative_id), ("claim", alert.claim_id), ("mention", alert.category))
    wanted = [(*subject, apart_of(alert)) for subject in subjects if subject[1]]
    found = {(trend.kind, trend.subject, trend.apart): trend for trend in trends}
    return next((found[key] for key in wanted if key in found), None)
