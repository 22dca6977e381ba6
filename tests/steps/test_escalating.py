"""A person hands an alert on: others are told at once and once, and what is the owner's alone stays there."""

from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from demo.mailroom import Relay
from pipeline import reviewing, steps
from pipeline.alerting.alert import Alert
from pipeline.alerting.severity import OWN_POST
from pipeline.handling import read_alert
from pipeline.warehouse.tables import alert_events, alerts, outbox
from pipeline.workplace import Workplace
from tests.steps.desk import HOUR, Desk

# A night in Los Angeles: business hours hold nothing back that a person hands on.
NIGHT = datetime(2026, 10, 12, 23, tzinfo=ZoneInfo("America/Los_Angeles"))
HOURS = (
    '\nbusiness_hours: {days: [mon, tue, wed, thu, fri], from: "08:00", until: "18:00"}\ntelling: {daily_mails: 1}\n'
)


@pytest.fixture
def desk(workplace: Workplace) -> Desk:
    """A desk whose chief is told of escalations only, and which is closed."""
    steps.sync_claims(NIGHT)
    return Desk(workplace, HOURS)


def only_alert(desk: Desk) -> Alert:
    (row,) = desk.rows(alerts)
    return read_alert(desk.workplace, row.alert_key)[0]


def to_chief(desk: Desk) -> list[str]:
    return [next(iter(row.told.values()))["why"] for row in desk.rows(outbox) if row.receiver.startswith("chief")]


def test_others_are_told_at_once_and_once(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.spread(NIGHT)
    steps.raise_alerts(NIGHT)
    alert = only_alert(desk)
    assert to_chief(desk) == []
    assert reviewing.escalate(desk.workplace, alert, "Ana", NIGHT, "the school called") == 1
    assert reviewing.escalate(desk.workplace, alert, "Ben", NIGHT + HOUR) == 0
    assert to_chief(desk) == ["handed_on"]
    handed = [(row.by, row.note) for row in desk.rows(alert_events) if row.event == "escalated"]
    assert sorted(handed) == [("Ana", "the school called"), ("Ben", "")]
    with Relay(tmp_path / "mail") as relay:
        for name, value in {"HOST": "127.0.0.1", "PORT": str(relay.port), "TLS": "none"}.items():
            monkeypatch.setenv(f"AUSCULT_SMTP_{name}", value)
        steps.notify(NIGHT + HOUR)
        assert relay.handler.received == 1
    mail = message_from_bytes(bytes(desk.rows(outbox)[0].message))
    assert mail["To"] == "chief@larkspurfamilyhealth.example"
    assert "escalated" in mail["Subject"]
    text = mail.get_body(("plain",)) if hasattr(mail, "get_body") else mail.get_payload()[0]
    assert "by a person who works the alerts" in str(text).replace("=\n", "")


def test_what_a_person_handed_on_is_not_escalated_by_the_clock(desk: Desk) -> None:
    noon = NIGHT + timedelta(hours=13)
    desk.spread(noon)
    steps.raise_alerts(noon)
    steps.raise_alerts(noon + HOUR)
    assert reviewing.escalate(desk.workplace, only_alert(desk), "Ana", noon + HOUR) == 1
    steps.raise_alerts(noon + 6 * HOUR)
    assert to_chief(desk) == ["handed_on"]


def test_what_the_guard_stopped_stays_with_its_owner(desk: Desk) -> None:
    desk.spread(NIGHT)
    steps.raise_alerts(NIGHT)
    own = replace(only_alert(desk), kind="mention", claim_id=None, category=f"{OWN_POST}refuse")
    assert reviewing.escalate(desk.workplace, own, "Ana", NIGHT) == 0
    assert to_chief(desk) == []
