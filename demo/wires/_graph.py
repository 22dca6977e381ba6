"""The Graph API's wire format: nodes and edges with nested fields, cursors, batches and numbered errors."""

import json
import re
from abc import abstractmethod
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from demo.wires import Answer, Request, Route, Wire
from demo.wires.posts import Served

VERSION = "v26.0"
DEFAULT_LIMIT = 25
LARGEST_BATCH = 50
EDGE_PARAMS = frozenset({"fields", "limit", "after", "before", "since", "until"})
TOKEN = frozenset({"access_token"})
_FIELD = re.compile(r"(\w+)((?:\.\w+\([^()]*\))*)(\{?)")
_OPTION = re.compile(r"\.(\w+)\(([^()]*)\)")


class Problem(Exception):
    """A request that Graph answers with an error; `answer` is what it says."""

    def __init__(self, status: int, code: int, message: str, subcode: int | None = None) -> None:
        super().__init__(message)
        error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "loopback"}
        if subcode is not None:
            error["error_subcode"] = subcode
        self.answer = Answer(status, {"error": error})


@dataclass(frozen=True)
class Field:
    """One field of a request: its options, as in `comments.limit(5)`, and the fields below it."""

    name: str
    options: Mapping[str, str] = field(default_factory=dict)
    fields: tuple["Field", ...] = ()


@dataclass(frozen=True)
class Node:
    """One object: its kind ("page", "post", "comment", …) and the post that it shows; None for our account."""

    kind: str
    post: Served | None = None


class GraphWire(Wire):
    """One account of ours. Its address is /<platform>/v26.0/, because both platforms speak of one root."""

    account = "1000000000000001"
    limit_code = 4
    limit_kind = ""
    # Edges that never name a next page.
    without_next: frozenset[str] = frozenset()

    @property
    def root(self) -> str:
        """The path that the version stands under."""
        return f"/{self.platform}/{VERSION}/"

    def edges(self, names: str, more: frozenset[str] = frozenset()) -> Route:
        """The route of some edges."""
        return Route("GET", rf"{re.escape(self.root)}\d+(_\d+)?/({names})", EDGE_PARAMS | more, TOKEN)

    def serves(self, path: str) -> bool:
        return path.startswith(f"/{self.platform}/")

    def authorized(self, request: Request) -> bool:
        return bool(request.params.get("access_token") or _form(request).get("access_token"))

    def answer(self, request: Request, posts: Sequence[Served], now: datetime, fault: str) -> Answer:
        if request.method == "POST":
            return self._batch(request, posts, now)
        try:
            return Answer(200, self._get(request, posts, now, fault))
        except Problem as problem:
            return problem.answer

    def failure(self, kind: str, seconds: float) -> Answer:
        status, code, subcode, message = {
            "rate_limit": (400, self.limit_code, None, "There have been too many calls"),
            "rate_limit_silent": (400, self.limit_code, None, "There have been too many calls"),
            "usage_cap": (403, 4, None, "Application request limit reached"),
            "unavailable": (503, 2, None, "Service temporarily unavailable"),
            "bad_cursor": (400, 100, None, "Invalid parameter"),
            "unauthorized": (400, 190, 463, "Error validating access token: Session has expired"),
            "forbidden": (403, 10, None, "Application does not have permission for this action"),
            "not_found": (400, 100, 33, "Unsupported get request. Object does not exist"),
        }.get(kind, (400, 1, None, "An unknown error has occurred"))
        answer = Problem(status, code, f"(#{code}) {message}", subcode).answer
        if kind != "rate_limit":
            return answer
        limit = {"type": self.limit_kind, "call_count": 100, "estimated_time_to_regain_access": ceil(seconds / 60)}
        return Answer(answer.status, answer.body, {"x-business-use-case-usage": json.dumps({self.account: [limit]})})

    @abstractmethod
    def find(self, wire_id: str, posts: Sequence[Served]) -> Node | None:
        """The object of an id, where the token may see it."""

    @abstractmethod
    def below(self, node: Node, edge: str, options: Mapping[str, str], posts: Sequence[Served]) -> list[Node] | None:
        """The objects at an edge, in the platform's order; None where a node has no such edge."""

    @abstractmethod
    def values(self, node: Node, posts: Sequence[Served]) -> Mapping[str, Any]:
        """All plain fields of an object; None where Graph leaves one out."""

    def insights(self, params: Mapping[str, str], now: datetime) -> Mapping[str, Any]:
        """Numbers over time; none but on Instagram."""
        raise Problem(400, 100, "(#100) The value must be a valid insights metric")

    def total(self, node: Node, edge: str, found: Sequence[Node]) -> int:
        """The total_count of an edge's summary."""
        return len(found)

    def show(self, node: Node, fields: Sequence[Field], posts: Sequence[Served]) -> dict[str, Any]:
        """An object with the fields that were asked for; its id is always among them."""
        known = self.values(node, posts)
        shown: dict[str, Any] = {"id": known["id"]}
        for asked in fields:
            if asked.name in known:
                value = known[asked.name]
                if isinstance(value, dict) and asked.fields:
                    value = {one.name: value[one.name] for one in asked.fields if one.name in value}
            else:
                value = self._listing(node, asked, posts, "")
                value = value if value["data"] or "summary" in value else None
            if value is not None:
                shown[asked.name] = value
        return shown

    def _get(self, request: Request, posts: Sequence[Served], now: datetime, fault: str) -> dict[str, Any]:
        wire_id, _, edge = request.path.removeprefix(self.root).partition("/")
        node = self.find(wire_id, posts)
        if node is None:
            raise Problem(400, 100, f"Unsupported get request. Object with ID '{wire_id}' does not exist", 33)
        if edge == "insights":
            return dict(self.insights(request.params, now))
        fields = parse(request.params.get("fields", "id"))
        if not edge:
            return self.show(node, fields, posts)
        return self._listing(node, Field(edge, request.params, fields), posts, fault)

    def _listing(self, node: Node, asked: Field, posts: Sequence[Served], fault: str) -> dict[str, Any]:
        found = self.below(node, asked.name, asked.options, posts)
        if found is None:
            raise Problem(400, 100, f"(#100) Tried accessing nonexisting field ({asked.name})")
        since = float(asked.options.get("since", 0))
        found = [one for one in found if one.post and one.post.created_at.timestamp() >= since]
        names = [one.post.id for one in found if one.post]
        start, turn = _place(names, asked.options.get("after", ""))
        limit = int(asked.options.get("limit", DEFAULT_LIMIT))
        size = min(limit, self.page_size)
        page, following = (
            self.page([one.post for one in found if one.post], start, str(size), fault) if size else ([], -1)
        )
        by_name = dict(zip(names, found, strict=True))
        listing: dict[str, Any] = {"data": [self.show(by_name[post.id], asked.fields, posts) for post in page]}
        if page:
            last = names[following - 1] if following > 0 else page[-1].id
            listing["paging"] = {"cursors": {"before": _cursor(page[0].id, turn), "after": _cursor(last, turn + 1)}}
            if following > 0 and asked.name not in self.without_next:
                after = listing["paging"]["cursors"]["after"]
                listing["paging"]["next"] = (
                    f"https://graph.facebook.com/{VERSION}/?access_token=not-a-secret&after={after}"
                )
        if "summary" in asked.options:
            listing["summary"] = {"total_count": self.total(node, asked.name, found)}
        return listing

    def _batch(self, request: Request, posts: Sequence[Served], now: datetime) -> Answer:
        form = _form(request)
        asked = json.loads(form.get("batch", "[]"))
        if not 0 < len(asked) <= LARGEST_BATCH:
            return Problem(400, 100, "Too many requests in batch message. Maximum batch size is 50").answer
        replies = []
        for one in asked:
            parts = urlsplit(f"/{self.platform}/{one['relative_url']}")
            params = dict(parse_qsl(parts.query)) | {"access_token": form["access_token"]}
            each = Request(one["method"], parts.path, params)
            known = any(route.knows(each) for route in self.routes)
            reply = self.answer(each, posts, now, "") if known else Problem(400, 2500, "Unknown path components").answer
            replies.append({"code": reply.status, "body": json.dumps(reply.body)})
        return Answer(200, replies)


def parse(text: str) -> tuple[Field, ...]:
    """The fields of a request, as they are nested."""
    fields, rest = _parse(text)
    if rest:
        raise Problem(400, 2500, "Syntax error in fields")
    return fields


def wire_time(moment: datetime) -> str:
    """A time as Graph writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


def _parse(text: str) -> tuple[tuple[Field, ...], str]:
    fields: list[Field] = []
    while True:
        match = _FIELD.match(text)
        if not match:
            raise Problem(400, 2500, "Syntax error in fields")
        text, below = text[match.end() :], ()
        if match[3]:
            below, text = _parse(text)
            if not text.startswith("}"):
                raise Problem(400, 2500, "Syntax error in fields")
            text = text[1:]
        fields.append(Field(match[1], dict(_OPTION.findall(match[2])), below))
        if not text.startswith(","):
            return tuple(fields), text
        text = text[1:]


def _cursor(name: str, turn: int) -> str:
    # It names the last object shown, and dies with it; the turn gives a repeated page a cursor of its own.
    return urlsafe_b64encode(f"{name}:{turn}".encode()).decode()


def _place(names: Sequence[str], after: str) -> tuple[int, int]:
    if not after:
        return 0, 0
    try:
        name, _, turn = urlsafe_b64decode(after).decode().rpartition(":")
        return names.index(name) + 1, int(turn)
    except ValueError:
        raise Problem(400, 100, "(#100) Invalid parameter") from None


def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode()))
