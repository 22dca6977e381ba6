"""X's records under the old or the renamed field names, and what it says of those that are lost."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from pipeline.errors import Skippable
from pipeline.sources import Record

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
# Ids made since November 2010 hold their time: milliseconds since this moment, above 22 other bits.
_SNOWFLAKE_EPOCH_MS, _FIRST_SNOWFLAKE = 1_288_834_974_657, 10**10
ID = re.compile(r"\d{1,19}\Z")


def chain(record: Record) -> list[str]:
    """The ids of all versions of a post, the first one first."""
    for name in ("edit_history_tweet_ids", "edit_history_post_ids"):
        chain = record.get(name)
        if isinstance(chain, list) and chain:
            return [str(version) for version in chain]
    return [str(record["id"])]


def replied_to(record: Record) -> str | None:
    """The id of the post it answers, or None."""
    for reference in record.get("referenced_tweets") or record.get("referenced_posts") or ():
        if reference.get("type") == "replied_to":
            return optional_id(reference.get("id"))
    return None


def words(record: Record) -> str:
    """The whole text. Raises Skippable where it is none."""
    # `text` is cut at 280 characters; the whole of a long post is in its note.
    for name in ("note_tweet", "note_post"):
        note = record.get(name)
        if isinstance(note, dict) and isinstance(note.get("text"), str) and note["text"]:
            return str(note["text"])
    text = record["text"]
    if not isinstance(text, str):
        raise Skippable("text_not_text", "text")
    return text


def snowflake_time(name: str) -> datetime | None:
    """When an id was made, or None for one that does not hold it."""
    if int(name) < _FIRST_SNOWFLAKE:
        return None
    return datetime.fromtimestamp(((int(name) >> 22) + _SNOWFLAKE_EPOCH_MS) / 1_000, UTC)


def optional_id(value: object) -> str | None:
    """An id of X, or None for anything else."""
    return value if isinstance(value, str) and ID.match(value) else None


def counts(counts: object) -> dict[str, int]:
    """The public counts under our names."""
    known = counts if isinstance(counts, dict) else {}
    return {METRICS[name]: count for name, count in known.items() if name in METRICS and type(count) is int}


def language(code: object) -> str | None:
    """A language, or None for X's marks of posts that are too short, pictures or mentions only (und, zxx, qme, …)."""
    told = isinstance(code, str) and code not in {"und", "zxx"} and not (len(code) == 3 and code.startswith("q"))
    return str(code) if told else None


def lost_id(loss: object) -> str | None:
    """The id that X says is no longer public, or None where it says something else."""
    if not isinstance(loss, dict):
        return None
    kind, title = str(loss.get("type", "")), str(loss.get("title", "")).casefold()
    if title not in GONE_TITLES and not kind.endswith(GONE_TYPES):
        return None
    return optional_id(loss.get("resource_id") or loss.get("value"))
