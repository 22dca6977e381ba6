"""Work done one part ahead: while a part is in use, a thread makes the next."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")


def one_ahead(parts: Iterator[Part]) -> Iterator[Part]:
    """The same parts, none of them None, each made by a thread while the one before is in use."""
    with ThreadPoolExecutor(max_workers=1) as ahead:
        following = ahead.submit(next, parts, None)
        while (part := following.result()) is not None:
            following = ahead.submit(next, parts, None)
            yield part
