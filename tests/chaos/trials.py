"""Trials: processes of tests/chaos/driver.py that are killed and run again, and how what they leave differs."""

import random
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from sqlalchemy import create_engine

from pipeline.sources import source_type
from pipeline.warehouse import embedded, ledger
from tests.chaos.driver import BACK, LIVE, Order
from tests.chaos.ground import TIMEOUT_S, Deliveries, Ground, copy_database, exit_code, start, warm_up
from tests.chaos.script import BACKFILL_STAGE, CLOCKS, START, publish
from tests.chaos.tables import Outcome, Verdict, compare

STAGES = range(len(CLOCKS))
OVERLAPPING = 3
# Up to when a process is killed, in lengths of the undisturbed stage: several at once take longer.
LONGER = 1.5
# Where a relay has the message and we do not know: it must come again, once.
STORED, BEFORE = "stored, answer", "before"


@dataclass
class Calm:
    """The undisturbed run: before each stage its database (a template), journal and deliveries; after it what it left.

    `points` are those of each stage, in the order in which they were reached, and `seconds` how long it took.
    """

    templates: list[str] = field(default_factory=list)
    journals: list[bytes] = field(default_factory=list)
    deliveries: list[Deliveries] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    points: list[list[str]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def all_points(self) -> list[tuple[int, str]]:
        """Every point with its stage."""
        return [(stage, point) for stage in STAGES for point in self.points[stage]]

    def answers_lost(self, stage: int, point: str) -> int:
        """How many messages a kill at this point has the relay get twice."""
        names = self.points[stage]
        place = names.index(point)
        unrecorded = point.endswith(BEFORE) and place > 0 and STORED in names[place - 1]
        return int(STORED in point or unrecorded)

    @contextmanager
    def trial(self, ground: Ground, stage: int) -> Iterator[str]:
        """Everything on `ground` as it was before a stage; the name of the database."""
        with ground.trial(self.templates[stage], self.journals[stage], self.deliveries[stage]) as database:
            publish(ground.world, stage)
            yield database


def run_calmly(ground: Ground, database: str) -> Calm:
    """The undisturbed run of all stages on a fresh database that is migrated."""
    calm = Calm()
    _accept_terms(ground.socket_folder, database)
    warm_up()
    for stage in STAGES:
        calm.templates.append(f"{database}_{stage}")
        copy_database(ground.socket_folder, database, calm.templates[-1])
        calm.journals.append(ground.journal.read_bytes() if ground.journal.exists() else b"")
        calm.deliveries.append(list(ground.deliveries))
        publish(ground.world, stage)
        began_at = time.monotonic()
        calm.points.append(_traced(ground, ground.order(database, stage)))
        calm.seconds.append(time.monotonic() - began_at)
        calm.outcomes.append(ground.outcome(database))
    return calm


def kill_at(
    ground: Ground, calm: Calm, stage: int, point: str, *, variant: str = "", last: int = STAGES[-1]
) -> Verdict:
    """Kill at one point, run the stage again and the others up to `last`, and compare with the undisturbed run."""
    with calm.trial(ground, stage) as database:
        order = replace(ground.order(database, stage), variant=variant)
        assert ground.run(replace(order, kill_at=point)) == -signal.SIGKILL, f"{point} was not reached"
        for following in range(stage, last + 1):
            publish(ground.world, following)
            again = replace(ground.order(database, following), variant=variant)
            assert ground.run(again) == 0, f"the run after a kill at {point} failed"
        lost = None if variant else calm.answers_lost(stage, point)
        return compare(calm.outcomes[last], ground.outcome(database), answers_lost=lost)


def run_variant(ground: Ground, calm: Calm, stage: int, variant: str) -> tuple[list[str], Verdict]:
    """The points of a variant at one stage, and how it differs from ours where nothing is killed."""
    with calm.trial(ground, stage) as database:
        points = _traced(ground, replace(ground.order(database, stage), variant=variant))
        return points, compare(calm.outcomes[stage], ground.outcome(database))


def overlap(ground: Ground, calm: Calm, kills: int, seed: int) -> Verdict:
    """Three runs at once, and a backfill beside them, of which `kills` are killed at random moments and run again."""
    slots = [(stage, role) for stage in STAGES for role in _roles(stage)]
    shares = [kills // len(slots) + (at < kills % len(slots)) for at in range(len(slots))]
    # Another order for each seed, so that few kills do not always fall to the same.
    random.Random(seed).shuffle(shares)
    with calm.trial(ground, STAGES[0]) as database:
        for stage in STAGES:
            publish(ground.world, stage)
            own = [at for at, slot in enumerate(slots) if slot[0] == stage]
            orders = [ground.order(database, *slots[at]) for at in own]
            lots = [random.Random(seed * 1000 + at) for at in own]
            with ThreadPoolExecutor(len(own)) as threads:
                given = zip(orders, [shares[at] for at in own], lots, strict=True)
                for done in [threads.submit(_harass, *one, LONGER * calm.seconds[stage]) for one in given]:
                    done.result()
            # What the killed ones had begun may have been left to nobody.
            ground.wait_until_left(database)
            assert ground.run(ground.order(database, stage, LIVE)) == 0
        return compare(calm.outcomes[-1], ground.outcome(database), answers_lost=None if kills else 0)


def share_of(points: Sequence[tuple[int, str]], share: float, seed: int) -> list[tuple[int, str]]:
    """A share of the points, drawn by a seed, in their order."""
    count = max(1, round(len(points) * share))
    chosen = set(random.Random(seed).sample(range(len(points)), count))
    return [point for at, point in enumerate(points) if at in chosen]


def _traced(ground: Ground, order: Order) -> list[str]:
    trace = ground.home / "points"
    trace.write_text("")
    assert ground.run(replace(order, trace=str(trace))) == 0
    return trace.read_text().splitlines()


def _roles(stage: int) -> Sequence[str]:
    return [*[LIVE] * OVERLAPPING, *([BACK] if stage == BACKFILL_STAGE else [])]


def _harass(order: Order, kills: int, lot: random.Random, length: float) -> None:
    hits, what = 0, f"{order.role}, stage {order.stage}"
    while hits < kills:
        process = start(order)
        code = exit_code(process, lot.uniform(0, length))
        if code is None:
            process.kill()
            code = exit_code(process)
            # It may have ended by itself in between.
            hits += code == -signal.SIGKILL
        assert code in {0, -signal.SIGKILL}, f"{what}: {code}"
    code = exit_code(start(order), TIMEOUT_S)
    assert code == 0, f"{what}: {code}"


def _accept_terms(socket_folder: str, database: str) -> None:
    engine = create_engine(embedded.database_url(socket_folder, database))
    with engine.begin() as connection:
        for name in ("reddit", "x"):
            terms = source_type(name).terms
            assert terms is not None
            ledger.accept_terms(connection, name, terms.version, "the kill trials", START)
    engine.dispose()
