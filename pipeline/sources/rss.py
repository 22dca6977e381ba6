"""RSS and Atom feeds: news alerts, forums and whatever else the operator names, fetched by us, read by feedparser."""

import hashlib
import ipaddress
import json
import re
import socket
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from pipeline.config import Settings
from pipeline.errors import ConfigError, CursorRejected, Permanent, Skippable, Transient
from pipeline.listening import Listening, Practice
from pipeline.post import Post
from pipeline.sources import Page, Query, Record, Source, _feeds
from pipeline.sources._columns import PERSON_IN_PATH
from pipeline.sources._http import loopback_base, session
from pipeline.sources._plain import SERVER_RETRIES, ask, check, json_object

MAX_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# An ordinary feed takes half a second, one of 8 MB took 27 on two busy cores.
PARSE_SECONDS = 60.0
VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}

# An id that names its authority is one everywhere; "17" is one in its feed only.
_GLOBAL_ID = re.compile(r"(?:https?://|tag:|urn:)\S", re.IGNORECASE)
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9-]{1,20})?\Z", re.IGNORECASE)


class Rss(Source):
    """Reads each feed as one page. A platform id is a hash of the entry's id, or of its link where it has none.

    An entry without a date is kept without one. One that is no longer in a feed has only made room: nothing is gone.
    """

    name = "rss"
    platform = "rss"
    newest_first = True
    one_limit = False

    def __init__(self, settings: Settings, listening: Listening) -> None:
        super().__init__(settings, listening)
        self._transport = session(settings, loopback_base(settings, "AUSCULT_RSS_URL"), SERVER_RETRIES)

    def queries(self, practice: Practice, keywords: Sequence[str]) -> list[Query]:
        """Each channel, which is the https address of a feed. All entries are kept; screening looks for names.

        Raises ConfigError for any other channel.
        """
        return [Query(self.name, "feed", channel=_feed_address(channel)) for channel in self._chosen.channels]

    def fetch_page(self, query: Query, cursor: str | None, since: datetime | None) -> Page:
        """The whole feed; nothing where it has not changed since it was last stored."""
        if cursor is not None:
            raise CursorRejected("a feed has one page")
        who = f"the feed of {urlsplit(query.channel).hostname}"
        # From nothing on, everything is wanted, changed or not.
        known = self.validators.get(query.key, {}) if since is not None else {}
        response, address, calls = self._fetched(query.channel, known, who)
        if response.status_code == 304 and known:
            return Page((), None, calls=calls)
        check(response, who)
        headers = {"content-type": response.headers.get("content-type", "")}
        feed = _parsed(response.content, headers, who)
        told = {VALIDATORS[name]: response.headers.get(name) for name in VALIDATORS}
        self.validators[query.key] = {name: value for name, value in told.items() if value}
        shared = {"feed": query.channel, "channel": feed["title"], "feed_lang": feed["lang"]}
        gap = "entries_left_out" if feed["capped"] else ""
        records = [{**shared, **entry, "link": _linked(address, entry["link"])} for entry in feed["entries"]]
        return Page(records, None, gap=gap, calls=calls)

    def to_post(self, record: Record) -> Post:
        """Map one entry. Its author is left out: feeds name people and give them no id. Raises Skippable."""
        published, updated = (_moment(record[name]) for name in ("published", "updated"))
        title, text = record["title"] or None, record["text"] or ""
        return Post(
            platform=self.platform,
            platform_id=_platform_id(record),
            kind="post",
            text="" if text == title else text,
            title=title,
            created_at=published or updated,
            edited_at=updated if published and updated and updated > published else None,
            url=record["link"],
            lang=_language(record["lang"]) or _language(record["feed_lang"]),
            channel=record["channel"],
        )

    def _fetched(self, address: str, headers: dict[str, str], who: str) -> tuple[requests.Response, str, int]:
        for earlier in range(MAX_REDIRECTS + 1):
            response = ask(self._transport, who, address, headers=headers)
            if response.status_code not in REDIRECTS:
                return response, address, earlier + 1
            address = _redirected(address, response.headers.get("location"), who)
        raise Permanent(f"{who} redirects more than {MAX_REDIRECTS} times")


SOURCE = Rss


def _feed_address(channel: str) -> str:
    try:
        parts = urlsplit(channel)
        sound = parts.scheme == "https" and parts.hostname and "@" not in parts.netloc
    except ValueError:
        sound = None
    if not sound:
        raise ConfigError("sources.rss.channels: each is the https address of a feed, without a user's name in it")
    return channel


def _linked(address: str, link: object) -> str | None:
    # A feed's own address may hold a key: a link is completed by its host alone, and one that leads nowhere else goes.
    if not isinstance(link, str) or PERSON_IN_PATH.search(link):
        return None
    if link.startswith("/"):
        link = urljoin(address, link)
    parts, own = urlsplit(link), urlsplit(address)
    return None if (parts.path, parts.query) == (own.path, own.query) else link


def _redirected(address: str, location: str | None, who: str) -> str:
    try:
        onward = urljoin(address, location or "")
        parts = urlsplit(onward)
        secure, host = parts.scheme == "https" and "@" not in parts.netloc, parts.hostname or ""
    except ValueError:
        secure, host = False, ""
    # An attacker's name that is resolved anew for the request gains nothing: the host must prove it by certificate.
    if not secure or not _is_public(host):
        raise Permanent(f"{who} redirects to where we do not follow: not https, or not on the public internet")
    return onward


def _is_public(host: str) -> bool:
    addresses = _addresses(host)
    return bool(addresses) and all(ipaddress.ip_address(address).is_global for address in addresses)


def _addresses(host: str) -> list[str]:
    try:
        return [str(found[4][0]).partition("%")[0] for found in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        return []


def _parsed(content: bytes, headers: dict[str, str], who: str) -> dict[str, Any]:
    command = [sys.executable, "-I", _feeds.__file__]
    try:
        done = subprocess.run(  # noqa: S603
            command,
            input=json.dumps(headers).encode() + b"\n" + content,
            capture_output=True,
            timeout=PARSE_SECONDS,
            env={},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Transient(f"{who} takes too long to read") from None
    if done.returncode:
        # What it wrote about the reason may quote the feed.
        raise Transient(f"{who} cannot be read: its reader ended with {done.returncode}")
    feed = json_object(done.stdout, who)
    if not feed["version"]:
        raise Transient(f"{who} is not RSS or Atom")
    return feed


def _platform_id(record: Record) -> str:
    entry_id, link = record["id"], record["link"]
    if entry_id and not _GLOBAL_ID.match(entry_id):
        entry_id = f"{record['feed']} {entry_id}"
    if not (entry_id or link):
        raise Skippable("bad_id", "neither an id nor a link")
    return hashlib.sha256(str(entry_id or link).encode("utf-8", "replace")).hexdigest()[:32]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _language(tag: object) -> str | None:
    match = _LANGUAGE.match(tag) if isinstance(tag, str) else None
    return match[1].lower() if match else None
