"""Bluesky's wire format, as far as atproto's client reads it: sessions, search, posts by address and a profile."""

import base64
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from demo.wires import Answer, Request, Route, Wire
from demo.wires.posts import Served, matches

RESULT_CAP = 10_000
SESSION_SECONDS = 7_200
SEARCHED = frozenset(
    {"sort", "since", "until", "mentions", "author", "lang", "domain", "url", "tag", "limit", "cursor"}
)
RATE_HEADERS = {"ratelimit-limit": "3000", "ratelimit-remaining": "2990", "ratelimit-policy": "3000;w=300"}
_TID = "234567abcdefghijklmnopqrstuvwxyz"


class BlueskyWire(Wire):
    """An account's host: it hands out sessions of `session_seconds` and answers only the newest of them."""

    platform = "bluesky"
    routes = (
        Route("GET", r"/xrpc/app\.bsky\.feed\.searchPosts", SEARCHED, frozenset({"q"})),
        Route("GET", r"/xrpc/app\.bsky\.feed\.getPosts", needs=frozenset({"uris"})),
        Route("GET", r"/xrpc/app\.bsky\.actor\.getProfile", needs=frozenset({"actor"})),
    )

    def __init__(self) -> None:
        self.session_seconds = SESSION_SECONDS
        self.sessions = 0
        self.refreshed = 0

    def serves(self, path: str) -> bool:
        return path.startswith("/xrpc/")

    def sign_in(self, request: Request) -> Answer | None:
        if request.method != "POST":
            return None
        if request.path.endswith("/com.atproto.server.createSession"):
            asked = json.loads(request.body)
            if not asked.get("identifier") or not asked.get("password"):
                return refusal(401, "AuthenticationRequired", "Invalid identifier or password")
            return self._session(asked["identifier"])
        if request.path.endswith("/com.atproto.server.refreshSession"):
            if not self._is_newest(request, "refresh"):
                return refusal(400, "ExpiredToken", "Token has been revoked")
            self.refreshed += 1
            return self._session("listening.example")
        return None

    def answer(self, request: Request, posts: Sequence[Served], now: datetime, fault: str) -> Answer:
        params = request.params
        if not self._is_newest(request, "access"):
            return refusal(400, "ExpiredToken", "Token has expired")
        if request.path.endswith(".getProfile"):
            return Answer(200, {"did": did("us"), "handle": params["actor"], "followersCount": 212, "postsCount": 40})
        if request.path.endswith(".getPosts"):
            # The loopback hands a repeated parameter over with commas between its values.
            asked = params["uris"].split(",")
            if len(asked) > 25:
                return refusal(400, "InvalidRequest", "uris must not have more than 25 elements")
            shown = [self.record(post) for post in posts if post.id in asked and post.status == "live"]
            return Answer(200, {"posts": shown}, RATE_HEADERS)
        cursor = params.get("cursor", "0")
        if not cursor.isdigit() or int(cursor) > RESULT_CAP:
            return refusal(400, "InvalidRequest", "invalid value for 'cursor'")
        found = select(params, posts)
        page, following = self.page(found, int(cursor), params.get("limit", "25"), fault)
        reply: dict[str, Any] = {"posts": [self.record(post) for post in page], "hitsTotal": len(found)}
        if 0 < following < RESULT_CAP:
            reply["cursor"] = str(following)
        return Answer(200, reply, RATE_HEADERS)

    def record(self, post: Served) -> Mapping[str, Any]:
        author, created_at = str(post.fields.get("author")), _written(post.created_at)
        said: dict[str, Any] = {"$type": "app.bsky.feed.post", "createdAt": created_at, "text": post.text}
        if post.fields.get("lang"):
            said["langs"] = [post.fields["lang"]]
        if post.fields.get("parent_id"):
            parent = {"uri": post.fields["parent_id"], "cid": _cid(str(post.fields["parent_id"]))}
            said["reply"] = {"root": parent, "parent": parent}
        return {
            "uri": post.id,
            "cid": _cid(post.id),
            "author": {"did": did(author), "handle": handle(author), "displayName": author, "labels": []},
            "record": said,
            "bookmarkCount": 0,
            "replyCount": post.metric("replies"),
            "repostCount": post.metric("shares"),
            "likeCount": post.metric("likes"),
            "quoteCount": 0,
            "indexedAt": created_at,
            "labels": [],
        }

    def failure(self, kind: str, seconds: float) -> Answer:
        status = super().failure(kind, seconds).status
        names = {400: "InvalidRequest", 401: "AuthMissing", 404: "XRPCNotSupported", 429: "RateLimitExceeded"}
        limit = {"ratelimit-limit": "3000", "ratelimit-remaining": "0", "ratelimit-policy": "3000;w=300"}
        reset = {"ratelimit-reset": str(int(time.time() + seconds))}
        answer = refusal(status, names.get(status, "Failure"), kind)
        return Answer(answer.status, answer.body, limit | reset if kind == "rate_limit" else {})

    def end_session(self) -> None:
        """From now on the session that was handed out last is no longer accepted."""
        self.sessions += 1

    def _session(self, name: str) -> Answer:
        self.sessions += 1
        tokens = {f"{kind}Jwt": self._token(kind) for kind in ("access", "refresh")}
        home = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": "https://pds.example"}
        account = {"did": did("us"), "handle": name, "didDoc": {"id": did("us"), "service": [home]}, "active": True}
        return Answer(200, tokens | account)

    def _token(self, kind: str) -> str:
        end = int(time.time()) + self.session_seconds
        parts = (
            {"typ": "JWT", "alg": "ES256K"},
            {"scope": kind, "sub": did("us"), "jti": str(self.sessions), "exp": end},
        )
        header, claims = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
        return f"{header}.{claims}.c2lnbmVk"

    def _is_newest(self, request: Request, kind: str) -> bool:
        _, claims, _ = request.headers["authorization"].removeprefix("Bearer ").split(".")
        known = json.loads(base64.urlsafe_b64decode(claims + "==="))
        return (known["scope"], known["jti"]) == (kind, str(self.sessions))


def did(author: str) -> str:
    """The opaque id of an invented author."""
    return f"did:plc:{base64.b32encode(hashlib.sha256(author.encode()).digest()).decode().lower()[:24]}"


def handle(author: str) -> str:
    """The handle of an invented author, which no connector may keep."""
    return f"{author.replace('_', '-')}.bsky.social"


def address(author: str, created_at: datetime) -> str:
    """The at:// address of what an invented author posted then."""
    ticks = int(created_at.timestamp() * 1_000_000) << 10
    key = "".join(_TID[ticks >> shift & 31] for shift in range(60, -1, -5))
    return f"at://{did(author)}/app.bsky.feed.post/{key}"


def refusal(status: int, error: str, message: str) -> Answer:
    """An XRPC error."""
    return Answer(status, {"error": error, "message": message})


def select(params: Mapping[str, str], posts: Sequence[Served]) -> list[Served]:
    """The live posts that a search asks for, in the given order: all words of the query, and no OR."""
    since, until = params.get("since", ""), params.get("until", "9")
    return [
        post
        for post in posts
        if post.status == "live"
        and since <= _written(post.created_at) < until
        and params.get("lang") in {None, post.fields.get("lang")}
        and matches(params["q"], post)
    ]


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cid(text: str) -> str:
    digest = base64.b32encode(b"\x01\x71\x12\x20" + hashlib.sha256(text.encode()).digest())
    return f"b{digest.decode().lower().rstrip('=')}"
