"""One message to one mail relay, and what became of it: sent, deferred, failed or unknown."""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from pipeline.alerting.message import check_mailbox, domain_of
from pipeline.alerting.smtp import SmtpSettings, smtp_from_connection, smtp_from_environment

# What a sender needs, in one import.
__all__ = ["Outcome", "SmtpSettings", "deliver", "smtp_from_connection", "smtp_from_environment"]

State = Literal["sent", "deferred", "failed", "unknown"]

# Every other answer. A dozen of them and the ten minutes still end within `lease_seconds` of the policy.
COMMAND_TIMEOUT_S = 20.0
# RFC 4954 and RFC 3207: answers about who we are or how we connect, which an operator can mend.
AUTH_CODES = frozenset({454, 530, 534, 535, 538})


@dataclass(frozen=True)
class Outcome:
    """What the relay said: `code` is its reply code, `detail` a slug of ours; its words are never kept."""

    state: State
    code: int | None
    detail: str


class _Stopped(Exception):
    # Not an error: how a dialogue ends early.
    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.detail)
        self.outcome = outcome


def deliver(message: bytes, sender: str, receiver: str, smtp: SmtpSettings) -> Outcome:
    """Hand the message to the relay and say what is known of it.

    sent: the relay answered 2xx to the whole message. failed: it refused this message for good (5xx). deferred: it
    cannot have the message (4xx, no connection, TLS, login), so another try makes no double. unknown: the message
    went out whole and the answer was lost. Raises ConfigError where an address is not a plain mailbox.
    """
    check_mailbox(sender)
    check_mailbox(receiver)
    try:
        with _connected(smtp, domain_of(sender)) as client:
            return _converse(client, message, sender, receiver, smtp)
    except _Stopped as stopped:
        return stopped.outcome
    except ssl.SSLError:
        return Outcome("deferred", None, "tls")
    except smtplib.SMTPResponseException as error:
        return Outcome("deferred", error.smtp_code, "greeting")
    except TimeoutError:
        return Outcome("deferred", None, "timeout")
    except (smtplib.SMTPException, OSError, UnicodeError):
        # UnicodeError: a host name that DNS cannot hold.
        return Outcome("deferred", None, "connection")


@contextmanager
def _connected(smtp: SmtpSettings, our_name: str) -> Iterator[smtplib.SMTP]:
    wait = min(smtp.timeout_s, COMMAND_TIMEOUT_S)
    if smtp.tls == "ssl":
        client: smtplib.SMTP = smtplib.SMTP_SSL(
            smtp.host, smtp.port, local_hostname=our_name, timeout=wait, context=_trust(smtp)
        )
    else:
        client = smtplib.SMTP(smtp.host, smtp.port, local_hostname=our_name, timeout=wait)
    try:
        yield client
    finally:
        client.close()


def _converse(client: smtplib.SMTP, message: bytes, sender: str, receiver: str, smtp: SmtpSettings) -> Outcome:
    client.ehlo_or_helo_if_needed()
    if smtp.tls == "starttls":
        _encrypt(client, smtp)
    if smtp.user and smtp.password:
        _log_in(client, smtp.user, smtp.password)
    size = [f"size={len(message)}"] if client.has_extn("size") else []
    _require(client.mail(sender, size), "sender_refused")
    _require(client.rcpt(receiver), "receiver_refused")
    _require(client.docmd("DATA"), "data_refused", good=3)
    # Without the closing dot the relay must not deliver (RFC 5321, 4.1.1.4), so a loss up to here is no doubt.
    client.send(_stuffed(message))
    code = _answer_to_dot(client, smtp.timeout_s)
    outcome = _judge(code)
    if outcome.state == "sent":
        _say_goodbye(client)
    return outcome


def _encrypt(client: smtplib.SMTP, smtp: SmtpSettings) -> None:
    try:
        client.starttls(context=_trust(smtp))
        client.ehlo_or_helo_if_needed()
    except smtplib.SMTPResponseException as error:
        raise _Stopped(Outcome("deferred", error.smtp_code, "tls")) from None
    except (smtplib.SMTPException, OSError):
        raise _Stopped(Outcome("deferred", None, "tls")) from None


def _log_in(client: smtplib.SMTP, user: str, password: str) -> None:
    try:
        client.login(user, password)
    except smtplib.SMTPResponseException as error:
        raise _Stopped(Outcome("deferred", error.smtp_code, "auth")) from None
    except smtplib.SMTPException:
        # A relay that hangs up here has usually had enough of a wrong password.
        raise _Stopped(Outcome("deferred", None, "auth")) from None


def _require(answer: tuple[int, bytes], detail: str, good: int = 2) -> None:
    code = answer[0]
    if code // 100 == good:
        return
    if code in AUTH_CODES:
        raise _Stopped(Outcome("deferred", code, "auth"))
    raise _Stopped(Outcome("failed" if code // 100 == 5 else "deferred", code, detail))


def _answer_to_dot(client: smtplib.SMTP, timeout_s: float) -> int | None:
    """The relay's code for the whole message; None where the answer was lost or makes no sense."""
    _wait_at_most(client, timeout_s)
    try:
        client.send(b".\r\n")
        return client.getreply()[0]
    except (smtplib.SMTPException, OSError):
        return None


def _judge(code: int | None) -> Outcome:
    family = (code or 0) // 100
    if family == 2:
        return Outcome("sent", code, "sent")
    if family == 4:
        return Outcome("deferred", code, "message_deferred")
    if family == 5:
        return Outcome("failed", code, "message_refused")
    return Outcome("unknown", None, "answer_lost")


def _say_goodbye(client: smtplib.SMTP) -> None:
    try:
        _wait_at_most(client, COMMAND_TIMEOUT_S)
        client.quit()
    except (smtplib.SMTPException, OSError):
        # The relay has taken the message; how it hangs up changes nothing.
        return


def _wait_at_most(client: smtplib.SMTP, seconds: float) -> None:
    if client.sock is not None:
        client.sock.settimeout(seconds)


def _stuffed(message: bytes) -> bytes:
    # RFC 5321, 4.5.2: a dot that begins a line is doubled. The message ends with a line end of its own.
    stuffed = re.sub(rb"(?m)^\.", b"..", message)
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _trust(smtp: SmtpSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=smtp.ca_file)
