"""Instagram: media of our own account, comments on them, and media that tag us, over the Graph API (pyfacebook)."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from pipeline.errors import Permanent, Skippable
from pipeline.post import Post
from pipeline.sources import AccountMetric, Record
from pipeline.sources._graph import GraphSource
from pipeline.sources._graph_records import nested, objects, whole_numbers
from pipeline.sources._records import iso_moment, words_in

MEDIA_FIELDS = "id,caption,timestamp,permalink,like_count,comments_count"
COMMENT_FIELDS = "id,text,timestamp,from{id},parent_id,like_count,hidden"
ACCOUNT_METRICS = ("followers_count", "media_count")
# Within the media of one request; a thread read by itself has pages of 50, which is the most that Graph gives.
IN_THREAD, IN_REPLIES, THREAD_PAGE = 20, 10, 50

_ID = re.compile(r"\d{5,20}\Z", re.ASCII)
_NAME = re.compile(r"(media|comment)_(\d{5,20})\Z", re.ASCII)
_SHORTCODE = re.compile(r"/(?:p|reel|tv)/([\w\-]{1,40})(?:/|\Z)", re.ASCII)


class Instagram(GraphSource):
    """Reads one account of ours. Ids are Graph's after `media_`, `comment_` or `tag_`.

    Media of others that tag us are not rechecked: Graph shows them in the list of tags only. A mention in somebody
    else's caption or comment that is no tag comes by webhook alone, and is not heard.
    """

    name = "instagram"
    platform = "instagram"
    credentials = ("AUSCULT_INSTAGRAM_ACCOUNT_ID", "AUSCULT_INSTAGRAM_TOKEN")
    listings: ClassVar = {"media": ("media", f"{MEDIA_FIELDS},owner{{id}}"), "tags": ("tags", MEDIA_FIELDS)}
    mentions = "tags"
    commented = (
        "media",
        f"id,permalink,comments.limit({IN_THREAD}){{{COMMENT_FIELDS},replies.limit({IN_REPLIES}){{{COMMENT_FIELDS}}}}}",
    )
    in_thread = IN_THREAD
    created = "timestamp"
    hidden = "hidden"

    def to_post(self, record: Record) -> Post:
        """Map one media or comment. Raises Skippable for a broken record, KeyError where it has no id or time."""
        kind = record.get("kind", "media")
        comment = kind == "comment"
        name = record["id"]
        if not isinstance(name, str) or not _ID.match(name):
            raise Skippable("bad_id", "not an id of instagram")
        hidden = comment and record.get("hidden") is True
        return Post(
            platform=self.platform,
            platform_id=f"{kind}_{name}",
            kind="comment" if comment else "post",
            text="" if hidden else words_in(record, "text" if comment else "caption"),
            created_at=iso_moment(record["timestamp"], "timestamp"),
            author_id=None if hidden else _author_id(record.get("from") if comment else record.get("owner")),
            url=_address(record),
            parent_id=_parent_id(record) if comment else None,
            metrics=whole_numbers({"likes": record.get("like_count"), "replies": record.get("comments_count")}),
            status="removed" if hidden else "live",
        )

    def account_metrics(self) -> Sequence[AccountMetric]:
        """Followers and media, and yesterday's reach where the token may see insights. Raises as `fetch_page` does."""
        found = self._object("get_object", self._account, fields=",".join(ACCOUNT_METRICS))
        counts = whole_numbers({name: found.get(name) for name in ACCOUNT_METRICS} | {"reach": self._reach()})
        return [AccountMetric(self._account, name, count) for name, count in counts.items()]

    def _reach(self) -> object:
        try:
            found = self._object("get_connection", self._account, "insights", metric="reach", period="day")
        except Permanent:
            return None  # not permitted: the other numbers still count
        # An account of few followers has none.
        values = [value for insight in objects(found.get("data")) for value in objects(insight.get("values"))]
        return values[-1].get("value") if values else None

    def _mentions(self, records: Sequence[Record]) -> list[Record]:
        return [{**record, "kind": "tag"} for record in records]

    def _thread(self, post: Record) -> str:
        return f"{post.get('id')}~comments~{_shortcode(post)}"

    def _in_full(self, comments: Sequence[Record], thread: str) -> tuple[list[Record], list[str]]:
        owner, _, shortcode, *rest = thread.split("~")
        media = rest[0] if rest else owner
        found: list[Record] = []
        threads: list[str] = []
        for comment in comments:
            alone = {name: value for name, value in comment.items() if name != "replies"}
            found.append({**alone, "kind": "comment", "media_id": media, "shortcode": shortcode})
            below = f"{comment.get('id')}~replies~{shortcode}~{media}"
            replies = nested(comment.get("replies"), IN_REPLIES)
            if replies is None and _ID.match(str(comment.get("id"))):
                threads.append(below)
            elif replies:
                found += self._in_full(replies, below)[0]
        return found, threads

    def _thread_params(self, edge: str, since: datetime | None) -> Mapping[str, str | int]:
        # Graph takes no `since` here.
        replies = f",replies.limit({IN_REPLIES}){{{COMMENT_FIELDS}}}" if edge == "comments" else ""
        return {"fields": f"{COMMENT_FIELDS}{replies}", "limit": THREAD_PAGE}

    def _node(self, name: str) -> tuple[str, str, str] | None:
        match = _NAME.match(name)
        if not match:
            return None
        return match[2], match[1], COMMENT_FIELDS if match[1] == "comment" else f"{MEDIA_FIELDS},owner{{id}}"


SOURCE = Instagram


def _author_id(author: object) -> str | None:
    found = author.get("id") if isinstance(author, dict) else None
    return found if isinstance(found, str) and _ID.match(found) else None


def _shortcode(record: Record) -> str:
    match = _SHORTCODE.search(str(record.get("permalink")))
    return match[1] if match else ""


def _address(record: Record) -> str | None:
    # Built from the shortcode: a permalink may hold a handle before it.
    shortcode = record.get("shortcode") or _shortcode(record)
    return f"https://www.instagram.com/p/{shortcode}/" if isinstance(shortcode, str) and shortcode else None


def _parent_id(record: Record) -> str | None:
    for name, kind in (("parent_id", "comment"), ("media_id", "media")):
        found = record.get(name)
        if isinstance(found, str) and _ID.match(found):
            return f"{kind}_{found}"
    return None
