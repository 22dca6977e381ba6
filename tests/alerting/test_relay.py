"""The relay against real SMTP servers on loopback: every outcome, and what became of the message."""

import asyncio
import socket
import ssl
import time

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from demo.mailroom import free_port
from pipeline.alerting import relay
from pipeline.alerting.message import build_message
from pipeline.alerting.relay import Outcome, deliver
from pipeline.alerting.render import Rendered
from pipeline.alerting.smtp import SmtpSettings
from pipeline.errors import ConfigError
from tests.alerting.relays import LATE_S, Mailbox, _hang_up, _wait, scripted, serving

SENDER, RECEIVER = "auscult@clinic.org", "officer@clinic.org"


@pytest.fixture
def message(now):
    rendered = Rendered("Urgent: 1 post", ".\n..two\n.end\nText – ü\n", "<p>ü</p>", "mention")
    return build_message(rendered, SENDER, RECEIVER, "key", now)[1]


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def server_tls(authority):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def ca_file(authority, tmp_path):
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def plain(port, **changes):
    return SmtpSettings(**({"host": "127.0.0.1", "port": port, "tls": "none", "timeout_s": 20} | changes))


def send(message, smtp):
    return deliver(message, SENDER, RECEIVER, smtp)


def test_the_very_bytes_arrive(message):
    mailbox = Mailbox()
    with serving(mailbox) as port:
        assert send(message, plain(port)) == Outcome("sent", 250, "sent")
        assert send(message, plain(port)).state == "sent"
    assert mailbox.stored == [message, message]


def test_a_slow_goodbye_does_not_undo_a_sent_message(message, monkeypatch):
    monkeypatch.setattr(relay, "COMMAND_TIMEOUT_S", 1.0)
    with scripted(*[b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"]) as port:
        assert send(message, plain(port)).state == "unknown"

    class Mute(SMTP):
        async def smtp_QUIT(self, arg):
            await asyncio.sleep(LATE_S)

    class MuteController(Controller):
        def factory(self):
            return Mute(self.handler)

    controller = MuteController(Mailbox(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        assert send(message, plain(controller.port)).state == "sent"
    finally:
        controller.stop()


def test_starttls_with_a_private_authority(message, server_tls, ca_file):
    mailbox = Mailbox()
    with serving(mailbox, tls_context=server_tls, require_starttls=True) as port:
        assert send(message, plain(port, tls="starttls", ca_file=ca_file)).state == "sent"
        assert send(message, plain(port)) == Outcome("deferred", 530, "auth")
    assert mailbox.stored == [message]


def test_implicit_tls(message, server_tls, ca_file):
    mailbox = Mailbox()
    with serving(mailbox, ssl_context=server_tls) as port:
        assert send(message, plain(port, tls="ssl", ca_file=ca_file)).state == "sent"
    assert mailbox.stored == [message]


def test_an_unknown_authority_is_refused_and_nothing_is_sent(message, server_tls):
    mailbox = Mailbox()
    with serving(mailbox, tls_context=server_tls) as port:
        assert send(message, plain(port, tls="starttls")) == Outcome("deferred", None, "tls")
    assert mailbox.stored == []


def test_a_certificate_for_another_name_is_refused(message, authority, ca_file):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("other.example").configure_cert(context)
    mailbox = Mailbox()
    with serving(mailbox, tls_context=context) as port:
        assert send(message, plain(port, tls="starttls", ca_file=ca_file)) == Outcome("deferred", None, "tls")
    assert mailbox.stored == []


def test_a_relay_without_starttls_gets_nothing(message):
    mailbox = Mailbox()
    with serving(mailbox) as port:
        assert send(message, plain(port, tls="starttls")) == Outcome("deferred", None, "tls")
        assert send(message, plain(port, tls="ssl")).detail == "tls"
    assert mailbox.stored == []


def _check_password(server, session, envelope, mechanism, login):
    return AuthResult(success=(login.login, login.password) == (b"clinic", b"right horse"), handled=False)


@pytest.mark.parametrize(
    ("password", "state", "detail"), [("right horse", "sent", "sent"), ("wrong horse", "deferred", "auth")]
)
def test_login(message, server_tls, ca_file, password, state, detail):
    mailbox = Mailbox()
    options = {"tls_context": server_tls, "authenticator": _check_password, "auth_required": True}
    with serving(mailbox, **options) as port:
        smtp = plain(port, tls="starttls", ca_file=ca_file, user="clinic", password=password)
        outcome = send(message, smtp)
        assert (outcome.state, outcome.detail) == (state, detail)
        assert password not in repr(smtp) + repr(outcome)
        anonymous = send(message, plain(port, tls="starttls", ca_file=ca_file))
        assert anonymous == Outcome("deferred", 530, "auth")
    assert len(mailbox.stored) == (state == "sent")


def test_a_relay_that_knows_no_login_is_deferred(message):
    with serving(Mailbox()) as port:
        assert send(message, plain(port, user="clinic", password="x")) == Outcome("deferred", None, "auth")


@pytest.mark.parametrize(
    ("command", "reply", "expected"),
    [
        ("MAIL", "451 later", Outcome("deferred", 451, "sender_refused")),
        ("MAIL", "550 no", Outcome("failed", 550, "sender_refused")),
        ("RCPT", "450 greylisted", Outcome("deferred", 450, "receiver_refused")),
        ("RCPT", "421 closing", Outcome("deferred", 421, "receiver_refused")),
        ("RCPT", "550 no such user jane", Outcome("failed", 550, "receiver_refused")),
        ("DATA", "451 later", Outcome("deferred", 451, "message_deferred")),
        ("DATA", "421 shutting down", Outcome("deferred", 421, "message_deferred")),
        ("DATA", "550 spam: jane", Outcome("failed", 550, "message_refused")),
        ("DATA", "552 too big", Outcome("failed", 552, "message_refused")),
    ],
)
def test_what_the_relay_says_decides(message, command, reply, expected):
    mailbox = Mailbox({command: reply})
    with serving(mailbox) as port:
        outcome = send(message, plain(port))
    assert outcome == expected
    assert "jane" not in repr(outcome)
    assert mailbox.stored == []


def test_a_lost_answer_is_unknown_whether_or_not_it_was_stored(message):
    dropped, kept = Mailbox(before_storing=_hang_up, answers={"DATA": "250 OK"}), Mailbox(after_storing=_hang_up)
    for mailbox in (dropped, kept):
        with serving(mailbox) as port:
            assert send(message, plain(port)) == Outcome("unknown", None, "answer_lost")
    assert (dropped.stored, kept.stored) == ([], [message])


def test_an_answer_that_comes_too_late_is_unknown(message):
    mailbox = Mailbox(after_storing=_wait)
    with serving(mailbox) as port:
        started = time.monotonic()
        assert send(message, plain(port, timeout_s=1.5)) == Outcome("unknown", None, "answer_lost")
        assert time.monotonic() - started < LATE_S
        assert mailbox.stored == [message]


def test_a_patient_client_hears_the_late_answer(message):
    with serving(Mailbox(before_storing=_wait)) as port:
        assert send(message, plain(port)).state == "sent"


DIALOGUE = (b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n")


@pytest.mark.parametrize("spoken", range(5))
def test_a_line_lost_before_the_message_went_out_is_deferred(message, spoken):
    with scripted(*DIALOGUE[:spoken]) as port:
        assert send(message, plain(port)).state == "deferred"


def test_a_line_lost_within_the_message_is_deferred(message):
    large = message + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 200_000
    with scripted(*DIALOGUE, b"354 go\r\n", hang_up_after=1_000) as port:
        assert send(large, plain(port)) == Outcome("deferred", None, "connection")


@pytest.mark.parametrize("answer", [b"banana\r\n", b"", b"354 more\r\n", b"250" + b"x" * 10_000])
def test_an_answer_that_makes_no_sense_is_unknown(message, answer):
    body_lines = message.count(b"\r\n")
    silence = [b""] * body_lines
    with scripted(*DIALOGUE, b"354 go\r\n", *silence, answer) as port:
        assert send(message, plain(port, timeout_s=2)) == Outcome("unknown", None, "answer_lost")


def test_a_refusal_to_greet_is_about_the_relay_and_not_the_message(message):
    with scripted(b"554 no service\r\n") as port:
        assert send(message, plain(port)) == Outcome("deferred", 554, "greeting")


def test_a_mute_relay_is_deferred(message):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        outcome = send(message, plain(listener.getsockname()[1], timeout_s=0.3))
    assert outcome.state == "deferred"


def test_no_relay_at_all_is_deferred(message):
    assert send(message, plain(free_port())) == Outcome("deferred", None, "connection")
    assert send(message, plain(25, host="mail.invalid")) == Outcome("deferred", None, "connection")
    assert send(message, plain(25, host="a" * 70 + ".org")) == Outcome("deferred", None, "connection")


@pytest.mark.parametrize("address", ["a@b.org>\r\nRCPT TO:<c@d.org", "", "a b@c.org"])
def test_a_hostile_address_reaches_no_relay(message, address):
    mailbox = Mailbox()
    with serving(mailbox) as port:
        for sender, receiver in ((address, RECEIVER), (SENDER, address)):
            with pytest.raises(ConfigError):
                deliver(message, sender, receiver, plain(port))
    assert mailbox.stored == []
