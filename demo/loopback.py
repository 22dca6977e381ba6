"""Platforms on 127.0.0.1, for tests and the demo: their wire formats, a settable clock, and faults on order."""

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from demo.wires import STATUSES, Answer, FaultKind, Request, Wire
from demo.wires.posts import Served, read_posts, served
from demo.wires.reddit import RedditWire
from demo.wires.x import XWire

LONGEST_HANG = 60.0


@dataclass
class Fault:
    """Something that goes wrong with the next `times` requests to one platform, after `after` good ones."""

    kind: FaultKind
    platform: str
    after: int = 0
    times: int = 1
    seconds: float = 30.0


class Loopback:
    """A server on 127.0.0.1 that serves canonical posts up to `now` over `wires`; a context manager.

    `requests` lists (platform, path, parameters) of every call but those for a token; `strays` the (method, path,
    parameters) that no route of its platform knows, which are answered with 404.
    """

    def __init__(
        self,
        posts_file: Path | None = None,
        *,
        now: datetime,
        posts: Iterable[Mapping[str, Any]] = (),
        page_size: int = 100,
        wires: Sequence[Wire] = (),
    ) -> None:
        self.now = now
        self.wires = wires or (RedditWire(), XWire())
        for wire in self.wires:
            wire.page_size = page_size
        self.requests: list[tuple[str, str, Mapping[str, str]]] = []
        self.strays: list[tuple[str, str, Mapping[str, str]]] = []
        self.posts: list[Served] = [*(read_posts(posts_file) if posts_file else ()), *served(posts)]
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.loopback = self

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """The base for AUSCULT_REDDIT_URL and its like."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def wire(self, platform: str) -> Wire:
        """The wire of one platform."""
        return next(wire for wire in self.wires if wire.platform == platform)

    def add(self, *posts: Mapping[str, Any]) -> None:
        """Publish further canonical posts."""
        self.posts += served(posts)

    def fail(self, kind: FaultKind, platform: str, *, after: int = 0, times: int = 1, seconds: float = 30.0) -> None:
        """Order a fault: the next `times` requests of the platform once `after` more have been answered well.

        `seconds` is how long a hang lasts, or the time until the limit that `rate_limit` tells of is lifted.
        """
        self._faults.append(Fault(kind, platform, after, times, seconds))

    def edit(self, platform: str, post_id: str, text: str) -> None:
        """Change a post's text now."""
        post = self._post(platform, post_id)
        post.edits.append((text, self.now))
        post.text = text

    def delete(self, platform: str, post_id: str, *, removed: bool = False) -> None:
        """Take a post down: by its author, or (`removed`) by the platform."""
        self._post(platform, post_id).status = "removed" if removed else "deleted"

    def answer(self, request: Request) -> Answer | str:
        """What a request gets: an answer, or the name of a fault of the wire (hang, html, truncated)."""
        wire = next((wire for wire in self.wires if wire.serves(request.path)), None)
        if wire is None:
            return self._stray(request)
        token = wire.sign_in(request)
        if token is not None:
            return token
        with self._lock:
            self.requests.append((wire.platform, request.path, request.params))
            fault = self._due(wire.platform)
        if not any(route.knows(request) for route in wire.routes):
            return self._stray(request)
        if not wire.authorized(request):
            return wire.failure("unauthorized", 0)
        if fault and fault.kind in STATUSES:
            return wire.failure(fault.kind, fault.seconds)
        if fault and fault.kind == "hang":
            self._closing.wait(min(fault.seconds, LONGEST_HANG))
        if fault and fault.kind in {"hang", "html", "truncated"}:
            return fault.kind
        return wire.answer(request, self._published(wire.platform), self.now, fault.kind if fault else "")

    def _stray(self, request: Request) -> Answer:
        self.strays.append((request.method, request.path, request.params))
        return Answer(404, {"message": "Not Found", "error": 404})

    def _due(self, platform: str) -> Fault | None:
        for fault in self._faults:
            if fault.platform != platform:
                continue
            if fault.after > 0:
                fault.after -= 1
                return None
            fault.times -= 1
            if fault.times == 0:
                self._faults.remove(fault)
            return fault
        return None

    def _published(self, platform: str) -> list[Served]:
        with self._lock:
            chosen = [post for post in self.posts if post.platform == platform and post.created_at <= self.now]
        return sorted(chosen, key=lambda post: (post.created_at, post.id), reverse=True)

    def _post(self, platform: str, post_id: str) -> Served:
        held = [post for post in self.posts if post.platform == platform and post_id in {post.id, post.id[3:]}]
        return held[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    loopback: Loopback


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    # Headers and body are two writes; held back until the first is acknowledged, each answer takes 40 ms.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._reply()

    def do_POST(self) -> None:
        self._reply()

    def log_message(self, format: str, *args: object) -> None:
        """The loopback keeps its own list of requests."""

    def _reply(self) -> None:
        assert isinstance(self.server, _Server)  # noqa: S101  (for the type)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = urlsplit(self.path)
        params: dict[str, str] = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            # A parameter that is given several times, as id[] is, holds its values with commas between them.
            params[name] = f"{params[name]},{value}" if name in params else value
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.loopback.answer(Request(self.command, parts.path, params, headers, body))
        if answer == "html":
            self._write(200, "<!doctype html><title>Blocked</title>", {"content-type": "text/html"})
        elif isinstance(answer, str):
            self._write(200, '{"kind": "Listing", "data": {"children": [{"kind"', {})
        elif isinstance(answer.body, str):
            self._write(answer.status, answer.body, answer.headers)
        else:
            self._write(answer.status, json.dumps(answer.body), answer.headers)

    def _write(self, status: int, text: str, headers: Mapping[str, str]) -> None:
        body = text.encode()
        try:
            self.send_response(status)
            for name, value in {"content-type": "application/json", **headers}.items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("content-length", str(len(body)))
            if self.close_connection:
                # praw asks for it with every token; unannounced, its next request may take the dying connection.
                self.send_header("connection", "close")
            self.end_headers()
            if status != 304:
                self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client gave up waiting, as a hang makes it
