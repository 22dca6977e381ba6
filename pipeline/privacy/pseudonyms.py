"""Authors and erased posts are stored as keyed hashes only: enough to count voices, to erase and to stay erased."""

import hashlib
import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Pseudonyms:
    """Keyed names (HMAC-SHA256, 64 hex characters); the key stays outside the database."""

    key: bytes = field(repr=False)

    def author(self, platform: str, author_id: str | None) -> str | None:
        """The name of an author, or None where the author is not known."""
        return self._named(platform, author_id) if author_id else None

    def post(self, platform: str, platform_id: str) -> str:
        """The name of a post, under which its tombstone stands."""
        return self._named("post", platform, platform_id)

    def _named(self, *parts: str) -> str:
        return hmac.new(self.key, "\x1f".join(parts).encode(), hashlib.sha256).hexdigest()
