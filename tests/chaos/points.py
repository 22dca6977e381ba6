"""The points at which a process may be killed: around each commit that wrote something, and around each send.

Nothing in the product knows of them: they are put around SQLAlchemy's commit and the SMTP and HTTP clients, in the
process that is to die only. A transaction that wrote nothing is no point, because nothing differs before and after it.
"""

import http.client
import os
import select
import signal
import smtplib
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import urllib3.connection
from sqlalchemy.engine.default import DefaultDialect

PIPELINE = str(Path(__file__).resolve().parents[2] / "pipeline")
# For the answer of a relay that is on this machine.
PATIENCE_S = 20.0
END_OF_MESSAGE = b".\r\n"


class Points:
    """Names each point as it is reached, writes the name to `trace`, and kills this process at `kill_at`.

    A name is `stage, step: what #count side`, counted by stage, step and what, so that it does not depend on which of
    two threads comes first.
    """

    def __init__(self, stage: int, kill_at: str, trace: str) -> None:
        self.step = ""
        self._stage, self._kill_at = stage, kill_at
        self._trace = os.open(trace, os.O_WRONLY | os.O_APPEND | os.O_CREAT) if trace else None
        self._seen: Counter[str] = Counter()

    def count(self, what: str) -> str:
        """The name of what happens now, without its side."""
        name = f"stage {self._stage}, {self.step}: {what}"
        self._seen[name] += 1
        return f"{name} #{self._seen[name]}"

    def reach(self, name: str, side: str) -> None:
        """Be at one side of what `count` named."""
        reached = f"{name} {side}"
        if self._trace is not None:
            os.write(self._trace, f"{reached}\n".encode())
        if reached == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch_commits(self) -> None:
        """Reach a point before and after each commit of a transaction that wrote."""
        commit = DefaultDialect.do_commit

        def watched(dialect: DefaultDialect, connection: Any) -> None:
            if not _wrote(connection):
                return commit(dialect, connection)
            name = self.count(f"commit in {_caller()}")
            self.reach(name, "before")
            commit(dialect, connection)
            return self.reach(name, "after")

        DefaultDialect.do_commit = watched

    def watch_relay(self) -> None:
        """Reach a point before a relay is called, before the message ends, and around the reading of its answer."""
        connect, send, getreply = smtplib.SMTP.connect, smtplib.SMTP.send, smtplib.SMTP.getreply
        ended: dict[int, str] = {}

        def watched_connect(client: smtplib.SMTP, *args: Any, **kwargs: Any) -> Any:
            self.reach(self.count("mail"), "before the relay is called")
            return connect(client, *args, **kwargs)

        def watched_send(client: smtplib.SMTP, what: Any) -> None:
            if what == END_OF_MESSAGE:
                ended[id(client)] = self.count("message")
                self.reach(ended[id(client)], "before its end is sent")
            send(client, what)

        def watched_getreply(client: smtplib.SMTP) -> Any:
            name = ended.pop(id(client), None)
            if name is None:
                return getreply(client)
            select.select([client.sock], [], [], PATIENCE_S)
            self.reach(name, "stored, answer not read")
            reply = getreply(client)
            self.reach(name, "stored, answer read")
            return reply

        smtplib.SMTP.connect, smtplib.SMTP.send, smtplib.SMTP.getreply = watched_connect, watched_send, watched_getreply

    def watch_services(self) -> None:
        """The same for a service that is told over HTTP; calls of other steps than notify are reads, and no points."""
        connect, answer = urllib3.connection.HTTPConnection.connect, http.client.HTTPConnection.getresponse

        def watched_connect(connection: Any) -> None:
            if self.step == "notify":
                self.reach(self.count("service"), "before it is called")
            connect(connection)

        def watched_answer(connection: Any, *args: Any, **kwargs: Any) -> Any:
            if self.step != "notify":
                return answer(connection, *args, **kwargs)
            name = self.count("message to a service")
            select.select([connection.sock], [], [], PATIENCE_S)
            self.reach(name, "stored, answer not read")
            response = answer(connection, *args, **kwargs)
            self.reach(name, "stored, answer read")
            return response

        urllib3.connection.HTTPConnection.connect = watched_connect
        http.client.HTTPConnection.getresponse = watched_answer


def _wrote(connection: Any) -> bool:
    with connection.cursor() as cursor:
        # A transaction gets a number with its first change.
        cursor.execute("select pg_current_xact_id_if_assigned() is not null")
        return bool(cursor.fetchone()[0])


def _caller() -> str:
    frame: Any = sys._getframe(1)
    while frame is not None and not frame.f_code.co_filename.startswith(PIPELINE):
        frame = frame.f_back
    return "nobody" if frame is None else f"{_module(frame.f_globals)}.{frame.f_code.co_name}"


def _module(names: dict[str, Any]) -> str:
    return str(names["__name__"]).removeprefix("pipeline.")


WATCHES: tuple[Callable[[Points], None], ...] = (Points.watch_commits, Points.watch_relay, Points.watch_services)
