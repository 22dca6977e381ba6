"""GDELT's wire format, as its DOC 2.0 API has it for lists of articles; its complaints are plain text."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from demo.wires import STATUSES, Answer, Request, Route, Wire
from demo.wires.posts import Served, matches

REACH = timedelta(days=92)
MAX_QUERY_CHARACTERS = 250
MAX_RECORDS = 250
TEXT = {"content-type": "text/html; charset=utf-8"}
WAIT = "Please limit requests to one every 5 seconds or contact us for larger queries.\n"


class GdeltWire(Wire):
    """Articles by the time they were seen. A post's id is the hash of its field `link`."""

    platform = "gdelt"
    routes = (
        Route(
            "GET",
            r"/api/v2/doc/doc",
            frozenset({"mode", "format", "maxrecords", "sort", "timespan", "startdatetime", "enddatetime"}),
            frozenset({"query"}),
        ),
    )

    def serves(self, path: str) -> bool:
        return path == "/api/v2/doc/doc"

    def authorized(self, request: Request) -> bool:
        return True

    def answer(self, request: Request, posts: Sequence[Served], now: datetime, fault: str) -> Answer:
        params = request.params
        start = _moment(params.get("startdatetime")) or now - REACH
        complaint = _complaint(params["query"], start, now)
        if complaint:
            return Answer(200, complaint, TEXT)
        end = _moment(params.get("enddatetime")) or now
        words = re.sub(r"\(?sourcelang:[^)]*\)?", "", params["query"])
        found = [post for post in posts if post.status == "live" and start <= post.created_at <= end]
        page = [post for post in found if matches(words, post)][: min(int(params["maxrecords"]), MAX_RECORDS)]
        if not page or fault == "empty":
            return Answer(200, {})
        return Answer(200, {"articles": [self.record(post) for post in (page[1:] + page[:1] if fault else page)]})

    def record(self, post: Served) -> Mapping[str, Any]:
        return {
            "url": post.fields["link"],
            "url_mobile": "",
            "title": post.title or post.text,
            "seendate": post.created_at.strftime("%Y%m%dT%H%M%SZ"),
            "socialimage": "",
            "domain": "news.portalder.example",
            "language": {"en": "English", "es": "Spanish"}[str(post.fields.get("lang"))],
            "sourcecountry": "United States",
        }

    def failure(self, kind: str, seconds: float) -> Answer:
        status = STATUSES[kind]
        return Answer(status, WAIT if status == 429 else f"{status}\n", TEXT)


def _complaint(query: str, start: datetime, now: datetime) -> str:
    brackets = re.findall(r"\(([^)]*)\)", query)
    if len(query) > MAX_QUERY_CHARACTERS:
        return "Your query was too short or too long.\n"
    if any(" OR " not in inner for inner in brackets) or "((" in query:
        return "Parentheses may only be used around OR'd statements.\n"
    if " OR " in query and not brackets:
        return "Queries containing OR'd terms must be surrounded by ().\n"
    if any(len(phrase) < 5 for phrase in re.findall(r'"([^"]*)"', query)):
        return "The specified phrase is too short.\n"
    return "The start date must be within the last 3 months.\n" if start < now - REACH else ""


def _moment(stamp: str | None) -> datetime | None:
    return datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC) if stamp else None
