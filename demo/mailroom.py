"""A mail relay on 127.0.0.1 that writes each message as a file, and its HTML part as a page to open in a browser."""

import base64
import email
import email.policy
import re
import socket
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailroom:
    """Handler for aiosmtpd: one .eml and one .html per Message-ID; the same message again is the same file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.received = 0
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Store the message before saying so."""
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        message = email.message_from_bytes(raw, policy=email.policy.default)
        name = _file_name(str(message["X-Auscult-Alert"]), str(message["Message-ID"]))
        page = message.get_body(("html",))
        if page is not None:
            (self.folder / f"{name}.html").write_text(_with_pictures(page.get_content(), message), encoding="utf-8")
        (self.folder / f"{name}.eml").write_bytes(raw)
        self.received += 1
        return "250 stored"


class Relay(Controller):
    """The relay as a context manager, on a free port of 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        super().__init__(Mailroom(folder), hostname="127.0.0.1", port=free_port())

    def __enter__(self) -> "Relay":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    # aiosmtpd greets itself on the port it was given, so it cannot be given 0.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number


def _with_pictures(html: str, message: EmailMessage) -> str:
    # A browser knows nothing of a mail's inline parts.
    for part in message.walk():
        if part["Content-ID"]:
            picture = base64.b64encode(part.get_content()).decode()
            html = html.replace(f"cid:{str(part['Content-ID'])[1:-1]}", f"data:image/png;base64,{picture}")
    return html


def _file_name(slug: str, message_id: str) -> str:
    return re.sub(r"[^a-z0-9-]+", "-", f"{slug.casefold()}-{message_id[1:9]}").strip("-")
