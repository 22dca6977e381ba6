"""Plain requests, for platforms without a client of their own: one GET, refusals sorted, JSON objects."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from pipeline import __version__
from pipeline.errors import Permanent, RateLimited, Transient
from pipeline.sources._records import split_objects

SERVER_RETRIES = 2
USER_AGENT = {"User-Agent": f"auscult/{__version__}"}
LONGEST_WAIT = timedelta(days=1)

# It writes every address to its log, and the address of a private feed is its password.
logging.getLogger("urllib3").setLevel(logging.ERROR)


def ask(
    transport: requests.Session,
    who: str,
    address: str,
    params: Mapping[str, str | int] | None = None,
    headers: Mapping[str, str] | None = None,
) -> requests.Response:
    """The reply to one GET, whatever its status; a redirect is not followed. `who` names the platform in errors.

    Raises Transient where nothing whole comes back.
    """
    try:
        return transport.get(address, params=params, headers={**USER_AGENT, **(headers or {})}, allow_redirects=False)
    except (requests.RequestException, ValueError) as error:  # requests reads the address of a redirect all the same
        raise Transient(f"{who} cannot be reached: {type(error).__name__}") from None


def check(response: requests.Response, who: str) -> None:
    """Raises RateLimited, Transient or Permanent for every status but 200."""
    status = response.status_code
    if status == 200:
        return
    if status == 429:
        raise RateLimited(f"{who} asked us to wait (429)", retry_at(response.headers.get("retry-after")))
    if status >= 500 or status == 408:
        raise Transient(f"{who} failed ({status})")
    raise Permanent(f"{who} refused the request ({status})")


def retry_at(after: str | None) -> datetime | None:
    """The moment that a Retry-After header names, in seconds or as a date; None where it names none within a day."""
    now = datetime.now(UTC)
    try:
        moment = now + timedelta(seconds=float(after or ""))
    except (ValueError, OverflowError):
        moment = _dated(after or "") or now - LONGEST_WAIT
    return moment if now <= moment <= now + LONGEST_WAIT else None


def json_object(text: str | bytes, who: str) -> dict[str, Any]:
    """The JSON object in a reply; control characters in its words are taken as they are. Raises Transient."""
    try:
        body = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        raise Transient(f"{who}'s reply is not JSON") from None
    if not isinstance(body, dict):
        raise Transient(f"{who}'s reply has not the expected shape")
    return body


def entries(body: Mapping[str, Any], name: str, who: str) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """The records in the list called `name` (absent: none), and what in it is no object, as Page tells of it."""
    found = body.get(name, [])
    if not isinstance(found, list):
        raise Transient(f"{who}'s {name} are not a list")
    return split_objects(found)


def _dated(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
