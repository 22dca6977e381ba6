"""Links to the page of one alert: signed, expiring, and a function of their inputs alone. Pure."""

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadSignature, TimestampSigner

from pipeline.config import POLICY, Policy
from pipeline.errors import AuscultError

# The parameter that holds the token. Airflow's access log, and most others that hide anything, hide a value of
# this name; a token in the path would be written out.
PARAMETER = "token"
PAGE = "alert"
MAX_TOKEN_CHARACTERS = 2_000

# Also keeps - and _ away from a token's end, where mail programs leave them out of a link.
_VERSION = "1"
_PARTS = re.compile(r"([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
# The server that reads a link may run behind the one that wrote it.
_CLOCKS_APART = timedelta(hours=1)


class LinkRefused(AuscultError):
    """The token is forged, cut or signed with another key; nothing about it is said."""


class LinkExpired(LinkRefused):
    """The token was right once, and is too old."""


@dataclass(frozen=True)
class LinkFacts:
    """What a link stands for: the alert, the name of the receiver it was written for, and when it ends (UTC)."""

    alert_key: str
    receiver: str
    ends_at: datetime


def link_key(author_key: bytes) -> bytes:
    """The 32-byte key of links, made from the author key: who holds it can sign links and name no author.

    Another author key ends all links (HMAC as the expansion of one key, RFC 5869, 2.3).
    """
    return _purpose(author_key, b"auscult alert link")


def sign_link(alert_key: str, receiver: str, now: datetime, key: bytes) -> str:
    """The token of one alert for one receiver, valid from `now` (with zone) on; ASCII letters, digits and `-_.`.

    The same inputs give the same token. Raises ValueError for a time without a zone.
    """
    if now.tzinfo is None:
        raise ValueError("now must carry its zone")
    content = json.dumps([alert_key, receiver], ensure_ascii=True, separators=(",", ":")).encode()
    # Not compressed: another zlib gives other bytes.
    value = base64.urlsafe_b64encode(content).rstrip(b"=")
    return f"{_Signer(key, now).sign(value).decode()}.{_VERSION}"


def alert_address(web_address: str, alert_key: str, receiver: str, now: datetime, key: bytes) -> str:
    """The address of the alert's page for one receiver, below `web_address`."""
    return f"{web_address.rstrip('/')}/{PAGE}?{PARAMETER}={sign_link(alert_key, receiver, now, key)}"


def read_link(token: str, key: bytes, now: datetime, policy: Policy = POLICY) -> LinkFacts:
    """What a token stands for. Raises LinkExpired after `link_days`, and LinkRefused for anything that we did not sign.

    Neither quotes the token.
    """
    alert_key, receiver, signed_at = _read_signed(token, key, now)
    ends_at = signed_at + timedelta(days=policy["link_days"])
    if now > ends_at or now < signed_at - _CLOCKS_APART:
        raise LinkExpired("the link has expired")
    return LinkFacts(alert_key, receiver, ends_at)


def form_value(token: str, key: bytes) -> str:
    """What a form of this token's page must send back (64 hex characters); a page of another token has another."""
    return hmac.new(_purpose(key, b"form"), token.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def is_form_value(value: str, token: str, key: bytes) -> bool:
    """Whether `value` came from a form of this token's page; takes the same time for every wrong one."""
    return hmac.compare_digest(value.encode("utf-8", "replace"), form_value(token, key).encode())


class _Signer(TimestampSigner):
    """Signs at the step's clock instead of the wall clock."""

    def __init__(self, key: bytes, now: datetime) -> None:
        super().__init__(key, salt=b"alert page", key_derivation="hmac", digest_method=hashlib.sha256)
        self._now = now

    def get_timestamp(self) -> int:
        """The step's clock in whole seconds since 1970."""
        return int(self._now.timestamp())


def _read_signed(token: str, key: bytes, now: datetime) -> tuple[str, str, datetime]:
    signed, _, version = token[: MAX_TOKEN_CHARACTERS + 1].rpartition(".")
    parts = _PARTS.fullmatch(signed)
    if version != _VERSION or len(token) > MAX_TOKEN_CHARACTERS or parts is None:
        raise LinkRefused("not a link of ours")
    try:
        value, signed_at = _Signer(key, now).unsign(signed, return_timestamp=True)
    except BadSignature:
        raise LinkRefused("not a link of ours") from None
    content = base64.urlsafe_b64decode(value + b"=" * (-len(value) % 4))
    alert_key, receiver = map(str, json.loads(content))
    # base64 has more than one spelling of the same bytes; ours is the only one that counts.
    if not hmac.compare_digest(sign_link(alert_key, receiver, signed_at, key), token):
        raise LinkRefused("not a link of ours")
    return alert_key, receiver, signed_at


def _purpose(key: bytes, name: bytes) -> bytes:
    return hmac.new(key, name, hashlib.sha256).digest()
