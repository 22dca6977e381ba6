"""Words of a mail: cleaned text, dates, how sure and how bad in plain language, and text that a header may hold."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pipeline.charts.words import plain_day

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SUBJECT_CHARACTERS = 120

# Lower bound of a probability and the words for it, best first.
SURENESS = ((0.95, "almost certainly"), (0.8, "very likely"), (0.6, "likely"), (0.5, "more likely than not"))
UNSURE = "possibly"

HARM = {"high": "High harm", "medium": "Medium harm", "low": "Low harm"}
RATING = {"false": "False", "misleading": "Misleading", "unproven": "Unproven"}
SEVERITY = {"urgent": "Urgent", "high": "High", "normal": "Normal"}
ACTION = {"respond": "Respond", "watch": "Watch", "leave": "Leave it"}
# Why one alert is told again: a line of the mail, and a word or two of its subject.
WHY = {
    "new": "",
    "repeat": "Told again: it is still open and nobody has acknowledged it.",
    "worse": "Told again: it is worse than when you were last told.",
    "grew": "Told again: many more posts spread it than when you were last told.",
    "escalation": "Escalated to you: it was told before, and nobody has acknowledged it.",
    "handed_on": "Escalated to you by a person who works the alerts.",
}
WHY_IN_SUBJECT = {
    "new": "",
    "repeat": "still open",
    "worse": "worse",
    "grew": "grew",
    "escalation": "escalated",
    "handed_on": "escalated",
}
PLATFORM = {
    "bluesky": "Bluesky",
    "facebook": "Facebook",
    "gdelt": "GDELT",
    "google_reviews": "Google reviews",
    "imports": "Imported files",
    "instagram": "Instagram",
    "linkedin": "LinkedIn",
    "mastodon": "Mastodon",
    "nextdoor": "Nextdoor",
    "reddit": "Reddit",
    "rss": "Feeds",
    "threads": "Threads",
    "tiktok": "TikTok",
    "x": "X",
    "yelp": "Yelp",
    "youtube": "YouTube",
}
UNNAMED_PLATFORM = "another platform"

_SLUG = re.compile(r"[a-z0-9][a-z0-9_:-]{0,79}")
_NOT_FOR_HEADERS = re.compile(r"[^A-Za-z0-9 .,:;'()/&+_-]")
# Marks that turn the reading direction can make a sentence or an address look like another one.
_DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: object, limit: int = 1_500) -> str:
    """One line of printable text: no controls, surrogates or direction marks, and an ellipsis past `limit`."""
    words = "".join(_printable(character) for character in str(text or ""))
    line = " ".join(words.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def header_text(text: object, limit: int = SUBJECT_CHARACTERS) -> str:
    """Plain ASCII for a header: letters, digits and harmless punctuation, so that no encoded word can form."""
    plain = unicodedata.normalize("NFKD", clean(text)).encode("ascii", "ignore").decode("ascii")
    return " ".join(_NOT_FOR_HEADERS.sub("", plain).split())[:limit].rstrip()


def slug(text: object) -> str | None:
    """`text` where it is one of our slugs (lower case, digits, - _ :), else None."""
    return str(text) if text is not None and _SLUG.fullmatch(str(text)) else None


def slug_words(text: object, otherwise: str) -> str:
    """A slug as words (`no_credentials` → `no credentials`), or `otherwise` where it is none."""
    return re.sub(r"[_-]+", " ", slug(text) or otherwise)


def mention_words(category: object) -> str:
    """A mention group's category in words: `urgent:patient_safety` → `patient safety`; `mention` → `not sorted`."""
    name = str(category or "mention").removeprefix("urgent:")
    return "not sorted yet" if name == "mention" else slug_words(name, "not sorted yet")


def platform_name(platform: object) -> str:
    """The platform as people call it."""
    name = slug(platform)
    return PLATFORM.get(name, name) if name else UNNAMED_PLATFORM


def platform_names(platforms: tuple[str, ...]) -> str:
    """All platforms of an alert: `Reddit, X and Facebook`."""
    return listed(sorted({platform_name(platform) for platform in platforms}))


def listed(words: list[str]) -> str:
    """Words with commas and a last `and`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 post`, `1,200 posts`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def sure(probability: float | None) -> tuple[str, str]:
    """A probability in words and as a percentage; the numbers stop short of 0 % and 100 %."""
    if probability is None:
        return UNSURE, "no number stored"
    words = next((words for bound, words in SURENESS if probability >= bound), UNSURE)
    return words, f"{min(max(round(probability * 100), 1), 99)} %"


def moment(at: datetime | None, zone: ZoneInfo) -> str:
    """A time in the practice's zone: `Thu 1 Oct 2026, 14:05 EDT`. Names do not follow the server's locale."""
    if at is None:
        return "time unknown"
    local = at.astimezone(zone)
    return f"{day(local)}, {local:%H:%M} {local.tzname()}"


def day(at: date) -> str:
    """A date with its weekday: `Thu 1 Oct 2026`."""
    return f"{DAYS[at.weekday()]} {plain_day(at)}"


def evidence_date(source: Mapping[str, object]) -> str:
    """The date of one evidence entry, or `undated`."""
    value = source.get("date")
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            return "undated"
    return plain_day(value) if isinstance(value, date) else "undated"


def _printable(character: str) -> str:
    if unicodedata.category(character) in {"Cc", "Zl", "Zp"}:
        return " "
    return "" if character in _DIRECTION_MARKS or unicodedata.category(character) == "Cs" else character
