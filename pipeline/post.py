"""A post as a source hands it over, and the cleaning that every post passes before it is stored."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from pipeline.errors import Skippable

Kind = Literal["post", "comment", "review"]
Status = Literal["live", "deleted", "removed", "gone"]

# reliability note, threat "giant or malformed": larger texts are never a person's post on the platforms we read.
MAX_TEXT_BYTES = 64 * 1024
MAX_FIELD_CHARACTERS = 2_048
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST_AHEAD = timedelta(days=1)

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# Marks that stack on one letter: no script needs more than a few, and normalising tens of thousands takes a second.
_MARK = r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_STACKED = re.compile(rf"({_MARK}{{8}}){_MARK}+")


@dataclass(frozen=True, slots=True)
class Post:
    """One public post. Times are UTC. `author_id` is the platform's id, hashed before anything is stored.

    `own`: an account of the practice wrote it.
    """

    platform: str
    platform_id: str
    kind: Kind
    text: str = field(repr=False)
    created_at: datetime | None = None
    title: str | None = field(default=None, repr=False)
    author_id: str | None = field(default=None, repr=False)
    url: str | None = field(default=None, repr=False)
    lang: str | None = None
    channel: str | None = None
    parent_id: str | None = None
    edited_at: datetime | None = None
    metrics: Mapping[str, int] = field(default_factory=dict)
    status: Status = "live"
    own: bool = False

    @property
    def content_hash(self) -> str:
        """SHA-256 (hex) of title and text: one key for one wording, whoever wrote it."""
        return content_hash(self.title, self.text)


def content_hash(title: str | None, text: str) -> str:
    """SHA-256 (hex, 64 characters) of the words that screening reads."""
    return hashlib.sha256(f"{title or ''}\x1f{text}".encode()).hexdigest()


# What a post without words hashes to: one that was erased or is past its retention.
NO_WORDS = content_hash(None, "")


def screening_text(title: str | None, text: str) -> str:
    """The words that screening reads: the title, then the body."""
    return f"{title}\n{text}" if title and text else (title or text)


def clean_post(post: Post, now: datetime) -> Post:
    """The post with hostile characters neutralised, fit for PostgreSQL.

    NUL, other control characters and lone surrogates are removed and the text is NFC. Raises Skippable where the
    record cannot be believed: no id, no words, text over 64 KiB, a date before 2000 or over a day ahead of `now`.
    """
    platform_id = _clean(post.platform_id).strip()
    if not platform_id or len(platform_id) > 256:
        raise Skippable("bad_id", "the record has no usable id")
    if len(post.text.encode("utf-8", "ignore")) > MAX_TEXT_BYTES:
        raise Skippable("text_too_large", f"more than {MAX_TEXT_BYTES} bytes")
    text, title = _clean(post.text).strip(), _optional(post.title)
    if post.status == "live" and not text and not title:
        raise Skippable("no_text", "neither title nor text")
    for moment in (post.created_at, post.edited_at):
        _check_moment(moment, now)
    return replace(
        post,
        platform_id=platform_id,
        text=text,
        title=title,
        author_id=_optional(post.author_id),
        url=_web_address(_optional(post.url)),
        lang=_optional(post.lang),
        channel=_optional(post.channel),
        parent_id=_optional(post.parent_id),
        metrics={_clean(name): count for name, count in post.metrics.items() if abs(count) < 2**53},
    )


def _check_moment(moment: datetime | None, now: datetime) -> None:
    if moment is None:
        return
    if moment.tzinfo is None:
        raise Skippable("date_without_zone", "a time must carry its zone")
    if not EARLIEST <= moment <= now + LATEST_AHEAD:
        raise Skippable("date_out_of_range", "before 2000 or more than a day ahead")


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", _STACKED.sub(r"\1", _FORBIDDEN.sub("", text)))


def _optional(text: str | None) -> str | None:
    return (_clean(text).strip()[:MAX_FIELD_CHARACTERS] or None) if text else None


def _web_address(url: str | None) -> str | None:
    # Anything else (javascript:, data:, file:) could become a link in a mail.
    return url if url and re.match(r"https?://[^\s\"'<>\\^`{|}]+\Z", url) else None
