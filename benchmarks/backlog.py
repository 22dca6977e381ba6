"""A backlog screened by the whole step in a process of its own, so that its memory is its own; then a changed claim."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import sqlalchemy as sa

from benchmarks import ours
from benchmarks.machine import resident_megabytes
from benchmarks.synthetic import in_parts, synthetic_texts
from pipeline import judging
from pipeline.bench import open_bench
from pipeline.claims_entries import claim_entries
from pipeline.sweeping import sweep_claims
from pipeline.warehouse.claims import sync_claims
from pipeline.workplace import Workplace

Row = dict[str, float]


def screened_alone(posts: int, duplicates: float, *, change: bool) -> Row:
    """What `screened` measures, by a process that does nothing else. Raises CalledProcessError where it fails."""
    asked = [str(posts), str(duplicates), str(int(change))]
    done = subprocess.run([sys.executable, "-m", "benchmarks.backlog", *asked], check=True, stdout=subprocess.PIPE)
    found: Row = json.loads(done.stdout.splitlines()[-1])
    return found


def screened(posts: int, duplicates: float, *, change: bool) -> Row:
    """Posts a second and megabytes at most of a screen of `posts` synthetic posts with the claims that ship.

    With `change`, also the seconds for a claim that is added afterwards.
    """
    with ours.warehouse(None) as workplace:
        for number, part in enumerate(in_parts(synthetic_texts(posts, duplicates), ours.PAGE)):
            ours.store(workplace, part, number * ours.PAGE)
        if change:
            _put_claims(workplace, behind=1)
        held: list[float] = []
        started = time.perf_counter()
        done = judging.screen_window(workplace, ours.NOW, lambda _: held.append(resident_megabytes()))["posts"]
        seconds = time.perf_counter() - started
        row = {"posts": posts, "duplicates": duplicates, "posts_a_second": done / seconds, "mb_at_most": max(held)}
        return row | (_added(workplace) if change else {})


def _added(workplace: Workplace) -> Row:
    with workplace.engine.begin() as connection:
        connection.execute(sa.text("create temporary table before as select match_id, post_id, claim_id from matches"))
        _put_claims(workplace, behind=0)
        started = time.perf_counter()
        touched = sweep_claims(open_bench(workplace), ours.NOW)
        swept = time.perf_counter() - started
        screened_again = judging.screen_window(workplace, ours.NOW, lambda _: None)["posts"]
        seconds = time.perf_counter() - started
        counted = "select count(*) filter (where m.match_id is null), count(*) filter (where b.match_id is null) "
        joined = "from matches m full join before b on m.match_id = b.match_id"
        gone, new = connection.execute(sa.text(counted + joined)).one()
    told = {"touched": touched, "screened_again": screened_again, "rows_gone": gone, "rows_new": new}
    return {"sweep_s": swept, "change_s": seconds, **told}


def _put_claims(workplace: Workplace, behind: int) -> None:
    # All that ship but for the last ones.
    entries = claim_entries(workplace.settings.claims_folder)
    with workplace.engine.begin() as connection:
        sync_claims(connection, entries[: len(entries) - behind], datetime.now(UTC))


def main(asked: Sequence[str]) -> int:
    """Print what `screened` measures as one line of JSON."""
    posts, duplicates, change = asked
    print(json.dumps(screened(int(posts), float(duplicates), change=bool(int(change))), default=np.float64.item))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
