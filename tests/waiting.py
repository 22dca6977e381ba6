"""How long a test waits for what another process or thread does, and how long it lets its own work take."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def until(done: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something is so."""
    ends_at = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < ends_at, "it did not come to that"
        time.sleep(0.02)


@contextmanager
def processor_within(seconds: float) -> Iterator[None]:
    """Fail where the body takes more of the processor, apart from collecting what earlier tests left."""
    gc.disable()
    started = time.process_time()
    try:
        yield
    finally:
        gc.enable()
    assert time.process_time() - started < seconds
