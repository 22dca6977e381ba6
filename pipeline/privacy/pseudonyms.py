"""Authors are stored as keyed hashes only: enough to count distinct voices and to erase on request, and no more."""

import hashlib
import hmac


def author_hash(key: bytes, platform: str, author_id: str | None) -> str | None:
    """HMAC-SHA256 (hex, 64 characters) of platform and author id, or None where the author is not known."""
    if not author_id:
        return None
    return hmac.new(key, f"{platform}\x1f{author_id}".encode(), hashlib.sha256).hexdigest()
