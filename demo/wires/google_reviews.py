"""Google's wire format for reviews, as the Business Profile API v4 has it: a token, a location's list, one review."""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from demo.wires import STATUSES, Answer, Request, Route, Wire
from demo.wires.posts import Served

LOCATION = r"/v4/accounts/\d+/locations/\d+"
ACCOUNT = "accounts/123"
STARS = ("ONE", "TWO", "THREE", "FOUR", "FIVE")
REASONS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
}


class GoogleReviewsWire(Wire):
    """Reviews by the time of their last change. A post's id is `locations/L/reviews/R`.

    `signed_in`: whether the sign-in server knows the refresh token.
    """

    platform = "google_reviews"
    routes = (
        Route("GET", rf"{LOCATION}/reviews", frozenset({"pageSize", "pageToken", "orderBy"})),
        Route("GET", rf"{LOCATION}/reviews/[\w=-]+"),
    )

    def __init__(self) -> None:
        self.signed_in = True

    def serves(self, path: str) -> bool:
        return path.startswith("/v4/accounts/") or path == "/token"

    def sign_in(self, request: Request) -> Answer | None:
        if request.path != "/token":
            return None
        form = dict(parse_qsl(request.body.decode()))
        asked = {"grant_type", "client_id", "client_secret", "refresh_token"} == form.keys()
        if not (self.signed_in and asked and form["grant_type"] == "refresh_token"):
            return Answer(400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."})
        return Answer(200, {"access_token": "loopback", "expires_in": 3599, "token_type": "Bearer", "scope": "s"})

    def authorized(self, request: Request) -> bool:
        return request.headers.get("authorization") == "Bearer loopback"

    def answer(self, request: Request, posts: Sequence[Served], now: datetime, fault: str) -> Answer:
        location, _, asked = request.path.removeprefix(f"/v4/{ACCOUNT}/").partition("/reviews")
        here = [post for post in posts if post.status == "live" and post.id.startswith(f"{location}/")]
        if asked:
            found = [post for post in here if post.id == f"{location}/reviews{asked}"]
            return Answer(200, self.record(found[0])) if found else self.failure("not_found", 0)
        here.sort(key=_changed_at, reverse=True)
        start, turn = _place(request.params.get("pageToken"), here)
        if request.params.get("orderBy", "updateTime desc") != "updateTime desc" or start < 0:
            return self.failure("bad_cursor", 0)
        page, following = self.page(here, start, request.params.get("pageSize"), fault)
        stars = [_stars(post) for post in here]
        reply: dict[str, Any] = {"totalReviewCount": len(here)}
        if page:
            reply |= {"reviews": [self.record(post) for post in page], "averageRating": sum(stars) / len(stars)}
        if following > 0:
            reply["nextPageToken"] = _token(here[following - 1].id, following, turn + 1)
        return Answer(200, reply)

    def record(self, post: Served) -> Mapping[str, Any]:
        review: dict[str, Any] = {
            "name": f"{ACCOUNT}/{post.id}",
            "reviewId": post.id.rpartition("/")[2],
            "reviewer": {"displayName": post.fields.get("author"), "profilePhotoUrl": "https://lh3.example/photo"},
            "starRating": STARS[_stars(post) - 1],
            "createTime": _zulu(post.created_at),
            "updateTime": _zulu(_changed_at(post)),
        }
        if post.text:
            review["comment"] = post.text
        if post.metric("replies"):
            review["reviewReply"] = {"comment": "Thank you.", "updateTime": _zulu(post.created_at)}
        return review

    def failure(self, kind: str, seconds: float) -> Answer:
        status = STATUSES[kind]
        details: list[Mapping[str, Any]] = []
        if kind == "usage_cap":
            # What a project gets that Google has not approved.
            quota = {"quota_limit": "DefaultRequestsPerMinutePerProject", "quota_limit_value": "0"}
            details.append({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "metadata": quota})
        if kind == "rate_limit":
            details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{int(seconds)}s"})
        reason = REASONS.get(status, "UNAVAILABLE")
        return Answer(status, {"error": {"code": status, "message": reason, "status": reason, "details": details}})


def _changed_at(post: Served) -> datetime:
    return post.edits[-1][1] if post.edits else post.created_at


def _stars(post: Served) -> int:
    return 1 + post.metric("score") % 5


def _zulu(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _token(last: str, place: int, turn: int) -> str:
    # The turn gives a repeated page a token of its own.
    return base64.urlsafe_b64encode(json.dumps([last, place, turn]).encode()).decode()


def _place(token: str | None, here: Sequence[Served]) -> tuple[int, int]:
    try:
        last, place, turn = json.loads(base64.urlsafe_b64decode(token)) if token else ("", 0, 0)
    except ValueError:
        return -1, 0
    # Behind the last review shown, wherever it stands by now; where it stood, if it is gone.
    return next((at + 1 for at, post in enumerate(here) if post.id == last), place), turn
