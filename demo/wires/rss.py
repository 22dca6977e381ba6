"""Feeds as Atom, and the conditional requests for them."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from demo.wires import Answer, Request, Route, Wire
from demo.wires.posts import Served
from pipeline.sources._feeds import read_feed

CONTENT_TYPE = {"content-type": "application/atom+xml; charset=utf-8"}


class RssWire(Wire):
    """One feed of all posts, newest first. A post's id is the hash of its field `guid`; its `link` is where it is."""

    platform = "rss"
    routes = (Route("GET", r"/alerts/[a-z-]+\.xml"),)

    def serves(self, path: str) -> bool:
        return path.startswith("/alerts/")

    def authorized(self, request: Request) -> bool:
        return True

    def answer(self, request: Request, posts: Sequence[Served], now: datetime, fault: str) -> Answer:
        shown = [post for post in posts if post.status == "live" and fault != "empty"]
        body = _feed(shown[1:] + shown[:1] if fault == "shuffle" else shown)
        etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == etag:
            return Answer(304, "", {"etag": etag})
        return Answer(200, body, {**CONTENT_TYPE, "etag": etag})

    def record(self, post: Served) -> Mapping[str, Any]:
        feed = read_feed(_feed([post]).encode(), CONTENT_TYPE)
        return {"feed": "", "channel": feed["title"], "feed_lang": feed["lang"], **feed["entries"][0]}


def _feed(posts: Sequence[Served]) -> str:
    entries = "\n".join(map(_entry, posts))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-US">\n'
        f"<title>News alert: Larkspur</title><id>urn:alerts:larkspur</id>\n{entries}\n</feed>\n"
    )


def _entry(post: Served) -> str:
    changed_at = post.edits[-1][1] if post.edits else post.created_at
    body = "".join(f"<p>{escape(line)}</p>" for line in post.text.splitlines())
    return (
        f"<entry><id>{escape(post.fields['guid'])}</id><link href={quoteattr(post.fields['link'])}/>"
        f"<title>{escape(post.title)}</title><author><name>{escape(str(post.fields.get('author')))}</name></author>"
        f"<published>{post.created_at.isoformat()}</published><updated>{changed_at.isoformat()}</updated>"
        f'<content type="html">{escape(body)}</content></entry>'
    )
