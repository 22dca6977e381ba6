"""Neither lost nor nagging: a flood of copies is one mail, and ninety days keep within the noise budget."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from demo.mailroom import Relay
from pipeline import handling, planning, steps
from pipeline.config import POLICY, Number
from pipeline.post import Post
from pipeline.replaying import replay_alert
from pipeline.warehouse.copying import copy_rows
from pipeline.warehouse.posts import Origin, store_posts
from pipeline.warehouse.tables import alerts, matches, outbox, posts
from pipeline.workplace import Workplace
from tests.steps.quarter import DAYS, DEMO, START, STEP, ZONE, Quarter, judge_demo

COPIES = 100_000
WEEKLY = 3
WEEK = timedelta(days=7)
HARMFUL, MEDIUM = "preg-vitamin-k-shot", "inf-green-mucus"


def week(number: int, days: float) -> datetime:
    return START + number * WEEK + timedelta(days=days)


def all_of(workplace: Workplace, what: sa.Select) -> list[sa.Row]:
    with workplace.engine.begin() as connection:
        return list(connection.execute(what).all())


def planted_quarter(workplace: Workplace) -> Quarter:
    judged = judge_demo(workplace, datetime.fromisoformat("2026-10-12T15:00:00Z"))
    quarter = Quarter(judged, np.random.default_rng(7))
    quarter.silent.append(("x", week(6, 2), week(6, 4)))
    quarter.live(DAYS, len(judged) / 7)
    spreading = {
        claim: [one for one in judged if claim in one.spreads and not one.is_danger] for claim in (HARMFUL, MEDIUM)
    }
    naming = [one for one in judged if one.sorted_as("praise") and not one.is_danger and not one.spreads]
    plain = [one for one in judged if not one.mentions and not one.matches]
    danger = [one for one in judged if one.is_danger]
    for number, days in ((2, 1.4), (8, 5.9), (11, 3.1)):
        quarter.plant("danger", str(number), week(number, days), danger[number : number + 2], 2, 12)
    quarter.plant("claim", HARMFUL, week(5, 2.3), spreading[HARMFUL], 24, 18)
    quarter.plant("claim", MEDIUM, week(7, 0.6), spreading[MEDIUM], 24, 18)
    quarter.plant("mention", "praise", week(9, 1.5), naming, 60, 16)
    quarter.plant("narrative", "ferry", week(10, 3.4), plain[:6], 18, 14)
    quarter.write(workplace)
    return quarter


@pytest.fixture
def listening(workplace: Workplace) -> Workplace:
    """The demo's practice, with people at work on weekdays and a budget of three urgent mails a week."""
    workplace.settings.practice_file.write_text((DEMO / "practice.yaml").read_text())
    told = workplace.settings.listening_file.read_text()
    hours = '\nbusiness_hours: {days: [mon, tue, wed, thu, fri], from: "08:00", until: "18:00"}\n'
    workplace.settings.listening_file.write_text(f"{told}{hours}noise_budget: {{weekly_urgent: {WEEKLY}}}\n")
    steps.sync_claims(START - timedelta(days=40))
    return workplace


@pytest.mark.chaos
def test_a_flood_of_copies_of_one_post_is_one_alert_and_one_mail(
    listening: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    copies = round(COPIES * request.config.getoption("--chaos-share"))
    flood(listening, "Vitamin K shots give newborns leukemia, refuse the vitamin K shot.", week(1, 0), copies)
    with Relay(tmp_path / "mail") as relay:
        for name, value in {"HOST": "127.0.0.1", "PORT": str(relay.port), "TLS": "none"}.items():
            monkeypatch.setenv(f"AUSCULT_SMTP_{name}", value)
        for hours in (0, 1):
            now = week(1, 0) + timedelta(hours=hours)
            assert steps.raise_alerts(now)["alerts"] == 1
            steps.notify(now)
        assert relay.handler.received == 1
    ((kind, count, voices),) = all_of(listening, sa.select(alerts.c.kind, alerts.c.posts, alerts.c.voices))
    assert (kind, count, voices) == ("misinformation", copies, copies)
    assert all_of(listening, sa.select(outbox.c.state)) == [("sent",)]


def flood(workplace: Workplace, text: str, now: datetime, most: int) -> None:
    """One post that is screened, and its rows again and again by COPY under other ids and authors."""
    with workplace.engine.begin() as connection:
        store_posts(connection, Origin("x"), [Post("x", "0", "post", text, now, author_id="a")], now, workplace.names)
    steps.screen(0, now)
    with workplace.engine.begin() as connection:
        for table in (posts, matches):
            names = [column.name for column in table.columns if column.name != "match_id"]
            row = dict(connection.execute(sa.select(table)).mappings().one())
            copies = ({**row, "metrics": "{}", **another(row["post_id"] + n)} for n in range(1, most))
            copy_rows(connection, table, names, ([copy[name] for name in names] for copy in copies))


def another(number: int) -> dict[str, object]:
    """What is another of another copy."""
    return {"post_id": number, "platform_id": str(number), "author_hash": f"{number:064x}"}


def take_on(workplace: Workplace, now: datetime) -> None:
    """An officer reads the mails of the last days at noon of a working day, and takes on what they tell of."""
    if now.astimezone(ZONE).weekday() > 4 or now.astimezone(ZONE).hour not in range(8, 18):
        return
    told = sa.select(sa.func.unnest(outbox.c.alert_keys)).where(outbox.c.kind == "urgent")
    known = sa.select(alerts.c.alert_key).where(alerts.c.state == "open", alerts.c.alert_key.in_(told))
    for (key,) in all_of(workplace, known):
        handling.acknowledge(workplace, key, "officer", now)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@pytest.mark.usefixtures("at_length")
def test_ninety_days_keep_within_the_budget_and_miss_nothing(
    listening: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Older buckets would be computed again at every step, to the same rows.
    monkeypatch.setattr(planning, "POLICY", replace(POLICY, rematch_days=Number(8, "days", "", "")))
    quarter = planted_quarter(listening)
    for number in range(1, int(timedelta(days=DAYS) / STEP) + 1):
        now = START + number * STEP
        if now.astimezone(ZONE).hour == 12:
            steps.narrate(now)
        steps.raise_alerts(now)
        steps.write_digest(now)
        take_on(listening, now)
    told = tellings(listening)
    for what, subject, at in quarter.planted:
        if what == "danger":
            soon = [key for now, key in told if "|mention|urgent:" in key and at <= now < at + timedelta(days=2)]
            assert soon, f"nobody was told of the danger in week {subject}"
    noisy = {(at - START) // WEEK + more for what, _, at in quarter.planted if what == "danger" for more in (0, 1)}
    mails = Counter((now - START) // WEEK for now, _ in told)
    assert {number: count for number, count in mails.items() if number not in noisy and count > WEEKLY} == {}
    found = surges(listening)
    for what, subject, at in quarter.planted:
        if what != "danger":
            ours = [
                key for key, raised_at in found.items() if f"|surge|{what}:" in key and at < raised_at < at + 2 * STEP
            ]
            assert ours, f"the surge of {subject} was not found"
            assert what == "narrative" or any(f"|surge|{what}:{subject}|" in key for key in ours)
    planted = sum(what != "danger" for what, _, _ in quarter.planted)
    print(f"{len(quarter.rows)} posts, urgent mails by week {sorted(mails.items())}, surges {len(found)} of {planted}")
    assert [one.words for one in (replay_alert(listening, key) for key in found) if one.verdict != "same"] == []


def tellings(workplace: Workplace) -> list[tuple[datetime, str]]:
    """When an urgent mail told of which alert."""
    wanted = sa.select(outbox.c.written_at, sa.func.unnest(outbox.c.alert_keys)).where(outbox.c.kind == "urgent")
    return [(row[0], row[1]) for row in all_of(workplace, wanted)]


def surges(workplace: Workplace) -> dict[str, datetime]:
    """Key and first moment of each surge."""
    wanted = sa.select(alerts.c.alert_key, alerts.c.raised_at).where(alerts.c.kind == "surge")
    return {row[0]: row[1] for row in all_of(workplace, wanted)}
