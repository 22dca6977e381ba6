"""Kill -9 at every point, and at random in overlapping runs: the tables and mails are those of an undisturbed run.

The points are every commit that writes and every send of the real steps, over three clocks (tests/chaos/script.py).
`make test` takes a tenth of them, drawn by a seed that it prints, `make chaos` all.
"""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

import pytest

from tests.chaos.broken import PLACES, VARIANTS
from tests.chaos.counting import TOTAL
from tests.chaos.ground import Ground, copy_database, unsynchronised
from tests.chaos.script import Script
from tests.chaos.tables import Verdict
from tests.chaos.trials import STAGES, Calm, kill_at, overlap, run_calmly, run_variant, share_of

WORKERS = 2
# Two for each of the ten processes of a campaign.
CAMPAIGN_KILLS = 20
ALL_RANDOM_KILLS = 200

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def grounds(server: str) -> Iterator[list[Ground]]:
    folder = Path(tempfile.mkdtemp(prefix="auscult-chaos-"))
    with ExitStack() as stack:
        stack.enter_context(unsynchronised(server))
        script = Script(folder / "script")
        homes = [folder / f"home-{number}" for number in range(WORKERS)]
        yield [stack.enter_context(Ground(script, server, home)) for home in homes]
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def calm(grounds: list[Ground]) -> Calm:
    name = f"calm_{os.urandom(4).hex()}"
    copy_database(grounds[0].socket_folder, "auscult", name)
    return run_calmly(grounds[0], name)


@pytest.fixture(scope="module")
def seed(request: pytest.FixtureRequest) -> int:
    return request.config.getoption("--kill-seed")


@pytest.fixture(scope="module")
def share(request: pytest.FixtureRequest) -> float:
    return request.config.getoption("--chaos-share")


def test_the_undisturbed_run_does_all_that_can_be_disturbed(calm: Calm) -> None:
    mails = Counter(row[1] for row in calm.outcomes[-1].rows["outbox"].elements())
    assert set(mails) == {"urgent", "digest", "operator", "canary"}
    events = {row[2] for row in calm.outcomes[-1].rows["alert_events"]}
    assert {"raised", "escalated"} <= events, events
    assert not calm.outcomes[-1].unsent
    assert all(len(messages) == 1 for messages in calm.outcomes[-1].delivered.values())
    for table, rows in calm.outcomes[-1].rows.items():
        assert rows, f"{table} is empty, and an empty table proves nothing"
    for number, (_, point) in enumerate(calm.all_points(), start=1):
        print(f"{number:4}  {point}")
    for step in ("ingest reddit", "ingest imports", "screen", "narrate", "raise_alerts", "notify", "recheck"):
        assert any(f", {step}" in point for _, point in calm.all_points()), f"no point in {step}"


def test_killed_at_every_point_and_run_again(grounds: list[Ground], calm: Calm, share: float, seed: int) -> None:
    everywhere = calm.all_points()
    chosen = share_of(everywhere, share, seed)
    print(f"{len(chosen)} of {len(everywhere)} points, --kill-seed {seed}")
    # A sample is compared when the killed stage is done; all points, when the later stages are done too.
    last = STAGES[-1] if share == 1 else 0
    free: SimpleQueue[Ground] = SimpleQueue()
    for ground in grounds:
        free.put(ground)

    def one(place: tuple[int, str]) -> Verdict:
        ground = free.get()
        try:
            return kill_at(ground, calm, *place, last=max(last, place[0]))
        finally:
            free.put(ground)

    total = Verdict()
    with ThreadPoolExecutor(WORKERS) as workers:
        for place, verdict in zip(chosen, workers.map(one, chosen), strict=True):
            verdict.problems = [f"{place[1]}: {problem}" for problem in verdict.problems]
            total.add(verdict)
    report(len(chosen), total)
    assert not total.problems, "\n".join(total.problems[:40])


def test_three_overlapping_runs_and_a_backfill(grounds: list[Ground], calm: Calm, share: float, seed: int) -> None:
    campaigns = max(1, round(ALL_RANDOM_KILLS * share / CAMPAIGN_KILLS))
    print(f"{campaigns * CAMPAIGN_KILLS} random kills, --kill-seed {seed}")
    total = Verdict()
    if share == 1:
        # Unkilled first: then no answer is lost, and nothing may be repeated at all.
        total.add(overlap(grounds[0], calm, 0, seed))
    for number in range(campaigns):
        total.add(overlap(grounds[0], calm, CAMPAIGN_KILLS, seed + number))
    report(campaigns * CAMPAIGN_KILLS, total)
    assert not total.problems, "\n".join(total.problems[:40])


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_broken_variant_is_found(grounds: list[Ground], calm: Calm, variant: str) -> None:
    """Unkilled it does what ours does; killed in the step that it breaks it does not, and the comparison says so."""
    points, unkilled = run_variant(grounds[0], calm, STAGES[0], variant)
    assert unkilled.clean, unkilled.problems
    found = []
    for point in points:
        if f", {PLACES[variant]}" not in point or point.endswith("before"):
            continue
        verdict = kill_at(grounds[0], calm, STAGES[0], point, variant=variant, last=STAGES[0])
        found.append(f"{point}: lost {verdict.lost}, doubled {verdict.doubled}, unsent {verdict.unsent}")
        if not verdict.clean:
            print(found[-1])
            return
    pytest.fail(f"{variant} was not found out:\n" + "\n".join(found))


def report(kills: int, found: Verdict) -> None:
    """Print the figures of one part, and add them to those of the session."""
    print(f"kills {kills}, lost {found.lost}, doubled {found.doubled}, unsent {found.unsent}, repeats {found.repeats}")
    TOTAL.add(found, kills)
