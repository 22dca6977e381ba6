"""Facebook: posts of our own Page, comments on them, and posts that tag it, over the Graph API through pyfacebook."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from pipeline.errors import Skippable
from pipeline.post import Post
from pipeline.sources import AccountMetric, Record
from pipeline.sources._graph import PAGE_SIZE, GraphSource
from pipeline.sources._graph_records import whole_numbers
from pipeline.sources._records import iso_moment, words_in

POST_FIELDS = (
    "id,message,created_time,from{id},shares,"
    "comments.filter(stream).limit(0).summary(true),reactions.limit(0).summary(true)"
)
TAGGED_FIELDS = "id,message,created_time"
COMMENT_FIELDS = "id,message,created_time,from{id},parent{id},like_count,comment_count,is_hidden"
ACCOUNT_METRICS = ("followers_count", "fan_count")
IN_THREAD = 25
COMMENT = "comment_"

_POST_ID = re.compile(r"\d{1,20}_\d{1,20}\Z", re.ASCII)
_COMMENT_ID = re.compile(r"\d{1,20}(?:_\d{1,20}){0,2}\Z", re.ASCII)
_PERSON_ID = re.compile(r"\d{1,25}\Z", re.ASCII)


class Facebook(GraphSource):
    """Reads one Page of ours. A post's id is Graph's (`<page>_<post>`), a comment's `comment_<id>`.

    A post that tags the Page and stands on another one is not rechecked: Graph shows it in the list of tags only.
    `updated_time` is not read: a new comment changes it as an edit does.
    """

    name = "facebook"
    platform = "facebook"
    credentials = ("AUSCULT_FACEBOOK_PAGE_ID", "AUSCULT_FACEBOOK_PAGE_TOKEN")
    listings: ClassVar = {"feed": ("feed", POST_FIELDS), "tagged": ("tagged", TAGGED_FIELDS)}
    mentions = "tagged"
    # filter(stream): replies stand beside the comments that they answer.
    commented = ("feed", f"id,comments.filter(stream)SINCE.limit({IN_THREAD}){{{COMMENT_FIELDS}}}")
    in_thread = IN_THREAD
    created = "created_time"
    hidden = "is_hidden"

    def to_post(self, record: Record) -> Post:
        """Map one post or comment. Raises Skippable for a broken record, KeyError where it has no id or time."""
        comment = record.get("kind") == "comment"
        name = record["id"]
        if not isinstance(name, str) or not (_COMMENT_ID if comment else _POST_ID).match(name):
            raise Skippable("bad_id", "not an id of facebook")
        hidden = comment and record.get("is_hidden") is True
        return Post(
            platform=self.platform,
            platform_id=f"{COMMENT}{name}" if comment else name,
            kind="comment" if comment else "post",
            text="" if hidden else words_in(record, "message"),
            created_at=iso_moment(record["created_time"], "created_time"),
            author_id=None if hidden else _author_id(record),
            url=_address(record, name, comment),
            parent_id=_parent_id(record) if comment else None,
            metrics=_comment_metrics(record) if comment else _post_metrics(record),
            status="removed" if hidden else "live",
        )

    def account_metrics(self) -> Sequence[AccountMetric]:
        """Followers of the Page, and its likes where Graph still gives them. Raises as `fetch_page` does."""
        found = self._object("get_object", self._account, fields=",".join(ACCOUNT_METRICS))
        counts = whole_numbers({name: found.get(name) for name in ACCOUNT_METRICS})
        return [AccountMetric(self._account, name, count) for name, count in counts.items()]

    def _mentions(self, records: Sequence[Record]) -> list[Record]:
        # The feed tells more of what stands on our own Page.
        return [record for record in records if not str(record.get("id")).startswith(f"{self._account}_")]

    def _thread(self, post: Record) -> str:
        return f"{post.get('id')}~comments"

    def _in_full(self, comments: Sequence[Record], thread: str) -> tuple[list[Record], list[str]]:
        post_id = thread.partition("~")[0]
        return [{**comment, "kind": "comment", "post_id": post_id} for comment in comments], []

    def _thread_params(self, edge: str, since: datetime | None) -> Mapping[str, str | int]:
        bound = {"since": int(since.timestamp())} if since else {}
        return {"fields": COMMENT_FIELDS, "filter": "stream", "limit": PAGE_SIZE, **bound}

    def _node(self, name: str) -> tuple[str, str, str] | None:
        if name.startswith(COMMENT) and _COMMENT_ID.match(name.removeprefix(COMMENT)):
            return name.removeprefix(COMMENT), "comment", COMMENT_FIELDS
        ours = _POST_ID.match(name) and name.startswith(f"{self._account}_")
        return (name, "post", POST_FIELDS) if ours else None


SOURCE = Facebook


def _author_id(record: Record) -> str | None:
    # Graph leaves visitors out unless the token may see them.
    author = record.get("from")
    found = author.get("id") if isinstance(author, dict) else None
    return found if isinstance(found, str) and _PERSON_ID.match(found) else None


def _address(record: Record, name: str, comment: bool) -> str | None:
    # Built from ids: `permalink_url` may hold a name.
    if not comment:
        return f"https://www.facebook.com/{name}"
    post_id = record.get("post_id")
    if not isinstance(post_id, str) or not _POST_ID.match(post_id):
        return None
    return f"https://www.facebook.com/{post_id}?comment_id={name.rpartition('_')[2]}"


def _parent_id(record: Record) -> str | None:
    parent = record.get("parent")
    answered = parent.get("id") if isinstance(parent, dict) else None
    if isinstance(answered, str) and _COMMENT_ID.match(answered):
        return f"{COMMENT}{answered}"
    post_id = record.get("post_id")
    return post_id if isinstance(post_id, str) else None


def _comment_metrics(record: Record) -> dict[str, int]:
    return whole_numbers({"likes": record.get("like_count"), "replies": record.get("comment_count")})


def _post_metrics(record: Record) -> dict[str, int]:
    return whole_numbers(
        {
            "likes": _total(record.get("reactions")),
            "replies": _total(record.get("comments")),
            "shares": shares.get("count") if isinstance(shares := record.get("shares"), dict) else None,
        }
    )


def _total(listing: object) -> object:
    summary: object = listing.get("summary") if isinstance(listing, Mapping) else None
    return summary.get("total_count") if isinstance(summary, Mapping) else None
