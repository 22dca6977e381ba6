"""Column names of exports, and the cells below them, in our words: ids, dates, counts, kinds and platforms."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from pipeline.errors import Skippable
from pipeline.post import Kind

# Field by field, the usual headers of platform exports, research sets and media-monitoring suites, best first.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "post_id", "tweet_id", "review_id", "comment_id", "status_id", "message_id", "platform_id", "guid"),
    "text": (
        *("text", "full_text", "body", "message", "content", "selftext", "review", "review_text", "comment", "tweet"),
        *(
            "tweet_text",
            "comment_text",
            "post_text",
            "caption",
            "description",
            "opening_text",
            "hit_sentence",
            "snippet",
        ),
    ),
    "title": ("title", "headline", "subject"),
    "date": (
        *("created_at", "created_utc", "created", "date", "timestamp", "datetime", "published", "published_at"),
        *("publish_date", "posted_at", "post_date", "review_date", "date_utc", "time"),
    ),
    "author": (
        *("author_id", "user_id", "reviewer_id", "author", "user", "username", "user_name", "author_name"),
        *("reviewer", "reviewer_name", "screen_name", "handle", "from"),
    ),
    "url": ("url", "link", "permalink", "post_url", "tweet_url", "review_url"),
    "platform": ("platform", "network", "social_network", "page_type"),
    "lang": ("lang", "language"),
    "parent_id": ("parent_id", "in_reply_to", "in_reply_to_id", "in_reply_to_status_id", "thread_id"),
    "kind": ("kind", "post_type", "type"),
    "channel": ("channel", "subreddit", "community", "group", "page"),
    "likes": ("likes", "like_count", "favorite_count", "reactions"),
    "shares": ("shares", "share_count", "retweets", "retweet_count", "reposts"),
    "replies": ("replies", "reply_count", "comments", "num_comments", "comment_count"),
    "score": ("score", "ups", "rating", "stars"),
}
METRICS = ("likes", "shares", "replies", "score")

KINDS: Mapping[str, Kind] = {"comment": "comment", "reply": "comment", "review": "review", "rating": "review"}
PLATFORMS: Mapping[str, str] = {"twitter": "x", "x_com": "x", "twitter_com": "x", "reddit_com": "reddit"}

_MANGLED = re.compile(r"[+-]?\d(?:[.,]\d+)?[eE]\+?\d+\Z|\d{16,}[.,]0+\Z")
_REDDIT_ID = re.compile(r"[a-z0-9]{4,13}\Z")
_NUMBER = re.compile(r"\d{9,19}(?:\.\d+)?\Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TWITTER_DATE = "%a %b %d %H:%M:%S %z %Y"
# A Unix time counts seconds, or milli- or microseconds where it would otherwise lie after the year 5000.
_LATEST_SECONDS = 1e11


def slug(text: str) -> str:
    """`Post ID` as `post_id`."""
    return re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")


def recognised(names: Iterable[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """Field -> column for the columns called `names`; `chosen` (field -> column) goes before the usual names."""
    by_slug: dict[str, str] = {}
    exact = set()
    for name in names:
        by_slug.setdefault(slug(name), name)
        exact.add(name)
    found: dict[str, str] = {}
    for field, usual in COLUMNS.items():
        if field in chosen:
            wanted = chosen[field]
            column = wanted if wanted in exact else by_slug.get(slug(wanted))
        else:
            column = next((by_slug[name] for name in usual if name in by_slug), None)
        if column is not None:
            found[field] = column
    return found


def words_of(value: object) -> str:
    """A cell of running text. Raises Skippable where it is not text."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Skippable("text_not_text")
    return value


def name_of(value: object) -> str | None:
    """A cell that names something (an id, a handle, a language), or None where it is empty or not one value."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(value).strip() or None


def id_of(value: object) -> str | None:
    """A post's id. Raises Skippable("mangled_id") for a long number that a spreadsheet has rounded."""
    text = str(value).strip() if isinstance(value, float) else name_of(value)
    if text and _MANGLED.match(text):
        raise Skippable("mangled_id", "a spreadsheet rounded this number; export ids as text")
    return re.sub(r"\A(\d+)[.,]0+\Z", r"\1", text) if text else None


def made_id(url: str | None, text: str, title: str, date: object) -> str:
    """A stable id for a row that has none. Words and date count too: exports of reviews give one URL to all rows."""
    parts = "\x1f".join((url or "", title, text, str(date or "")))
    return f"sha-{hashlib.sha256(parts.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def moment_of(value: object, date_format: str | None = None) -> datetime | None:
    """A date cell in UTC: ISO 8601, Unix time, RFC 2822, Twitter's old form, or `date_format`; None where empty.

    A time without a zone is taken as UTC. Raises Skippable("bad_date"): 03/04/2026 is two days, so it is not guessed.
    """
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    try:
        moment = datetime.strptime(text, date_format) if date_format else _usual_moment(text)  # noqa: DTZ007
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        raise Skippable("bad_date") from None


def kind_of(value: object, column: str | None) -> Kind:
    """Post, comment or review: as the row says, else as the text column is called."""
    named = KINDS.get(slug(str(value))) if value else None
    return named or ("review" if column and slug(column).startswith("review") else "post")


def platform_of(value: object) -> str | None:
    """The platform's short name in our words (`Twitter` is `x`), or None where there is none."""
    short = slug(str(value))[:32] if isinstance(value, str) else ""
    return PLATFORMS.get(short, short) or None


def platform_id(platform: str, kind: Kind, name: str) -> str:
    """The id as the platform's own connector writes it, so that a post met twice is stored once."""
    if platform == "reddit" and _REDDIT_ID.match(name):
        return f"{'t1' if kind == 'comment' else 't3'}_{name}"
    return name


def count_of(value: object) -> int | None:
    """A count such as 1,234 or 3.0, or None where the cell is not one."""
    try:
        return int(float(str(value).replace(",", ""))) if value not in (None, "") else None
    except (ValueError, OverflowError):
        return None


def _usual_moment(text: str) -> datetime:
    if _NUMBER.match(text):
        seconds = float(text)
        while seconds >= _LATEST_SECONDS:
            seconds /= 1_000
        return _EPOCH + timedelta(seconds=seconds)
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return read(text.removesuffix(" UTC"))
        except (ValueError, TypeError, IndexError):
            continue
    return datetime.strptime(text, _TWITTER_DATE)  # noqa: DTZ007  (the format has %z)
