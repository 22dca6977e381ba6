"""Mastodon's wire format, as far as Mastodon.py reads it: hashtags, search, mentions, lookup and the own account."""

import html
import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from demo.wires import STATUSES, Answer, Request, Route, Wire
from demo.wires.posts import Served, matches

HOST = "social.example"
# The account that the token belongs to.
ACCOUNT = {"id": "109000000000000001", "followers_count": 210, "following_count": 12, "statuses_count": 87}
LOOKUP_LIMIT = 20
PAGED = frozenset({"max_id", "since_id", "min_id", "limit"})
SEARCHED = frozenset({"type", "resolve", "following", "account_id", "exclude_unreviewed", "offset"}) | PAGED
# The number of a mention is one of another row, not that of its status.
MENTION_SHIFT = 16

_HASHTAG = re.compile(r"#(\w+)")
_DATE = re.compile(r"(after|before):(\d{4}-\d{2}-\d{2})")


class MastodonWire(Wire):
    """One server. Canonical ids are its host, a slash and a number that holds the time: milliseconds shifted by 16.

    A post is filed under the hashtags in its text and under its `channel`; `account` is who is mentioned. On the last
    page the real server links to an empty one more, which is spared here.
    """

    platform = "mastodon"
    account = "larkspur"
    page_size = 40
    routes = (
        Route("GET", r"/api/v1/timelines/tag/[^/]+", PAGED | {"any[]", "all[]", "none[]", "local", "remote"}),
        Route("GET", r"/api/v2/search", SEARCHED, frozenset({"q"})),
        Route("GET", r"/api/v1/notifications", PAGED | {"types[]", "exclude_types[]", "account_id"}),
        Route("GET", r"/api/v1/statuses", needs=frozenset({"id[]"})),
        Route("GET", r"/api/v1/accounts/verify_credentials"),
    )

    def serves(self, path: str) -> bool:
        return re.match(r"/api/(v1/(timelines|notifications|statuses|accounts)\b|v2/search)", path) is not None

    def authorized(self, request: Request) -> bool:
        return request.headers.get("authorization", "").startswith("Bearer ")

    def answer(self, request: Request, posts: Sequence[Served], now: datetime, fault: str) -> Answer:
        params, live = request.params, [post for post in posts if post.status == "live"]
        if request.path.endswith("/verify_credentials"):
            return Answer(200, ACCOUNT | {"username": self.account, "acct": self.account})
        if request.path.endswith("/statuses"):
            return self._lookup(params["id[]"].split(","), live)
        if request.path.endswith("/search"):
            found = search(params["q"], live)
            page, _ = self.page(found, int(params.get("offset", 0)), params.get("limit"), fault)
            return Answer(200, {"accounts": [], "statuses": [self.record(post) for post in page], "hashtags": []})
        if request.path.endswith("/notifications"):
            mentions = [post for post in live if f"@{self.account}" in post.text.casefold()]
            return self._timeline(request, mentions, fault, MENTION_SHIFT)
        tag = unquote(request.path.rpartition("/")[2]).casefold()
        return self._timeline(request, [post for post in live if tag in tags(post) and is_public(post)], fault, 0)

    def record(self, post: Served) -> Mapping[str, Any]:
        author, number = str(post.fields.get("author")), str(status_number(post))
        parent = str(post.fields.get("parent_id") or "")
        return {
            "id": number,
            "created_at": moment(post.created_at),
            "in_reply_to_id": parent.rpartition("/")[2] or None,
            "in_reply_to_account_id": None,
            "sensitive": False,
            "spoiler_text": post.title,
            "visibility": post.fields.get("visibility") or "public",
            "language": post.fields.get("lang"),
            "uri": f"https://{HOST}/users/{author}/statuses/{number}",
            "url": f"https://{HOST}/@{author}/{number}",
            "replies_count": post.metric("replies"),
            "reblogs_count": post.metric("shares"),
            "favourites_count": post.metric("likes"),
            "edited_at": moment(post.edits[-1][1]) if post.edits else None,
            "content": markup(post.text),
            "reblog": None,
            "account": {
                "id": str(post.author_number),
                "username": author,
                "acct": author,
                "url": f"https://{HOST}/@{author}",
            },
            "media_attachments": [],
            "mentions": [],
            "tags": [{"name": tag, "url": f"https://{HOST}/tags/{tag}"} for tag in sorted(tags(post))],
            "emojis": [],
            "card": None,
            "poll": None,
        }

    def failure(self, kind: str, seconds: float) -> Answer:
        status = 422 if kind == "bad_cursor" else STATUSES[kind]
        messages = {401: "The access token is invalid", 404: "Not Found", 422: "Validation failed", 429: "Throttled"}
        lifted_at = datetime.fromtimestamp(time.time() + seconds, UTC).isoformat().replace("+00:00", "Z")
        limits = {"x-ratelimit-limit": "300", "x-ratelimit-remaining": "0", "x-ratelimit-reset": lifted_at}
        return Answer(status, {"error": messages.get(status, str(status))}, limits if kind == "rate_limit" else {})

    def _lookup(self, numbers: Sequence[str], live: Sequence[Served]) -> Answer:
        if len(numbers) > LOOKUP_LIMIT:
            return Answer(422, {"error": "Validation failed"})
        return Answer(200, [self.record(post) for post in live if str(status_number(post)) in numbers])

    def _timeline(self, request: Request, found: Sequence[Served], fault: str, shift: int) -> Answer:
        params = request.params
        numbers = [status_number(post) >> shift for post in found]
        found = [post for post, number in zip(found, numbers, strict=True) if number > int(params.get("since_id", 0))]
        bound = int(params.get("max_id") or numbers[0] + 1 if numbers else 0)
        start = next((place for place, number in enumerate(numbers) if number < bound), len(found))
        page, following = self.page(found, start, params.get("limit"), fault)
        body = [self._mention(post) if shift else self.record(post) for post in page]
        if following < 0:
            return Answer(200, body)
        # A repeated page links to a bound of its own, or it would look like a circle.
        last = numbers[following - 1] - (1 if fault == "duplicate" else 0)
        address = f"https://{HOST}{request.path}?limit={params.get('limit', self.page_size)}"
        links = f'<{address}&max_id={last}>; rel="next", <{address}&min_id={numbers[start]}>; rel="prev"'
        return Answer(200, body, {"link": links})

    def _mention(self, post: Served) -> Mapping[str, Any]:
        status = self.record(post)
        number = str(status_number(post) >> MENTION_SHIFT)
        return {
            "id": number,
            "type": "mention",
            "created_at": status["created_at"],
            "account": status["account"],
            "status": status,
        }


def status_number(post: Served) -> int:
    """The number of a post on its server."""
    return int(post.id.rpartition("/")[2])


def tags(post: Served) -> set[str]:
    """The hashtags that a post is filed under, in lower case."""
    named = [*_HASHTAG.findall(post.text), str(post.fields.get("channel") or "").lstrip("#")]
    return {tag.casefold() for tag in named if tag}


def is_public(post: Served) -> bool:
    """Whether a post stands in timelines and in search."""
    return (post.fields.get("visibility") or "public") == "public"


def search(query: str, live: Sequence[Served]) -> list[Served]:
    """The public posts that answer a query of words, "phrases", -negations and days, in the given order."""
    days = {name: datetime.fromisoformat(f"{day}T00:00:00Z") for name, day in _DATE.findall(query)}
    words = _DATE.sub("", query).replace("in:public", "")
    # A day is left out whole on both sides.
    first = days["after"] + timedelta(days=1) if "after" in days else datetime.min.replace(tzinfo=UTC)
    end = days.get("before", datetime.max.replace(tzinfo=UTC))
    return [post for post in live if is_public(post) and first <= post.created_at < end and matches(words, post)]


def moment(when: datetime) -> str:
    """A time as Mastodon writes it."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def markup(text: str) -> str:
    """A text as Mastodon shows it: escaped, paragraphs, line breaks, and hashtags as links."""
    escaped = html.escape(text, quote=False).replace("\n\n", "</p><p>").replace("\n", "<br />")
    link = rf'<a href="https://{HOST}/tags/\1" class="mention hashtag" rel="tag">#<span>\1</span></a>'
    return f"<p>{_HASHTAG.sub(link, escaped)}</p>"
