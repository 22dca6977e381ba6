"""X: recent search by names, handles and claim keywords, and a recheck by id, through tweepy's v2 client."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import tweepy

from pipeline.config import Settings
from pipeline.errors import CursorRejected, Permanent, Skippable, Transient
from pipeline.listening import Listening, Practice
from pipeline.post import Post
from pipeline.sources import Page, Query, Recheck, Record, Source, Terms
from pipeline.sources._http import loopback_base, session
from pipeline.sources._phrases import packed, phrases, together
from pipeline.sources._x_errors import Refused, sorted_errors

MAX_QUERY_CHARACTERS = 512
SERVER_RETRIES = 2
# X renamed its v2 fields in August 2026 (sources note, section 0); either set may be what the platform accepts.
FIELD_SETS: Mapping[str, tuple[str, ...]] = {
    "tweet.fields": ("edit_history_tweet_ids", "referenced_tweets", "note_tweet"),
    "post.fields": ("edit_history_post_ids", "referenced_posts", "note_post"),
}
COMMON_FIELDS = ("created_at", "author_id", "lang", "conversation_id", "public_metrics")
METRICS: Mapping[str, str] = {
    "like_count": "likes",
    "reply_count": "replies",
    "quote_count": "quotes",
    "retweet_count": "shares",
    "repost_count": "shares",
    "impression_count": "views",
}
# Losses that mean "no longer public"; any other error about an id is no answer.
GONE_TITLES = {"not found error", "authorization error"}
GONE_TYPES = ("resource-not-found", "not-authorized-for-resource")

_ID = re.compile(r"\d{1,19}\Z")
_CURSOR = re.compile(r"[A-Za-z0-9_\-]{1,256}\Z")
_HANDLE = re.compile(r"@?(\w{1,15})\Z", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}\Z")
# Ids made since November 2010 hold their time: milliseconds since this moment, above 22 other bits.
_SNOWFLAKE_EPOCH_MS, _FIRST_SNOWFLAKE = 1_288_834_974_657, 10**10

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
    recheck_batch = 100
    cost_per_post_usd = 0.005
    least_page_posts = 10

    def __init__(self, settings: Settings, listening: Listening) -> None:
        super().__init__(settings, listening)
        self._base = loopback_base(settings, "AUSCULT_X_URL")
        self._client: tweepy.Client | None = None
        self._field_set = "tweet.fields"
        self._too_early: datetime | None = None
        self._asked = 0

    def queries(self, practice: Practice, keywords: Sequence[str]) -> list[Query]:
        """Names and handles first, then keywords, in queries of 512 characters at most, without reposts."""
        handles = [f"@{match[1]}" for handle in practice.handles.get(self.name, ()) if (match := _HANDLE.match(handle))]
        suffix = self._suffix()
        queries: list[Query] = []
        names = phrases((practice.name, *practice.aliases, *handles), MAX_QUERY_CHARACTERS // 2)
        about = together(keywords if self._chosen.search_claims else (), MAX_QUERY_CHARACTERS // 2, " ")
        for parts in (names, about):
            queries += [Query(self.name, "search", words) for words in packed(parts, MAX_QUERY_CHARACTERS, suffix)]
        return queries

    def fetch_page(self, query: Query, cursor: str | None, since: datetime | None) -> Page:
        """One page of recent search, from `since` on where the platform still reaches it (7 days)."""
        before = self._asked
        params: dict[str, Any] = {"max_results": self.page_limit}
        if cursor is not None:
            if not _CURSOR.match(cursor):
                raise CursorRejected("not a cursor of x's search")
            params["next_token"] = cursor
        if since is not None and since != self._too_early:
            params["start_time"] = since
        try:
            reply = self._ask("search_recent_tweets", query.words, params)
        except Refused as refusal:
            if "start_time" not in refusal.parameters or "start_time" not in params:
                raise refusal.as_error() from None
            # Older than the platform's reach: read all it has. The caller reports the gap (reading.out_of_reach).
            self._too_early = since
            page = self.fetch_page(query, cursor, since)
            return replace(page, calls=self._asked - before)
        found = _entries(reply, "data")
        records = [record for record in found if isinstance(record, dict)]
        malformed = [(str(place), "not_an_object") for place, entry in enumerate(found) if not isinstance(entry, dict)]
        meta = reply.get("meta")
        following = meta.get("next_token") if isinstance(meta, dict) else None
        next_cursor = following if isinstance(following, str) and following else None
        return Page(records, next_cursor, malformed, calls=self._asked - before)

    def to_post(self, record: Record) -> Post:
        """Map one post under the old or the renamed field names. Raises Skippable, KeyError or TypeError."""
        chain = _chain(record)
        first = chain[0]
        if not _ID.match(first):
            raise Skippable("bad_id", "not an id of x")
        version_at = _moment(record["created_at"])
        edited = len(chain) > 1
        return Post(
            platform=self.platform,
            platform_id=first,
            kind="comment" if _replied_to(record) else "post",
            text=_text(record),
            created_at=_snowflake_time(first) or version_at if edited else version_at,
            edited_at=version_at if edited else None,
            author_id=_optional_id(record.get("author_id")),
            url=f"https://x.com/i/web/status/{first}",
            lang=lang if isinstance(lang := record.get("lang"), str) else None,
            parent_id=_replied_to(record),
            metrics=_metrics(record.get("public_metrics")),
        )

    def recheck(self, ids: Sequence[str]) -> Recheck:
        """Look ids up; gone is only what X names as not found or no longer shown. An edited post costs a second read.

        Raises as `fetch_page` does, so a failed call is never an answer.
        """
        asked = frozenset(name for name in ids if _ID.match(name))
        if len(asked) > self.recheck_batch:
            raise ValueError(f"recheck takes {self.recheck_batch} ids at most")
        if not asked:
            return Recheck(frozenset(), frozenset())
        found, gone = self._look_up(sorted(asked))
        live = asked & found.keys()
        newest = {_chain(found[name])[-1] for name in live}
        edited = [record for name, record in found.items() if name in newest and len(_chain(record)) > 1]
        if unread := sorted(newest - found.keys()):
            later, _ = self._look_up(unread[: self.recheck_batch])
            edited += later.values()
        return Recheck(live, (asked & gone) - live, edited)

    def _look_up(self, ids: Sequence[str]) -> tuple[dict[str, Record], frozenset[str]]:
        try:
            reply = self._ask("get_tweets", list(ids), {})
        except Refused as refusal:
            raise refusal.as_error() from None
        records = [record for record in _entries(reply, "data") if isinstance(record, dict)]
        found: dict[str, Record] = {str(record.get("id")): record for record in records}
        return found, frozenset(filter(None, map(_lost_id, _entries(reply, "errors"))))

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


def _chain(record: Record) -> list[str]:
    for name in ("edit_history_tweet_ids", "edit_history_post_ids"):
        chain = record.get(name)
        if isinstance(chain, list) and chain:
            return [str(version) for version in chain]
    return [str(record["id"])]


def _replied_to(record: Record) -> str | None:
    for reference in record.get("referenced_tweets") or record.get("referenced_posts") or ():
        if reference.get("type") == "replied_to":
            return _optional_id(reference.get("id"))
    return None


def _text(record: Record) -> str:
    # `text` is cut at 280 characters; the whole of a long post is in its note.
    for name in ("note_tweet", "note_post"):
        note = record.get(name)
        if isinstance(note, dict) and isinstance(note.get("text"), str) and note["text"]:
            return str(note["text"])
    text = record["text"]
    if not isinstance(text, str):
        raise Skippable("text_not_text", "text")
    return text


def _moment(text: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise Skippable("bad_date", "created_at") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _snowflake_time(name: str) -> datetime | None:
    if int(name) < _FIRST_SNOWFLAKE:
        return None
    return datetime.fromtimestamp(((int(name) >> 22) + _SNOWFLAKE_EPOCH_MS) / 1_000, UTC)


def _optional_id(value: object) -> str | None:
    return value if isinstance(value, str) and _ID.match(value) else None


def _metrics(counts: object) -> dict[str, int]:
    known = counts if isinstance(counts, dict) else {}
    return {METRICS[name]: count for name, count in known.items() if name in METRICS and type(count) is int}


def _lost_id(loss: object) -> str | None:
    if not isinstance(loss, dict):
        return None
    kind, title = str(loss.get("type", "")), str(loss.get("title", "")).casefold()
    if title not in GONE_TITLES and not kind.endswith(GONE_TYPES):
        return None
    return _optional_id(loss.get("resource_id") or loss.get("value"))
