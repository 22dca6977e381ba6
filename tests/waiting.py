"""Waiting for what another process or thread does."""

import time
from collections.abc import Callable


def until(done: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something is so."""
    ends_at = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < ends_at, "it did not come to that"
        time.sleep(0.02)
