"""Every fault of a relay x kill -9 of the sender at every point: nothing is lost, and only lost answers are repeated.

`make test` takes a tenth of the points, drawn by a seed that it prints, `make chaos` all.
"""

import os
import signal
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline import sending, steps
from pipeline.alerting.message import build_message
from pipeline.alerting.render import Rendered
from pipeline.alerting.smtp import SmtpSettings
from pipeline.config import POLICY
from pipeline.warehouse import outbox
from pipeline.warehouse.alarms import operator_alarms
from pipeline.warehouse.tables import outbox as table
from pipeline.workplace import Workplace
from tests.alerting.relays import RECEIVER, SENDER, Mailbox, serving
from tests.chaos.counting import TOTAL
from tests.chaos.smtp_faults import FAULTS, NOW, Sending, faulty, run_sender, start_sender
from tests.chaos.tables import Verdict
from tests.chaos.trials import share_of
from tests.waiting import until

KEYS = ("one", "two")

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.timeout(1800),
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
]


@dataclass
class Trial:
    """What a faulty relay and then a healthy one stored, and the states in which the faulty one left the rows."""

    stored: list[bytes]
    again: list[bytes]
    states: dict[str, str]
    exit_code: int


@pytest.fixture
def environment(workplace: Workplace) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("AUSCULT_")}


def write(workplace: Workplace) -> dict[bytes, str]:
    written = {}
    with workplace.engine.begin() as connection:
        connection.execute(sa.delete(table))
        for key in KEYS:
            rendered = Rendered(f"Urgent: {key}", f"words of {key}\n", "<p>words</p>", "slug")
            message_id, message = build_message(rendered, SENDER, RECEIVER, key, NOW)
            row = {"message_id": message_id, "message": message, "notification_key": key, "alert_keys": [key]}
            fixed = {"practice_id": "p", "kind": "urgent", "receiver": RECEIVER, "sender": SENDER}
            outbox.write_notifications(connection, [row | fixed | {"due_at": NOW, "written_at": NOW}])
            written[message] = key
    return written


def rows(workplace: Workplace) -> dict[str, sa.Row]:
    with workplace.engine.begin() as connection:
        return {row.notification_key: row for row in connection.execute(sa.select(table))}


def trial(workplace: Workplace, environment: dict[str, str], fault: str, kill_at: str = "", trace: str = "") -> Trial:
    """A sender at a faulty relay, killed at a point; then the relay is mended and the next runs do the rest."""
    with faulty(FAULTS[fault]) as (mailbox, smtp):
        exit_code = run_sender(Sending(environment, smtp, kill_at, trace))
        # A slow relay stores what its sender no longer waits for.
        states = {key: row.state for key, row in rows(workplace).items()}
    healthy = Mailbox()
    with serving(healthy) as port:
        relay = SmtpSettings("127.0.0.1", port, tls="none", timeout_s=10)

        def sent_on() -> bool:
            # The server may take a moment to see that a killed sender is gone.
            sending.send_due(workplace, NOW + timedelta(hours=1), lambda _: relay)
            return all(row.state in {"sent", "failed"} for row in rows(workplace).values())

        until(sent_on)
    return Trial(mailbox.stored, healthy.stored, states, exit_code)


def judge(workplace: Workplace, found: Trial, written: dict[bytes, str], fault: str) -> Verdict:
    verdict = Verdict()
    for message, key in written.items():
        row, first = rows(workplace)[key], found.stored.count(message)
        copies = first + found.again.count(message)
        verdict.repeats += max(0, copies - 1)
        if not copies and row.state != "failed":
            verdict.unsent += 1
            verdict.problems.append(f"{key} is {row.state} and was not stored")
        if bytes(row.message) != message:
            verdict.lost += 1
            verdict.problems.append(f"{key} has other bytes")
        if copies - 1 > row.repeats:
            verdict.doubled += 1
            verdict.problems.append(f"{key} was stored {copies} times and {row.repeats} repeats are counted")
        if found.states[key] == "sent" and found.again.count(message):
            verdict.doubled += 1
            verdict.problems.append(f"{key} was sent again although its answer was recorded")
        if row.state == "failed" and FAULTS[fault].state != "failed":
            verdict.lost += 1
            verdict.problems.append(f"{key} was given up")
    if unknown := {*found.stored, *found.again} - set(written):
        verdict.doubled += len(unknown)
        verdict.problems.append("the relay stored bytes that nobody wrote")
    return verdict


def points_of(workplace: Workplace, environment: dict[str, str], fault: str, path: Path) -> list[str]:
    write(workplace)
    path.write_text("")
    found = trial(workplace, environment, fault, trace=str(path))
    assert found.exit_code == 0
    assert set(found.states.values()) == {FAULTS[fault].state}
    return path.read_text().splitlines()


@pytest.mark.parametrize("fault", FAULTS)
def test_killed_at_every_point_of_every_fault(
    workplace: Workplace, environment: dict[str, str], fault: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    seed = request.config.getoption("--kill-seed") or int(time.time())
    share = request.config.getoption("--chaos-share")
    everywhere = points_of(workplace, environment, fault, tmp_path / "points")
    assert len(everywhere) >= 5 * len(KEYS)
    chosen = share_of([(0, point) for point in everywhere], share, seed)
    total = Verdict()
    for _, point in chosen:
        written = write(workplace)
        found = trial(workplace, environment, fault, kill_at=point)
        assert found.exit_code == -signal.SIGKILL, f"{point} was not reached"
        verdict = judge(workplace, found, written, fault)
        verdict.problems = [f"{fault}, {point}: {problem}" for problem in verdict.problems]
        total.add(verdict)
    print(f"{fault}: {len(chosen)} of {len(everywhere)} points, --kill-seed {seed}, repeats {total.repeats}")
    TOTAL.add(total, len(chosen))
    assert not total.problems, "\n".join(total.problems)


@pytest.mark.parametrize("fault", FAULTS)
def test_unkilled_a_fault_repeats_only_what_the_relay_had_stored(
    workplace: Workplace, environment: dict[str, str], fault: str
) -> None:
    written = write(workplace)
    found = trial(workplace, environment, fault)
    verdict = judge(workplace, found, written, fault)
    assert verdict.clean, verdict.problems
    assert verdict.repeats == (len(KEYS) if fault in {"slow DATA", "dropped after storing"} else 0)
    if FAULTS[fault].state == "failed":
        with workplace.engine.begin() as connection:
            assert "mail_stuck" in [alarm.kind for alarm in operator_alarms(connection, "p", NOW, POLICY)]
    else:
        assert {row.state for row in rows(workplace).values()} == {"sent"}


@pytest.mark.parametrize("fault", FAULTS)
def test_ingest_is_not_affected(workplace: Workplace, environment: dict[str, str], fault: str, tmp_path: Path) -> None:
    write(workplace)
    path = tmp_path / "posts.csv"
    path.write_text("post_id,text,author,platform\n" + "".join(f"f-{n},words {n},a{n},facebook\n" for n in range(3)))
    with faulty(FAULTS[fault]) as (_, smtp):
        sender = start_sender(Sending(environment, smtp))
        until(lambda: any(row.state != "pending" for row in rows(workplace).values()))
        counts = steps.import_file(path, {}, "", NOW)
        busy = sender.exitcode is None
        sender.join(60)
    assert counts["new"] == 3
    assert sender.exitcode == 0
    if fault == "slow DATA":
        assert busy, "posts were stored while the sender waited for its relay"
