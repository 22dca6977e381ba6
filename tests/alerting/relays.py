"""Mail relays that answer, stall, lie and hang up, for the tests of delivery."""

import asyncio
import socket
import threading
from contextlib import contextmanager

from aiosmtpd.controller import Controller

from demo.mailroom import free_port

SENDER, RECEIVER = "auscult@clinic.org", "officer@clinic.org"
# Far more than a client of these tests waits, which itself is more than a busy machine stands still.
LATE_S = 4.0


class Mailbox:
    """Stores what it accepts; `answers` maps a command to the reply it gives instead of 250."""

    def __init__(self, answers=None, after_storing=None, before_storing=None):
        self.stored = []
        self.answers = answers or {}
        self.before_storing, self.after_storing = before_storing, after_storing

    async def handle_MAIL(self, server, session, envelope, address, options):
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.before_storing:
            await self.before_storing(server)
        if "DATA" in self.answers:
            return self.answers["DATA"]
        self.stored.append(envelope.original_content)
        if self.after_storing:
            await self.after_storing(server)
        return "250 OK"


async def _hang_up(server):
    server.transport.abort()
    await asyncio.sleep(0.05)


async def _wait(server):
    await asyncio.sleep(LATE_S)


@contextmanager
def serving(mailbox, **options):
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@contextmanager
def scripted(*replies, hang_up_after=0):
    """A raw server: a greeting and one reply per line read; `hang_up_after` bytes read, it resets the connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listener.accept()
        with connection:
            stream = connection.makefile("rb")
            for number, reply in enumerate(replies):
                if number and not stream.readline():
                    return
                connection.sendall(reply)
            if hang_up_after:
                stream.read(hang_up_after)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        thread.join(5)
