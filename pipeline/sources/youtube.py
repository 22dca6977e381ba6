"""YouTube: comments on chosen videos and channels, and a search for videos by names and claim keywords."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

from pipeline.config import Settings
from pipeline.errors import ConfigError, CursorRejected, Permanent, Skippable, Transient
from pipeline.listening import Listening, Practice
from pipeline.post import Post
from pipeline.sources import AccountMetric, Page, Query, Quota, Recheck, Record, Source, Terms, Uses
from pipeline.sources._http import loopback_base, session
from pipeline.sources._phrases import phrases
from pipeline.sources._records import iso_moment, split_objects, words_in
from pipeline.sources._youtube_client import COMMENTS_A_PAGE, Client, counts, next_cursor, objects
from pipeline.sources._youtube_errors import Refused

SERVER_RETRIES = 2
VIDEOS_A_PAGE = 50
# Threads show a few of their replies; the others take a call for each 100 of a thread, on one page no more than this.
REPLY_CALLS = 50
# As it is sent: the client turns a GET whose address is longer than 2,048 bytes into a POST.
MAX_QUERY_BYTES, MAX_TERM_CHARACTERS = 1_000, 100
# Searches by claim would use up the day's 100 within hours; those by name keep two an hour.
SEARCHES_A_DAY, CLAIM_SEARCHES_A_DAY = 100, 52
DAY_BEGINS = "America/Los_Angeles"

THREADS_OF = {"video": "videoId", "channel": "allThreadsRelatedToChannelId"}
SEARCHES = frozenset({"search", "claims"})
COMMENT_METRICS = {"likeCount": "likes", "totalReplyCount": "replies"}
VIDEO_METRICS = {"viewCount": "views", "likeCount": "likes", "commentCount": "replies"}
CHANNEL_METRICS = {"subscriberCount": "followers", "viewCount": "views", "videoCount": "videos"}

_VIDEO = re.compile(r"[A-Za-z0-9_-]{11}\Z")
_COMMENT = re.compile(r"(?!sha-)[A-Za-z0-9_-]{16,64}(?:\.[A-Za-z0-9_-]{1,64})?\Z")
_CHANNEL = re.compile(r"UC[A-Za-z0-9_-]{22}\Z")
_CURSOR = re.compile(r"[A-Za-z0-9_=%-]{1,1500}\Z")


class YouTube(Source):
    """Reads raw lists. A cursor is YouTube's page token; platform ids are its own: one of 11 characters is a video's.

    Records are comment threads, each behind the replies to it, and videos.
    """

    name = "youtube"
    platform = "youtube"
    credentials = ("AUSCULT_YOUTUBE_API_KEY",)
    terms = Terms(
        version="2026-05",
        address="https://developers.google.com/youtube/terms/developer-policies",
        summary="What is stored is refreshed or deleted within 30 days, no health facts about a user are derived "
        "without consent, and YouTube's numbers are not combined with those of other platforms. Tone and category are "
        "derived metrics: they are made only where YouTube's amendment on these (May 2026) is accepted as well.",
    )
    uses = Uses(tone=False, combined=False, amendment="derived-metrics")
    newest_first = True
    # Replies come late, and a video is found some time after it was published.
    overlap = timedelta(days=1)
    recheck_batch = 50
    page_calls = REPLY_CALLS + 1
    quotas = (
        Quota(SEARCHES_A_DAY, SEARCHES, DAY_BEGINS),
        Quota(CLAIM_SEARCHES_A_DAY, frozenset({"claims"}), DAY_BEGINS),
        # Searches have a bucket of their own; counted here, each stands for the look-up that follows it.
        Quota(10_000, zone=DAY_BEGINS),
    )

    def __init__(self, settings: Settings, listening: Listening) -> None:
        super().__init__(settings, listening)
        self._base = loopback_base(settings, "AUSCULT_YOUTUBE_URL")
        self._client: Client | None = None

    def queries(self, practice: Practice, keywords: Sequence[str]) -> list[Query]:
        """The comments of each channel, then searches by name, then by keyword, which find it word for word only.

        Raises ConfigError for a channel that is neither `video:ID` nor the id of a channel.
        """
        asked = [Query(self.name, mode, channel=name) for mode, name in map(_listed_as, self._chosen.channels)]
        # `not_us` is left to screening, which sees the whole post; a post may name both.
        refused = "".join(f" -{phrase}" for phrase in phrases(self._chosen.exclude, MAX_TERM_CHARACTERS))
        names = (practice.name, *practice.aliases, *practice.handles.get(self.name, ()))
        about = keywords if self._chosen.search_claims else ()
        for mode, terms in (("search", names), ("claims", about)):
            words = _either(phrases(terms, MAX_TERM_CHARACTERS), refused)
            asked += [Query(self.name, mode, words=query) for query in words]
        return asked

    def fetch_page(self, query: Query, cursor: str | None, since: datetime | None) -> Page:
        """100 comment threads with their replies, or 50 videos published from `since` on."""
        if cursor is not None and not _CURSOR.match(cursor):
            raise CursorRejected("not a cursor of youtube's lists")
        if query.mode in THREADS_OF:
            return self._threads(query, cursor)
        if query.mode in SEARCHES:
            return self._videos(query, cursor, query.after_at or since)
        raise Permanent(f"youtube knows no mode {query.mode!r}")

    def to_post(self, record: Record) -> Post:
        """Map one thread (its first comment), reply or video. Raises Skippable, KeyError or TypeError."""
        if record.get("kind") == "youtube#video":
            return _video_post(record)
        thread = record["snippet"] if record.get("kind") == "youtube#commentThread" else {}
        comment = thread["topLevelComment"] if thread else record
        comment_id, snippet = _checked_id(comment["id"], _COMMENT), comment["snippet"]
        published_at = iso_moment(snippet["publishedAt"], "publishedAt")
        updated_at = iso_moment(snippet.get("updatedAt") or snippet["publishedAt"], "updatedAt")
        video, parent = _optional_id(snippet.get("videoId"), _VIDEO), _optional_id(snippet.get("parentId"), _COMMENT)
        return Post(
            platform=self.platform,
            platform_id=comment_id,
            kind="comment",
            text=words_in(snippet, "textDisplay"),
            created_at=published_at,
            edited_at=updated_at if updated_at > published_at else None,
            author_id=_author_id(snippet),
            url=f"https://www.youtube.com/watch?v={video}&lc={comment_id}" if video else None,
            parent_id=parent or video,
            metrics=counts({**snippet, **thread}, COMMENT_METRICS),
        )

    def recheck(self, ids: Sequence[str]) -> Recheck:
        """Look comments and videos up; gone is what YouTube leaves out twice, or says is not found.

        Videos are all handed back: YouTube does not tell when one was edited. Raises as `fetch_page` does.
        """
        if len(frozenset(ids)) > self.recheck_batch:
            raise ValueError(f"recheck takes {self.recheck_batch} ids at most")
        comments = sorted({name for name in ids if _COMMENT.match(name)})
        videos = sorted({name for name in ids if _VIDEO.match(name)})
        if not comments and not videos:
            return Recheck(frozenset(), frozenset())
        before = self._youtube().asked
        said, shown = self._youtube().found("comments", comments), self._youtube().found("videos", videos)
        live = frozenset((*said, *shown))
        changed = [*filter(_is_changed, said.values()), *shown.values()]
        calls = self._youtube().asked - before
        return Recheck(live, frozenset((*comments, *videos)) - live, changed, calls)

    def account_metrics(self) -> Sequence[AccountMetric]:
        """Followers (rounded by YouTube, left out where hidden), views and videos of the channels in auscult.yaml."""
        ids = [name for mode, name in map(_listed_as, self._chosen.channels) if mode == "channel"]
        metrics: list[AccountMetric] = []
        for start in range(0, len(ids), VIDEOS_A_PAGE):
            asked = {"part": "statistics", "id": ",".join(ids[start : start + VIDEOS_A_PAGE])}
            for channel in objects(self._youtube().ask("channels", "account numbers", asked)):
                if channel.get("id") not in ids or not isinstance(channel.get("statistics"), dict):
                    raise Transient("youtube's account numbers have not the expected shape")
                numbers = counts(channel["statistics"], CHANNEL_METRICS)
                if channel["statistics"].get("hiddenSubscriberCount"):
                    numbers.pop("followers", None)
                metrics += [AccountMetric(channel["id"], metric, number) for metric, number in numbers.items()]
        return metrics

    def _threads(self, query: Query, cursor: str | None) -> Page:
        asked = {THREADS_OF[query.mode]: query.channel, "maxResults": COMMENTS_A_PAGE, "pageToken": cursor}
        asked |= {"part": "snippet,replies", "order": "time", "textFormat": "plainText"}
        about = f"the comments of {query.channel}"
        try:
            reply = self._youtube().ask("commentThreads", about, asked, resuming=cursor is not None)
        except Refused as refusal:
            if "commentsDisabled" not in refusal.reasons:
                raise
            # The owner may switch them on again; until then there is nothing to read and nothing for a person to do.
            return Page((), None, gap="comments_disabled")
        records: list[Record] = []
        calls, gap = 1, ""
        room = min(self.page_calls, self.call_limit or self.page_calls)
        for thread in objects(reply):
            replies, spent, whole = self._youtube().replies(thread, room - calls)
            calls, gap = calls + spent, gap if whole else "replies_left_out"
            # A page ends with its oldest thread: by its last record a pass knows how far it came.
            records += [*replies, thread]
        _, malformed = split_objects(reply.get("items", []))
        return Page(records, next_cursor(reply), malformed, gap, calls)

    def _videos(self, query: Query, cursor: str | None, after: datetime | None) -> Page:
        asked = {"q": query.words, "part": "snippet", "type": "video", "order": "date", "maxResults": VIDEOS_A_PAGE}
        asked |= {"publishedAfter": _zulu(after), "publishedBefore": _zulu(query.until_at), "pageToken": cursor}
        reply = self._youtube().ask("search", "a search", asked, resuming=cursor is not None)
        # A result holds escaped and shortened words; the video itself, looked up, has them whole.
        named = [result["id"].get("videoId") for result in objects(reply) if isinstance(result.get("id"), dict)]
        ids = list(dict.fromkeys(name for name in named if _optional_id(name, _VIDEO)))
        found = self._youtube().found("videos", ids)
        # One call of its quota: see `quotas` for the look-up. An empty page may still name a next one.
        return Page([found[name] for name in ids if name in found], next_cursor(reply) if ids else None)

    def _youtube(self) -> Client:
        if self._client is None:
            key = self._settings.secret(self.credentials[0])
            if not key:
                raise Permanent(f"youtube needs {self.credentials[0]} in the environment")
            self._client = Client(key, session(self._settings, self._base, SERVER_RETRIES), self._base)
        return self._client


SOURCE = YouTube


def _listed_as(channel: str) -> tuple[str, str]:
    kind, _, name = channel.strip().rpartition(":")
    if kind == "video" and _VIDEO.match(name):
        return kind, name
    if not kind and _CHANNEL.match(name):
        return "channel", name
    raise ConfigError(f"sources.youtube.channels: {channel!r} is neither video:ID nor a channel's id (UC...)")


def _either(parts: Sequence[str], suffix: str) -> Iterator[str]:
    # Order is kept, so a keyword added at the end leaves the queries before it, and their watermarks, as they are.
    query = ""
    for part in parts:
        longer = f"{query}|{part}" if query else part
        if query and len(quote_plus(longer + suffix)) > MAX_QUERY_BYTES:
            yield query + suffix
            longer = part
        if len(quote_plus(longer + suffix)) > MAX_QUERY_BYTES:
            raise ConfigError(f"sources.youtube.exclude leaves no room for words in {MAX_QUERY_BYTES} bytes")
        query = longer
    if query:
        yield query + suffix


def _video_post(record: Record) -> Post:
    video, snippet = _checked_id(record["id"], _VIDEO), record["snippet"]
    language = snippet.get("defaultLanguage")
    return Post(
        platform=YouTube.platform,
        platform_id=video,
        kind="post",
        text=words_in(snippet, "description"),
        title=words_in(snippet, "title") or None,
        created_at=iso_moment(snippet["publishedAt"], "publishedAt"),
        author_id=_optional_id(snippet.get("channelId"), _CHANNEL),
        url=f"https://www.youtube.com/watch?v={video}",
        lang=language.partition("-")[0].lower() if isinstance(language, str) else None,
        metrics=counts(record.get("statistics"), VIDEO_METRICS),
    )


def _checked_id(name: object, shape: re.Pattern[str]) -> str:
    if not isinstance(name, str) or not shape.match(name):
        raise Skippable("bad_id", "not an id of youtube")
    return name


def _optional_id(name: object, shape: re.Pattern[str]) -> str | None:
    return name if isinstance(name, str) and shape.match(name) else None


def _zulu(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def _author_id(snippet: Mapping[str, Any]) -> str | None:
    author = snippet.get("authorChannelId")
    return _optional_id(author.get("value"), _CHANNEL) if isinstance(author, dict) else None


def _is_changed(comment: Record) -> bool:
    # One whose author left is handed back too: its author must be erased here as well.
    snippet = comment.get("snippet")
    if not isinstance(snippet, dict):
        return False
    return snippet.get("updatedAt") != snippet.get("publishedAt") or _author_id(snippet) is None
