"""Bluesky: search by names, handles and claim keywords, and a recheck by address, through atproto's client."""

import logging
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import atproto
import httpx
import requests
from atproto import models

from pipeline.config import Settings
from pipeline.errors import ConfigError, CursorRejected, Permanent, Skippable, Transient
from pipeline.listening import Listening, Practice
from pipeline.post import EARLIEST, Post
from pipeline.sources import AccountMetric, Page, Query, Quota, Recheck, Record, Source
from pipeline.sources._bluesky_errors import SessionEnded, sorted_errors
from pipeline.sources._http import loopback_base, session
from pipeline.sources._phrases import phrases, together
from pipeline.sources._records import split_objects

PAGE_SIZE = 100
# The lexicon names no limit; a longer term is no name.
MAX_QUERY_CHARACTERS = 256
SERVER_RETRIES = 2
# Search leads no further than 10,000 posts and does not say so.
RESULT_CAP = 10_000
# The maintainers ask that search is no bulk interface. Without a watermark or a backfill's bound, a query reads this
# many of its newest posts; there are as many queries of claims as keywords, because search knows no OR.
FIRST_POSTS: Mapping[str, int] = {"names": 1_000, "claims": 100}
CLAIM_CALLS_A_DAY = 2_400
METRICS: Mapping[str, str] = {
    "likeCount": "likes",
    "repostCount": "shares",
    "replyCount": "replies",
    "quoteCount": "quotes",
}

# A did:web is a domain, mostly the author's handle: only the opaque kind of id is let in.
_POST = re.compile(r"at://(did:plc:[a-z2-7]{24})/app\.bsky\.feed\.post/([A-Za-z0-9._:~-]{1,128})\Z")
_CURSOR = re.compile(r"(\d{1,3}):(\d{0,13}):([!-~]{1,512})\Z")
_HANDLE = re.compile(r"@?((?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62})\Z", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2,3}\Z")
_EPOCH, _BEYOND = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# They speak of a body that is packed; ours is unpacked and whole.
_PACKING_HEADERS = {"content-encoding", "content-length", "transfer-encoding"}

# httpx writes whole addresses, search words included, to its log.
logging.getLogger("httpx").setLevel(logging.WARNING)


class Bluesky(Source):
    """Reads search as plain JSON; a platform id is an at:// address.

    A cursor is `<pages read>:<end>:<Bluesky's cursor>`. Bluesky's is a mere count of posts to skip: what is posted
    between two pages would shift them, so the newest post of the first page sets an end (in milliseconds) to the rest.
    """

    name = "bluesky"
    platform = "bluesky"
    credentials = ("AUSCULT_BLUESKY_HANDLE", "AUSCULT_BLUESKY_APP_PASSWORD")
    newest_first = True
    # Search sorts by the author's clock: what was written offline, or brought from elsewhere, comes in further down.
    overlap = timedelta(hours=3)
    # The index goes back years; a year is far more than a pass is ever late.
    reach = timedelta(days=365)
    recheck_batch = 25
    quotas = (Quota(CLAIM_CALLS_A_DAY, frozenset({"claims"})),)

    def __init__(self, settings: Settings, listening: Listening) -> None:
        super().__init__(settings, listening)
        self._base = loopback_base(settings, "AUSCULT_BLUESKY_URL")
        self._client: atproto.Client | None = None

    def queries(self, practice: Practice, keywords: Sequence[str]) -> list[Query]:
        """One query for each name and handle, then one for each keyword: all words of a query must be in a post.

        Raises ConfigError for a handle that Bluesky cannot have.
        """
        handles = [_handle(handle) for handle in practice.handles.get(self.name, ())]
        called = phrases((practice.name, *practice.aliases, *handles), MAX_QUERY_CHARACTERS)
        about = together(keywords if self._chosen.search_claims else (), MAX_QUERY_CHARACTERS, " ")
        named = [Query(self.name, "names", words) for words in called]
        # Brackets are for words that stand beside others.
        return named + [Query(self.name, "claims", words.strip("()")) for words in about]

    def fetch_page(self, query: Query, cursor: str | None, since: datetime | None) -> Page:
        """One page of search, newest first: from `since` on, and within the bounds of a backfill."""
        pages, end, place = _parse_cursor(cursor)
        after, until = _latest(since, query.after_at), end or query.until_at
        params = models.AppBskyFeedSearchPosts.Params(
            q=query.words,
            sort="latest",
            limit=PAGE_SIZE,
            cursor=place,
            since=_written(after),
            until=_written(until),
            lang=self._language(),
        )
        reply = self._ask("app.bsky.feed.searchPosts", params, resuming=place is not None)
        following = reply.get("cursor")
        records, malformed = split_objects(_entries(reply))
        posts_read = (pages + 1) * PAGE_SIZE
        if not isinstance(following, str) or not following:
            return Page(records, None, malformed, gap="result_cap" if posts_read >= RESULT_CAP else "")
        if after is None and posts_read >= FIRST_POSTS.get(query.mode, PAGE_SIZE):
            return Page(records, None, malformed)
        return Page(records, f"{pages + 1}:{_milliseconds(until or _end(records))}:{following}", malformed)

    def to_post(self, record: Record) -> Post:
        """Map one post as Bluesky shows it. Raises Skippable, KeyError, TypeError or ValueError for a broken record."""
        address = _POST.match(str(record["uri"]))
        if not address:
            raise Skippable("bad_id", "not the address of a post by an author with an opaque id")
        said, (author, key) = record["record"], address.groups()
        text, reply = said["text"], said.get("reply")
        if not isinstance(text, str):
            raise Skippable("text_not_text", "text")
        return Post(
            platform=self.platform,
            platform_id=address[0],
            kind="post" if reply is None else "comment",
            text=text,
            created_at=_created_at(record),
            author_id=author,
            url=f"https://bsky.app/profile/{author}/post/{key}",
            lang=_lang(said.get("langs")),
            parent_id=_parent(reply),
            metrics={METRICS[name]: count for name, count in record.items() if name in METRICS and type(count) is int},
        )

    def recheck(self, ids: Sequence[str]) -> Recheck:
        """Look posts up; what a whole answer leaves out is deleted, taken down or hidden from us: gone.

        Raises as `fetch_page` does, so a failed call is never an answer. Posts cannot be edited.
        """
        asked = frozenset(name for name in ids if _POST.match(name))
        if len(asked) > self.recheck_batch:
            raise ValueError(f"recheck takes {self.recheck_batch} ids at most")
        if not asked:
            return Recheck(frozenset(), frozenset())
        reply = self._ask("app.bsky.feed.getPosts", models.AppBskyFeedGetPosts.Params(uris=sorted(asked)))
        live = frozenset(str(entry.get("uri")) if isinstance(entry, dict) else "" for entry in _entries(reply))
        if not live <= asked:
            raise Transient("bluesky answered a recheck with something else than the posts asked for")
        return Recheck(live, asked - live)

    def account_metrics(self) -> Sequence[AccountMetric]:
        """Followers of the account that signs in. Raises as `fetch_page` does."""
        handle = self._settings.secret(self.credentials[0]) or ""
        profile = self._ask("app.bsky.actor.getProfile", models.AppBskyActorGetProfile.Params(actor=handle))
        account, followers = profile.get("did"), profile.get("followersCount")
        if not isinstance(account, str) or type(followers) is not int:
            raise Transient("bluesky's profile has not the expected shape")
        return [AccountMetric(account, "followers", followers)]

    def _ask(self, method: str, params: object, resuming: bool = False) -> Mapping[str, Any]:
        try:
            return self._ask_once(method, params, resuming)
        except SessionEnded:
            # atproto renews a session before its end by our clock; a clock that is slow, or a key changed, ends here.
            self._client = None
            return self._ask_once(method, params, resuming)

    def _ask_once(self, method: str, params: object, resuming: bool) -> Mapping[str, Any]:
        client = self._signed_in()
        with sorted_errors(resuming):
            # What atproto's own methods do, up to their models: those refuse a whole page for one odd post.
            reply = client.invoke_query(method, params=params, output_encoding="application/json").content
            if not isinstance(reply, dict):
                raise TypeError("not an object")
            return reply

    def _signed_in(self) -> atproto.Client:
        if self._client is None:
            handle, password = (self._settings.secret(name) for name in self.credentials)
            if not (handle and password):
                raise Permanent(f"bluesky needs {' and '.join(self.credentials)} in the environment")
            # The loopback's session holds on to its address: a session's reply leads the client to the account's host.
            transport = _Transport(session(self._settings, self._base, SERVER_RETRIES))
            # Nothing in this API redirects; whatever does would be handed our search words.
            client = atproto.Client(self._base, atproto.Request(transport=transport, max_redirects=0))
            with sorted_errors():
                client.login(handle, password, fetch_bsky_profile=False)
            self._client = client
        return self._client

    def _language(self) -> str | None:
        # Search takes one language; the caller sorts several out itself.
        chosen = self._chosen.languages
        return chosen[0] if len(chosen) == 1 and _LANGUAGE.match(chosen[0]) else None


SOURCE = Bluesky


class _Transport(httpx.BaseTransport):
    """atproto's requests through the session of all sources: its time-out, size cap, retries and loopback."""

    def __init__(self, sending: requests.Session) -> None:
        self._session = sending

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked = requests.Request(request.method, str(request.url), dict(request.headers), data=request.read()).prepare()
        surroundings = self._session.merge_environment_settings(asked.url or "", {}, None, None, None)
        reply = self._session.send(asked, allow_redirects=False, **surroundings)
        headers = {name: value for name, value in reply.headers.items() if name.lower() not in _PACKING_HEADERS}
        return httpx.Response(reply.status_code, headers=headers, content=reply.content)


def _handle(handle: str) -> str:
    match = _HANDLE.match(handle.strip())
    if not match:
        raise ConfigError(f"practice.yaml: handles.bluesky: {handle!r} is not a handle of bluesky (name.bsky.social)")
    return f"@{match[1]}"


def _parse_cursor(cursor: str | None) -> tuple[int, datetime | None, str | None]:
    if cursor is None:
        return 0, None, None
    match = _CURSOR.match(cursor)
    if not match:
        raise CursorRejected("not a cursor of bluesky's search")
    end = _EPOCH + int(match[2]) * _MILLISECOND if match[2] else None
    return int(match[1]), end, match[3]


def _latest(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment), default=None)


def _end(records: Sequence[Record]) -> datetime | None:
    # Past every time that the page names: by which of a post's two times search goes is not written anywhere.
    newest = _latest(*(moment for record in records for moment in _times(record)))
    return newest + _MILLISECOND if newest else None


def _milliseconds(moment: datetime | None) -> str:
    return str((moment - _EPOCH) // _MILLISECOND) if moment else ""


def _written(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None


def _entries(reply: Mapping[str, Any]) -> list[Any]:
    entries = reply.get("posts")
    if not isinstance(entries, list):
        raise Transient("bluesky's posts are not a list")
    return entries


def _created_at(record: Record) -> datetime:
    # The author's clock, unless it runs ahead of Bluesky's: nobody's post is from the future.
    times = _times(record)
    if not times:
        raise Skippable("bad_date", "createdAt")
    return min(times)


def _times(record: Record) -> list[datetime]:
    said = record.get("record")
    texts = (said.get("createdAt") if isinstance(said, dict) else None, record.get("indexedAt"))
    return [moment for text in texts if (moment := _moment(text))]


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    # A time that cannot be is no time; the end of a pass is never made of it.
    return moment if moment.tzinfo and EARLIEST <= moment < _BEYOND else None


def _lang(langs: object) -> str | None:
    # Several are what the author speaks, not what this post is in.
    if not isinstance(langs, list) or len(langs) != 1 or not isinstance(langs[0], str):
        return None
    return langs[0].partition("-")[0].lower()


def _parent(reply: object) -> str | None:
    parent = reply.get("parent") if isinstance(reply, dict) else None
    name = parent.get("uri") if isinstance(parent, dict) else None
    return name if isinstance(name, str) and _POST.match(name) else None
