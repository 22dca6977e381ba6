"""Reddit: new posts and comments of chosen subreddits, and a search by names and claim keywords, through praw."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import praw
import requests

from pipeline.config import Settings
from pipeline.errors import ConfigError, CursorRejected, Permanent, RateLimited, Skippable, Transient
from pipeline.listening import Listening, Practice
from pipeline.post import Post, Status
from pipeline.sources import Page, Query, Recheck, Record, Source, Terms
from pipeline.sources._http import loopback_base, session
from pipeline.sources._phrases import packed, phrases, together
from pipeline.sources._records import words_in
from pipeline.sources._reddit_errors import sorted_errors

PAGE_SIZE = 100
MAX_QUERY_CHARACTERS = 512
# A listing ends at about 1,000 records (sources note, section 1); far beyond it the cursor goes round in circles.
LISTING_END, LISTING_NEVER = 900, 2_000
# praw sleeps out a used-up rate window; beyond this we hand the time back to the scheduler instead.
LONGEST_PAUSE = timedelta(seconds=15)
RATE_HEADERS = ("x-ratelimit-remaining", "x-ratelimit-used", "x-ratelimit-reset")

_CURSOR = re.compile(r"(t[13]_[a-z0-9]{1,13}):(\d{1,5})\Z")
_SUBREDDIT = re.compile(r"(?:/?r/)?([A-Za-z0-9_]{2,21})/?\Z")
_FULLNAME = re.compile(r"t[13]_[a-z0-9]{1,13}\Z")
_ERASED: Mapping[str, Status] = {"[deleted]": "deleted", "[deleted by user]": "deleted", "[removed]": "removed"}
_PATHS = {"new": "r/{}/new", "comments": "r/{}/comments", "search": "r/{}/search"}


class Reddit(Source):
    """Reads raw listing pages. A cursor is `<fullname>:<records read so far>`; platform ids are fullnames (t1_, t3_).

    Search finds posts only, never comments: that is what Reddit's search offers.
    """

    name = "reddit"
    platform = "reddit"
    credentials = (
        "AUSCULT_REDDIT_CLIENT_ID",
        "AUSCULT_REDDIT_CLIENT_SECRET",
        "AUSCULT_REDDIT_USER_AGENT",
    )
    terms = Terms(
        version="2025-11",
        address="https://support.reddithelp.com/hc/en-us/articles/42728983564564-Responsible-Builder-Policy",
        summary="Reddit must have approved this use of its Data API (commercial use needs its own permission). What is "
        "deleted on Reddit is deleted here within 48 hours, also in anonymous form, and no model is trained on it.",
    )
    newest_first = True
    overlap = timedelta(hours=1)
    recheck_batch = 100

    def __init__(self, settings: Settings, listening: Listening) -> None:
        super().__init__(settings, listening)
        self._base = loopback_base(settings, "AUSCULT_REDDIT_URL")
        self._client: praw.Reddit | None = None
        self._window_reset_at: datetime | None = None

    def queries(self, practice: Practice, keywords: Sequence[str]) -> list[Query]:
        """New posts and comments of each channel; names searched everywhere, keywords in the channels if any are set.

        Raises ConfigError for a channel that is not a subreddit's name.
        """
        channels = [_subreddit(channel) for channel in self._chosen.channels]
        asked = [Query(self.name, mode, channel=channel) for channel in channels for mode in ("new", "comments")]
        # `not_us` is left to screening, which sees the whole post; a post may name both.
        refused = phrases(self._chosen.exclude, MAX_QUERY_CHARACTERS // 4)
        suffix = " ".join(f"-{phrase}" for phrase in refused)
        names = (practice.name, *practice.aliases, *practice.handles.get(self.name, ()))
        about = together(keywords if self._chosen.search_claims else (), MAX_QUERY_CHARACTERS // 2, " AND ")
        called = phrases(names, MAX_QUERY_CHARACTERS // 2)
        for parts, channel in ((called, "all"), (about, "+".join(channels) or "all")):
            words = packed(parts, MAX_QUERY_CHARACTERS, suffix)
            asked += [Query(self.name, "search", words=query, channel=channel) for query in words]
        return asked

    def fetch_page(self, query: Query, cursor: str | None, since: datetime | None) -> Page:
        """One listing page of 100 at most. Reddit takes no `since`; the pass stops by the dates it sees."""
        after, count = _parse_cursor(cursor)
        params: dict[str, str | int] = {"limit": PAGE_SIZE, "count": count}
        if after:
            params["after"] = after
        if query.mode == "search":
            params |= {"q": query.words, "sort": "new", "t": "all", "type": "link", "restrict_sr": "true"}
        if query.mode not in _PATHS:
            raise Permanent(f"reddit knows no mode {query.mode!r}")
        listing = self._listing(_PATHS[query.mode].format(query.channel), params, resuming=after is not None)
        children, following = listing["children"], listing.get("after")
        if after and not children and not following and count < LISTING_END:
            # A live cursor is followed by records or by the listing's end; its anchor was deleted.
            raise CursorRejected("reddit returned nothing after the stored cursor")
        records: list[Record] = []
        malformed: list[tuple[str, str]] = []
        for position, child in enumerate(children):
            record = child.get("data") if isinstance(child, dict) else None
            if isinstance(record, dict):
                records.append(record)
            else:
                malformed.append((str(position), "not_an_object"))
        next_cursor = f"{following}:{count + len(children)}" if isinstance(following, str) and following else None
        return Page(records, next_cursor, malformed)

    def to_post(self, record: Record) -> Post:
        """Map one post or comment. Raises Skippable for anything else, KeyError or TypeError for a broken record."""
        fullname = record["name"]
        if not isinstance(fullname, str) or not _FULLNAME.match(fullname):
            raise Skippable("unknown_kind", "neither a post nor a comment")
        status = _status(record)
        comment, live = fullname.startswith("t1_"), status == "live"
        parent = record.get("parent_id") if comment else None
        return Post(
            platform=self.platform,
            platform_id=fullname,
            kind="comment" if comment else "post",
            text=words_in(record, "body" if comment else "selftext") if live else "",
            title=words_in(record, "title") or None if live and not comment else None,
            created_at=_moment(record["created_utc"]),
            edited_at=_edited_at(record.get("edited")),
            author_id=_author_id(record) if live else None,
            url=_address(fullname, record.get("link_id")),
            channel=_channel(record.get("subreddit")),
            parent_id=parent if isinstance(parent, str) else None,
            metrics=_metrics(record),
            status=status,
        )

    def recheck(self, ids: Sequence[str]) -> Recheck:
        """Ask api/info: absent, deleted or removed is gone. Raises as `fetch_page` does, so a failure is no answer."""
        asked = frozenset(name for name in ids if _FULLNAME.match(name))
        if len(asked) > self.recheck_batch:
            raise ValueError(f"recheck takes {self.recheck_batch} ids at most")
        if not asked:
            return Recheck(frozenset(), frozenset())
        listing = self._listing("api/info", {"id": ",".join(sorted(asked)), "limit": PAGE_SIZE})
        if listing.get("after"):
            raise Transient("reddit answered a recheck in part")
        found = [child.get("data") for child in listing["children"] if isinstance(child, dict)]
        live = {
            record["name"]: record
            for record in found
            if isinstance(record, dict) and record.get("name") in asked and _status(record) == "live"
        }
        # A post whose author left is handed back too: its author must be erased here as well.
        changed = [record for record in live.values() if record.get("edited") or _author_id(record) is None]
        return Recheck(frozenset(live), asked - frozenset(live), changed)

    def _listing(self, path: str, params: dict[str, str | int], resuming: bool = False) -> Mapping[str, Any]:
        self._wait_for_window()
        with sorted_errors(resuming):
            reply = self._reddit().request(method="GET", path=path, params=params)
            listing: Mapping[str, Any] = reply.get("data") or {}
            if reply.get("kind") != "Listing" or not isinstance(listing.get("children"), list):
                raise ValueError("not a listing")
            return listing

    def _wait_for_window(self) -> None:
        now = datetime.now(UTC)
        if self._window_reset_at and self._window_reset_at > now + LONGEST_PAUSE:
            raise RateLimited("reddit's rate window is used up", self._window_reset_at)

    def _reddit(self) -> praw.Reddit:
        if self._client is None:
            client_id, client_secret, user_agent = (self._settings.secret(name) for name in self.credentials)
            if not (client_id and client_secret and user_agent):
                raise Permanent(f"reddit needs {', '.join(self.credentials)} in the environment")
            transport = session(self._settings, self._base)
            transport.hooks["response"].append(self._note_window)
            redirect = {"reddit_url": self._base, "oauth_url": self._base} if self._base else {}
            self._client = praw.Reddit(
                client_id=client_id,
                client_secret=client_secret,
                user_agent=user_agent,
                check_for_updates=False,
                check_for_async=False,
                # praw's own `timeout` is parsed and never used, so the transport carries it.
                requestor_kwargs={"session": transport},
                **redirect,
            )
        return self._client

    def _note_window(self, response: requests.Response, **_: object) -> None:
        # prawcore reads these as whole numbers and dies of "299.5" or of a header sent twice.
        values = [response.headers.get(name, "").split(",")[0] for name in RATE_HEADERS]
        try:
            remaining, used, reset = (max(0, int(float(value))) for value in values)
        except (ValueError, OverflowError):
            for name in RATE_HEADERS:
                response.headers.pop(name, None)
            return
        response.headers.update(zip(RATE_HEADERS, map(str, (remaining, used, reset)), strict=True))
        reset_at = datetime.now(UTC) + timedelta(seconds=min(reset, 86_400))
        self._window_reset_at = None if remaining else reset_at


SOURCE = Reddit


def _subreddit(channel: str) -> str:
    match = _SUBREDDIT.match(channel.strip())
    if not match:
        raise ConfigError(f"sources.reddit.channels: {channel!r} is not the name of a subreddit")
    return match[1]


def _parse_cursor(cursor: str | None) -> tuple[str | None, int]:
    if cursor is None:
        return None, 0
    match = _CURSOR.match(cursor)
    if not match or int(match[2]) > LISTING_NEVER:
        raise CursorRejected("not a cursor of a reddit listing")
    return match[1], int(match[2])


def _status(record: Record) -> Status:
    body = record.get("body") if str(record.get("name")).startswith("t1_") else record.get("selftext")
    erased = _ERASED.get(str(body).strip()) or _ERASED.get(str(record.get("title")).strip())
    if erased:
        return erased
    # A removed link post has no body to replace; only this field tells.
    category = record.get("removed_by_category")
    return "live" if not category else "deleted" if category == "deleted" else "removed"


def _moment(seconds: object) -> datetime:
    try:
        return datetime.fromtimestamp(float(str(seconds)), UTC)
    except (ValueError, OverflowError, OSError):
        raise Skippable("bad_date", "created_utc") from None


def _edited_at(edited: object) -> datetime | None:
    # Old edits carry only `true`: edited, nobody knows when.
    return None if edited is None or isinstance(edited, bool) else _moment(edited)


def _author_id(record: Record) -> str | None:
    author = record.get("author_fullname")
    return author if isinstance(author, str) and record.get("author") != "[deleted]" else None


def _address(fullname: str, link: object) -> str | None:
    # Built from ids: a permalink may carry a handle (/user/NAME/) or the title.
    if fullname.startswith("t3_"):
        return f"https://www.reddit.com/comments/{fullname[3:]}"
    if isinstance(link, str) and _FULLNAME.match(link):
        return f"https://www.reddit.com/comments/{link[3:]}/_/{fullname[3:]}"
    return None


def _channel(subreddit: object) -> str | None:
    # u_NAME is a person's profile page.
    return subreddit if isinstance(subreddit, str) and not subreddit.startswith("u_") else None


def _metrics(record: Record) -> dict[str, int]:
    counts = {"score": record.get("score"), "replies": record.get("num_comments")}
    return {name: count for name, count in counts.items() if isinstance(count, int) and not isinstance(count, bool)}
