"""Mastodon: hashtags, a search for names and mentions of our account, as one server sees them, through Mastodon.py."""

import re
import urllib.parse
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import mastodon
import requests

from pipeline.config import Settings
from pipeline.errors import ConfigError, CursorRejected, Permanent, RateLimited, Skippable, Transient
from pipeline.listening import Listening, Practice
from pipeline.post import Post
from pipeline.sources import AccountMetric, Page, Query, Recheck, Record, Source
from pipeline.sources._http import loopback_base, session
from pipeline.sources._markup import text_of
from pipeline.sources._mastodon_errors import NoRecord, limit_end, sorted_errors
from pipeline.sources._phrases import phrases
from pipeline.sources._records import iso_moment, split_objects, words_in

PAGE_SIZE = 40
LOOKUP_SIZE = 20
SERVER_RETRIES = 2
MAX_PHRASE_CHARACTERS = 200
# Elasticsearch, which servers search with, hands out no more hits of one query.
SEARCH_END = 10_000
PUBLIC = {"public", "unlisted"}
METRICS: Mapping[str, str] = {
    "favourites_count": "likes",
    "reblogs_count": "shares",
    "replies_count": "replies",
    "quotes_count": "quotes",
}
ACCOUNT_METRICS: Mapping[str, str] = {"followers_count": "followers", "statuses_count": "posts"}

_SERVER = re.compile(r"https://([\w.-]{1,250}(?::\d{1,5})?)/?\Z")
_ID = re.compile(r"[0-9]{1,19}\Z")
_OFFSET = re.compile(r"[0-9]{1,4}\Z")
_HASHTAG = re.compile(r"#?(\w{1,100})\Z")


class Mastodon(Source):
    """Reads raw pages of one server. A cursor is a `max_id`, or in a search the number of posts to skip.

    A platform id is SERVER/ID, the post's number on that server: it can be asked for again, and it holds no handle, as
    the ActivityPub `uri` does, which is the same on all servers.
    """

    name = "mastodon"
    platform = "mastodon"
    credentials = ("AUSCULT_MASTODON_SERVER", "AUSCULT_MASTODON_TOKEN")
    newest_first = True
    # A post of another server arrives late and is filed under the time it was written.
    overlap = timedelta(hours=6)
    # A hashtag may go back for years.
    first_pass = timedelta(days=7)
    recheck_batch = 2 * LOOKUP_SIZE

    def __init__(self, settings: Settings, listening: Listening) -> None:
        super().__init__(settings, listening)
        self._base = loopback_base(settings, "AUSCULT_MASTODON_URL")
        self._host = _host(settings.secret(self.credentials[0]))
        self._client: mastodon.Mastodon | None = None
        self._limited_until: datetime | None = None

    def queries(self, practice: Practice, keywords: Sequence[str]) -> list[Query]:
        """Mentions of our account, a search for each name, then hashtags: the channels, the names, one-word keywords.

        Raises ConfigError for a channel that is no hashtag.
        """
        names = (practice.name, *practice.aliases)
        # `not_us` is left to screening, which sees the whole post, and languages to the caller: a search takes one.
        refused = [f"-{phrase}" for phrase in phrases(self._chosen.exclude, MAX_PHRASE_CHARACTERS)]
        searched = [" ".join((phrase, *refused, "in:public")) for phrase in phrases(names, MAX_PHRASE_CHARACTERS)]
        for channel in self._chosen.channels:
            if not _hashtag(channel):
                raise ConfigError(f"sources.mastodon.channels: {channel!r} is not a hashtag")
        joined = ["".join(re.findall(r"\w+", name)) for name in names]
        about = keywords if self._chosen.search_claims else ()
        tags = dict.fromkeys(filter(None, map(_hashtag, (*self._chosen.channels, *joined, *about))))
        asked = [Query(self.name, "mentions")]
        asked += [Query(self.name, "search", words=words) for words in searched]
        return asked + [Query(self.name, "tag", channel=tag) for tag in tags]

    def fetch_page(self, query: Query, cursor: str | None, since: datetime | None) -> Page:
        """One page of 40 at most. Nothing takes `since`; the pass stops by the dates it sees."""
        if query.mode == "search":
            return self._search_page(query, cursor)
        params: dict[str, Any] = {"limit": PAGE_SIZE}
        if query.mode == "tag":
            path = f"/api/v1/timelines/tag/{urllib.parse.quote(query.channel, safe='')}"
            bounds = {"max_id": query.until_at, "since_id": query.after_at}
            params |= {name: str(_first_id(moment)) for name, moment in bounds.items() if moment}
        elif query.mode == "mentions":
            path, params["types[]"] = "/api/v1/notifications", ["mention"]
        else:
            raise Permanent(f"mastodon knows no mode {query.mode!r}")
        if cursor is not None:
            if not _ID.match(cursor):
                raise CursorRejected("not a cursor of a mastodon timeline")
            params["max_id"] = cursor
        try:
            reply, following = self._ask(path, params, resuming=cursor is not None)
        except NoRecord:
            if query.mode != "tag":
                raise
            # Of a hashtag that nobody has used there, a server may have no timeline.
            return Page((), None)
        found = _entries(reply)
        return _page(_by_age(map(_mentioning, found)) if query.mode == "mentions" else found, following)

    def to_post(self, record: Record) -> Post:
        """Map one status. Raises Skippable for a boost, for what is not public, and for a broken record."""
        status_id, parent = record["id"], record.get("in_reply_to_id")
        if not isinstance(status_id, str) or not _ID.match(status_id):
            raise Skippable("bad_id", "not an id of mastodon")
        if record.get("reblog") is not None:
            raise Skippable("repost", "a boost has no words of its own")
        if record["visibility"] not in PUBLIC:
            raise Skippable("not_public", "for followers, or for those it names")
        edited = record.get("edited_at")
        return Post(
            platform=self.platform,
            platform_id=f"{self._host}/{status_id}",
            kind="comment" if parent else "post",
            text=text_of(words_in(record, "content")),
            title=words_in(record, "spoiler_text") or None,
            created_at=iso_moment(record["created_at"], "created_at"),
            edited_at=iso_moment(edited, "edited_at") if edited else None,
            author_id=self._known(record.get("account")),
            # The address that Mastodon gives holds a handle; its web pages find a post by its number too.
            url=f"https://{self._host}/statuses/{status_id}",
            lang=lang.partition("-")[0].lower() if isinstance(lang := record.get("language"), str) else None,
            parent_id=self._known({"id": parent}),
            metrics={METRICS[name]: record[name] for name in METRICS if type(record.get(name)) is int},
        )

    def recheck(self, ids: Sequence[str]) -> Recheck:
        """Look ids of our server up (Mastodon 4.3 or newer): what it leaves out is gone, or no longer shown to us.

        Raises as `fetch_page` does, so a failed call is no answer.
        """
        prefix = f"{self._host}/"
        asked = frozenset(name for name in ids if name.startswith(prefix) and _ID.match(name.removeprefix(prefix)))
        if len(asked) > self.recheck_batch:
            raise ValueError(f"recheck takes {self.recheck_batch} ids at most")
        if not asked:
            return Recheck(frozenset(), frozenset())
        numbers = sorted(name.removeprefix(prefix) for name in asked)
        found: dict[str | None, Record] = {}
        for start in range(0, len(numbers), LOOKUP_SIZE):
            reply, _ = self._ask("/api/v1/statuses", {"id[]": numbers[start : start + LOOKUP_SIZE]})
            found |= {self._known(record): record for record in _entries(reply)}
        if None in found:
            raise Transient("mastodon answered a recheck in part")
        live = frozenset(name for name in asked if name in found)
        edited = [record for name, record in found.items() if name in live and record.get("edited_at")]
        return Recheck(live, asked - live, edited, -(-len(numbers) // LOOKUP_SIZE))

    def account_metrics(self) -> Sequence[AccountMetric]:
        """Followers and posts of the account that the token belongs to; it is named SERVER/ID."""
        account, _ = self._ask("/api/v1/accounts/verify_credentials", {})
        name = self._known(account)
        if name is None or any(type(account.get(count)) is not int for count in ACCOUNT_METRICS):
            raise Transient("mastodon's account has not the expected shape")
        return [AccountMetric(name, metric, account[count]) for count, metric in ACCOUNT_METRICS.items()]

    def _search_page(self, query: Query, cursor: str | None) -> Page:
        if cursor is not None and not _OFFSET.match(cursor):
            raise CursorRejected("not a cursor of a mastodon search")
        words, offset = query.words, int(cursor or 0)
        # Whole days of the account's own time zone, so a day more at either end.
        if query.after_at:
            words += f" after:{(query.after_at - timedelta(days=2)).date()}"
        if query.until_at:
            words += f" before:{(query.until_at + timedelta(days=2)).date()}"
        params = {"q": words, "type": "statuses", "limit": PAGE_SIZE, "offset": offset}
        reply, _ = self._ask("/api/v2/search", params, resuming=cursor is not None)
        found = _entries(reply.get("statuses") if isinstance(reply, dict) else None)
        # What our account may not see is left out of a page, so a short one is not the last.
        following = offset + len(found)
        ended = not found or following >= SEARCH_END
        return _page(found, None if ended else str(following), gap="search_end" if found and ended else "")

    def _ask(self, path: str, params: Mapping[str, Any], resuming: bool = False) -> tuple[Any, str | None]:
        """The reply as plain JSON, and the `max_id` of the page after it.

        Mastodon.py's methods ask for the server's version first, swallow what goes wrong there, a 429 too, and make
        objects of the reply; the request below them does neither. A broken status then spoils no other.
        """
        client: Any = self._mastodon()
        with sorted_errors(resuming):
            try:
                # Its own reading of the limits fails good replies with an odd header.
                response = client._Mastodon__api_request(
                    "GET", path, dict(params), do_ratelimiting=False, return_response_object=True
                )
            except mastodon.MastodonRatelimitError:
                raise RateLimited("mastodon asked us to wait (429)", self._limited_until) from None
            return response.json(), _next_id(response)

    def _mastodon(self) -> mastodon.Mastodon:
        if self._client is None:
            token = self._settings.secret(self.credentials[1])
            if not (self._host and token):
                raise Permanent(f"mastodon needs {' and '.join(self.credentials)} in the environment")
            transport = session(self._settings, self._base, SERVER_RETRIES)
            # Nothing in this API redirects; whatever does would be handed our search words.
            transport.max_redirects = 0
            transport.hooks["response"].append(self._note_limit)
            self._client = mastodon.Mastodon(
                api_base_url=f"https://{self._host}",
                ratelimit_method="throw",
                version_check_mode="none",
                session=transport,
            )
            # Not by the constructor, which reads a file that happens to be called like the token.
            self._client.access_token = token
        return self._client

    def _note_limit(self, response: requests.Response, **_: object) -> None:
        self._limited_until = limit_end(response) if response.status_code == 429 else None

    def _known(self, thing: object) -> str | None:
        number = thing.get("id") if isinstance(thing, dict) else None
        return f"{self._host}/{number}" if isinstance(number, str) and _ID.match(number) else None


SOURCE = Mastodon


def _host(address: str | None) -> str:
    if address is None:
        return ""
    match = _SERVER.match(address.strip().lower())
    if not match:
        raise ConfigError(f"{Mastodon.credentials[0]} must be the address of a server, like https://mastodon.example")
    return match[1]


def _hashtag(text: str) -> str | None:
    match = _HASHTAG.match(text.strip())
    return match[1].casefold() if match and not match[1].isdigit() else None


def _first_id(moment: datetime) -> int:
    # Mastodon's ids hold their time: milliseconds above 16 other bits.
    return int(moment.timestamp() * 1_000) << 16


def _next_id(response: requests.Response) -> str | None:
    # Only the number is taken: the address may lead anywhere.
    link = response.links.get("next")
    if link is None:
        return None
    (number,) = urllib.parse.parse_qs(urllib.parse.urlsplit(link["url"]).query)["max_id"]
    if not _ID.match(number):
        raise ValueError("not an id")
    return number


def _entries(reply: object) -> list[Any]:
    if not isinstance(reply, list):
        raise Transient("mastodon's reply is not a list")
    return reply


def _by_age(found: Iterable[object]) -> list[object]:
    # Notifications come by arrival: one that was long under way would end the pass where it stands last.
    return sorted(found, key=lambda entry: str(entry.get("created_at")) if isinstance(entry, dict) else "")


def _mentioning(entry: object) -> object:
    return entry.get("status") if isinstance(entry, dict) and entry.get("type") == "mention" else None


def _page(found: Sequence[Any], following: str | None, gap: str = "") -> Page:
    records, malformed = split_objects(found, "not_a_status")
    return Page(records, following, malformed, gap)
