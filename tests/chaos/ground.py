"""Where trials take place: platforms, a relay and a service on 127.0.0.1, and databases to copy and throw away."""

import email
import json
import multiprocessing
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from threading import Lock
from typing import Self

import psycopg
from aiosmtpd.smtp import SMTP, Envelope, Session

from demo.loopback import Loopback
from demo.mailroom import Mailroom, Relay
from pipeline.warehouse import embedded
from tests.alerting.hooks import Desk, at_desk
from tests.chaos.driver import ALL, Order, take_steps
from tests.chaos.script import CLOCKS, PAGE_POSTS, SERVICE, START, Script
from tests.chaos.tables import Outcome, read_outcome

TIMEOUT_S = 120
JOURNAL = "erasures.jsonl"

Deliveries = Sequence[tuple[str, bytes]]

# Each process of a trial is a fork of one that has everything imported, and no thread or connection open.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.chaos.driver"])
# Starting a process looks for the ends of all others, and an end can be read once: two threads would take it from
# each other.
_BOOKS = Lock()


class Counted(Mailroom):
    """A mailroom that keeps every delivery, the same message again too."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.deliveries: list[tuple[str, bytes]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        self.deliveries.append((str(email.message_from_bytes(raw)["Message-ID"]), raw))
        return await super().handle_DATA(server, session, envelope)


class Ground:
    """Where one trial after the other takes place; a context manager. `home` is the processes' AUSCULT_HOME."""

    def __init__(self, script: Script, socket_folder: str, home: Path) -> None:
        self.script, self.socket_folder, self.home = script, socket_folder, home
        self.world = Loopback(now=START, page_size=PAGE_POSTS)
        self.relay = Relay(home / "mail")
        self._mailroom, self._desk = Counted(home / "mail"), Desk()
        self.relay.handler = self._mailroom
        self._earlier: Deliveries = ()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(self.world)
        self._open.enter_context(self.relay)
        self._service_port = self._open.enter_context(at_desk(self._desk))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def journal(self) -> Path:
        """The journal of erasures."""
        return self.home / JOURNAL

    @property
    def deliveries(self) -> Deliveries:
        """Every message that the relay or the service took, with its id, as often as it took it."""
        told = [(str(json.loads(body)["message_id"]), body) for body in self._desk.stored]
        return [*self._earlier, *self._mailroom.deliveries, *told]

    @contextmanager
    def trial(self, template: str, journal: bytes, earlier: Deliveries) -> Iterator[str]:
        """A copy of a database, beside this journal and after these deliveries."""
        shutil.rmtree(self.home / "mail")
        (self.home / "mail").mkdir()
        self.journal.write_bytes(journal)
        self._mailroom.deliveries.clear()
        self._desk.stored.clear()
        self._earlier = earlier
        name = f"chaos_{os.urandom(6).hex()}"
        copy_database(self.socket_folder, template, name)
        try:
            yield name
        finally:
            with admin(self.socket_folder) as connection:
                connection.execute(f"drop database {name} with (force)")

    def order(self, database: str, stage: int, role: str = ALL) -> Order:
        """What a process is to do on a database at a stage; when it is to die is for the caller to add."""
        environment = {
            "AUSCULT_HOME": str(self.home),
            "AUSCULT_AUTHOR_KEY": "a key for the kill trials only, 32 and more",
            "AUSCULT_DATABASE_URL": embedded.database_url(self.socket_folder, database),
            "AUSCULT_REDDIT_URL": self.world.url,
            "AUSCULT_REDDIT_CLIENT_ID": "chaos",
            "AUSCULT_REDDIT_CLIENT_SECRET": "chaos",
            "AUSCULT_REDDIT_USER_AGENT": "linux:auscult-chaos:1.0",
            "AUSCULT_X_URL": self.world.url,
            "AUSCULT_X_BEARER_TOKEN": "chaos",
            "AUSCULT_SMTP_HOST": "127.0.0.1",
            "AUSCULT_SMTP_PORT": str(self.relay.port),
            "AUSCULT_SMTP_TLS": "none",
            SERVICE: f"json://127.0.0.1:{self._service_port}/told",
            **self.script.environment(stage),
        }
        return Order(stage, CLOCKS[stage], database, environment, role)

    def run(self, order: Order) -> int:
        """Run one process to its end; its exit code, -9 where it was killed. Then nothing of it is left."""
        process = start(order)
        code = exit_code(process, TIMEOUT_S)
        if code is None:
            process.kill()
            raise AssertionError(f"stage {order.stage} did not end in {TIMEOUT_S} s")
        self.wait_until_left(order.database)
        return code

    def wait_until_left(self, database: str) -> None:
        """Wait until the server has noticed that the processes on a database are gone."""
        ends_at = time.monotonic() + TIMEOUT_S
        with admin(self.socket_folder) as connection:
            busy = "select count(*) from pg_stat_activity where datname = %s"
            while connection.execute(busy, (database,)).fetchone() != (0,):
                assert time.monotonic() < ends_at, "a session outlived its process"
                time.sleep(0.005)

    def outcome(self, database: str) -> Outcome:
        """What the runs on a database have left."""
        with psycopg.connect(host=self.socket_folder, user="postgres", dbname=database) as connection:
            return read_outcome(connection, self.deliveries)


def start(order: Order) -> ForkServerProcess:
    """Start a process on an order."""
    process = FORKS.Process(target=take_steps, args=(order,), daemon=True)
    with _BOOKS:
        process.start()
    return process


def exit_code(process: ForkServerProcess, seconds: float | None = None) -> int | None:
    """How a process ended, -9 where it was killed; None where it still runs after so many seconds."""
    wait([process.sentinel], seconds)
    with _BOOKS:
        return process.exitcode


def warm_up() -> None:
    """Have the imports of all processes done, which the first one would wait for."""
    first = FORKS.Process(target=int)
    first.start()
    first.join()


def admin(socket_folder: str) -> psycopg.Connection:
    """A connection that makes and drops databases."""
    return psycopg.connect(host=socket_folder, user="postgres", dbname="postgres", autocommit=True)


def copy_database(socket_folder: str, template: str, name: str) -> None:
    """Make a database that is a copy of one that nobody is connected to."""
    with admin(socket_folder) as connection:
        connection.execute(f"create database {name} template {template}")


@contextmanager
def unsynchronised(socket_folder: str) -> Iterator[None]:
    """Have the server not wait for the disk meanwhile: no trial kills the server, and a trial takes half as long."""
    _alter(socket_folder, "set fsync = off")
    try:
        yield
    finally:
        _alter(socket_folder, "reset fsync")


def _alter(socket_folder: str, what: str) -> None:
    with admin(socket_folder) as connection:
        connection.execute(f"alter system {what}")
        connection.execute("select pg_reload_conf()")
