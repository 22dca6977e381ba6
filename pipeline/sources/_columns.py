"""Column names of exports, and the cells below them, in our words: ids, dates, counts, kinds and platforms."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from pipeline.errors import Skippable
from pipeline.post import Kind

# Field by field, the usual headers of platform exports, research sets and media-monitoring suites, best first.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "post_id", "tweet_id", "review_id", "comment_id", "status_id", "message_id", "platform_id", "guid"),
    "text": (
        *("text", "full_text", "body", "message", "content", "selftext", "review", "review_text", "comment", "tweet"),
        *("tweet_text", "comment_text", "post_text", "caption", "description"),
        *("opening_text", "hit_sentence", "snippet"),
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
    "views": ("views", "view_count", "plays"),
}
METRICS = ("likes", "shares", "replies", "score", "views")

KINDS: Mapping[str, Kind] = {"comment": "comment", "reply": "comment", "review": "review", "rating": "review"}
LANGUAGES: Mapping[str, str] = {
    **{"english": "en", "spanish": "es", "french": "fr", "german": "de", "italian": "it", "portuguese": "pt"},
    **{"dutch": "nl", "polish": "pl", "russian": "ru", "arabic": "ar", "chinese": "zh", "japanese": "ja"},
    **{"korean": "ko", "vietnamese": "vi", "tagalog": "tl", "hindi": "hi", "turkish": "tr"},
}
# What a column's name says of the times below it, as in `Timestamp (ET)`.
ZONES: Mapping[str, str] = {
    **{"et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles"},
    **{"utc": "UTC", "gmt": "UTC"},
}

# How many digits survive a spreadsheet, and a program that counts in doubles.
KEPT_DIGITS = (15, 17)
# Zeros that stand where digits were lost, over all long ids of a sample. A snowflake is milliseconds times 2^22 plus
# a worker and a sequence number; where those two are 0 every power of two that a decimal zero needs is there already,
# so n zeros end one id in 5^n and not one in 10^n. Nine of them, as in three ids of 18 digits, come together in a
# sound file once in 5^9 = 1,953,125 files at the worst.
ZEROS_OF_ROUNDING = 9

# A point or a plus must be there: 1e23456 is an id of Reddit.
_ROUNDED = r"\d(?:[.,]\d+[eE]\+?|[eE]\+)\d+"
_MANGLED = re.compile(rf"[+-]?{_ROUNDED}\Z|\d{{16,}}[.,]0+\Z")
_MANGLED_ADDRESS = re.compile(rf"/{_ROUNDED}(?:[/?#]|\Z)")
# Text marks that keep a spreadsheet's hands off an id: ="123", "123" and '123.
_MARKED_TEXT = re.compile(r"\A(?:=?\"(?P<quoted>.*)\"|'(?P<bare>.*))\Z", re.DOTALL)
_PRIVATE = re.compile(r"(?:\A|_)(?:direct|private|dms?|messenger|whatsapp|sms|email)(?:_|\Z)")
PERSON_IN_PATH = re.compile(r"/(?:@(?![-\d])|(?:u|user|users)/)")  # /@41.1,-73.4 is a place on a map
_NUMBER = re.compile(r"\d{9,19}(?:\.\d+)?\Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TWITTER_DATE = "%a %b %d %H:%M:%S %z %Y"
# Dates that are one day only: the month by name or the year first; the time by 24 hours or with AM and PM.
_NAMED_DATE = re.compile(
    r"(?:(?P<iso>\d{4}-\d\d-\d\d)|(?P<day>\d{1,2})[- ](?P<month>[a-z]{3})[a-z]*[-, ]+(?P<year>\d{4}|\d\d)"
    r"|(?P<month2>[a-z]{3})[a-z]*\.? (?P<day2>\d{1,2}),? (?P<year2>\d{4}))"
    r"(?:[ ,T]+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)? ?(?P<half>[ap]m)?)?\Z",
    re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# A Unix time counts seconds, or milli- or microseconds where it would otherwise lie after the year 5000.
_LATEST_SECONDS = 1e11


def slug(text: str) -> str:
    """`Post ID` as `post_id`."""
    return re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")


def recognised(
    names: Iterable[str], chosen: Mapping[str, str], usual: Mapping[str, tuple[str, ...]] = COLUMNS
) -> dict[str, tuple[str, ...]]:
    """Field -> its columns among `names`, best first; `chosen` (field -> column) goes before the `usual` names."""
    by_slug: dict[str, str] = {}
    exact = set()
    for name in names:
        by_slug.setdefault(slug(name), name)
        exact.add(name)
    found: dict[str, tuple[str, ...]] = {}
    for field in dict.fromkeys((*usual, *chosen)):
        if field in chosen:
            wanted = chosen[field]
            column = wanted if wanted in exact else by_slug.get(slug(wanted))
            columns = tuple(filter(None, (column,)))
        else:
            columns = tuple(by_slug[name] for name in usual[field] if name in by_slug)
        if columns:
            found[field] = columns
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


def first_id(cells: Iterable[object], digits: int | None) -> str | None:
    """The first id among these cells that was not rounded, or None where there is none.

    `digits`: how many digits survived in this column (`rounded_digits`). Raises Skippable("mangled_id") where all
    that there are were rounded.
    """
    there = [text for text in map(bare_id, cells) if text]
    sound = [text for text in there if not is_mangled(text, digits)]
    if there and not sound:
        raise Skippable("mangled_id", "a spreadsheet rounded this number; export ids as text")
    return re.sub(r"\A(\d+)[.,]0+\Z", r"\1", sound[0]) if sound else None


def bare_id(value: object) -> str | None:
    """An id cell without the marks that keep a spreadsheet from reading it as a number."""
    text = str(value).strip() if isinstance(value, float) else name_of(value)
    marked = _MARKED_TEXT.match(text) if text else None
    return (marked["quoted"] or marked["bare"] or "").strip() or None if marked else text


def is_mangled(value: object, digits: int | None = None) -> bool:
    """Whether this cell is a long number that a spreadsheet rounded, or that ends as those of its column do."""
    text = bare_id(value) or ""
    return _MANGLED.match(text) is not None or bool(digits and len(text) > digits and _ends_in_zeros(text, digits))


def author_of(value: object) -> str | None:
    """An author's id or name; None where it is a rounded number, which many authors would share."""
    return None if is_mangled(value) else bare_id(value)


def rounded_digits(ids: Iterable[str]) -> int | None:
    """How many digits of the long numbers among `ids` are real, where all of them were rounded; None: they were not."""
    long = {text for text in ids if text.isascii() and text.isdigit() and 17 <= len(text) <= 20}
    for digits in KEPT_DIGITS:
        zeros = sum(len(text) - digits for text in long)
        if zeros >= ZEROS_OF_ROUNDING and all(_ends_in_zeros(text, digits) for text in long):
            return digits
    return None


def address_of(value: object) -> str | None:
    """An address, or None where a spreadsheet rounded the id in it or its path names a person."""
    url = name_of(value)
    return None if url is None or _MANGLED_ADDRESS.search(url) or PERSON_IN_PATH.search(url) else url


def has_mangled_id(url: object) -> bool:
    """Whether the id in this address was rounded, as in /status/1.23E+18."""
    return isinstance(url, str) and _MANGLED_ADDRESS.search(url.strip()) is not None


def channel_of(value: object, author: object) -> str | None:
    """A community or a group; None where the cell is a person: a handle, or the author again."""
    channel = name_of(value)
    return None if channel is None or channel == author or re.match(r"@|/?u(?:ser)?/", channel) else channel


def lang_of(value: object) -> str | None:
    """A language as its short code (`English` and `en-US` are `en`), or None where it is not one."""
    text = slug(value) if isinstance(value, str) else ""
    code = LANGUAGES.get(text, text.split("_")[0])
    return code if re.fullmatch(r"[a-z]{2,3}", code) else None


def made_id(url: str | None, text: str, title: str, date: object) -> str:
    """A stable id for a row that has none. Words and date count too: exports of reviews give one URL to all rows."""
    parts = "\x1f".join((url or "", title, text, str(date or "")))
    return f"sha-{hashlib.sha256(parts.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def moment_of(value: object, formats: Sequence[str] = (), zone: tzinfo = UTC) -> datetime | None:
    """A date cell in UTC: one of `formats`, ISO 8601, Unix time, RFC 2822, a named month; None where empty.

    A time without a zone is of `zone`. Raises Skippable("bad_date"): 03/04/2026 is two days, so it is not guessed.
    """
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    try:
        moment = _formatted(text, formats) or _usual_moment(text)
        return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        raise Skippable("bad_date") from None


def zone_of(column: object) -> tzinfo:
    """The zone that a date column's name ends in, as `Timestamp (ET)` does; UTC where it names none we know."""
    last = slug(str(column)).rpartition("_")[2]
    return ZoneInfo(ZONES[last]) if last in ZONES else UTC


def kind_of(value: object, platform: object, column: str | None) -> Kind:
    """Post, comment or review: as the cells of kind or platform say, else as the text column is called.

    Raises Skippable("private_message"): an inbox export holds what patients wrote in private.
    """
    said = [slug(cell) for cell in (value, platform) if isinstance(cell, str)]
    if any(map(_PRIVATE.search, said)):
        raise Skippable("private_message")
    named = next((KINDS[last] for last in (text.rpartition("_")[2] for text in said) if last in KINDS), None)
    return named or ("review" if column and slug(column).startswith("review") else "post")


def count_of(value: object) -> int | None:
    """A count such as 1,234 or 3.0, or None where the cell is not one."""
    try:
        return int(float(str(value).replace(",", ""))) if value not in (None, "") else None
    except (ValueError, OverflowError):
        return None


def _ends_in_zeros(text: str, digits: int) -> bool:
    return text.isdigit() and text.endswith("0" * (len(text) - digits))


def _formatted(text: str, formats: Sequence[str]) -> datetime | None:
    for form in formats:
        with suppress(ValueError):
            return datetime.strptime(text, form)  # noqa: DTZ007  (moment_of knows the zone)
    return None


def _usual_moment(text: str) -> datetime:
    if _NUMBER.match(text):
        seconds = float(text)
        while seconds >= _LATEST_SECONDS:
            seconds /= 1_000
        return _EPOCH + timedelta(seconds=seconds)
    with suppress(ValueError):
        return datetime.fromisoformat(text.removesuffix(" UTC"))
    if named := _NAMED_DATE.match(text):
        return _named_moment(named)
    if re.search(r"\d ?[ap]\.?m\b", text, re.IGNORECASE):
        # The reader of RFC 2822 dates leaves PM out and is twelve hours off.
        raise ValueError("a time with AM or PM in no form we know")
    try:
        return parsedate_to_datetime(text.removesuffix(" UTC"))
    except (ValueError, TypeError, IndexError):
        return datetime.strptime(text, _TWITTER_DATE)  # noqa: DTZ007  (the format has %z)


def _named_moment(found: re.Match[str]) -> datetime:
    if found["iso"]:
        day = datetime.fromisoformat(found["iso"])
    else:
        year, month = int(found["year"] or found["year2"]), (found["month"] or found["month2"]).casefold()
        day = datetime(  # noqa: DTZ001  (moment_of knows the zone)
            year + 2_000 * (year < 100), _MONTHS.index(month) + 1, int(found["day"] or found["day2"])
        )
    hour = int(found["hour"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of half a day")
        hour = hour % 12 + 12 * (found["half"].casefold() == "pm")
    return day.replace(hour=hour, minute=int(found["minute"] or 0), second=int(found["second"] or 0))
