"""One feed from bytes to plain words. Run as a program, it does so in a process that can be stopped.

feedparser is kept apart because a stranger's words can hold it up for hours: 300 KB of opening comment marks take it
16 seconds (6.0.14), ten times as many a hundred times as long. It imports nothing of the pipeline and sees no secret.
"""

import calendar
import html
import io
import json
import re
import resource
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from time import struct_time
from typing import Any

import feedparser

MAX_ENTRIES = 2_000
MAX_MEMORY_BYTES = 1024 * 1024 * 1024

# What feedparser leaves of HTML is well formed, so that these will do; each is linear.
_LINE_END = re.compile(r"<(?:br|/p|/div|/li|/h[1-6]|/tr|/blockquote|/pre)\b[^<>]*+>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]*+>", re.IGNORECASE)


def read_feed(content: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """The feed as `version` (empty: it is none), `title`, `lang`, `entries` and `capped` (entries were left out).

    `headers` are its content-type; links stay as they are written. An entry has id, link, title, text,
    lang and the ISO times published and updated; what it has not is None.
    """
    # As a file object: a string could be taken for an address or a file's name, and be opened.
    parsed = feedparser.parse(io.BytesIO(content), response_headers=dict(headers), sanitize_html=True)
    feed, found = dict(parsed["feed"]), parsed["entries"]
    return {
        "version": parsed.get("version", ""),
        "title": _words(feed.get("title_detail")),
        "lang": feed.get("language"),
        "entries": [_entry(dict(entry)) for entry in found[:MAX_ENTRIES]],
        "capped": len(found) > MAX_ENTRIES,
    }


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    body = next(iter(entry.get("content") or ()), None) or entry.get("summary_detail")
    return {
        "id": entry.get("id"),
        "link": entry.get("link"),
        "title": _words(entry.get("title_detail")),
        "text": _words(body),
        "lang": (body or entry.get("title_detail") or {}).get("language"),
        "published": _moment(entry.get("published_parsed")),
        "updated": _moment(entry.get("updated_parsed")),
    }


def _words(detail: Mapping[str, Any] | None) -> str | None:
    if not detail or not detail.get("value"):
        return None
    value = str(detail["value"])
    if detail.get("type") != "text/plain":
        value = html.unescape(_TAG.sub("", _LINE_END.sub("\n", value)))
    return "\n".join(filter(None, (" ".join(line.split()) for line in value.splitlines())))


def _moment(parts: struct_time | None) -> str | None:
    try:
        return datetime.fromtimestamp(calendar.timegm(parts), UTC).isoformat() if parts else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _main() -> None:
    with suppress(ValueError, OSError):  # macOS knows the limit and refuses to set it
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    headers = json.loads(sys.stdin.buffer.readline())
    json.dump(read_feed(sys.stdin.buffer.read(), headers), sys.stdout)


if __name__ == "__main__":
    _main()
