"""What records of several platforms have in common: words, ISO 8601 times, and lists with things that are no record."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pipeline.errors import Skippable


def words_in(record: Mapping[str, Any], name: str) -> str:
    """The text of a field, "" where it has none. Raises Skippable where it is not text."""
    value = record.get(name) or ""
    if not isinstance(value, str):
        raise Skippable("text_not_text", name)
    return value


def iso_moment(text: object, name: str) -> datetime:
    """A time, UTC where it names no zone. Raises Skippable; `name` is what the platform calls it."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise Skippable("bad_date", name) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def split_objects(found: Iterable[Any], reason: str = "not_an_object") -> tuple[list[Any], list[tuple[str, str]]]:
    """The objects of a list, and the places of what is none with the reason, as Page tells of them."""
    records: list[Any] = []
    malformed: list[tuple[str, str]] = []
    for place, entry in enumerate(found):
        if isinstance(entry, dict):
            records.append(entry)
        else:
            malformed.append((str(place), reason))
    return records, malformed
