"""The daily digest: what was heard, what needs a person, what was held back, and which sources were not read."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from pipeline import narrating
from pipeline.alerting.alert import Alert, ClaimFacts
from pipeline.alerting.card import desk_of
from pipeline.alerting.digest import Coverage, DigestCounts, State
from pipeline.alerting.learning import PRECISION_DAYS, Fit, Learned
from pipeline.alerting.plan import DIGEST, Held, Noise
from pipeline.alerting.render import Rendered, render_digest
from pipeline.alerting.trends import Trend
from pipeline.config import POLICY
from pipeline.notifications import alert_link, notification_row
from pipeline.planning import as_alert, plan_at, read_facts, read_noise, told_of, worst_first
from pipeline.receivers import Receiver
from pipeline.warehouse import alerts as alert_rows
from pipeline.warehouse import calibrations, outbox, reports
from pipeline.workplace import Workplace

# Versions that are looked through for what a digest tells.
_FITS = 50
# What mart_coverage says, in the digest's words.
_STATES: dict[str, State] = {
    "ok": "ok",
    "partial": "partial",
    "rate limited": "rate_limited",
    "quota exhausted": "exhausted",
    "not configured": "off",
    "not measured": "failed",
}


@dataclass(frozen=True)
class _Content:
    """All that the digests of one morning hold."""

    alerts: Sequence[Alert]
    facts: dict[str, ClaimFacts]
    counts: DigestCounts
    coverage: Sequence[Coverage]
    trends: Sequence[Trend]
    noise: Noise
    held: Sequence[Held]
    learned: Learned


def write_digest(workplace: Workplace, now: datetime) -> dict[str, int]:
    """Write today's digest, once, at or after the practice's digest hour; 0 mails where it is not due.

    A receiver without a digest gets it where the daily cap held something back from it, or where an alert grew stale
    and nobody else has a digest.
    """
    listening, practice = workplace.listening, workplace.practice
    local = now.astimezone(ZoneInfo(listening.time_zone))
    if local.hour < listening.digest_hour:
        return {"mails_written": 0}
    with workplace.engine.begin() as connection:
        # What is told here must not be told at the same time by who raises alerts.
        alert_rows.lock_alerts(connection)
        content = _read_content(connection, workplace, now)
        key = f"digest|{practice.practice_id}|{local.date().isoformat()}"
        told = {key: noted for alert in content.alerts for key, noted in told_of(alert, DIGEST).items()}
        rows = [
            notification_row(workplace, _render(workplace, content, receiver, now), DIGEST, key, receiver, now, told)
            for receiver in _receivers(listening.receivers, content.held)
        ]
        written = outbox.write_notifications(connection, rows)
    return {"mails_written": written}


def _receivers(receivers: Sequence[Receiver], held: Sequence[Held]) -> list[Receiver]:
    wanted = {receiver.name for receiver in receivers if receiver.digest}
    left_over = {"cap"} if wanted else {"cap", "stale"}
    wanted |= {one.receiver for one in held if one.why in left_over}
    return [receiver for receiver in receivers if receiver.name in wanted]


def _read_content(connection: Connection, workplace: Workplace, now: datetime) -> _Content:
    practice_id = workplace.practice.practice_id
    last = outbox.last_digest_at(connection, practice_id, now)
    since = last or now - timedelta(days=1)
    held = plan_at(connection, workplace, now).held
    silenced = {one.alert_key for one in held if one.why == "silenced"}
    over = sorted({one.alert_key for one in held if one.why == "cap"})
    rows = alert_rows.read_alerts(connection, practice_id, since, now)
    rows += alert_rows.read_keys(connection, practice_id, over)
    changed = {row["alert_key"] for row in rows}
    listed = {row["alert_key"]: as_alert(row) for row in rows if row["state"] == "open"}
    alerts = sorted((alert for key, alert in listed.items() if key not in silenced), key=worst_first)
    heard = reports.heard(connection, practice_id, since, now, POLICY["mention_sure"])
    trends = narrating.read_trends(connection, practice_id, now)
    named = [trend.subject for trend in trends if trend.kind == "claim"]
    return _Content(
        alerts=alerts,
        facts=read_facts(connection, [*(a.claim_id for a in alerts), *(one for one, _ in heard["reviews"]), *named]),
        counts=DigestCounts(since_at=since, until_at=now, **heard),
        coverage=_coverage(connection, workplace.listening.sources, since, now),
        trends=trends,
        noise=read_noise(connection, workplace, now),
        learned=_learned(connection, practice_id, since, now),
        # What was held back before has been counted before; what waits to be told again was told.
        held=[one for one in held if one.alert_key in changed and one.why != "waiting"],
    )


def _render(workplace: Workplace, content: _Content, receiver: Receiver, now: datetime) -> Rendered:
    practice, listening = workplace.practice, workplace.listening
    keys = [alert.alert_key for alert in content.alerts]
    links = {key: link for key in keys if (link := alert_link(workplace, key, receiver, now))}
    return render_digest(
        content.alerts,
        content.facts,
        content.counts,
        content.coverage,
        practice.name,
        listening.time_zone,
        now,
        trends=content.trends,
        noise=content.noise,
        held=Counter(one.why for one in content.held if one.receiver == receiver.name),
        links=links,
        desk=desk_of(practice, listening),
        learned=content.learned,
    )


def _learned(connection: Connection, practice_id: str, since: datetime, now: datetime) -> Learned:
    judged, right = reports.judged_alerts(connection, practice_id, now - timedelta(days=PRECISION_DAYS), now)
    acts = calibrations.acts_since(connection, since, now)
    current = calibrations.version_in_force(connection)
    fits = {fit["version"]: fit for fit in calibrations.read_fits(connection, _FITS)}
    applied = [act["version"] for act in acts if act["act"] == "apply" and act["version"] in fits]
    waiting = [fit for fit in fits.values() if fit["beyond_bounds"] and not fit["acts"] and fit["basis"] == current]
    back = acts[-1:] if acts and acts[-1]["act"] == "undo" else []
    went = ["the policy's own numbers" if act["version"] is None else f"version {act['version']}" for act in back]
    return Learned(
        judged=judged,
        right=right,
        applied=[_fit(fits[version]) for version in applied],
        back_to="".join(went),
        waiting=_fit(waiting[0]) if waiting else None,
    )


def _fit(fit: Mapping[str, Any]) -> Fit:
    return Fit(
        version=fit["version"],
        precision_before=fit["precision_before"],
        precision_after=fit["precision_after"],
        gained=fit["alerts_gained"],
        lost=fit["alerts_lost"],
        beyond=fit["beyond_bounds"],
    )


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
