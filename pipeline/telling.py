"""From what was screened to alerts, and from alerts to notifications: rows, events and outbox are one transaction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pandas as pd
from sqlalchemy.engine import Connection

from pipeline import narrating
from pipeline.alerting.alert import Alert, ClaimFacts
from pipeline.alerting.card import desk_of
from pipeline.alerting.notices import ESCALATIONS
from pipeline.alerting.plan import Notice
from pipeline.alerting.render import render_urgent
from pipeline.alerting.rules import group_alerts
from pipeline.alerting.severity import RANKS, is_own_post
from pipeline.alerting.trends import Trend
from pipeline.canary import PLATFORM, canary_alerts
from pipeline.config import POLICY
from pipeline.notifications import alert_link, notification_row
from pipeline.planning import as_row, plan_at, read_facts, told_of, trend_of, window_start
from pipeline.receivers import Receiver
from pipeline.warehouse import alerts as alert_rows
from pipeline.warehouse import events, outbox, tellings
from pipeline.workplace import Workplace


def raise_alerts(workplace: Workplace, now: datetime) -> dict[str, int]:
    """Group what was screened in the retained window into alerts, and write what is to be told of them at once.

    Returns alerts (surges among them), notices that were due, alerts that were resolved, mails written, and how many
    alerts are held back.
    """
    practice, since = workplace.practice, window_start(now)
    with workplace.engine.begin() as connection:
        alert_rows.lock_alerts(connection)
        matches = alert_rows.screened_matches(connection, since, now)
        mentions = alert_rows.screened_mentions(connection, since, now, practice.practice_id)
        canaries = mentions[mentions["platform"] == PLATFORM]
        matches, mentions = (frame[frame["platform"] != PLATFORM] for frame in (matches, mentions))
        trends = narrating.read_trends(connection, practice.practice_id, now)
        surging = [trend.subject for trend in trends if trend.surge and trend.kind == "claim"]
        facts = read_facts(connection, [*matches["claim_id"].unique(), *surging])
        alerts = group_alerts(matches, mentions, facts, practice.practice_id, POLICY)
        alerts += narrating.find_surges(connection, practice.practice_id, trends, facts, now)
        arrived = canary_alerts(canaries, practice.practice_id, POLICY)
        resolved = _store_alerts(connection, practice.practice_id, [*alerts, *arrived], since, now)
        plan = plan_at(connection, workplace, now)
        written = _write_notices(connection, workplace, plan.notices, trends, now)
        _keep_canaries(connection, workplace, arrived, canaries, now)
    return {
        "alerts": len(alerts),
        "told": len(plan.notices),
        "resolved": resolved,
        "mails_written": written,
        "held": len({held.alert_key for held in plan.held}),
    }


def escalate(workplace: Workplace, alert: Alert, by: str, now: datetime, note: str = "") -> int:
    """Tell an alert at once to everybody an escalation goes to and was not told of it as one; returns how many.

    A person asks for it, so that neither business hours nor the daily cap hold it. It is noted in any case. What the
    guard stopped among our own posts stays with its owner.
    """
    with workplace.engine.begin() as connection:
        alert_rows.lock_alerts(connection)
        told = tellings.tellings(connection, alert.practice_id, min(window_start(now), alert.bucket_start_at))
        before = {one["receiver"] for one in told if one["alert_key"] == alert.alert_key and one["why"] in ESCALATIONS}
        chosen = [one for one in workplace.listening.receivers if one.escalation and not is_own_post(alert)]
        notices = [Notice(alert, one, "handed_on") for one in chosen if one.place not in before]
        trends = narrating.read_trends(connection, alert.practice_id, now) if notices else []
        rows = _rows(connection, workplace, notices, trends, now)
        alert_rows.mark_escalated(connection, [alert.alert_key], now)
        events.add_events(connection, alert.practice_id, "escalated", [alert.alert_key], now, by, note)
        return outbox.write_notifications(connection, rows)


def _store_alerts(
    connection: Connection, practice_id: str, alerts: Sequence[Alert], since: datetime, now: datetime
) -> int:
    """Write the alerts, resolve those that are over, and note what happened; returns how many were resolved."""
    before = alert_rows.upsert_alerts(connection, [as_row(alert) for alert in alerts], now)
    happened: dict[str, list[str]] = defaultdict(list)
    for alert in alerts:
        if alert.kind == "canary" or alert.alert_key not in before:
            continue
        was = before[alert.alert_key]
        if was is None:
            happened["raised"].append(alert.alert_key)
            continue
        if was.resolution in alert_rows.BY_A_STEP or alert_rows.is_danger_again(was, as_row(alert)):
            happened["reopened"].append(alert.alert_key)
        if RANKS[alert.severity] > RANKS[was.severity]:
            happened["worse"].append(alert.alert_key)
    keys = [alert.alert_key for alert in alerts]
    absent = alert_rows.resolve_absent(connection, practice_id, keys, since, now)
    quiet = alert_rows.resolve_quiet(connection, practice_id, now - timedelta(days=POLICY["quiet_days"]), now)
    happened["resolved"] = [*absent, *quiet]
    for event, of_keys in happened.items():
        events.add_events(connection, practice_id, event, of_keys, now)
    return len(happened["resolved"])


def _write_notices(
    connection: Connection, workplace: Workplace, notices: Sequence[Notice], trends: Sequence[Trend], now: datetime
) -> int:
    practice_id = workplace.practice.practice_id
    rows = _rows(connection, workplace, notices, trends, now)
    escalated = sorted({notice.alert.alert_key for notice in notices if notice.why == "escalation"})
    grown = sorted({notice.alert.alert_key for notice in notices if notice.why == "grew"})
    alert_rows.mark_escalated(connection, escalated, now)
    events.add_events(connection, practice_id, "escalated", escalated, now)
    events.add_events(connection, practice_id, "grew", grown, now)
    return outbox.write_notifications(connection, rows)


def _rows(
    connection: Connection, workplace: Workplace, notices: Sequence[Notice], trends: Sequence[Trend], now: datetime
) -> list[dict[str, object]]:
    """The rows of the outbox for these notices."""
    keys = [notice.alert.alert_key for notice in notices]
    facts = read_facts(connection, [notice.alert.claim_id for notice in notices])
    numbers = tellings.times_told(connection, workplace.practice.practice_id, keys, now)
    return [
        _urgent_row(
            workplace, notice, facts, trends, numbers.get((notice.alert.alert_key, notice.receiver.place), 0), now
        )
        for notice in notices
    ]


def _urgent_row(
    workplace: Workplace,
    notice: Notice,
    facts: Mapping[str, ClaimFacts],
    trends: Sequence[Trend],
    number: int,
    now: datetime,
) -> dict[str, object]:
    """The mail of one notice; `number` counts the tellings before it, so that a repeat is a row of its own."""
    alert, listening = notice.alert, workplace.listening
    rendered = render_urgent(
        alert,
        facts.get(alert.claim_id or ""),
        workplace.practice.name,
        listening.time_zone,
        now,
        link=alert_link(workplace, alert.alert_key, notice.receiver, now),
        why=notice.why,
        trend=trend_of(alert, trends),
        desk=desk_of(workplace.practice, listening),
    )
    key = f"urgent|{alert.alert_key}|{notice.why}|{number + 1}"
    return notification_row(workplace, rendered, "urgent", key, notice.receiver, now, told_of(alert, notice.why))


def _keep_canaries(
    connection: Connection, workplace: Workplace, alerts: Sequence[Alert], canaries: pd.DataFrame, now: datetime
) -> None:
    practice, listening = workplace.practice, workplace.listening
    ids = dict(zip(canaries["post_id"], canaries["platform_id"], strict=True))
    keys = {post_id: f"canary|{platform_id}" for post_id, platform_id in ids.items()}
    arrived = outbox.written_keys(connection, list(keys.values()))
    ourselves = Receiver(name=PLATFORM, address=listening.mail_from)
    rows = []
    for alert in alerts:
        fresh = [keys[post_id] for post_id in alert.post_ids if keys[post_id] not in arrived]
        if not fresh:
            continue
        # Rendered and built like any other mail, for that is part of the way that is to be proven.
        rendered = render_urgent(replace(alert, kind="mention"), None, practice.name, listening.time_zone, now)
        for key in fresh:
            row = notification_row(workplace, rendered, "canary", key, ourselves, now)
            rows.append(row | {"notification_key": key, "state": "kept", "alert_keys": [alert.alert_key]})
    outbox.write_notifications(connection, rows)
