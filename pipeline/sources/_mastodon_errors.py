"""Mastodon.py's errors, sorted by what the caller can do about them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import mastodon
import requests

from pipeline.errors import CursorRejected, ListenError, Permanent, Transient

SCOPES = "read:statuses read:search read:notifications read:accounts"
# What Mastodon says of a record that it has not; of an address that it has not, it says "Not Found".
NO_RECORD = "Record not found"


class NoRecord(Permanent):
    """The server has no record of the name asked for; internal, the source decides what it means."""


@contextmanager
def sorted_errors(resuming: bool) -> Iterator[None]:
    """Turn what Mastodon.py raises inside into a ListenError. `resuming`: a cursor was sent and may be what is refused.

    `from None` throughout: the originals hold the reply, and a reply holds posts.
    """
    try:
        yield
    except mastodon.MastodonNetworkError as error:
        raise Transient(f"mastodon cannot be reached: {type(error.__context__).__name__}") from None
    except mastodon.MastodonAPIError as error:
        raise _of_reply(error, resuming) from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Transient("mastodon's reply has not the expected shape") from None


def limit_end(response: requests.Response) -> datetime | None:
    """When the limit that a 429 tells of is lifted; None where it does not say, or nothing to be believed."""
    try:
        moment = datetime.fromisoformat(response.headers.get("x-ratelimit-reset", ""))
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if moment < datetime.now(UTC) + timedelta(days=1) else None


def _of_reply(error: mastodon.MastodonAPIError, resuming: bool) -> ListenError:
    # Mastodon.py's arguments: a text of its own, the status, the reason, and what the server says.
    status, message = error.args[1], error.args[3]
    if status >= 500 or status == 408:
        return Transient(f"mastodon failed ({status})")
    if status == 404 and message == NO_RECORD:
        return NoRecord("mastodon has no such record (404)")
    if resuming and status in {400, 422}:
        return CursorRejected(f"mastodon refused the request with the stored cursor ({status})")
    if status in {401, 403}:
        return Permanent(f"mastodon refused the token ({status}); it needs the scopes {SCOPES}")
    return Permanent(f"mastodon refused the request ({status})")
