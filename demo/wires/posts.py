"""The posts that the loopback platforms serve: a clock, versions, deletions and the platforms' query words."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

_TOKEN = re.compile(r'-?"[^"]*"|-?\(|\)|[^\s()"]+')
_WORD = re.compile(r"[@#]?\w+")


@dataclass
class Served:
    """One post as a platform holds it: what is visible may change after it was read."""

    platform: str
    id: str
    created_at: datetime
    fields: Mapping[str, Any]
    text: str
    title: str
    status: str = "live"
    edits: list[tuple[str, datetime]] = field(default_factory=list)

    @property
    def author_number(self) -> int:
        """A number that stands for the author on the wire."""
        return int(hashlib.sha256(str(self.fields.get("author")).encode()).hexdigest()[:12], 16)

    def metric(self, name: str) -> int:
        """One count, 0 where the posts file has none."""
        return int((self.fields.get("metrics") or {}).get(name, 0))


def read_posts(path: Path) -> list[Served]:
    """Every post in a canonical JSONL file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return served(json.loads(line) for line in lines if line.strip())


def served(posts: Iterable[Mapping[str, Any]]) -> list[Served]:
    """Canonical posts as their platforms hold them."""
    return [
        Served(
            platform=post["platform"],
            id=_wire_id(post),
            created_at=datetime.fromisoformat(post["created_at"]),
            fields=post,
            text=post.get("text") or "",
            title=post.get("title") or "",
        )
        for post in posts
    ]


def matches(query: str, post: Served) -> bool:
    """Whether a post answers a query of words, "phrases", AND, OR, brackets, -negation and lang:xx."""
    tokens = _TOKEN.findall(query)
    result, rest = _either(tokens, post)
    if rest:
        raise ValueError("unbalanced query")
    return result


def _either(tokens: list[str], post: Served) -> tuple[bool, list[str]]:
    result, tokens = _all(tokens, post)
    while tokens and tokens[0] == "OR":
        other, tokens = _all(tokens[1:], post)
        result = result or other
    return result, tokens


def _all(tokens: list[str], post: Served) -> tuple[bool, list[str]]:
    result = True
    while tokens and tokens[0] not in {"OR", ")"}:
        token, tokens = tokens[0], tokens[1:]
        if token == "AND":  # noqa: S105
            continue
        if token in {"(", "-("}:
            found, tokens = _either(tokens, post)
            if not tokens:
                raise ValueError("unbalanced query")
            tokens = tokens[1:]
        else:
            found = _term(token.removeprefix("-"), post)
        result = result and found != token.startswith("-")
    return result, tokens


def _term(term: str, post: Served) -> bool:
    if term.startswith("lang:"):
        return post.fields.get("lang") == term[5:]
    if term.startswith("is:"):
        return False  # no repost, quote or reply marks are among the invented posts
    # Words between blanks, so that a run of whole words is a piece of the text.
    return _words(term.strip('"')) in _words(f"{post.title} {post.text}")


@lru_cache(maxsize=8192)
def _words(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def _wire_id(post: Mapping[str, Any]) -> str:
    name = str(post["id"])
    if post["platform"] != "reddit" or name.startswith(("t1_", "t3_")):
        return name
    return f"{'t1' if post.get('kind') == 'comment' else 't3'}_{name}"
