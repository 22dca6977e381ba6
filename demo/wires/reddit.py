"""Reddit's wire format, as far as praw reads it: a token, listings, search and api/info."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from demo.wires import Answer, Request, Route, Wire
from demo.wires.posts import Served, matches

RATE_HEADERS = {"x-ratelimit-remaining": "590.0", "x-ratelimit-used": "10", "x-ratelimit-reset": "300"}


LISTED = frozenset({"limit", "count", "after", "raw_json"})
SEARCHED = LISTED | {"q", "sort", "t", "type", "restrict_sr"}


class RedditWire(Wire):
    """Listings by place, as praw asks for them: `after` names the last record shown."""

    platform = "reddit"
    routes = (
        Route("GET", r"/r/[A-Za-z0-9_+]+/(new|comments)", LISTED),
        Route("GET", r"/r/[A-Za-z0-9_+]+/search", SEARCHED, frozenset({"q"})),
        Route("GET", r"/api/info", frozenset({"limit", "raw_json"}), frozenset({"id"})),
    )

    def serves(self, path: str) -> bool:
        return path.startswith(("/r/", "/api/info", "/api/v1/access_token"))

    def sign_in(self, request: Request) -> Answer | None:
        return Answer(200, token()) if request.path == "/api/v1/access_token" else None

    def answer(self, request: Request, posts: Sequence[Served], now: datetime, fault: str) -> Answer:
        found = select(request.path, request.params, posts)
        if request.path == "/api/info":
            return Answer(200, listing([] if fault == "empty" else found, None), RATE_HEADERS)
        start = page_start(found, request.params)
        page, following = ([], -1) if start is None else self.page(found, start, request.params.get("limit"), fault)
        # A shuffled page ends where the straight one does.
        last = found[following - 1].id if following > 0 else None
        return Answer(200, listing(page, last), RATE_HEADERS)

    def record(self, post: Served) -> Mapping[str, Any]:
        return _thing(post)

    def failure(self, kind: str, seconds: float) -> Answer:
        answer = super().failure(kind, seconds)
        if kind != "unauthorized":
            return answer
        return Answer(
            answer.status, answer.body, {"www-authenticate": 'Bearer realm="loopback", error="invalid_token"'}
        )


def token() -> dict[str, Any]:
    """What the token endpoint answers."""
    return {"access_token": "loopback", "token_type": "bearer", "expires_in": 86_400, "scope": "*"}


def select(path: str, params: Mapping[str, str], visible: Sequence[Served]) -> list[Served]:
    """The posts that a path asks for, in the given order."""
    if path == "/api/info":
        asked = params.get("id", "").split(",")
        return [post for post in visible if post.id in asked]
    _, channels, what = path.strip("/").split("/")
    chosen = [post for post in visible if post.id.startswith("t1_") == (what == "comments")]
    if channels != "all":
        named = {channel.casefold() for channel in channels.split("+")}
        chosen = [post for post in chosen if str(post.fields.get("channel")).casefold() in named]
    # Listings leave out what is gone; only a direct question shows the stump.
    chosen = [post for post in chosen if post.status == "live"]
    return [post for post in chosen if matches(params["q"], post)] if what == "search" else chosen


def page_start(found: Sequence[Served], params: Mapping[str, str]) -> int | None:
    """Where the page after `after` begins; None where nothing has that name."""
    after = params.get("after")
    if not after:
        return 0
    return next((place + 1 for place, post in enumerate(found) if post.id == after), None)


def listing(page: Sequence[Served], after: str | None) -> dict[str, Any]:
    """A listing of things, with the cursor of the next one."""
    children = [{"kind": post.id[:2], "data": _thing(post)} for post in page]
    return {"kind": "Listing", "data": {"after": after, "before": None, "dist": len(page), "children": children}}


def _thing(post: Served) -> dict[str, Any]:
    comment, live = post.id.startswith("t1_"), post.status == "live"
    stump = f"[{post.status}]"
    author = post.fields.get("author") if live else None
    edited = post.edits[-1][1].timestamp() if post.edits else False
    thing: dict[str, Any] = {
        "name": post.id,
        "id": post.id[3:],
        "created_utc": post.created_at.timestamp(),
        "edited": edited,
        "author": author or "[deleted]",
        "author_fullname": f"t2_{post.author_number:x}" if author else None,
        "subreddit": post.fields.get("channel"),
        "score": post.metric("score"),
        "removed_by_category": {"live": None, "deleted": "deleted"}.get(post.status, "moderator"),
    }
    if comment:
        parent = post.fields.get("parent_id") or "t3_0"
        parent = parent if str(parent).startswith("t") and "_" in parent else f"t3_{parent}"
        return thing | {"body": post.text if live else stump, "parent_id": parent, "link_id": parent}
    return thing | {
        "title": post.title,
        "selftext": post.text if live else stump,
        "num_comments": post.metric("replies"),
        "permalink": f"/r/{post.fields.get('channel')}/comments/{post.id[3:]}/_/",
    }
