"""X's v2 wire format, as far as tweepy reads it: recent search and lookup by id, under the old or new field names."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from demo.wires import Answer, Request, Route, Wire
from demo.wires.posts import Served, matches

REACH = timedelta(days=7)
MAX_QUERY_CHARACTERS = 512
SHORT_TEXT = 280
OLD, NEW = "tweet", "post"
FIELDS = frozenset({"tweet.fields", "post.fields"})  # which of them is known, `names` says

TIMELINE = frozenset({"max_results", "pagination_token", "start_time", "end_time", "since_id", "until_id"})


class XWire(Wire):
    """Recent search and lookup; `names` is what X calls its fields: "tweet", or "post" since August 2026."""

    platform = "x"
    routes = (
        Route(
            "GET",
            r"/2/tweets/search/recent",
            FIELDS | {"max_results", "next_token", "start_time", "end_time", "since_id"},
            frozenset({"query"}),
        ),
        Route("GET", r"/2/tweets", FIELDS, frozenset({"ids"})),
        Route("GET", r"/2/users/\d+/mentions", FIELDS | TIMELINE),
        Route("GET", r"/2/users/\d+/tweets", FIELDS | TIMELINE | {"exclude"}),
        Route("GET", r"/2/users/\d+", frozenset({"user.fields"})),
    )
    account = "4711"

    def __init__(self) -> None:
        self.names: Literal["tweet", "post"] = "tweet"

    def serves(self, path: str) -> bool:
        return path.startswith("/2/")

    def answer(self, request: Request, posts: Sequence[Served], now: datetime, fault: str) -> Answer:
        params = request.params
        refused = problem(params, self.names, now)
        if refused:
            return Answer(400, refused)
        if request.path == "/2/tweets":
            return Answer(200, lookup(params, posts, self.names))
        if request.path == f"/2/users/{self.account}":
            counts = {"followers_count": 1_200, f"{self.names}_count": 88, "following_count": 3, "listed_count": 0}
            return Answer(200, {"data": {"id": self.account, "public_metrics": counts}})
        found = self._timeline(request, posts) if request.path.startswith("/2/users/") else select(params, posts, now)
        # A token names the last post shown, and the page it opens, so that a repeated page has a token of its own.
        anchor, _, turn = params.get("next_token", params.get("pagination_token", "")).partition("-")
        start = next((place + 1 for place, post in enumerate(found) if post.id == anchor), None) if anchor else 0
        if start is None:
            return Answer(400, refusal("next_token", "The next_token is not valid"))
        page, following = self.page(found, start, params.get("max_results"), fault)
        token = f"{found[following - 1].id}-{int(turn or 0) + 1}" if following > 0 else None
        return Answer(200, search_page(page, token, params, self.names))

    def _timeline(self, request: Request, posts: Sequence[Served]) -> list[Served]:
        since = request.params.get("start_time")
        live = [post for post in posts if post.status == "live" and (not since or post.created_at >= _moment(since))]
        own = [post for post in live if str(post.author_number) == self.account or post.fields.get("own")]
        if request.path.endswith("/tweets"):
            return own
        return [post for post in live if post not in own and "@larkspurfamily" in post.text.casefold()]

    def record(self, post: Served) -> Mapping[str, Any]:
        asked = {f"{self.names}.fields": f"created_at,author_id,lang,public_metrics,referenced_{self.names}s"}
        return _record(post, asked, self.names)

    def failure(self, kind: str, seconds: float) -> Answer:
        status = super().failure(kind, seconds).status
        if kind == "bad_cursor":
            return Answer(400, refusal("next_token", "The next_token is not valid"))
        if kind == "usage_cap":
            # The real one comes with the ordinary window almost unused.
            headers = {"x-rate-limit-remaining": "39999", "x-rate-limit-reset": str(int(time.time() + 900))}
            return Answer(
                429, {"title": "UsageCapExceeded", "detail": "Usage cap exceeded: Monthly product cap"}, headers
            )
        headers = {"x-rate-limit-reset": str(int(time.time() + seconds))} if kind == "rate_limit" else {}
        title = "Too Many Requests" if status == 429 else str(status)
        return Answer(status, {"title": title, "detail": str(status)}, headers)


def refusal(parameter: str, message: str) -> dict[str, Any]:
    """The body of a 400."""
    return {
        "errors": [{"parameters": {parameter: [""]}, "message": message}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": "https://api.twitter.com/2/problems/invalid-request",
    }


def problem(params: Mapping[str, str], names: str, now: datetime) -> dict[str, Any] | None:
    """What is wrong with a request: an unknown parameter, a long query or a time out of reach; None if nothing is."""
    if "user.fields" in params:
        return None
    known = {
        "query",
        "max_results",
        "next_token",
        "start_time",
        "end_time",
        "since_id",
        "ids",
        f"{names}.fields",
        "pagination_token",
        "exclude",
    }
    for parameter in params.keys() - known:
        return refusal(parameter, f"The query parameter [{parameter}] is not one of [{','.join(sorted(known))}]")
    if len(params.get("query", "")) > MAX_QUERY_CHARACTERS:
        return refusal("query", "query is too long")
    if "query" in params and "start_time" in params and _moment(params["start_time"]) < now - REACH:
        return refusal("start_time", "Invalid 'start_time': it must be on or after the last 7 days")
    return None


def select(params: Mapping[str, str], visible: Sequence[Served], now: datetime) -> list[Served]:
    """The live posts of the last seven days that answer the query, in the given order."""
    start = max(_moment(params.get("start_time", (now - REACH).isoformat())), now - REACH)
    query = params.get("query", "")
    return [post for post in visible if post.status == "live" and post.created_at >= start and matches(query, post)]


def search_page(page: Sequence[Served], token: str | None, params: Mapping[str, str], names: str) -> dict[str, Any]:
    """A page of recent search; an empty one has no `data`."""
    meta: dict[str, Any] = {"result_count": len(page)}
    if token:
        meta["next_token"] = token
    return {"data": [_record(post, params, names) for post in page], "meta": meta} if page else {"meta": meta}


def lookup(params: Mapping[str, str], visible: Sequence[Served], names: str) -> dict[str, Any]:
    """Posts by id, and an error for each that is not there to be shown."""
    held = {version: post for post in visible for version in _versions(post)}
    reply: dict[str, list[Any]] = {"data": [], "errors": []}
    for name in params.get("ids", "").split(","):
        post = held.get(name)
        if post and post.status == "live":
            reply["data"].append(_record(post, params, names, name))
        else:
            reply["errors"].append(_loss(name, protected=post is not None and post.status == "removed"))
    return {part: entries for part, entries in reply.items() if entries}


def _record(post: Served, params: Mapping[str, str], names: str, version: str | None = None) -> dict[str, Any]:
    versions = _versions(post)
    place = versions.index(version) if version else len(versions) - 1
    # The file's text stands for the first version; `text` is the newest.
    texts = [str(post.fields.get("text") or ""), *(text for text, _ in post.edits)]
    times = [post.created_at, *(moment for _, moment in post.edits)]
    text = texts[place]
    record: dict[str, Any] = {
        "id": versions[place],
        "text": text if len(text) <= SHORT_TEXT else text[: SHORT_TEXT - 1] + "…",
        f"edit_history_{names}_ids": versions[: place + 1] if version is None else versions,
    }
    optional: dict[str, Any] = {
        "created_at": times[place].strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "author_id": XWire.account if post.fields.get("own") else str(post.author_number),
        "lang": post.fields.get("lang") or "und",
        "conversation_id": versions[0],
        "public_metrics": {
            "like_count": post.metric("likes"),
            ("retweet_count" if names == OLD else "repost_count"): post.metric("shares"),
            "reply_count": post.metric("replies"),
        },
    }
    if len(text) > SHORT_TEXT:
        optional[f"note_{names}"] = {"text": text}
    if post.fields.get("parent_id"):
        optional[f"referenced_{names}s"] = [{"type": "replied_to", "id": str(post.fields["parent_id"])}]
    asked = set(params.get(f"{names}.fields", "").split(","))
    return record | {name: value for name, value in optional.items() if name in asked}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _versions(post: Served) -> list[str]:
    return [str(int(post.id) + place) for place in range(len(post.edits) + 1)]


def _loss(name: str, protected: bool) -> dict[str, Any]:
    title = "Authorization Error" if protected else "Not Found Error"
    kind = "not-authorized-for-resource" if protected else "resource-not-found"
    return {
        "value": name,
        "resource_id": name,
        "resource_type": "tweet",
        "parameter": "ids",
        "title": title,
        "detail": f"Could not find tweet with ids: [{name}].",
        "type": f"https://api.twitter.com/2/problems/{kind}",
    }
