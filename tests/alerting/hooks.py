"""Services that answer, refuse, stall and hang up, and what they are told, for the tests of delivery."""

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pipeline.alerting.render import Rendered

STALL_S = 4.0
LINK = "https://auscult.practice.example/alert/abc_-123.x?token=a_b-c"
HOSTILE = [
    "<!here> <!channel|x> <@U123> <#C123> &lt;!everyone&gt;",
    "@channel @here @everyone <at>Jane</at>",
    "[click](http://evil.example) ![x](https://evil.example/p.png) <https://evil.example|bank>",
    "http://evil.example hxxp www.evil.example evil.example/x mailto:a@evil.example",
    "*bold* _it_ ~no~ `code` ```block``` # heading > quote | table \\[x\\](http://evil.example)",
    "\u202egnp.exe\u202c \x00\x1b[31m \ud800 \u2028<!here>",
]


def rendered(chat="7 posts by 5 people.\nWe suggest: watch.", link=LINK, subject="Urgent: claim vax-harm, 7 posts"):
    return Rendered(subject, "text", "<p>html</p>", "vax-harm", chat=chat, link=link)


class Desk:
    """Stores what it accepts; `does` is a status code, `(code, words)`, `drop`, `drop_after_storing`, or `stall`."""

    def __init__(self, *does):
        self.does = list(does)
        self.stored: list[bytes] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.lock = threading.Lock()

    def next_act(self):
        with self.lock:
            return self.does.pop(0) if len(self.does) > 1 else (self.does or [200])[0]

    @property
    def told(self):
        return [json.loads(body) for body in self.stored]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        desk, act = self.server.desk, self.server.desk.next_act()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        desk.asked.append((self.command, self.path, dict(self.headers)))
        if act in {"stall", "drop_after_storing"}:
            desk.stored.append(body)
        if act == "stall":
            time.sleep(STALL_S)
            return
        if act in {"drop", "drop_after_storing"}:
            # A reset, as of a process that died.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        code, words = act if isinstance(act, tuple) else (act if isinstance(act, int) else 200, "ok")
        if code // 100 == 2:
            desk.stored.append(body)
        self.send_response(code)
        self.send_header("Content-Length", str(len(words)))
        if code // 100 == 3:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.end_headers()
        self.wfile.write(words.encode())

    do_GET = do_POST

    def log_message(self, *_):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that hangs up is what some tests are about."""


@contextmanager
def at_desk(desk: Desk, tls=None, port=0) -> Iterator[int]:
    server = _Server(("127.0.0.1", port), _Handler)
    server.desk = desk
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
