"""Meta's Graph API as Facebook and Instagram share it: the client, pages, comments of many posts, rechecks."""

import json
import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

import pyfacebook

from pipeline.config import Settings
from pipeline.errors import CursorRejected, ListenError, Permanent, Skippable, Transient
from pipeline.listening import Listening, Practice
from pipeline.sources import Page, Query, Recheck, Record, Source, Terms
from pipeline.sources._graph_errors import NoObject, Refused, check, sorted_errors
from pipeline.sources._graph_records import AFTER, AFTER_LETTER, Listing, nested, read_listing
from pipeline.sources._http import loopback_base, session
from pipeline.sources._records import iso_moment

VERSION = "v26.0"
SERVER_RETRIES = 2
PAGE_SIZE = 100
# Posts whose comments come along with them; with many more Graph answers "reduce the amount of data".
THREADS = 50
TERMS = Terms(
    version="2026-03",
    address="https://developers.facebook.com/terms/",
    summary="Only our own accounts are read, with permissions that Meta granted to our own app, and what is read is "
    "neither sold nor made into profiles of people. What is deleted there, or no longer needed, is deleted here.",
)

_ACCOUNT = re.compile(r"\d{1,20}\Z", re.ASCII)
_WALK = re.compile(rf"(\d{{1,10}})\.({AFTER_LETTER}{{0,512}}|\*)\.([\w~!\-]*)\.({AFTER_LETTER}{{0,512}})\Z", re.ASCII)
_THREAD = re.compile(r"\d{1,20}(?:_\d{1,20})?~(?:comments|replies)(?:~[\w\-]{0,40}){0,2}\Z", re.ASCII)
_END = "*"


@dataclass(frozen=True, slots=True)
class _Walk:
    """Where a reading of all comments stands; as text it is the cursor.

    `page` is the `after` of the next page of posts; `threads` are those of the page before that go on, the first of
    them at `after`. What is newer than `started` (seconds) is left to the next pass: posts that were passed already
    may have comments of that time too, and the watermark must not overtake them.
    """

    started: int
    page: str = ""
    threads: tuple[str, ...] = ()
    after: str = ""

    def __str__(self) -> str:
        return f"{self.started}.{self.page}.{'!'.join(self.threads)}.{self.after}"


class GraphSource(Source):
    """A source that reads an account of our own; `credentials` name its id and a token.

    The mode "comments" lists posts (`commented`: edge and fields) with up to `in_thread` comments inside, and reads on
    wherever there are more. All posts are asked in every pass: a new comment may stand under an old post.
    """

    terms = TERMS
    newest_first = True
    overlap = timedelta(hours=1)
    # Graph takes 50 requests in a batch; the last one asks for our own posts.
    recheck_batch = 49
    # Edge and fields of the modes that list posts, newest first; `mentions` names the one whose order is not told.
    listings: ClassVar[Mapping[str, tuple[str, str]]]
    mentions: ClassVar[str]
    commented: ClassVar[tuple[str, str]]
    in_thread: ClassVar[int]
    # What a record calls its time, and the mark of a comment that we hid from the public.
    created: ClassVar[str]
    hidden: ClassVar[str]

    def __init__(self, settings: Settings, listening: Listening) -> None:
        super().__init__(settings, listening)
        self._base = loopback_base(settings, f"AUSCULT_{self.name.upper()}_URL")
        self._account = settings.secret(self.credentials[0]) or ""
        self.own_authors = frozenset({self._account} - {""})
        self._client: pyfacebook.GraphAPI | None = None

    @abstractmethod
    def _mentions(self, records: Sequence[Record]) -> list[Record]:
        """Of what tags us, the records to hand on."""

    @abstractmethod
    def _thread(self, post: Record) -> str:
        """What names the comments of a post in a cursor: `<id>~<edge>`, and up to two words of context."""

    @abstractmethod
    def _in_full(self, comments: Sequence[Record], thread: str) -> tuple[list[Record], list[str]]:
        """Comments as records that stand alone, replies too; and the threads among them that go on."""

    @abstractmethod
    def _thread_params(self, edge: str, since: datetime | None) -> Mapping[str, str | int]:
        """The parameters of a thread that is read by itself."""

    @abstractmethod
    def _node(self, name: str) -> tuple[str, str, str] | None:
        """The id on the wire, the kind of record and the fields of a platform id of ours; None for any other."""

    def queries(self, practice: Practice, keywords: Sequence[str]) -> list[Query]:
        """One per listing and one for comments: our own account is read whole, so nothing is searched for."""
        return [Query(self.name, mode, channel=self._account) for mode in (*self.listings, "comments")]

    def fetch_page(self, query: Query, cursor: str | None, since: datetime | None) -> Page:
        """One page. Only comments are asked for by time: for posts Graph pages by time or by cursor, never by both."""
        if query.mode == "comments":
            return self._comments(query, cursor, since)
        if query.mode not in self.listings:
            raise Permanent(f"{self.name} knows no mode {query.mode!r}")
        if cursor is not None and not AFTER.match(cursor):
            raise CursorRejected(f"not a cursor of {self.name}")
        edge, fields = self.listings[query.mode]
        listing = self._list(self._account, edge, cursor, {"fields": fields, "limit": PAGE_SIZE})
        records = listing.records
        if query.mode == self.mentions:
            # Oldest first, so that the pass ends only at a page that is older as a whole.
            records = self._mentions(sorted(records, key=lambda record: str(record.get(self.created))))
        return Page(records, listing.after, listing.malformed)

    def recheck(self, ids: Sequence[str]) -> Recheck:
        """Ask for each id, in one batch; gone is what Graph does not find while it still shows us our own posts.

        Without a permission Graph finds nothing either; then it does not show our own posts, and that raises. All that
        is live is handed back, because Graph tells of no edit. What is refused for itself alone is left unanswered.
        """
        asked = {name: node for name in ids if (node := self._node(name))}
        if len(asked) > self.recheck_batch:
            raise ValueError(f"recheck takes {self.recheck_batch} ids at most")
        if not asked:
            return Recheck(frozenset(), frozenset())
        paths = [(wire_id, {"fields": fields}) for wire_id, _, fields in asked.values()]
        control = (f"{self._account}/{self.commented[0]}", {"fields": "id,comments.limit(1){id}", "limit": "1"})
        *answers, seen = self._batch([*paths, control])
        if isinstance(seen, ListenError):
            raise seen
        live: dict[str, Record] = {}
        gone: set[str] = set()
        for (name, (wire_id, kind, _)), answer in zip(asked.items(), answers, strict=True):
            if isinstance(answer, Transient):
                raise answer
            if isinstance(answer, NoObject) or (isinstance(answer, dict) and answer.get(self.hidden) is True):
                gone.add(name)
            elif isinstance(answer, dict) and answer.get("id") == wire_id:
                live[name] = answer | {"kind": kind}
        if gone and seen is None:
            raise Transient(f"{self.name} answered a recheck in part")
        return Recheck(frozenset(live), frozenset(gone), list(live.values()))

    def _comments(self, query: Query, cursor: str | None, since: datetime | None) -> Page:
        walk = _Walk(int(datetime.now(UTC).timestamp())) if cursor is None else _read_walk(cursor, self.name)
        if walk.page == _END and not walk.threads:
            # A pass whose last page shows posts above the watermark would be taken for one that fell short.
            return Page((), None, calls=0)
        after_at = max(filter(None, (since, query.after_at)), default=None)
        until_at = min(filter(None, (datetime.fromtimestamp(walk.started, UTC), query.until_at)))
        found, malformed, walk = self._read_on(walk, after_at)
        records = [record for record in found if _is_between(record.get(self.created), after_at, until_at)]
        finished = walk.page == _END and not walk.threads and not records
        return Page(records, None if finished else str(walk), malformed)

    def _read_on(self, walk: _Walk, since: datetime | None) -> tuple[list[Record], list[tuple[str, str]], _Walk]:
        found: list[Record] = []
        if not walk.threads:
            edge, fields = self.commented
            bound = f".since({int(since.timestamp())})" if since else ""
            params: dict[str, str | int] = {"fields": fields.replace("SINCE", bound), "limit": THREADS}
            posts = self._list(self._account, edge, walk.page, params)
            threads: list[str] = []
            for post in posts.records:
                comments, more = self._inside(post, posts.malformed)
                found += comments
                threads += more
            return found, posts.malformed, replace(walk, page=posts.after or _END, threads=tuple(threads))
        first, rest = walk.threads[0], walk.threads[1:]
        owner, edge, *_ = first.split("~")
        try:
            listing = self._list(owner, edge, walk.after, self._thread_params(edge, since))
        except NoObject:
            # The post was deleted since its page was read, and its comments with it.
            return found, [], replace(walk, threads=rest, after="")
        with sorted_errors(self.name):
            found, more = self._in_full(listing.records, first)
        kept = (first,) if listing.after else ()
        return found, listing.malformed, replace(walk, threads=(*kept, *rest, *more), after=listing.after or "")

    def _inside(self, post: Record, malformed: list[tuple[str, str]]) -> tuple[list[Record], list[str]]:
        thread = self._thread(post)
        if not _THREAD.match(thread):
            malformed.append(("", "bad_id"))
            return [], []
        with sorted_errors(self.name):
            comments = nested(post.get("comments"), self.in_thread)
            # One that goes on is read by itself, from its beginning.
            return ([], [thread]) if comments is None else self._in_full(comments, thread)

    def _list(self, owner: str, edge: str, after: str | None, params: Mapping[str, str | int]) -> Listing:
        with sorted_errors(self.name, resuming=bool(after)):
            reply = self._graph().get_connection(owner, edge, **params, **({"after": after} if after else {}))
            # Instagram's tags are the one edge that never names a next page.
            return read_listing(reply, endless=edge == "tags")

    def _object(self, method: str, *args: str, **params: str) -> Mapping[str, Any]:
        with sorted_errors(self.name):
            found = getattr(self._graph(), method)(*args, **params)
            if not isinstance(found, dict):
                raise TypeError("not an object")
            return found

    def _batch(self, asked: Sequence[tuple[str, dict[str, str]]]) -> list[object]:
        paths = [f"{VERSION}/{path}?{urlencode(params)}" for path, params in asked]
        requests = json.dumps([{"method": "GET", "relative_url": path} for path in paths])
        with sorted_errors(self.name):
            # By /?ids= one missing id would fail them all, and version 26 knows it no more.
            answers = self._graph().post_object("", data={"batch": requests, "include_headers": "false"})
            if not isinstance(answers, list) or len(answers) != len(paths):
                raise ValueError("not one answer to each")
            return [_read_answer(answer, self.name) for answer in answers]

    def _graph(self) -> pyfacebook.GraphAPI:
        if self._client is None:
            account, token = (self._settings.secret(name) for name in self.credentials)
            if not (account and token):
                raise Permanent(f"{self.name} needs {', '.join(self.credentials)} in the environment")
            if not _ACCOUNT.match(account):
                raise Permanent(f"{self.credentials[0]} must be a number")
            self._client = pyfacebook.GraphAPI(access_token=token, version=VERSION, sleep_on_rate_limit=False)
            self._client.session = session(self._settings, self._base, SERVER_RETRIES)
            self._client.session.hooks["response"].append(check)
        return self._client


def _is_between(created: object, after_at: datetime | None, until_at: datetime) -> bool:
    try:
        created_at = iso_moment(created, "created")
    except Skippable:
        return True  # it is quarantined later, and counted
    return (after_at is None or created_at >= after_at) and created_at <= until_at


def _read_walk(cursor: str, name: str) -> _Walk:
    match = _WALK.match(cursor)
    threads = tuple(filter(None, match[3].split("!"))) if match else ()
    if not match or not all(map(_THREAD.match, threads)):
        raise CursorRejected(f"not a cursor of {name}'s comments")
    return _Walk(int(match[1]), match[2], threads, match[4])


def _read_answer(answer: Mapping[str, Any] | None, name: str) -> object:
    if answer is None:
        return None  # Graph ran out of time before it came to this one
    status, body = answer["code"], json.loads(answer["body"])
    if status >= 400 or not isinstance(body, dict) or "error" in body:
        return Refused(status, body).as_error(name)
    return body
