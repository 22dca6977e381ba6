"""YouTube's Data API v3, as far as Google's client reads it: comment threads, comments, search, videos, channels."""

import base64
import html
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from demo.wires import Answer, Request, Route, Wire
from demo.wires.posts import Served, matches

SHOWN_REPLIES = 5
SHORT_DESCRIPTION = 120
COMMON = frozenset({"alt", "fields", "key", "prettyPrint", "quotaUser"})
LISTED = COMMON | {"maxResults", "pageToken"}
SEARCHED = {"q", "type", "order", "publishedAfter", "publishedBefore", "channelId", "relevanceLanguage", "safeSearch"}
# HTTP status, reason, and what Google calls the status. A spent day is a 403, a passing limit a 429.
REFUSALS: Mapping[str, tuple[int, str, str]] = {
    "rate_limit": (429, "rateLimitExceeded", "RESOURCE_EXHAUSTED"),
    "rate_limit_silent": (429, "rateLimitExceeded", "RESOURCE_EXHAUSTED"),
    "unavailable": (503, "backendError", "UNAVAILABLE"),
    "usage_cap": (403, "quotaExceeded", "PERMISSION_DENIED"),
    "no_credits": (403, "dailyLimitExceeded", "PERMISSION_DENIED"),
    "bad_cursor": (400, "invalidPageToken", "INVALID_ARGUMENT"),
    "unauthorized": (401, "authError", "UNAUTHENTICATED"),
    "forbidden": (403, "forbidden", "PERMISSION_DENIED"),
    "not_found": (404, "videoNotFound", "NOT_FOUND"),
    "comments_disabled": (403, "commentsDisabled", "PERMISSION_DENIED"),
    "no_such_comment": (404, "commentNotFound", "NOT_FOUND"),
}


class YouTubeWire(Wire):
    """A canonical comment is a reply where its id is its thread's, a dot and more; else its `parent_id` is the video's.

    `comments_off` are videos that take no comments. `strict`: a look-up of comments fails as a whole where one is not
    there, as the documentation has it. `hidden_followers`: channels do not tell how many follow them.
    """

    platform = "youtube"
    routes = (
        Route(
            "GET",
            "/youtube/v3/commentThreads",
            LISTED | {"id", "videoId", "allThreadsRelatedToChannelId", "order", "searchTerms", "textFormat"},
            frozenset({"part"}),
        ),
        Route("GET", "/youtube/v3/comments", LISTED | {"id", "parentId", "textFormat"}, frozenset({"part"})),
        Route("GET", "/youtube/v3/search", LISTED | SEARCHED, frozenset({"part"})),
        Route("GET", "/youtube/v3/videos", LISTED | {"id", "hl"}, frozenset({"part"})),
        Route("GET", "/youtube/v3/channels", LISTED | {"id", "hl"}, frozenset({"part"})),
    )

    def __init__(self) -> None:
        self.comments_off: set[str] = set()
        self.strict = False
        self.hidden_followers = False

    def serves(self, path: str) -> bool:
        return path.startswith("/youtube/v3/")

    def authorized(self, request: Request) -> bool:
        return bool(request.params.get("key"))

    def answer(self, request: Request, posts: Sequence[Served], now: datetime, fault: str) -> Answer:
        params, kind = request.params, request.path.rpartition("/")[2]
        live = [post for post in posts if post.status == "live"]
        if kind == "commentThreads":
            if params.get("videoId") in self.comments_off:
                return self.failure("comments_disabled", 0)
            found = [post for post in live if is_comment(post) and "." not in post.id and _is_under(post, params)]
            return self._listed(kind, found, request, fault, lambda post: _thread(post, posts, params))
        if kind == "search":
            found = [post for post in live if not is_comment(post) and is_found(post, params)]
            return self._listed(kind, found, request, fault, _result)
        if kind == "channels":
            return _items(kind, [self._channel(name, live) for name in params.get("id", "").split(",")])
        if "parentId" in params:
            found = [post for post in live if post.id.startswith(f"{params['parentId']}.")]
            return self._listed(kind, found, request, fault, lambda post: _comment(post, params))
        return self._looked_up(kind, params, [] if fault == "empty" else live)

    def record(self, post: Served) -> Mapping[str, Any]:
        plain = {"textFormat": "plainText", "part": "snippet,replies,statistics"}
        if not is_comment(post):
            return _video(post, plain)
        return _comment(post, plain) if "." in post.id else _thread(post, (), plain)

    def failure(self, kind: str, seconds: float) -> Answer:
        status, reason, name = REFUSALS[kind]
        problem = {"code": status, "message": reason, "errors": [{"message": reason, "reason": reason}], "status": name}
        return Answer(status, {"error": problem}, {"retry-after": str(int(seconds))} if kind == "rate_limit" else {})

    def _listed(
        self, kind: str, found: Sequence[Served], request: Request, fault: str, shape: Callable[[Served], object]
    ) -> Answer:
        token, start, turn = request.params.get("pageToken"), 0, 0
        if token:
            try:
                place = base64.urlsafe_b64decode(token).decode().split(" ")
                turn, last = int(place[0]), (datetime.fromisoformat(place[1]), place[2])
            except (ValueError, IndexError):
                return self.failure("bad_cursor", 0)
            start = sum((post.created_at, post.id) >= last for post in found)
        page, following = self.page(found, start, request.params.get("maxResults"), fault)
        answer: dict[str, Any] = {"pageInfo": {"resultsPerPage": len(page)}}
        if following > 0:
            # The turn, so that a repeated page has a token of its own.
            place_after = f"{turn + 1} {found[following - 1].created_at.isoformat()} {found[following - 1].id}"
            answer["nextPageToken"] = base64.urlsafe_b64encode(place_after.encode()).decode()
        return _items(kind, [shape(post) for post in page], answer)

    def _looked_up(self, kind: str, params: Mapping[str, str], live: Sequence[Served]) -> Answer:
        asked = params.get("id", "").split(",")
        found = [post for post in live if post.id in asked and is_comment(post) == (kind == "comments")]
        if self.strict and kind == "comments" and len(found) < len(asked):
            return self.failure("no_such_comment", 0)
        shape = _comment if kind == "comments" else _video
        return _items(kind, [shape(post, params) for post in found])

    def _channel(self, name: str, live: Sequence[Served]) -> dict[str, Any]:
        videos = [post for post in live if not is_comment(post) and post.fields.get("channel") == name]
        numbers: dict[str, Any] = {
            "viewCount": str(sum(post.metric("views") for post in videos)),
            "hiddenSubscriberCount": self.hidden_followers,
            "videoCount": str(len(videos)),
        }
        numbers["subscriberCount"] = "0" if self.hidden_followers else "1230"
        return {"kind": "youtube#channel", "id": name, "statistics": numbers}


def is_comment(post: Served) -> bool:
    """Whether a canonical post is a comment here; any other is a video."""
    return post.fields.get("kind") == "comment"


def is_found(post: Served, params: Mapping[str, str]) -> bool:
    """Whether a video answers `"a"|"b" -"c"` and lies between the times asked for."""
    after, before = params.get("publishedAfter"), params.get("publishedBefore")
    if after and post.created_at < datetime.fromisoformat(after):
        return False
    if before and post.created_at >= datetime.fromisoformat(before):
        return False
    wanted, *refused = re.split(r" -(?=\S)", params.get("q", ""))
    return any(matches(term, post) for term in wanted.split("|")) and not any(matches(term, post) for term in refused)


def _is_under(post: Served, params: Mapping[str, str]) -> bool:
    if "videoId" in params:
        return post.fields.get("parent_id") == params["videoId"]
    return post.fields.get("channel") == params.get("allThreadsRelatedToChannelId")


def _items(kind: str, items: Sequence[object], more: Mapping[str, Any] | None = None) -> Answer:
    return Answer(200, {"kind": f"youtube#{kind.removesuffix('s')}ListResponse", **(more or {}), "items": items})


def _thread(post: Served, posts: Sequence[Served], params: Mapping[str, str]) -> dict[str, Any]:
    video = post.fields.get("parent_id")
    # The count is of all that were ever made; those taken down are shown to nobody.
    replies = [reply for reply in posts if reply.id.startswith(f"{post.id}.")]
    shown = [reply for reply in replies if reply.status == "live"][:SHOWN_REPLIES]
    top = _comment(post, params, video)
    snippet = {"videoId": video, "topLevelComment": top, "totalReplyCount": len(replies), "isPublic": True}
    thread = {"kind": "youtube#commentThread", "id": post.id, "snippet": snippet}
    if shown and "replies" in params["part"].split(","):
        thread["replies"] = {"comments": [_comment(reply, params, video) for reply in shown]}
    return thread


def _comment(post: Served, params: Mapping[str, str], video: object = None) -> dict[str, Any]:
    plain = params.get("textFormat") == "plainText"
    snippet: dict[str, Any] = {
        "textDisplay": post.text if plain else html.escape(post.text).replace("\n", "<br>"),
        "authorDisplayName": f"@{post.fields.get('author')}",
        "authorChannelUrl": f"http://www.youtube.com/@{post.fields.get('author')}",
        "canRate": True,
        "viewerRating": "none",
        "likeCount": post.metric("likes"),
        "publishedAt": _zulu(post.created_at),
        "updatedAt": _zulu(post.edits[-1][1] if post.edits else post.created_at),
    }
    if post.fields.get("author"):
        snippet["authorChannelId"] = {"value": f"UC{post.author_number:022d}"}
    if video:
        snippet["videoId"] = video
    if "." in post.id:
        snippet["parentId"] = post.id.partition(".")[0]
    return {"kind": "youtube#comment", "id": post.id, "snippet": snippet}


def _result(post: Served) -> dict[str, Any]:
    short = post.text if len(post.text) <= SHORT_DESCRIPTION else f"{post.text[:SHORT_DESCRIPTION]} ..."
    snippet = _video_words(post) | {"title": html.escape(post.title), "description": html.escape(short)}
    return {"kind": "youtube#searchResult", "id": {"kind": "youtube#video", "videoId": post.id}, "snippet": snippet}


def _video(post: Served, params: Mapping[str, str]) -> dict[str, Any]:
    video: dict[str, Any] = {"kind": "youtube#video", "id": post.id, "snippet": _video_words(post)}
    if post.fields.get("lang"):
        video["snippet"]["defaultLanguage"] = post.fields["lang"]
    if "statistics" in params["part"].split(","):
        counts = {"viewCount": "views", "likeCount": "likes", "commentCount": "replies"}
        video["statistics"] = {theirs: str(post.metric(ours)) for theirs, ours in counts.items()}
    return video


def _video_words(post: Served) -> dict[str, Any]:
    return {
        "publishedAt": _zulu(post.created_at),
        "channelId": post.fields.get("channel") or f"UC{post.author_number:022d}",
        "channelTitle": str(post.fields.get("author")),
        "title": post.title,
        "description": post.text,
        "liveBroadcastContent": "none",
    }


def _zulu(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
