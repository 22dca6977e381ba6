"""tweepy's errors, sorted by what the caller can do about them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
import tweepy

from pipeline.errors import CursorRejected, Exhausted, ListenError, Permanent, RateLimited, Transient

LONGEST_WAIT = timedelta(days=1)
# Titles of a spent quota; X sends them with 429, as it does for the passing kind.
SPENT_TITLES = {"usagecapexceeded", "usage cap exceeded", "usage capped", "creditsdepleted"}
_PARAMETER = re.compile(r"\[([a-z_.]{1,40})\]")


class Refused(Exception):
    """A 400 with the names of the parameters that X complained of; internal, the source decides what it means."""

    def __init__(self, parameters: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(parameters)))
        self.parameters = parameters

    def as_error(self) -> ListenError:
        """What it means to a caller who can do nothing about it here."""
        if self.parameters & {"next_token", "pagination_token"}:
            return CursorRejected("x no longer accepts the stored cursor")
        return Permanent(f"x refused the request (400): {self}")


@contextmanager
def sorted_errors() -> Iterator[None]:
    """Turn what tweepy raises inside into a ListenError, or Refused for a 400.

    `from None` throughout: the originals hold the reply, and a reply holds posts.
    """
    try:
        yield
    except tweepy.BadRequest as error:
        raise Refused(_parameters(_body(error.response))) from None
    except tweepy.HTTPException as error:
        raise _of_reply(error) from None
    except requests.JSONDecodeError:
        raise Transient("x's reply is not JSON") from None
    except requests.RequestException as error:
        raise Transient(f"x cannot be reached: {type(error).__name__}") from None
    except (tweepy.TweepyException, KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Transient(f"x's reply has not the expected shape ({type(error).__name__})") from None


def _of_reply(error: tweepy.HTTPException) -> ListenError:
    status = error.response.status_code
    if status == 402:
        return Exhausted("x has no credits left (402)")
    if status == 429:
        body = _body(error.response)
        spent = {str(body.get(name, "")).casefold() for name in ("title", "type", "reason")}
        if any(word.rpartition("/")[2].replace("-", " ") in SPENT_TITLES for word in spent):
            return Exhausted("x's monthly cap is used up (429, UsageCapExceeded)")
        return RateLimited("x asked us to wait (429)", _retry_at(error))
    if status >= 500 or status == 408:
        return Transient(f"x failed ({status})")
    return Permanent(f"x refused the request ({status})")


def _body(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _parameters(body: dict[str, Any]) -> frozenset[str]:
    named: set[str] = set()
    for entry in body.get("errors") or ():
        if isinstance(entry, dict):
            parameters = entry.get("parameters")
            named |= set(map(str, parameters)) if isinstance(parameters, dict) else set()
            # An unknown parameter is named in the message only.
            named |= set(_PARAMETER.findall(str(entry.get("message", ""))))
    return frozenset(named)


def _retry_at(error: tweepy.HTTPException) -> datetime | None:
    reset = getattr(error, "reset_time", None)
    try:
        reset_at = datetime.fromtimestamp(reset, UTC) if reset else None
    except (ValueError, OverflowError, OSError):
        return None
    # A window is 15 minutes; what lies days ahead is a broken header, and would silence the source.
    return reset_at if reset_at and reset_at < datetime.now(UTC) + LONGEST_WAIT else None
