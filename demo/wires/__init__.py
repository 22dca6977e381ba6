"""What a platform of the loopback is: the requests it knows, strictly, and what it answers them in its wire format."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from demo.wires.posts import Served

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
# Faults that are an answer of their own; the others change an ordinary one, or break the wire.
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


@dataclass(frozen=True)
class Request:
    """One HTTP request: `headers` in lower case, `params` those of the address, `body` as it came."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, before it is written: an object is written as JSON, text as it stands."""

    status: int
    body: Mapping[str, Any] | Sequence[Any] | str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """A request of the platform's specification: its method, its whole path and the parameters it knows.

    `path` is a regular expression; parameters in `needs` must be there.
    """

    method: str
    path: str
    params: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()

    def knows(self, request: Request) -> bool:
        """Whether the request is one of this route, without a parameter more or less than the platform allows."""
        if request.method != self.method or not re.fullmatch(self.path, request.path):
            return False
        return self.needs <= request.params.keys() <= self.params | self.needs


class Wire(ABC):
    """One platform as the loopback speaks it. `platform` names the canonical posts that it serves."""

    platform: str
    routes: Sequence[Route]
    page_size = 100

    def serves(self, path: str) -> bool:
        """Whether a path is this platform's, where several share one address."""
        return True

    def sign_in(self, request: Request) -> Answer | None:
        """The answer to a request for a token or a session; None for any other. Such requests do not fail."""
        return None

    def authorized(self, request: Request) -> bool:
        """Whether the request carries credentials in the way that the platform wants."""
        return "authorization" in request.headers

    @abstractmethod
    def answer(self, request: Request, posts: Sequence[Served], now: datetime, fault: str) -> Answer:
        """Answer a request that a route knows. `posts`: what is published by `now`, newest first, gone ones too.

        `fault` is "duplicate", "shuffle", "empty" or "": what to do to the page.
        """

    @abstractmethod
    def record(self, post: Served) -> Mapping[str, Any]:
        """One post as a page of this platform holds it."""

    def failure(self, kind: str, seconds: float) -> Answer:
        """The platform's own answer for a fault of STATUSES; `seconds` until a limit is lifted."""
        status = STATUSES[kind]
        headers = {"retry-after": str(int(seconds))} if kind == "rate_limit" else {}
        return Answer(status, {"message": str(status), "error": status}, headers)

    def page(self, found: Sequence[Served], start: int, limit: str | None, fault: str) -> tuple[list[Served], int]:
        """The page that begins at place `start`, and the place after it; -1 where nothing follows."""
        if fault == "empty":
            return [], -1
        size = min(int(limit or self.page_size), self.page_size)
        if fault == "duplicate":
            start = max(0, start - size)
        page = list(found[start : start + size])
        if fault == "shuffle":
            # Turned by one, so that every record stands elsewhere.
            page = page[1:] + page[:1]
        return page, start + size if start + size < len(found) else -1
