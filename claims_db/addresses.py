"""Which web addresses may stand as evidence: public pages, reached by name over http or https."""

import re
from typing import Final
from urllib.parse import urlsplit

MAX_ADDRESS_LENGTH: Final = 500

# RFC 3986 characters only: no space, quote, angle bracket, backslash or control character; ASCII throughout.
_ALLOWED: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{1,59}})")
# Names that never lead to a public page (RFC 6761, RFC 6762, and what home and office routers use).
_PRIVATE_ENDINGS: Final = frozenset(
    {
        *("alt", "arpa", "corp", "example", "home", "internal", "intranet", "invalid", "lan", "local"),
        *("localdomain", "localhost", "onion", "private", "test"),
    }
)


def find_address_problem(address: str) -> str | None:
    """Why `address` may not stand as evidence, or None where it may."""
    if len(address) > MAX_ADDRESS_LENGTH:
        return f"has {len(address)} characters; at most {MAX_ADDRESS_LENGTH} are allowed"
    if not _ALLOWED.fullmatch(address):
        return "may hold only the characters of a web address (no spaces, quotes or accents)"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        return f"is not a web address ({error})"
    if parts.scheme not in ("http", "https"):
        return "must begin with https:// or http://"
    if "@" in parts.netloc:
        return "must not hold a user name or password"
    if port is not None or parts.netloc.endswith(":"):
        return "must not name a port"
    return _find_host_problem(parts.hostname or "")


def _find_host_problem(host: str) -> str | None:
    if not host:
        return "has no host name"
    # A host whose last label is a number is an IP address, however it is written (127.1, 0x7f.1, 2130706433).
    last = host.rpartition(".")[2]
    if "[" in host or ":" in host or re.fullmatch(r"\d+|0x[0-9a-f]*", last):
        return f"must name its host, not an IP address ({host})"
    if last in _PRIVATE_ENDINGS:
        return f"must name a public host ({host} is not)"
    if len(host) > 253 or not _HOST.fullmatch(host):
        return f"must name a public host ({host} is not a public host name)"
    return None
