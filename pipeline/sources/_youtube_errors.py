"""What the YouTube client raises, sorted by what the caller can do about it."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from googleapiclient.errors import HttpError

from pipeline.errors import CursorRejected, Exhausted, ListenError, Permanent, RateLimited, Transient

SPENT = {"quotaExceeded", "dailyLimitExceeded"}
PACED = {"rateLimitExceeded", "userRateLimitExceeded"}
_SLUG = re.compile(r"[A-Za-z_]{1,60}\Z")
_DAILY = re.compile(r"per ?day", re.IGNORECASE)


class Refused(Permanent):
    """A refusal with YouTube's own words for it, which may mean more to the source than to its caller."""

    def __init__(self, message: str, reasons: frozenset[str]) -> None:
        super().__init__(message)
        self.reasons = reasons


@contextmanager
def sorted_errors(about: str, resuming: bool) -> Iterator[None]:
    """Turn what the client raises inside into a ListenError. `about` names what was asked for, in the operator's terms.

    `resuming`: a cursor was sent, so a refusal may be of it. `from None` throughout: the originals hold the reply,
    and their text holds the address with the key in it.
    """
    try:
        yield
    except HttpError as error:
        raise _of_reply(error, about, resuming) from None
    except requests.RequestException as error:
        raise Transient(f"youtube cannot be reached: {type(error).__name__}") from None
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Transient(f"youtube's reply has not the expected shape ({type(error).__name__})") from None


def _of_reply(error: HttpError, about: str, resuming: bool) -> ListenError:
    status, problem = int(error.resp.status), _problem(error.content)
    reasons = _reasons(problem)
    told = ", ".join((str(status), *reasons))
    paced = status == 429 or bool(PACED.intersection(reasons))
    # The spent quota of a day comes as 403 quotaExceeded, and as the 429 of a passing limit that names the day.
    if SPENT.intersection(reasons) or (paced and _is_daily(problem)):
        return Exhausted(f"youtube's quota of the day is used up ({told})")
    if paced:
        return RateLimited(f"youtube asked us to wait ({told})", _retry_at(error.resp.get("retry-after")))
    if status >= 500 or status == 408:
        return Transient(f"youtube failed ({told})")
    if status == 400 and resuming:
        return CursorRejected(f"youtube refused the stored cursor ({told})")
    if "processingFailure" in reasons:
        return Transient(f"youtube could not process a request for {about} ({told})")
    return Refused(f"youtube refused {about} ({told})", frozenset(reasons))


def _problem(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except ValueError:
        return {}
    problem = body.get("error") if isinstance(body, dict) else None
    return problem if isinstance(problem, dict) else {}


def _reasons(problem: dict[str, Any]) -> list[str]:
    told = [entry.get("reason") for entry in (*_objects(problem, "errors"), *_objects(problem, "details"))]
    return list(dict.fromkeys(reason for reason in told if isinstance(reason, str) and _SLUG.match(reason)))


def _is_daily(problem: dict[str, Any]) -> bool:
    limits = [entry.get("metadata") for entry in _objects(problem, "details")]
    return any(_DAILY.search(str(text)) for text in (problem.get("message"), *limits))


def _objects(problem: dict[str, Any], name: str) -> list[dict[str, Any]]:
    entries = problem.get(name)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _retry_at(seconds: str | None) -> datetime | None:
    try:
        wait = float(seconds or "")
    except ValueError:
        return None
    return datetime.now(UTC) + timedelta(seconds=wait) if 0 <= wait <= 86_400 else None
