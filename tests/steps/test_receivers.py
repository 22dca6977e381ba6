"""How auscult.yaml says who is told: what it may hold, and one clear line for what it may not."""

from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.listening import read_listening

WHOLE = """
receivers:
  - {name: Communications, address: comms@practice.example, urgent: true, digest: true}
  - {name: On call, service: AUSCULT_ONCALL_SERVICE, digest: false, escalation: true}
routes:
  - {kinds: [mention], severities: [urgent], receivers: [On call, Communications]}
business_hours: {days: [mon, tue, wed, thu, fri], from: "08:00", until: "18:00"}
telling: {group_wait_minutes: 0, group_interval_minutes: 60, repeat_hours: 24, escalate_hours: 4, daily_mails: 10}
noise_budget: {weekly_urgent: 3}
web_address: https://auscult.practice.example/
"""


def test_what_the_file_says_is_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "auscult.yaml"
    path.write_text(WHOLE)
    read = read_listening(path)
    assert [(one.place, one.channel) for one in read.receivers] == [
        ("comms@practice.example", "mail"),
        ("AUSCULT_ONCALL_SERVICE", "service"),
    ]
    assert (read.business_hours.from_minute, read.business_hours.until_minute) == (480, 1080)
    assert read.web_address == "https://auscult.practice.example"
    # YAML 1.1 reads this time as a number.
    path.write_text(WHOLE.replace('"18:00"', "18:00"))
    assert read_listening(path).business_hours.until_minute == 1080


SECRET = "https://hooks.slack.com/services/T0/B0/SECRET"


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (("address: comms@practice.example, ", ""), "either an address or a service"),
        (("service: AUSCULT_ONCALL_SERVICE", f"service: '{SECRET}'"), "names an environment variable"),
        (("[On call, Communications]", "[On call, Nobody]"), "'Nobody', who is not listed"),
        (("name: On call", "name: Communications"), "two receivers are called 'Communications'"),
        (("[On call, Communications]", "[]"), "at least 1 item"),
        (("kinds: [mention]", "kinds: [canary]"), "routes.0.kinds.0"),
        (('from: "08:00"', 'from: "18:00"'), "from must be before until"),
        (('from: "08:00"', 'from: "8 am"'), "a time of day like 08:00"),
        (("days: [mon, tue", "days: [monday, tue"), "business_hours.days.0"),
        (("repeat_hours: 24", "repeat_hours: .nan"), "repeat_hours"),
        (("escalate_hours: 4", "escalate_hours: 0"), "greater than 0"),
        (("daily_mails: 10", "daily_mails: 0"), "greater than or equal to 1"),
        (("weekly_urgent: 3", "weekly: 3"), "noise_budget.weekly: Extra inputs"),
        (("https://auscult.practice.example/", "javascript:alert(1)"), "not a plain address"),
        (("https://auscult.practice.example/", "https://user:pw@evil.example/?x=1"), "not a plain address"),
    ],
)
def test_a_wrong_line_is_named_and_no_secret_is_quoted(tmp_path: Path, changed: tuple[str, str], problem: str) -> None:
    path = tmp_path / "auscult.yaml"
    assert changed[0] in WHOLE
    path.write_text(WHOLE.replace(*changed))
    with pytest.raises(ConfigError) as refused:
        read_listening(path)
    assert problem in str(refused.value)
    assert "SECRET" not in str(refused.value)
