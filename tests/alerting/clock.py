"""A scripted clock for the plan of notifications: it runs hour after hour and remembers what was told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.alerting.alert import Alert, alert_key
from pipeline.alerting.plan import Plan, Silence, Told, plan_notifications
from pipeline.config import POLICY
from pipeline.listening import Listening

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# A Wednesday, 08:00 in Los Angeles.
NOW = datetime(2026, 10, 14, 15, tzinfo=UTC)
COMMS, ON_CALL, CHIEF = "comms@example.org", "AUSCULT_ONCALL_SERVICE", "chief@example.org"
SUBJECTS = {"misinformation": "claim_id", "mention": "category", "surge": "claim_id"}


class Clock:
    """Runs the plan hour after hour, and remembers what it told as the outbox would."""

    def __init__(self, **settings: Any) -> None:
        receivers = [
            {"name": "Communications", "address": COMMS},
            {"name": "On call", "service": ON_CALL, "digest": False, "urgent": False},
            {"name": "Chief", "address": CHIEF, "urgent": False, "digest": False, "escalation": True},
        ]
        self.listening = Listening.model_validate(
            {"receivers": receivers, "time_zone": "America/Los_Angeles", **settings}
        )
        self.alerts: dict[str, Alert] = {}
        self.told: list[Told] = []
        self.silences: list[Silence] = []
        self.digest_at: datetime | None = None

    def put(self, *alerts: Alert) -> None:
        for alert in alerts:
            self.alerts[alert.alert_key] = alert

    def run(self, now: datetime) -> list[tuple[str, str]]:
        """(why, place) of what is told at `now`; run again with it, the plan tells nothing more."""
        told = self.plan(now)
        for notice in told.notices:
            alert = notice.alert
            self.told.append(Told(alert.alert_key, notice.receiver.place, now, alert.severity, alert.posts, notice.why))
        assert self.plan(now).notices == ()
        return [(notice.why, notice.receiver.place) for notice in told.notices]

    def plan(self, now: datetime) -> Plan:
        return plan_notifications(
            list(self.alerts.values()),
            self.told,
            self.silences,
            self.listening,
            POLICY,
            now,
            digest_at=self.digest_at,
        )

    def held(self, now: datetime) -> dict[str, datetime | None]:
        return {one.why: one.until_at for one in self.plan(now).held}

    def digest(self, now: datetime) -> None:
        for alert in self.alerts.values():
            self.told.append(Told(alert.alert_key, COMMS, now, alert.severity, alert.posts, "digest"))
        self.digest_at = now


def an_alert(subject: str = "vax-harm", kind: Any = "misinformation", at: datetime = NOW, **changes: Any) -> Alert:
    bucket, apart = at.replace(hour=0, minute=0), changes.pop("apart", "")
    of_key = f"claim:{subject}" if kind == "surge" else subject
    alert = Alert(
        alert_key=alert_key("riverside", kind, of_key, bucket, changes.get("historical", False), apart),
        practice_id="riverside",
        kind=kind,
        claim_id=None,
        claim_version=None,
        category=None,
        bucket_start_at=bucket,
        severity="urgent",
        reasons=("harm_high_spreading",),
        posts=5,
        voices=4,
        platforms=("reddit",),
        first_post_at=at,
        last_post_at=at,
        historical=False,
        evidence={"posts": []},
        post_ids=(),
        raised_at=at,
    )
    return replace(alert, **{SUBJECTS[kind]: subject}, **changes)


def danger(at: datetime = NOW, **changes: Any) -> Alert:
    return an_alert("urgent:threat", "mention", at, **changes)
