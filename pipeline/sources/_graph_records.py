"""What replies of Meta's Graph API hold, read warily: listings, lists inside records, times, words and counts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.sources import Record

AFTER_LETTER = r"[A-Za-z0-9_=+/\-]"
AFTER = re.compile(rf"{AFTER_LETTER}{{1,512}}\Z")


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of an edge; `after` is the cursor of the next, None on the last."""

    records: list[Record]
    malformed: list[tuple[str, str]]
    after: str | None


def read_listing(reply: Mapping[str, Any], endless: bool) -> Listing:
    """Read a page; of the next one only the cursor is kept, because its address holds the token.

    `endless`: the edge names no next page, ever, and ends with an empty one. Raises ValueError or TypeError.
    """
    found, paging = reply["data"], reply.get("paging") or {}
    if not isinstance(found, list):
        raise TypeError("not a list of records")
    records = objects(found)
    malformed = [(str(place), "not_an_object") for place, record in enumerate(found) if not isinstance(record, dict)]
    after = (paging.get("cursors") or {}).get("after")
    if not (found and after if endless else "next" in paging):
        return Listing(records, malformed, None)
    if not isinstance(after, str) or not AFTER.match(after):
        raise ValueError("a next page, and no cursor of it")
    return Listing(records, malformed, after)


def nested(listing: object, limit: int) -> list[Record] | None:
    """The records of a list inside a record; None where there are more than it shows. Raises where it is no list."""
    if listing is None:
        return []
    if not isinstance(listing, dict) or not isinstance(listing["data"], list):
        raise TypeError("not a list of records")
    goes_on = "next" in (listing.get("paging") or ()) or len(listing["data"]) >= limit
    return None if goes_on else [record if isinstance(record, dict) else {} for record in listing["data"]]


def objects(found: object) -> list[Record]:
    """The objects of what should be a list of them."""
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def whole_numbers(counts: Mapping[str, object]) -> dict[str, int]:
    """The counts that are numbers."""
    return {name: count for name, count in counts.items() if type(count) is int}
