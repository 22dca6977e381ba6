"""One process of a trial: it takes the real steps of one stage, and dies by SIGKILL where it is told to.

The steps, the warehouse, the sources' clients and the SMTP conversation are the product's own. Only the three networks
are replaced, by the word hashes and cues of tests/fakes.py and a reader that counts words, because loading the real
ones costs each process a second; tests/chaos/test_kills.py kills the whole demo with the real ones. The fits on top are
real.
"""

import multiprocessing
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from models.cross_encoder import RELATIONS, UNRELATED, Logits
from models.folding import sparse_words
from models.gate import load_gate
from models.language import english_chance
from models.match_probability import load_match_probability
from models.promise import load_promise
from models.stance import StancePair
from models.trained_stance import load_stance
from pipeline import bench, steps
from pipeline.errors import Transient
from pipeline.screening.judges import Models
from pipeline.sources import imports, reddit, x  # noqa: F401  (loaded before the fork)
from tests.chaos import broken
from tests.chaos.points import WATCHES, Points
from tests.chaos.script import BACKFILL, BACKFILL_STAGE
from tests.fakes import FakeEncoder, FakeGuard, FakeTriage

LIVE, BACK, ALL = "live", "backfill", "all"
SOURCES = ("imports", "reddit", "x")
# For what another process, or the rest of a killed one, holds.
PATIENCE_S, PAUSE_S = 60.0, 0.02


@dataclass(frozen=True)
class Order:
    """What one process does: `role` is live, backfill, or all (one after the other); `kill_at` names a point."""

    stage: int
    now: datetime
    database: str
    environment: Mapping[str, str] = field(repr=False)
    role: str = ALL
    kill_at: str = ""
    trace: str = ""
    variant: str = ""


class WordReader:
    """Says that a post promotes what it repeats the words of, and that anything else is unrelated."""

    reader_id = "words-1"

    def read(self, pairs: Sequence[StancePair]) -> Logits:
        """Logits of RELATIONS, shape (len(pairs), 5)."""
        logits = np.full((len(pairs), len(RELATIONS)), -4.0, dtype=np.float32)
        for row, pair in zip(logits, pairs, strict=True):
            said, claimed = set(sparse_words(pair.post)), set(sparse_words(pair.claim))
            repeats = len(said & claimed) >= 0.8 * len(claimed)
            row[0 if repeats else UNRELATED] = 6.0
        return logits


def small_models() -> Models:
    """Stand-ins for the three networks, and the fits that ship."""
    fits = (load_gate(), load_match_probability(), load_stance(), load_promise())
    return Models(FakeEncoder(), WordReader(), *fits, FakeTriage(), FakeGuard())


def take_steps(order: Order) -> None:
    """Take the steps of a stage; the whole life of a process."""
    # A semaphore of a killed process would be complained of at the end: of this kind none has a name.
    multiprocessing.set_start_method("fork", force=True)
    os.environ.update(order.environment)
    points = Points(order.stage, order.kill_at, order.trace)
    for watch in WATCHES:
        watch(points)
    bench.load_models = lambda: _MODELS
    if order.variant:
        broken.VARIANTS[order.variant]()
    now = order.now.isoformat()
    for name, step in _steps(order, now):
        points.step = name
        step()


def _steps(order: Order, now: str) -> list[tuple[str, Callable[[], object]]]:
    back = [("backfill reddit", lambda: _backfill(now))] if order.stage == BACKFILL_STAGE else []
    if order.role == BACK:
        return back
    # Rechecked first, as by the night before: what is raised, told and compared is then what is left.
    live = [
        *((f"recheck {name}", lambda name=name: _recheck(name, now)) for name in SOURCES),
        ("sync_claims", lambda: steps.sync_claims(now)),
        *((f"ingest {name}", lambda name=name: _ingest(name, now)) for name in SOURCES),
        ("release_canary", lambda: steps.release_canary(now)),
        ("screen", lambda: _screen(now)),
        ("narrate", lambda: steps.narrate(now)),
        ("raise_alerts", lambda: steps.raise_alerts(now)),
        ("watch", lambda: steps.watch(now)),
        ("write_digest", lambda: steps.write_digest(now)),
        ("notify", lambda: steps.notify(now)),
    ]
    return [*back, *live] if order.role == ALL else live


def _ingest(name: str, now: str) -> None:
    # Where another process reads the source, this one waits: it is to tell of what was heard, not of half of it.
    _until(lambda: steps.ingest(name, now)["outcome"] == "ok", f"reading {name}")


def _recheck(name: str, now: str) -> None:
    _until(lambda: steps.recheck(name, now)["outcome"] in {"ok", "cannot be asked"}, f"rechecking {name}")


def _backfill(now: str) -> None:
    def read() -> bool:
        try:
            return steps.backfill("reddit", *BACKFILL, now)["outcome"] == "ok"
        except Transient:
            return False

    _until(read, "the backfill")


def _screen(now: str) -> None:
    def screened() -> bool:
        steps.screen(0, now)
        return steps.waiting_posts(now) == 0

    _until(screened, "screening")


def _until(done: Callable[[], bool], what: str) -> None:
    ends_at = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > ends_at:
            raise TimeoutError(f"{what} did not end")
        time.sleep(PAUSE_S)


_MODELS = small_models()
# It loads its tables at the first text, which is to be before the fork too.
english_chance("so that the tables of languages are loaded")
