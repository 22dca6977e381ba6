"""How fast a backlog shrinks, and when it will be gone: a line in the log every so often."""

import logging
import time
from collections.abc import Callable

EVERY_SECONDS = 30.0

_log = logging.getLogger(__name__)


class Pace:
    """Tells of a backlog that several workers may share: `waiting` counts what is left of it for all of them."""

    def __init__(self, waiting: Callable[[], int], clock: Callable[[], float] = time.monotonic) -> None:
        self._waiting, self._clock = waiting, clock
        self._told_at: float | None = None
        self._left = 0

    def tick(self) -> None:
        """Call it after each part of the work; most calls do nothing."""
        now = self._clock()
        if self._told_at is not None and now - self._told_at < EVERY_SECONDS:
            return
        left = self._waiting()
        if self._told_at is not None:
            _log.info("%s", describe_pace(left, (self._left - left) / (now - self._told_at)))
        self._told_at, self._left = now, left


def describe_pace(left: int, rate: float) -> str:
    """The line: how many posts wait, how many a second are done, and how long that takes."""
    if rate <= 0:
        return f"{left:,} posts wait to be screened; as many come in as are done"
    minutes, seconds = divmod(round(left / rate), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{left:,} posts wait to be screened; {rate:,.0f} a second are done, {hours}:{minutes:02}:{seconds:02} left"
