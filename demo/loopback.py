"""The two platforms on 127.0.0.1, for tests and the demo: their wire formats, a settable clock, and faults on order."""

import json
import random
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from demo import _reddit, _x
from demo._posts import Served, read_posts, served

Platform = Literal["reddit", "x"]
FaultKind = Literal[
    "rate_limit",
    "rate_limit_silent",
    "unavailable",
    "hang",
    "html",
    "truncated",
    "duplicate",
    "shuffle",
    "empty",
    "usage_cap",
    "no_credits",
    "bad_cursor",
    "unauthorized",
    "forbidden",
    "not_found",
]
STATUSES: Mapping[str, int] = {
    "rate_limit": 429,
    "rate_limit_silent": 429,
    "unavailable": 503,
    "usage_cap": 429,
    "no_credits": 402,
    "bad_cursor": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
}
LONGEST_HANG = 60.0


@dataclass
class Fault:
    """Something that goes wrong with the next `times` requests to one platform, after `after` good ones."""

    kind: FaultKind
    platform: Platform
    after: int = 0
    times: int = 1
    seconds: float = 30.0


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, before it is written."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]


class Loopback:
    """A server on 127.0.0.1 that serves canonical posts up to `now`, as Reddit and as X; a context manager.

    `requests` lists (platform, path, parameters) of every call but those for a token.
    """

    def __init__(
        self,
        posts_file: Path | None = None,
        *,
        now: datetime,
        posts: Iterable[Mapping[str, Any]] = (),
        page_size: int = 100,
    ) -> None:
        self.now = now
        self.page_size = page_size
        self.x_names: Literal["tweet", "post"] = "tweet"
        self.requests: list[tuple[Platform, str, Mapping[str, str]]] = []
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
    def reddit_url(self) -> str:
        """The base for AUSCULT_REDDIT_URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def x_url(self) -> str:
        """The base for AUSCULT_X_URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def add(self, *posts: Mapping[str, Any]) -> None:
        """Publish further canonical posts."""
        self.posts += served(posts)

    def fail(
        self, kind: FaultKind, platform: Platform, *, after: int = 0, times: int = 1, seconds: float = 30.0
    ) -> None:
        """Order a fault: the next `times` requests of the platform once `after` more have been answered well.

        `seconds` is how long a hang lasts, or the time until the limit that `rate_limit` tells of is lifted.
        """
        self._faults.append(Fault(kind, platform, after, times, seconds))

    def edit(self, platform: Platform, post_id: str, text: str) -> None:
        """Change a post's text now."""
        post = self._post(platform, post_id)
        post.edits.append((text, self.now))
        post.text = text

    def delete(self, platform: Platform, post_id: str, *, removed: bool = False) -> None:
        """Take a post down: by its author, or (`removed`) by the platform."""
        self._post(platform, post_id).status = "removed" if removed else "deleted"

    def answer(self, path: str, params: Mapping[str, str], authorized: bool) -> Answer | str:
        """What a request gets: an answer, or the name of a fault of the wire (hang, html, truncated)."""
        platform: Platform = "x" if path.startswith("/2/") else "reddit"
        if path == "/api/v1/access_token":
            return Answer(200, _reddit.token(), {})
        with self._lock:
            self.requests.append((platform, path, params))
            fault = self._due(platform)
        if not authorized:
            return self._failure("unauthorized", platform, 0)
        if fault and fault.kind in STATUSES:
            return self._failure(fault.kind, platform, fault.seconds)
        if fault and fault.kind == "hang":
            self._closing.wait(min(fault.seconds, LONGEST_HANG))
        if fault and fault.kind in {"hang", "html", "truncated"}:
            return fault.kind
        return (self._x if platform == "x" else self._reddit)(path, params, fault.kind if fault else "")

    def _due(self, platform: Platform) -> Fault | None:
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

    def _failure(self, kind: str, platform: Platform, seconds: float) -> Answer:
        status = STATUSES[kind]
        headers: dict[str, str] = {}
        if kind == "rate_limit":
            until = {"x-rate-limit-reset": str(int(time.time() + seconds))}
            headers = until if platform == "x" else {"retry-after": str(int(seconds))}
        if kind == "unauthorized":
            headers["www-authenticate"] = 'Bearer realm="loopback", error="invalid_token"'
        if kind == "bad_cursor" and platform == "x":
            return Answer(400, _x.refusal("next_token", "The next_token is not valid"), {})
        body: dict[str, Any] = {"message": str(status), "error": status}
        if platform == "x":
            body = {"title": "Too Many Requests" if status == 429 else str(status), "detail": str(status)}
        if kind == "usage_cap":
            # The real one comes with the ordinary window almost unused.
            body = {"title": "UsageCapExceeded", "detail": "Usage cap exceeded: Monthly product cap"}
            headers = {"x-rate-limit-remaining": "39999", "x-rate-limit-reset": str(int(time.time() + 900))}
        return Answer(status, body, headers)

    def _reddit(self, path: str, params: Mapping[str, str], fault: str) -> Answer:
        found = _reddit.select(path, params, self._visible("reddit"))
        if found is None:
            return Answer(404, {"message": "Not Found", "error": 404}, {})
        if path == "/api/info":
            shown = [] if fault == "empty" else found
            return Answer(200, _reddit.listing(shown, None), _reddit.RATE_HEADERS)
        start = _reddit.page_start(found, params)
        page, last = self._page(found, start, params.get("limit"), fault)
        return Answer(200, _reddit.listing(page, last.id if last else None), _reddit.RATE_HEADERS)

    def _x(self, path: str, params: Mapping[str, str], fault: str) -> Answer:
        problem = _x.problem(params, self.x_names, self.now)
        if problem:
            return Answer(400, problem, {})
        visible = self._visible("x")
        if path == "/2/tweets":
            return Answer(200, _x.lookup(params, visible, self.x_names), {})
        if path != "/2/tweets/search/recent":
            return Answer(404, {"title": "Not Found"}, {})
        found = _x.select(params, visible, self.now)
        token = params.get("next_token", "")
        # A token names the last post shown, and the page it opens, so that a repeated page has a token of its own.
        anchor, _, turn = token.partition("-")
        start = next((place + 1 for place, post in enumerate(found) if post.id == anchor), None) if token else 0
        if start is None:
            return Answer(400, _x.refusal("next_token", "The next_token is not valid"), {})
        page, last = self._page(found, start, params.get("max_results"), fault)
        following = f"{last.id}-{int(turn or 0) + 1}" if last else None
        return Answer(200, _x.search_page(page, following, params, self.x_names), {})

    def _visible(self, platform: Platform) -> list[Served]:
        with self._lock:
            chosen = [post for post in self.posts if post.platform == platform and post.created_at <= self.now]
        return sorted(chosen, key=lambda post: (post.created_at, post.id), reverse=True)

    def _page(
        self, found: Sequence[Served], start: int | None, limit: str | None, fault: str
    ) -> tuple[list[Served], Served | None]:
        """The page that starts at `start`, and its last post where another page follows."""
        if start is None or fault == "empty":
            return [], None
        size = min(int(limit or 25), self.page_size)
        if fault == "duplicate":
            start = max(0, start - size)
        page = list(found[start : start + size])
        last = page[-1] if page and start + size < len(found) else None
        if fault == "shuffle":
            random.Random(start).shuffle(page)
        return page, last

    def _post(self, platform: Platform, post_id: str) -> Served:
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
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self._reply()

    def log_message(self, format: str, *args: object) -> None:
        """The loopback keeps its own list of requests."""

    def _reply(self) -> None:
        assert isinstance(self.server, _Server)  # noqa: S101  (for the type)
        parts = urlsplit(self.path)
        answer = self.server.loopback.answer(
            parts.path, dict(parse_qsl(parts.query)), authorized="authorization" in self.headers
        )
        if isinstance(answer, Answer):
            self._write(answer.status, json.dumps(answer.body), answer.headers)
        elif answer == "html":
            self._write(200, "<!doctype html><title>Blocked</title>", {"content-type": "text/html"})
        else:
            self._write(200, '{"kind": "Listing", "data": {"children": [{"kind"', {})

    def _write(self, status: int, text: str, headers: Mapping[str, str]) -> None:
        body = text.encode()
        try:
            self.send_response(status)
            for name, value in {"content-type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            if self.close_connection:
                # praw asks for it with every token; unannounced, its next request may take the dying connection.
                self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client gave up waiting, as a hang makes it
