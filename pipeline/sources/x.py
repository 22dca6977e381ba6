"""X: recent search, mentions of our account and its own posts, and a recheck by id, through tweepy's v2 client."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import tweepy

from pipeline.config import Settings
from pipeline.errors import ConfigError, CursorRejected, Permanent, Skippable, Transient
from pipeline.listening import Listening, Practice
from pipeline.post import Post
from pipeline.sources import AccountMetric, Page, Query, Recheck, Record, Source, Terms
from pipeline.sources._http import loopback_base, session
from pipeline.sources._phrases import packed, phrases, together
from pipeline.sources._records import iso_moment, split_objects
from pipeline.sources._x_errors import Refused, sorted_errors
from pipeline.sources._x_records import (
    ID,
    chain,
    counts,
    language,
    lost_id,
    optional_id,
    replied_to,
    snowflake_time,
    words,
)

MAX_QUERY_CHARACTERS = 512
SERVER_RETRIES = 2
# X renamed its v2 fields in August 2026 (sources note, section 0); either set may be what the platform accepts.
FIELD_SETS: Mapping[str, tuple[str, ...]] = {
    "tweet.fields": ("edit_history_tweet_ids", "referenced_tweets", "note_tweet"),
    "post.fields": ("edit_history_post_ids", "referenced_posts", "note_post"),
}
COMMON_FIELDS = ("created_at", "author_id", "lang", "conversation_id", "public_metrics")
ACCOUNT_METRICS = {"followers_count": "followers", "tweet_count": "posts", "post_count": "posts"}
ACCOUNT = "AUSCULT_X_USER_ID"
# Nearer to its clock X refuses an end.
CLOSEST_END = timedelta(minutes=1)
# What stands on our own account: how tweepy asks for it, and what it calls the cursor there.
TIMELINES = {
    "mentions": ("get_users_mentions", "pagination_token"),
    "timeline": ("get_users_tweets", "pagination_token"),
}

_CURSOR = re.compile(r"[A-Za-z0-9_\-]{1,256}\Z")
_HANDLE = re.compile(r"@?(\w{1,15})\Z", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}\Z")

# tweepy writes credentials and whole replies to its debug log.
logging.getLogger("tweepy").setLevel(logging.ERROR)


class X(Source):
    """Reads recent search as plain dicts. A cursor is X's `next_token`; a post's id is the first of its edit chain."""

    name = "x"
    platform = "x"
    credentials = ("AUSCULT_X_BEARER_TOKEN",)
    terms = Terms(
        version="2026-02",
        address="https://docs.x.com/developer-terms/agreement-and-policy",
        summary="Each post read is billed. No health facts about a user may be derived or stored, no profile made, and "
        "no account matched to a patient. What is deleted on X is deleted here, within 24 hours of a request.",
    )
    newest_first = True
    # Small: a post read twice on one day is billed once, and search indexes a post within minutes.
    overlap = timedelta(minutes=10)
    reach = timedelta(days=7)
    # Or the first pass over our own account would pay for thousands of old posts.
    first_pass = timedelta(days=6, hours=23)
    recheck_batch = 100
    cost_per_post_usd = 0.005
    least_page_posts = 10
    # Mostly one; a page whose fields or start are refused is asked for again.
    page_calls = 2
    cost_of_metrics_usd = 0.010

    def __init__(self, settings: Settings, listening: Listening) -> None:
        super().__init__(settings, listening)
        self._base = loopback_base(settings, "AUSCULT_X_URL")
        self._client: tweepy.Client | None = None
        self._field_set = "tweet.fields"
        self._too_early: datetime | None = None
        self._asked = 0
        self._account = settings.secret(ACCOUNT)
        if self._account is not None and not ID.match(self._account):
            raise ConfigError(f"{ACCOUNT} is the number of your account, not its handle")
        self.own_authors = frozenset(filter(None, (self._account,)))
        self.has_metrics = self._account is not None

    def queries(self, practice: Practice, keywords: Sequence[str]) -> list[Query]:
        """Names and handles, mentions of our account and its own posts, then keywords; reposts are left out.

        A query has 512 characters at most. Mentions and own posts are asked for where AUSCULT_X_USER_ID is set.
        """
        handles = [f"@{match[1]}" for handle in practice.handles.get(self.name, ()) if (match := _HANDLE.match(handle))]
        suffix = self._suffix()
        queries: list[Query] = []
        names = phrases((practice.name, *practice.aliases, *handles), MAX_QUERY_CHARACTERS // 2)
        about = together(keywords if self._chosen.search_claims else (), MAX_QUERY_CHARACTERS // 2, " ")
        for parts in (names, about):
            queries += [Query(self.name, "search", words) for words in packed(parts, MAX_QUERY_CHARACTERS, suffix)]
        own = [Query(self.name, mode, channel=self._account) for mode in TIMELINES] if self._account else []
        return [*queries[:1], *own, *queries[1:]]

    def fetch_page(self, query: Query, cursor: str | None, since: datetime | None) -> Page:
        """One page of search, of mentions or of our own posts, from `since` on where the platform still reaches it."""
        before = self._asked
        method, token = TIMELINES.get(query.mode, ("search_recent_tweets", "next_token"))
        params: dict[str, Any] = {"max_results": self.page_limit}
        if query.mode == "timeline":
            params["exclude"] = ["retweets"]
        if cursor is not None:
            if not _CURSOR.match(cursor):
                raise CursorRejected("not a cursor of x's search")
            params[token] = cursor
        if since is not None and since != self._too_early:
            params["start_time"] = since
        if query.until_at is not None and query.until_at < datetime.now(UTC) - CLOSEST_END:
            params["end_time"] = query.until_at
        try:
            reply = self._ask(method, query.channel or query.words, params)
        except Refused as refusal:
            if "start_time" not in refusal.parameters or "start_time" not in params:
                raise refusal.as_error() from None
            # Older than the platform's reach: read all it has. The caller reports the gap (reading.out_of_reach).
            if "end_time" in params:
                return Page((), None, gap="out_of_reach", calls=self._asked - before)
            self._too_early = since
            self.require_call(self._asked - before)
            page = self.fetch_page(query, cursor, since)
            return replace(page, calls=self._asked - before)
        records, malformed = split_objects(_entries(reply, "data"))
        meta = reply.get("meta")
        following = meta.get("next_token") if isinstance(meta, dict) else None
        next_cursor = following if isinstance(following, str) and following else None
        return Page(records, next_cursor, malformed, calls=self._asked - before)

    def to_post(self, record: Record) -> Post:
        """Map one post under the old or the renamed field names. Raises Skippable, KeyError or TypeError."""
        versions = chain(record)
        first = versions[0]
        if not ID.match(first):
            raise Skippable("bad_id", "not an id of x")
        version_at = iso_moment(record["created_at"], "created_at")
        edited = len(versions) > 1
        return Post(
            platform=self.platform,
            platform_id=first,
            kind="comment" if replied_to(record) else "post",
            text=words(record),
            created_at=snowflake_time(first) or version_at if edited else version_at,
            edited_at=version_at if edited else None,
            author_id=optional_id(record.get("author_id")),
            url=f"https://x.com/i/web/status/{first}",
            lang=language(record.get("lang")),
            parent_id=replied_to(record),
            metrics=counts(record.get("public_metrics")),
        )

    def recheck(self, ids: Sequence[str]) -> Recheck:
        """Look ids up; gone is only what X names as not found or no longer shown. An edited post costs a second read.

        Raises as `fetch_page` does, so a failed call is never an answer.
        """
        asked = frozenset(name for name in ids if ID.match(name))
        if len(asked) > self.recheck_batch:
            raise ValueError(f"recheck takes {self.recheck_batch} ids at most")
        if not asked:
            return Recheck(frozenset(), frozenset())
        before = self._asked
        found, gone = self._look_up(sorted(asked))
        live = asked & found.keys()
        newest = {chain(found[name])[-1] for name in live}
        edited = [record for name, record in found.items() if name in newest and len(chain(record)) > 1]
        unread = sorted(newest - found.keys())[: self.recheck_batch]
        if unread:
            self.require_call(self._asked - before)
            later, _ = self._look_up(unread)
            edited += later.values()
        return Recheck(live, (asked & gone) - live, edited, self._asked - before, len(unread))

    def account_metrics(self) -> Sequence[AccountMetric]:
        """Followers and posts of our own account, for a cent. Raises as `fetch_page` does."""
        if self._account is None:
            return ()
        self._asked += 1
        with sorted_errors():
            reply = self._x().get_user(id=self._account, user_fields=["public_metrics"])
            public = reply["data"]["public_metrics"]
            found = {ACCOUNT_METRICS[name]: public[name] for name in ACCOUNT_METRICS if type(public.get(name)) is int}
        return [AccountMetric(self._account, metric, count) for metric, count in found.items()]

    def _look_up(self, ids: Sequence[str]) -> tuple[dict[str, Record], frozenset[str]]:
        try:
            reply = self._ask("get_tweets", list(ids), {})
        except Refused as refusal:
            raise refusal.as_error() from None
        records, _ = split_objects(_entries(reply, "data"))
        found: dict[str, Record] = {str(record.get("id")): record for record in records}
        return found, frozenset(filter(None, map(lost_id, _entries(reply, "errors"))))

    def _ask(self, method: str, subject: object, params: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return self._ask_once(method, subject, params, self._field_set)
        except Refused as refusal:
            if self._field_set not in refusal.parameters:
                raise
        (other,) = FIELD_SETS.keys() - {self._field_set}
        reply = self._ask_once(method, subject, params, other)
        self._field_set = other
        return reply

    def _ask_once(self, method: str, subject: object, params: Mapping[str, Any], names: str) -> Mapping[str, Any]:
        # tweepy knows the old name as a keyword of its own and passes the new one on as it stands.
        fields = {names.replace("tweet.fields", "tweet_fields"): [*COMMON_FIELDS, *FIELD_SETS[names]]}
        self._asked += 1
        with sorted_errors():
            reply = getattr(self._x(), method)(subject, **params, **fields)
            if not isinstance(reply, dict):
                raise TypeError("not an object")
            return reply

    def _x(self) -> tweepy.Client:
        if self._client is None:
            token = self._settings.secret(self.credentials[0])
            if not token:
                raise Permanent(f"x needs {self.credentials[0]} in the environment")
            # wait_on_rate_limit stays off: without a reset header, or at the monthly cap, tweepy asks for ever.
            self._client = tweepy.Client(token, return_type=dict)
            self._client.session = session(self._settings, self._base, SERVER_RETRIES)
            # Nothing in this API redirects; whatever does would be handed our search words.
            self._client.session.max_redirects = 0
        return self._client

    def _suffix(self) -> str:
        # `not_us` is left to screening, which sees the whole post; a post may name both.
        refused = phrases(self._chosen.exclude, MAX_QUERY_CHARACTERS // 4)
        languages = [f"lang:{language}" for language in self._chosen.languages if _LANGUAGE.match(language)]
        wanted = f"({' OR '.join(languages)})" if len(languages) > 1 else "".join(languages)
        return " ".join(filter(None, (wanted, "-is:retweet", *(f"-{phrase}" for phrase in refused))))


SOURCE = X


def _entries(reply: Mapping[str, Any], name: str) -> list[Any]:
    entries = reply.get(name) or []
    if not isinstance(entries, list):
        raise Transient(f"x's {name} is not a list")
    return entries
