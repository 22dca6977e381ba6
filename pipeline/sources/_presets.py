"""Exports that we know: which columns 4CAT, Brandwatch, Meltwater and Sprout write, and which platform a row is of."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pipeline.errors import Skippable
from pipeline.post import Kind
from pipeline.sources import _columns as columns

# As the platforms' own connectors are called; other names stay as their slug.
PLATFORMS: Mapping[str, str] = {
    **{"twitter": "x", "x_com": "x", "twitter_com": "x", "x_twitter": "x", "x_formerly_twitter": "x"},
    **{"reddit_com": "reddit", "youtube_com": "youtube", "you_tube": "youtube", "linkedin_com": "linkedin"},
    **{"tiktok_com": "tiktok", "tik_tok": "tiktok", "threads_net": "threads", "threads_com": "threads"},
    **{"facebook_com": "facebook", "facebook_public": "facebook", "fb": "facebook"},
    **{"instagram_com": "instagram", "instagram_public": "instagram", "ig": "instagram"},
}
HOSTS: Mapping[str, tuple[str, ...]] = {
    "bluesky": ("bsky.app",),
    "facebook": ("facebook.com", "fb.com", "fb.watch"),
    "instagram": ("instagram.com",),
    "linkedin": ("linkedin.com", "lnkd.in"),
    "reddit": ("reddit.com", "redd.it"),
    "threads": ("threads.net", "threads.com"),
    "tiktok": ("tiktok.com",),
    "x": ("x.com", "twitter.com"),
    "youtube": ("youtube.com", "youtu.be"),
}
# What else an export says of its pages; any other word there is an outlet or a site.
PAGE_KINDS = frozenset({"blog", "forum", "google_reviews", "mastodon", "news", "nextdoor", "review", "tumblr", "yelp"})
# Where a post has no title, a suite's column of titles repeats the words or names the author.
UNTITLED = frozenset({"bluesky", "facebook", "instagram", "linkedin", "threads", "tiktok", "x"})
WITHHELD = "due to licensing restrictions"  # what Brandwatch writes in place of words that it may not hand out
MIN_LATE_HEADER_FIELDS = 3

_REDDIT_ID = re.compile(r"[a-z0-9]{4,13}\Z")
_X_ADDRESS = re.compile(r"/status(?:es)?/(\d{1,20})(?:/|\Z)")
_REDDIT_ADDRESS = re.compile(r"/comments/([a-z0-9]{4,13})(?:/[^/]*(?:/([a-z0-9]{4,13}))?)?/?\Z")


@dataclass(frozen=True, slots=True)
class Preset:
    """An export of one tool: the slugs of its columns by field, best first; a row gives the first that is filled.

    A header that holds all names of one of `signatures` is this export's and no other's. `joined_text`: a row's words
    are spread over its text columns. `threads`: a row whose parent is not itself is a comment.
    """

    signatures: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    joined_text: bool = False
    threads: bool = False
    date_formats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """What the columns of a file mean: field -> columns, and the name of the preset that says so ("": none)."""

    fields: Mapping[str, tuple[str, ...]]
    preset: str


NO_HEADER = Header({}, "")
PRESETS: Mapping[str, Preset] = {
    "4cat": Preset(
        signatures=("id thread_id author body timestamp", "id author body timestamp unix_timestamp"),
        columns={
            "id": ("id",),
            "text": ("body",),
            "title": ("subject",),
            # The other column holds the time of the zone that the server happens to run in.
            "date": ("unix_timestamp", "timestamp"),
            "author": ("author_id", "author"),
            "url": ("tiktok_url", "comment_url", "post_url", "link", "url"),
            "lang": ("language_guess",),
            "parent_id": ("thread_id",),
            "kind": ("type",),
            "channel": ("subreddit", "group_name"),
            "likes": ("likes", "like_count", "num_likes", "amount_likes", "reactions"),
            "shares": ("shares", "reposts", "retweet_count", "amount_shares"),
            "replies": ("comments", "replies", "reply_count", "num_comments", "amount_comments"),
            "score": ("score",),
            "views": ("plays", "amount_plays", "impression_count"),
        },
        threads=True,
    ),
    "brandwatch": Preset(
        signatures=("url full_text page_type thread_id", "query_id query_name url"),
        columns={
            "text": ("full_text", "snippet"),
            "title": ("title",),
            "date": ("date_utc", "date"),
            "author": ("x_author_id", "twitter_author_id", "author", "full_name"),
            "url": ("url", "original_url"),
            "platform": ("page_type", "content_source", "content_source_name", "domain"),
            "lang": ("language",),
            "parent_id": ("thread_id",),
            "kind": ("thread_entry_type",),
            "channel": ("subreddit",),
            "likes": ("likes", "x_likes", "facebook_likes", "instagram_like_count"),
            "shares": ("shares", "x_reposts", "twitter_retweets", "facebook_shares"),
            "replies": ("comments", "x_replies", "twitter_reply_count", "facebook_comments", "instagram_comment_count"),
        },
    ),
    "meltwater": Preset(
        signatures=("url opening_text hit_sentence",),
        columns={
            # Document ID is Meltwater's own, so a post of X is known by its address.
            "id": ("tweet_id",),
            "text": ("body", "opening_text", "hit_sentence"),
            "title": ("headline", "title"),
            "date": ("date", "alternate_date_format"),
            "time": ("time",),
            "author": ("twitter_id", "author_handle", "twitter_screen_name", "influencer", "author_name"),
            "url": ("url",),
            "platform": ("source_name", "source", "source_type", "information_type", "source_domain"),
            "lang": ("language",),
            "kind": ("content_type",),
            "likes": ("likes", "reactions"),
            "shares": ("shares", "reposts", "retweets"),
            "replies": ("replies", "comments"),
            "views": ("views",),
        },
        joined_text=True,
    ),
    "sprout": Preset(
        signatures=(
            "network message message_id message_url",
            "network message message_type permalink",
            "network post post_type content_type profile",
        ),
        columns={
            "id": ("message_id", "post_id"),
            "text": ("message", "post"),
            "date": (*(f"timestamp_{zone}" for zone in columns.ZONES), "timestamp", "date"),
            "author": ("from", "from_username", "author", "username", "profile_name", "profile"),
            "url": ("message_url", "permalink", "link"),
            "platform": ("network",),
            "kind": ("message_type", "post_type"),
            "likes": ("likes", "reactions"),
            "shares": ("shares",),
            "replies": ("comments",),
        },
        date_formats=("%m/%d/%Y %I:%M %p",),
    ),
}


def read_header(
    names: Iterable[str], chosen: Mapping[str, str], preset: str = "", *, first: bool = True
) -> Header | None:
    """What these columns mean, or None where none of them holds text or one that is `chosen` is not there.

    `preset` is the name of one, or "" to go by the names themselves. Below the `first` line of a file a row of posts
    may hold the word `comment`, so more is asked of a header there.
    """
    listed = list(names)
    slugs = {columns.slug(name) for name in listed}
    signed = next(
        (name for name, each in PRESETS.items() if any(slugs.issuperset(one.split()) for one in each.signatures)), ""
    )
    known = preset or signed
    fields = fields_among(listed, chosen, known)
    if not fields.keys() & {"text", "title"} or not chosen.keys() <= fields.keys():
        return None
    sure = known == signed != "" or (first and len(fields) > bool(preset)) or len(fields) >= MIN_LATE_HEADER_FIELDS
    return Header(fields, known) if sure else None


def fields_among(names: Iterable[str], chosen: Mapping[str, str], preset: str) -> dict[str, tuple[str, ...]]:
    """Field -> its columns among `names`, by the preset of this name or, for "", by the usual names."""
    return columns.recognised(names, chosen, PRESETS[preset].columns if preset else columns.COLUMNS)


def fields_of(cells: Mapping[str, Any], header: Header) -> dict[str, Any]:
    """Field -> cell of one row, and from which columns its text and its date are."""
    preset = PRESETS.get(header.preset)
    row: dict[str, Any] = {"preset": header.preset, "date_formats": preset.date_formats if preset else ()}
    for name, named in header.fields.items():
        held = {column: cells[column] for column in (named if preset else named[:1]) if column in cells}
        column = next((column for column, cell in held.items() if _is_filled(name, cell)), next(iter(held), None))
        if column is None:
            continue
        row[name] = cells[column]
        if name in {"text", "date"}:
            row[f"{name}_column"] = column
        if preset and name in columns.METRICS:
            # A suite has a column for each platform and may write 0 into the others'.
            counts = (columns.count_of(cell) for cell in held.values() if isinstance(cell, (str, int, float)))
            row[name] = max(filter(None, counts), default=row[name])
    if preset is not None:
        _complete(row, cells, header, preset)
    return row


def platform_of_row(row: Mapping[str, Any]) -> str | None:
    """The platform of one row: as its column says, else as its address shows or as was given for the whole file."""
    named, given = platform_of(row.get("platform")), platform_of(row.get("given_platform"))
    shown = platform_at(row.get("url"))
    if not row.get("preset"):
        return named or given or shown
    social = named if named in HOSTS else None
    return social or shown or (named if named in PAGE_KINDS else None) or given


def platform_of(value: object) -> str | None:
    """The platform's short name in our words (`Twitter` is `x`), or None where there is none."""
    short = columns.slug(str(value))[:32] if isinstance(value, str) else ""
    return PLATFORMS.get(short, short) or None


def platform_at(url: object) -> str | None:
    """The platform whose address this is, or None."""
    try:
        host = (urlsplit(url.strip()).hostname or "") if isinstance(url, str) else ""
    except ValueError:
        return None
    return next((name for name, own in HOSTS.items() for each in own if f".{host}".endswith(f".{each}")), None)


def title_of(platform: str, text: str, title: str) -> str:
    """The title of a suite's row. Raises Skippable("text_withheld") where the suite may not hand out the words."""
    if text.casefold().startswith(WITHHELD):
        raise Skippable("text_withheld", "the platform's licence keeps the words out of this export")
    return "" if text and platform in UNTITLED else title


def identity(row: Mapping[str, Any], platform: str, kind: Kind) -> tuple[str | None, Kind]:
    """The post's id, as the platform's own connector writes it where we know how, and its kind by that id.

    Raises Skippable("mangled_id").
    """
    found = columns.first_id(_candidates(row, platform), row.get("digits"))
    if found is None and columns.has_mangled_id(row.get("url")):
        raise Skippable("mangled_id", "a spreadsheet rounded the number in this address")
    if found and platform == "reddit" and _REDDIT_ID.match(found):
        found = f"{'t1' if kind == 'comment' else 't3'}_{found}"
    return found, "comment" if found and platform == "reddit" and found.startswith("t1_") else kind


def made_id(row: Mapping[str, Any], text: str, title: str, created_at: datetime | None) -> str:
    """A stable id for a row that has none."""
    url = columns.name_of(row.get("url"))
    if row.get("preset") and url and created_at:
        # An edit changes the words, and each export of a suite may cut them elsewhere; address and time stay.
        return columns.made_id(url, "", "", created_at.isoformat())
    return columns.made_id(url, text, title, row.get("date"))


def shown_id(row: Mapping[str, Any]) -> str:
    """The id that `identity` would take, rounded or not, or ""."""
    return next(filter(None, map(columns.bare_id, _candidates(row, platform_of_row(row) or ""))), "")


def _candidates(row: Mapping[str, Any], platform: str) -> list[object]:
    # A suite's own column of ids is not always the platform's.
    shown = _id_at(platform, row.get("url"))
    return [shown, row.get("id")] if row.get("preset") else [row.get("id"), shown]


def _id_at(platform: str, url: object) -> str | None:
    if platform_at(url) != platform:
        return None
    path = urlsplit(str(url).strip()).path
    if platform == "x" and (found := _X_ADDRESS.search(path)):
        return found[1]
    if platform == "reddit" and (found := _REDDIT_ADDRESS.search(path)):
        return f"t1_{found[2]}" if found[2] else f"t3_{found[1]}"
    return None


def _is_filled(name: str, cell: object) -> bool:
    if name == "platform":
        return platform_of(cell) in HOSTS.keys() | PAGE_KINDS
    filled = bool(cell.strip()) if isinstance(cell, str) else cell is not None
    return filled and not (name == "author" and columns.is_mangled(cell))


def _complete(row: dict[str, Any], cells: Mapping[str, Any], header: Header, preset: Preset) -> None:
    if preset.joined_text:
        parts: list[str] = []
        for words in (cells.get(column) for column in header.fields.get("text", ())):
            if isinstance(words, str) and not any(words.strip() in part for part in parts):
                parts = [part for part in parts if part not in words] + [words.strip()]
        row["text"] = "\n".join(filter(None, parts))
    day, time = columns.name_of(row.get("date")), columns.name_of(row.get("time"))
    if day and time and ":" not in day:
        row["date"] = f"{day} {time}"
    if preset.threads:
        parent = columns.name_of(row.get("parent_id"))
        row |= {"parent_id": None} if parent in {None, columns.name_of(row.get("id"))} else {"kind": "comment"}
        filled = (columns.slug(column) for column in header.fields.get("channel", ()) if cells.get(column))
        if "subreddit" in filled:
            # Its column of addresses holds what the post links to.
            row |= {"platform": "reddit", "url": None}
