"""From what was screened to alerts, and from alerts to mail: the rows and the outbox entries are one transaction."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy.engine import Connection

from pipeline.alerting.alert import Alert, ClaimFacts
from pipeline.alerting.digest import Coverage, DigestCounts, State
from pipeline.alerting.relay import deliver
from pipeline.alerting.render import render_digest, render_urgent
from pipeline.alerting.rules import group_alerts
from pipeline.alerting.severity import LEVELS
from pipeline.alerting.smtp import SmtpSettings
from pipeline.canary import PLATFORM, canary_alerts
from pipeline.config import POLICY
from pipeline.notifications import notification_row
from pipeline.warehouse import alerts as alert_rows
from pipeline.warehouse import outbox, reports
from pipeline.warehouse.claims import claims_by_version
from pipeline.warehouse.leases import held_lease
from pipeline.workplace import Workplace

# What mart_coverage says, in the digest's words.
_STATES: dict[str, State] = {
    "ok": "ok",
    "partial": "partial",
    "rate limited": "rate_limited",
    "quota exhausted": "exhausted",
    "not configured": "off",
    "not measured": "failed",
}


def raise_alerts(workplace: Workplace, now: datetime) -> dict[str, int]:
    """Group what was screened in the retained window into alerts, and write the urgent mails with them."""
    practice, since = workplace.practice, _bucket_start(now - timedelta(days=POLICY["rematch_days"]))
    with workplace.engine.begin() as connection:
        alert_rows.lock_alerts(connection)
        matches = alert_rows.screened_matches(connection, since, now)
        mentions = alert_rows.screened_mentions(connection, since, now, practice.practice_id)
        facts = _facts(connection, matches["claim_id"].unique())
        canaries = mentions[mentions["platform"] == PLATFORM]
        matches, mentions = (frame[frame["platform"] != PLATFORM] for frame in (matches, mentions))
        alerts = group_alerts(matches, mentions, facts, practice.practice_id, POLICY)
        arrived = canary_alerts(canaries, practice.practice_id, POLICY)
        alert_rows.upsert_alerts(connection, [_row(alert) for alert in (*alerts, *arrived)], now)
        keys = [alert.alert_key for alert in (*alerts, *arrived)]
        resolved = alert_rows.resolve_absent(connection, practice.practice_id, keys, since, now)
        told = [alert for alert in alerts if _is_told_at_once(alert, now)]
        written = _write_urgent(connection, workplace, told, facts, now)
        _keep_canaries(connection, workplace, arrived, canaries, now)
    return {"alerts": len(alerts), "urgent": len(told), "resolved": resolved, "mails_written": written}


def write_digest(workplace: Workplace, now: datetime) -> dict[str, int]:
    """Write today's digest, once, at or after the practice's digest hour; 0 mails where it is not due."""
    listening, practice = workplace.listening, workplace.practice
    local = now.astimezone(ZoneInfo(listening.time_zone))
    if local.hour < listening.digest_hour:
        return {"mails_written": 0}
    with workplace.engine.begin() as connection:
        last = outbox.last_digest_at(connection, practice.practice_id, now)
        since = last or now - timedelta(days=1)
        rows = alert_rows.read_alerts(connection, practice.practice_id, since, now)
        alerts = sorted((_alert(row) for row in rows if row["state"] == "open"), key=_worst_first)
        facts = _facts(connection, {alert.claim_id for alert in alerts if alert.claim_id})
        heard = reports.heard(connection, practice.practice_id, since, now)
        facts.update(_facts(connection, [claim_id for claim_id, _ in heard["reviews"]]))
        counts = DigestCounts(since_at=since, until_at=now, **heard)
        rendered = render_digest(
            alerts,
            facts,
            counts,
            _coverage(connection, listening.sources, since, now),
            practice.name,
            listening.time_zone,
            now,
        )
        told = [receiver for receiver in listening.receivers if receiver.digest]
        key = f"digest|{practice.practice_id}|{local.date().isoformat()}"
        keys = [alert.alert_key for alert in alerts]
        written = outbox.write_notifications(
            connection,
            [notification_row(workplace, rendered, "digest", key, keys, receiver.address, now) for receiver in told],
        )
    return {"mails_written": written}


def send_due(workplace: Workplace, smtp: SmtpSettings, now: datetime) -> dict[str, int]:
    """Hand every notification that is due to the relay; returns how many ended in each state.

    One that the relay did not answer for is sent again, with the same bytes, until `send_attempts`; then it is parked
    and a person must look.
    """
    outcomes: Counter[str] = Counter()
    with held_lease(workplace.engine) as lease:
        while True:
            with workplace.engine.begin() as connection:
                due = outbox.lease_next(connection, lease, POLICY["lease_seconds"], now)
            if due is None:
                return dict(outcomes)
            answer = deliver(due.message, due.sender, due.receiver, smtp)
            limit = POLICY["send_attempts"] if answer.state == "unknown" else POLICY["deferred_attempts"]
            tried_out = answer.state in {"unknown", "deferred"} and due.attempts + 1 >= limit
            state = "parked" if tried_out else answer.state
            with workplace.engine.begin() as connection:
                outbox.record_outcome(connection, due, lease, state, answer.code, answer.detail, now)
            outcomes[state] += 1


def _is_told_at_once(alert: Alert, now: datetime) -> bool:
    # A new claim is matched against the whole window; its old buckets go into one digest, not into thirty mails.
    fresh = alert.bucket_start_at >= now - timedelta(hours=POLICY["urgent_hours"])
    return alert.severity == "urgent" and not alert.historical and fresh


def _worst_first(alert: Alert) -> tuple[int, int, str]:
    return -LEVELS.index(alert.severity), -alert.posts, alert.alert_key


def _bucket_start(moment: datetime) -> datetime:
    length = POLICY["alert_bucket_hours"] * 3600
    return datetime.fromtimestamp(moment.timestamp() // length * length, moment.tzinfo)


def _facts(connection: Connection, claim_ids: Iterable[str]) -> dict[str, ClaimFacts]:
    wanted = ClaimFacts.__dataclass_fields__
    return {
        row["claim_id"]: ClaimFacts(**{**{name: row[name] for name in wanted}, "evidence": tuple(row["evidence"])})
        for row in claims_by_version(connection, sorted(set(claim_ids)))
    }


def _row(alert: Alert) -> dict[str, Any]:
    row = {**asdict(alert), "reason": ",".join(alert.reasons), "platforms": list(alert.platforms)}
    del row["reasons"]
    return row


def _alert(row: dict[str, Any]) -> Alert:
    given = {name: row[name] for name in Alert.__dataclass_fields__ if name != "reasons"}
    lists = {"platforms": tuple(row["platforms"]), "post_ids": tuple(row["post_ids"])}
    return Alert(**{**given, **lists, "reasons": tuple(row["reason"].split(","))})


def _write_urgent(
    connection: Connection, workplace: Workplace, alerts: Sequence[Alert], facts: dict[str, ClaimFacts], now: datetime
) -> int:
    practice, listening = workplace.practice, workplace.listening
    rows = []
    for alert in alerts:
        about = facts.get(alert.claim_id) if alert.claim_id else None
        rendered = render_urgent(alert, about, practice.name, listening.time_zone, now)
        key = f"urgent|{alert.alert_key}"
        rows += [
            notification_row(workplace, rendered, "urgent", key, [alert.alert_key], receiver.address, now)
            for receiver in listening.receivers
            if receiver.urgent
        ]
    return outbox.write_notifications(connection, rows)


def _keep_canaries(
    connection: Connection, workplace: Workplace, alerts: Sequence[Alert], canaries: pd.DataFrame, now: datetime
) -> None:
    practice, listening = workplace.practice, workplace.listening
    ids = dict(zip(canaries["post_id"], canaries["platform_id"], strict=True))
    keys = {post_id: f"canary|{platform_id}" for post_id, platform_id in ids.items()}
    arrived = outbox.written_keys(connection, list(keys.values()))
    rows = []
    for alert in alerts:
        fresh = [keys[post_id] for post_id in alert.post_ids if keys[post_id] not in arrived]
        if not fresh:
            continue
        # Rendered and built like any other mail, for that is part of the way that is to be proven.
        rendered = render_urgent(replace(alert, kind="mention"), None, practice.name, listening.time_zone, now)
        for key in fresh:
            row = notification_row(workplace, rendered, "canary", key, [alert.alert_key], listening.mail_from, now)
            rows.append(row | {"notification_key": key, "state": "kept"})
    outbox.write_notifications(connection, rows)


def _coverage(connection: Connection, listed: Collection[str], since: datetime, until: datetime) -> list[Coverage]:
    heard = reports.heard_by_source(connection, since, until)
    covered = {row["source"]: row for row in reports.coverage_at(connection, until)}
    told = []
    for row in reports.source_health(connection):
        hour = covered.get(row["source"])
        state = _STATES[hour["state"]] if hour else "failed"
        if row["source"] not in listed:
            # Taken out of auscult.yaml: nothing is expected of it.
            state = "off"
        told.append(
            Coverage(
                source=row["source"],
                state=state,
                posts=heard.get(row["source"], 0),
                last_read_at=row["newest_read_at"],
                reason=_reason(row["detail"]) if state != "ok" else "",
                since_at=hour["since_at"] if hour else None,
            )
        )
    return told


def _reason(detail: str) -> str:
    starts = {"no credentials": "no_credentials", "terms": "terms_not_accepted", "not listed": "switched_off"}
    return next((slug for start, slug in starts.items() if detail.startswith(start)), "")
