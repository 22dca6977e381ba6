"""atproto's errors, sorted by what the caller can do about them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import requests
from atproto import exceptions

from pipeline.errors import CursorRejected, ListenError, Permanent, RateLimited, Transient

ENDED_SESSION = {"ExpiredToken", "InvalidToken"}
LONGEST_WAIT = timedelta(days=1)


class SessionEnded(Transient):
    """The session is no longer accepted; the source signs in anew, once."""


@contextmanager
def sorted_errors(resuming: bool = False) -> Iterator[None]:
    """Turn what atproto raises inside into a ListenError. `resuming`: a cursor was sent, so a refusal may be of it.

    `from None` throughout: the originals hold the reply, and a reply holds posts.
    """
    try:
        yield
    except exceptions.RateLimitExceededError as error:
        raise RateLimited("bluesky asked us to wait (429)", _retry_at(error)) from None
    except exceptions.RequestErrorBase as error:
        raise _of_reply(error, resuming) from None
    except (requests.RequestException, httpx.HTTPError, httpx.InvalidURL) as error:
        raise Transient(f"bluesky cannot be reached: {type(error).__name__}") from None
    except (exceptions.AtProtocolError, LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Transient(f"bluesky's reply has not the expected shape ({type(error).__name__})") from None


def _of_reply(error: exceptions.RequestErrorBase, resuming: bool) -> ListenError:
    if error.response is None:
        return Transient(f"bluesky cannot be reached: {type(error).__name__}")
    status = error.response.status_code
    if str(getattr(error.response.content, "error", "")) in ENDED_SESSION:
        return SessionEnded(f"bluesky no longer accepts the session ({status})")
    if status == 400 and resuming:
        return CursorRejected("bluesky refused the request with the stored cursor (400)")
    if status >= 500 or status == 408:
        return Transient(f"bluesky failed ({status})")
    return Permanent(f"bluesky refused the request ({status})")


def _retry_at(error: exceptions.RateLimitExceededError) -> datetime | None:
    try:
        reset_at: datetime | None = error.reset_at
    except (ValueError, OverflowError, OSError):
        return None
    # What lies days ahead is a broken header, and would silence the source.
    return reset_at if reset_at and reset_at < datetime.now(UTC) + LONGEST_WAIT else None
