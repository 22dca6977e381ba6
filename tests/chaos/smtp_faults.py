"""What may go wrong between a sender and its relay, and a sender that is a process of its own and can be killed."""

import multiprocessing
import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import trustme
from aiosmtpd.smtp import AuthResult

from demo.mailroom import free_port
from pipeline import sending
from pipeline.alerting.smtp import SmtpSettings
from pipeline.workplace import open_workplace
from tests.alerting.relays import Mailbox, _hang_up, _wait, serving
from tests.chaos import points

NOW = datetime(2026, 10, 12, 15, tzinfo=UTC)
# Shorter than a slow relay takes, and longer than a busy machine stands still.
ANSWER_S, LOOK_S = 1.5, 0.3

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.chaos.driver", "tests.chaos.smtp_faults"])


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a relay: how it is made, how the sender reaches it, and what becomes of a row."""

    state: str
    mailbox: Callable[[], Mailbox] = Mailbox
    options: Callable[[], dict[str, Any]] = dict
    sender: Mapping[str, Any] = field(default_factory=dict)
    up: bool = True


def _untrusted() -> dict[str, Any]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return {"tls_context": context, "require_starttls": True}


def _guarded() -> dict[str, Any]:
    def nobody(*_: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    return {"authenticator": nobody, "auth_required": True, "auth_require_tls": False}


FAULTS = {
    "down": Fault("deferred", up=False),
    "421": Fault("deferred", lambda: Mailbox({"MAIL": "421 closing"})),
    "451": Fault("deferred", lambda: Mailbox({"DATA": "451 later"})),
    "550": Fault("failed", lambda: Mailbox({"DATA": "550 no"})),
    "slow DATA": Fault("unknown", lambda: Mailbox(after_storing=_wait)),
    "dropped before storing": Fault("unknown", lambda: Mailbox({"DATA": "250 OK"}, before_storing=_hang_up)),
    "dropped after storing": Fault("unknown", lambda: Mailbox(after_storing=_hang_up)),
    "TLS failure": Fault("deferred", options=_untrusted, sender={"tls": "starttls"}),
    "wrong password": Fault("deferred", options=_guarded, sender={"user": "clinic", "password": "wrong horse"}),
}


@contextmanager
def faulty(fault: Fault) -> Iterator[tuple[Mailbox, SmtpSettings]]:
    """A relay with the fault, and how a sender reaches it."""
    mailbox, reached = fault.mailbox(), {"tls": "none", "timeout_s": ANSWER_S, **fault.sender}
    if not fault.up:
        yield mailbox, SmtpSettings("127.0.0.1", free_port(), **reached)
        return
    with serving(mailbox, **fault.options()) as port:
        yield mailbox, SmtpSettings("127.0.0.1", port, **reached)


@dataclass(frozen=True)
class Sending:
    """What one sender does: it takes what is due to a relay, and dies at `kill_at`, if it gets there."""

    environment: Mapping[str, str] = field(repr=False)
    smtp: SmtpSettings
    kill_at: str = ""
    trace: str = ""


def send_as_told(order: Sending) -> None:
    """The whole life of a sender."""
    os.environ.update(order.environment)
    points.PATIENCE_S = LOOK_S
    reached = points.Points(0, order.kill_at, order.trace)
    reached.step = "notify"
    reached.watch_commits()
    reached.watch_relay()
    sending.send_due(open_workplace(), NOW, lambda _: order.smtp)


def start_sender(order: Sending) -> Any:
    """Start a sender as a process."""
    process = _FORKS.Process(target=send_as_told, args=(order,), daemon=True)
    process.start()
    return process


def run_sender(order: Sending, seconds: float = 60) -> int:
    """Run a sender to its end; its exit code, -9 where it was killed."""
    process = start_sender(order)
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        raise AssertionError(f"a sender did not end in {seconds} s")
    return int(process.exitcode)
