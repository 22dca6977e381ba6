"""What goes wrong with Meta's Graph API, sorted by what the caller can do about it; no word of a reply is kept."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import requests
from pyfacebook import PyFacebookException

from pipeline.errors import CursorRejected, ListenError, Permanent, RateLimited, Transient

# pyfacebook dies of a word that it does not know in one of these.
USAGE_HEADERS = ("x-app-usage", "x-ad-account-usage", "x-business-use-case-usage")
LIMIT_CODES = frozenset({4, 17, 32, 341, 613, 80001, 80002})
PASSING_CODES = frozenset({1, 2})
TOKEN_CODES = frozenset({102, 190})
PERMISSION_CODES = frozenset({3, 10, *range(200, 300)})
LONGEST_LIMIT = timedelta(days=7)


class _Unlogged(logging.Filter):
    """Keeps addresses out of the log: the client sends its token as a parameter of the address."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "access_token" not in record.getMessage()


for _name in ("urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_Unlogged())
logging.getLogger("pyfacebook").setLevel(logging.CRITICAL)


class NoObject(Permanent):
    """Graph finds no object of this id: it is deleted, or the token may not see it."""


class Refused(Exception):
    """An error of Graph by its numbers; internal, `as_error` says what it means."""

    def __init__(self, status: int, body: object, retry_at: datetime | None = None) -> None:
        error = body.get("error") if isinstance(body, dict) else None
        numbers = error if isinstance(error, dict) else {}
        code, subcode = numbers.get("code"), numbers.get("error_subcode")
        self.code = code if type(code) is int else 0
        self.subcode = subcode if type(subcode) is int else 0
        self.passing = numbers.get("is_transient") is True
        self.status = status
        self.retry_at = retry_at
        super().__init__(f"{status}, error {self.code}")

    def as_error(self, name: str, resuming: bool = False) -> ListenError:
        """What it means for the source called `name`; `resuming`: a cursor was sent, so the refusal may be of it."""
        if self.code in LIMIT_CODES or self.status == 429:
            return RateLimited(f"{name} asked us to wait ({self})", self.retry_at)
        if self.code in TOKEN_CODES:
            return Permanent(f"{name} no longer accepts the token ({self})")
        if self.code in PERMISSION_CODES:
            return Permanent(f"{name} misses a permission for this ({self})")
        # An error with status 200 is none that Graph documents.
        if self.passing or self.code in PASSING_CODES or self.status >= 500 or self.status in {200, 408}:
            return Transient(f"{name} failed ({self})")
        if (self.code, self.subcode) == (100, 33):
            return NoObject(f"{name} finds no such object, or the token may not see it ({self})")
        if self.code == 100 and resuming:
            return CursorRejected(f"{name} refused the request with the stored cursor ({self})")
        return Permanent(f"{name} refused the request ({self})")


def check(response: requests.Response, *_: object, **__: object) -> None:
    """A hook for replies: raises Refused for an error and Transient for a redirect, before pyfacebook reads it."""
    usage = [response.headers.pop(name, "") for name in USAGE_HEADERS]
    if 300 <= response.status_code < 400:
        # It would be followed with the token in its address.
        raise Transient(f"a redirect ({response.status_code}), which Graph does not send")
    body = response.json() if "json" in response.headers.get("content-type", "") else None
    if response.status_code >= 400 or (isinstance(body, dict) and "error" in body):
        raise Refused(response.status_code, body, _regained_at(usage[-1]))


@contextmanager
def sorted_errors(name: str, resuming: bool = False) -> Iterator[None]:
    """Turn what the client raises inside into a ListenError.

    `from None` throughout: the originals hold the address, which holds the token, or the reply, which holds posts.
    """
    try:
        yield
    except Refused as refusal:
        raise refusal.as_error(name, resuming) from None
    except requests.JSONDecodeError:
        raise Transient(f"{name}'s reply is not JSON") from None
    except requests.RequestException as error:
        raise Transient(f"{name} cannot be reached: {type(error).__name__}") from None
    except (PyFacebookException, LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Transient(f"{name}'s reply has not the expected shape ({type(error).__name__})") from None


def _regained_at(usage: str) -> datetime | None:
    try:
        limits = [limit for limits in json.loads(usage).values() for limit in limits]
        wait = timedelta(minutes=max(limit.get("estimated_time_to_regain_access", 0) for limit in limits))
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
    return datetime.now(UTC) + wait if timedelta(0) < wait <= LONGEST_LIMIT else None
