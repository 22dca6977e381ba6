"""praw's errors, sorted by what the caller can do about them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import prawcore
import requests
from praw.exceptions import PRAWException, RedditAPIException

from pipeline.errors import CursorRejected, ListenError, Permanent, RateLimited, Transient

TOKEN_FIELDS = {"access_token", "expires_in", "scope"}


@contextmanager
def sorted_errors(resuming: bool) -> Iterator[None]:
    """Turn what praw raises inside into a ListenError. `resuming`: a cursor was sent, so a refusal may be of it.

    `from None` throughout: the originals hold the reply, and a reply holds posts.
    """
    try:
        yield
    except prawcore.ResponseException as error:
        raise _of_reply(error, resuming) from None
    except RedditAPIException:
        raise _refused(resuming) from None
    except prawcore.RequestException as error:
        raise Transient(f"reddit cannot be reached: {type(error.original_exception).__name__}") from None
    except (prawcore.PrawcoreException, PRAWException) as error:
        raise Permanent(f"reddit refused the client: {type(error).__name__}") from None
    except (KeyError, IndexError) as error:
        raise _of_lookup(error, resuming) from None
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise Transient("reddit's reply has not the expected shape") from None


def _of_reply(error: prawcore.ResponseException, resuming: bool) -> ListenError:
    status = error.response.status_code
    if status == 429:
        return RateLimited("reddit asked us to wait (429)", _retry_at(error.response))
    if status == 400:
        return _refused(resuming)
    if status >= 500 or isinstance(error, prawcore.BadJSON) or status in {200, 408}:
        return Transient(f"reddit failed ({status}, {type(error).__name__})")
    return Permanent(f"reddit refused the request ({status}, {type(error).__name__})")


def _of_lookup(error: LookupError, resuming: bool) -> ListenError:
    if error.args and error.args[0] in TOKEN_FIELDS:
        return Transient("reddit's token reply has not the expected shape")
    # praw reads this key of every 400 that has not Reddit's usual two.
    if error.args == ("reason",):
        return _refused(resuming)
    # prawcore looks the class of a 401 or 403 up by its www-authenticate header, which may be absent or unknown.
    return Permanent("reddit refused the credentials (401 or 403)")


def _refused(resuming: bool) -> ListenError:
    if resuming:
        return CursorRejected("reddit refused the request with the stored cursor (400)")
    return Permanent("reddit refused the request (400)")


def _retry_at(response: requests.Response) -> datetime | None:
    for name in ("retry-after", "x-ratelimit-reset"):
        try:
            seconds = float(response.headers.get(name, ""))
        except ValueError:
            continue
        if 0 <= seconds <= 86_400:
            return datetime.now(UTC) + timedelta(seconds=seconds)
    return None
