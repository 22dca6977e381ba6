"""Sending: what is due leaves once, by mail or to a service; what is refused, lost or not configured is not lost."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from demo.mailroom import free_port
from pipeline import sending, steps
from pipeline.alerting import services
from pipeline.alerting.render import Rendered
from pipeline.config import POLICY, read_settings
from pipeline.errors import ConfigError
from pipeline.notifications import notification_row
from pipeline.receivers import Receiver
from pipeline.warehouse import outbox
from pipeline.warehouse.alarms import operator_alarms
from pipeline.workplace import Workplace
from tests.alerting.hooks import Desk, at_desk
from tests.alerting.relays import Mailbox, serving
from tests.steps.outboxes import CANARY, NAME, NOW, no_relay, relay_at, row_of, rows, told_at, write

SEND_AND_DIE = """
import os, signal
from datetime import datetime
from pipeline import sending, steps
from pipeline.alerting.smtp import smtp_from_environment
from pipeline.workplace import open_workplace
sending.outbox.record_outcome = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
sending.send_due(open_workplace(), datetime.fromisoformat("2026-10-12T15:00:00+00:00"), smtp_from_environment)
"""


@contextmanager
def hasty() -> Iterator[None]:
    """Nobody waits long for a service, which only a service that stalls may meet: a busy machine stands still, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services, "_ONCE", {**services._ONCE, "rto": 1.0})
        yield


def test_mail_goes_to_the_relay_and_the_rest_to_its_service(workplace: Workplace) -> None:
    desk, mailbox = Desk(), Mailbox()
    with at_desk(desk) as port, serving(mailbox) as relay:
        workplace = told_at(workplace, port)
        write(workplace, "one")
        write(workplace, "two", "service")
        assert sending.send_due(workplace, NOW, relay_at(relay)) == {"sent": 2}
        assert sending.send_due(workplace, NOW, relay_at(relay)) == {}
    assert len(mailbox.stored) == 1
    assert [one["message"] for one in desk.told] == ["words of two"]
    assert {(row.state, row.attempts, row.repeats) for row in rows(workplace).values()} == {("sent", 1, 0)}


def test_a_receiver_of_auscult_yaml_is_told_by_the_step_and_its_row_names_the_variable_only(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered = Rendered("Urgent: one", "text", "<p>html</p>", "slug", chat="words", link=None)
    receivers = [Receiver(name=name, service=NAME) for name in ("On call", "Officer")]
    told = [notification_row(workplace, rendered, "urgent", "key", receiver, NOW) for receiver in receivers]
    with workplace.engine.begin() as connection:
        assert outbox.write_notifications(connection, told) == 2
    with at_desk(desk := Desk()) as port:
        monkeypatch.setenv(NAME, f"json://127.0.0.1:{port}/{CANARY}")
        assert steps.notify(NOW) == {"sent": 2}
    assert {(row.channel, row.receiver, row.sender) for row in rows(workplace).values()} == {("service", NAME, "")}
    assert len({one["message_id"] for one in desk.told}) == 2


def test_without_a_relay_services_are_told_and_mail_waits(workplace: Workplace) -> None:
    desk = Desk()
    with at_desk(desk) as port:
        workplace = told_at(workplace, port)
        write(workplace, "one")
        write(workplace, "two", "service")
        with pytest.raises(ConfigError, match="no relay here"):
            sending.send_due(workplace, NOW, no_relay)
    assert {key: (row.state, row.attempts) for key, row in rows(workplace).items()} == {
        "one": ("pending", 0),
        "two": ("sent", 1),
    }


def test_services_alone_need_no_relay(workplace: Workplace) -> None:
    with at_desk(Desk()) as port:
        workplace = told_at(workplace, port)
        write(workplace, "two", "service")
        assert sending.send_due(workplace, NOW, no_relay) == {"sent": 1}


@pytest.mark.parametrize("address", ["", f"https://anywhere.example/{CANARY}"])
def test_a_service_without_a_usable_address_waits_and_holds_up_no_mail(workplace, address, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    workplace = replace(workplace, settings=read_settings({**os.environ, NAME: address}))
    write(workplace, "one")
    write(workplace, "two", "service")
    mailbox = Mailbox()
    with serving(mailbox) as relay, pytest.raises(ConfigError, match=NAME) as refused:
        sending.send_due(workplace, NOW, relay_at(relay))
    assert len(mailbox.stored) == 1
    assert (rows(workplace)["two"].state, rows(workplace)["two"].attempts) == ("pending", 0)
    assert CANARY not in str(refused.value) + caplog.text


@pytest.mark.parametrize(
    ("act", "state", "code", "problem", "copies"),
    [
        ("down", "deferred", None, "connection", 1),
        (429, "deferred", 429, "message_deferred", 1),
        (500, "deferred", 500, "message_deferred", 1),
        (403, "deferred", 403, "address_refused", 1),
        ("stall", "unknown", None, "answer_lost", 2),
        ("drop", "unknown", None, "answer_lost", 1),
        ("drop_after_storing", "unknown", None, "answer_lost", 2),
    ],
)
def test_a_service_that_fails_is_told_later_with_the_same_bytes(
    workplace: Workplace, caplog, act, state, code, problem, copies
) -> None:
    caplog.set_level(logging.DEBUG)
    desk, port = Desk(act, 200), free_port()
    workplace = told_at(workplace, port)
    write(workplace, "one", "service")
    written = row_of(workplace).message
    with at_desk(desk, port=0 if act == "down" else port), hasty() if act == "stall" else nullcontext():
        assert sending.send_due(workplace, NOW, no_relay) == {state: 1}
    row = row_of(workplace)
    assert (row.state, row.last_code, row.last_problem, row.message) == (state, code, problem, written)
    assert row.due_at == NOW + timedelta(minutes=5)
    with at_desk(desk, port=port):
        assert sending.send_due(workplace, NOW + timedelta(minutes=4), no_relay) == {}
        if act == "down":
            desk.next_act()
        assert sending.send_due(workplace, NOW + timedelta(minutes=5), no_relay) == {"sent": 1}
    row = row_of(workplace)
    assert (row.state, row.message, row.repeats) == ("sent", written, state == "unknown")
    assert len(desk.stored) == copies
    assert len(set(desk.stored)) == 1
    assert CANARY not in f"{row} {caplog.text}"


def test_a_message_that_the_service_refuses_for_good_is_failed_and_an_alarm(workplace: Workplace) -> None:
    with at_desk(Desk(400)) as port:
        workplace = told_at(workplace, port)
        write(workplace, "one", "service")
        assert sending.send_due(workplace, NOW, no_relay) == {"failed": 1}
    with workplace.engine.begin() as connection:
        assert "mail_stuck" in [alarm.kind for alarm in operator_alarms(connection, "p", NOW, POLICY)]


def test_an_answer_lost_three_times_parks_the_row_raises_the_alarm_and_can_be_released(workplace: Workplace) -> None:
    desk = Desk("drop_after_storing")
    with at_desk(desk) as port:
        workplace, now = told_at(workplace, port), NOW
        write(workplace, "one", "service")
        for state in ("unknown", "unknown", "parked"):
            assert sending.send_due(workplace, now, no_relay) == {state: 1}
            now = max(now, row_of(workplace).due_at)
        assert sending.send_due(workplace, now + timedelta(days=9), no_relay) == {}
        with workplace.engine.begin() as connection:
            (alarm,) = operator_alarms(connection, "p", now, POLICY)
            assert alarm.kind == "mail_stuck"
            assert CANARY not in alarm.words
            assert outbox.release_parked(connection, now) == 1
        desk.does = [200]
        assert sending.send_due(workplace, now, no_relay) == {"sent": 1}
    assert len(set(desk.stored)) == 1
    assert (len(desk.stored), row_of(workplace).repeats) == (4, 3)


def test_a_sender_that_is_killed_after_the_service_stored_it_repeats_the_same_bytes(
    workplace: Workplace, settings
) -> None:
    desk = Desk()
    with at_desk(desk) as port:
        workplace = told_at(workplace, port)
        write(workplace, "one", "service")
        environment = dict(workplace.settings.environment)
        died = subprocess.run([sys.executable, "-c", SEND_AND_DIE], env=environment, check=False, timeout=120)
        assert died.returncode == -signal.SIGKILL
        assert (len(desk.stored), row_of(workplace).state) == (1, "leased")
        assert sending.send_due(workplace, NOW, no_relay) == {"sent": 1}
    assert len(desk.stored) == 2
    assert desk.stored[0] == desk.stored[1]
    assert (row_of(workplace).state, row_of(workplace).repeats) == ("sent", 1)


def test_three_overlapping_senders_send_each_once(workplace: Workplace) -> None:
    desk, mailbox = Desk(), Mailbox()
    with at_desk(desk) as port, serving(mailbox) as relay:
        workplace = told_at(workplace, port)
        for number in range(8):
            write(workplace, f"mail {number}")
            write(workplace, f"service {number}", "service")
        found: list[dict[str, int]] = []
        senders = [
            threading.Thread(target=lambda: found.append(sending.send_due(workplace, NOW, relay_at(relay))))
            for _ in range(3)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(60)
    assert sum(one.get("sent", 0) for one in found) == 16
    assert (len(mailbox.stored), len(desk.stored)) == (8, 8)
    assert len({one["message_id"] for one in desk.told}) == 8
    assert {(row.state, row.attempts, row.repeats) for row in rows(workplace).values()} == {("sent", 1, 0)}


def test_a_service_that_does_not_answer_holds_up_neither_mail_nor_the_run(workplace: Workplace) -> None:
    desk, mailbox = Desk("stall"), Mailbox()
    with at_desk(desk) as port, serving(mailbox) as relay, hasty():
        workplace = told_at(workplace, port)
        for number in range(5):
            write(workplace, f"service {number}", "service")
        write(workplace, "mail")
        assert sending.send_due(workplace, NOW, relay_at(relay)) == {"sent": 1, "unknown": sending.PATIENCE}
    assert len(mailbox.stored) == 1
    waiting = [row for row in rows(workplace).values() if row.state == "pending"]
    assert [row.attempts for row in waiting] == [0, 0, 0]


def test_the_address_of_a_service_is_nowhere_in_the_warehouse(workplace: Workplace) -> None:
    with at_desk(Desk(200, 403, 500, "drop")) as port:
        workplace = told_at(workplace, port)
        for number in range(4):
            write(workplace, f"service {number}", "service")
        sending.send_due(workplace, NOW, no_relay)
        sending.send_due(workplace, NOW + timedelta(hours=1), no_relay)
    with workplace.engine.begin() as connection:
        stored = connection.execute(sa.text("select row_to_json(outbox)::text from outbox")).scalars().all()
        assert len(stored) == 4
        assert not [row for row in stored if CANARY in row or CANARY.encode().hex() in row]
