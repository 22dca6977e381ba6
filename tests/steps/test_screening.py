"""Shards of a backlog: newest first, each post once, whatever stands beside it, and nobody else's lease touched."""

import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from pipeline import judging, steps
from pipeline.bench import shipped_models
from pipeline.config import POLICY, Number, Policy
from pipeline.post import Post
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.warehouse import screening as store
from pipeline.warehouse.leases import held_lease
from pipeline.warehouse.posts import Origin, store_posts
from pipeline.warehouse.sweeps import claim_set_of
from pipeline.warehouse.tables import matches, posts, vectors
from pipeline.workplace import Workplace

NOW = datetime(2026, 11, 1, 16, tzinfo=UTC)
NAMES = Pseudonyms(b"a key for invented authors, no practice's")
SPREADS = "The MMR vaccine causes autism, wake up. My nephew stopped talking after the MMR."


def hear(workplace: Workplace, count: int, at: datetime = NOW, text: str = "a walk by the harbor") -> None:
    page = [Post("x", f"{at.hour}-{number}", "post", f"{text} {number}", at) for number in range(count)]
    with workplace.engine.begin() as connection:
        store_posts(connection, Origin("x"), page, at, NAMES)


def request_of(workplace: Workplace, lease: int, limit: int) -> store.ShardRequest:
    with workplace.engine.begin() as connection:
        started_at = store.server_clock(connection)
        claim_set = claim_set_of(connection, [])
    wanted = store.Wanted("key", claim_set, [claim_set], NOW - timedelta(days=30), NOW)
    return store.ShardRequest(wanted, started_at, lease, 900, limit)


def claimed(workplace: Workplace, request: store.ShardRequest) -> pd.DataFrame:
    with workplace.engine.begin() as connection:
        return store.claim_shard(connection, request)


def scalar(workplace: Workplace, what: sa.Select) -> int:
    with workplace.engine.begin() as connection:
        return int(connection.execute(what).scalar_one())


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> Policy:
    """The policy with shards of four posts."""
    policy = replace(POLICY, shard_posts=Number(4, "posts", "", ""))
    monkeypatch.setattr(judging, "POLICY", policy)
    return policy


def test_the_newest_come_first_and_a_place_leads_on(workplace: Workplace) -> None:
    hear(workplace, 3, NOW - timedelta(hours=2))
    hear(workplace, 3, NOW - timedelta(hours=1))
    with held_lease(workplace.engine) as lease:
        request = request_of(workplace, lease, 4)
        first = claimed(workplace, request)
        last = first.iloc[-1]
        place = (last["ingested_at"].to_pydatetime(), int(last["post_id"]))
        second = claimed(workplace, replace(request, below=place))
        assert claimed(workplace, replace(request, below=place)).empty
    both = pd.concat([first, second])
    assert first["ingested_at"].is_monotonic_decreasing
    assert len(first) == 4
    assert both["post_id"].is_unique
    assert len(both) == 6
    assert both["ingested_at"].is_monotonic_decreasing


def test_a_finished_shard_gives_back_its_own_leases_only(workplace: Workplace) -> None:
    hear(workplace, 6)
    with held_lease(workplace.engine) as lease:
        request = request_of(workplace, lease, 3)
        first, second = claimed(workplace, request), claimed(workplace, request)
        none = pd.DataFrame(columns=[column.name for column in matches.columns if not column.identity])
        with workplace.engine.begin() as connection:
            named = pd.DataFrame(columns=["post_id"])
            named = named.reindex(columns=[c.name for c in store.mentions.columns if not c.identity])
            assert store.replace_screened(connection, first, request, store.Rows(none, named, {})) == 3
        held = sa.select(sa.func.count()).select_from(posts).where(posts.c.screen_lease == lease)
        assert scalar(workplace, held) == len(second) == 3


def test_a_backlog_is_screened_once_and_a_second_run_finds_nothing(workplace: Workplace, small_shards: Policy) -> None:
    steps.sync_claims(NOW)
    hear(workplace, 10, NOW - timedelta(hours=2))
    hear(workplace, 9, NOW - timedelta(hours=1), SPREADS)
    done: list[int] = []
    counts = judging.screen_window(workplace, NOW, done.append)
    assert counts["posts"] == sum(done) == 19
    assert max(done) == 4
    assert scalar(workplace, sa.select(sa.func.count(matches.c.post_id.distinct()))) == 9
    kept = sa.select(sa.func.count()).select_from(vectors).where(vectors.c.of_claim.is_(False))
    assert scalar(workplace, kept) == 19
    assert judging.count_waiting(workplace, NOW) == 0
    assert judging.screen_window(workplace, NOW, done.append)["posts"] == 0


def test_a_killed_screen_is_gone_on_with_and_no_finished_shard_is_done_again(workplace: Workplace) -> None:
    steps.sync_claims(NOW)
    shard = int(POLICY["shard_posts"])
    hear(workplace, 8 * shard)
    done = sa.select(posts.c.post_id, posts.c.screened_at).where(posts.c.screened_key.is_not(None))

    def finished() -> dict[int, datetime]:
        with workplace.engine.begin() as connection:
            return {row.post_id: row.screened_at for row in connection.execute(done)}

    command = [str(Path(sys.executable).parent / "auscult"), "screen", "--now", NOW.isoformat()]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:
        while not finished():
            assert killed.poll() is None
            time.sleep(0.05)
        killed.kill()
    before = finished()
    assert len(before) % shard == 0
    assert 0 < len(before) < 8 * shard
    assert judging.screen_window(workplace, NOW, lambda _: None)["posts"] == 8 * shard - len(before)
    after = finished()
    assert len(after) == 8 * shard
    assert {post_id: after[post_id] for post_id in before} == before


def test_rows_do_not_depend_on_the_size_of_the_shards(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    steps.sync_claims(NOW)
    hear(workplace, 7, text=SPREADS)
    scores = sa.select(matches.c.post_id, matches.c.claim_id, matches.c.p_match, matches.c.promotes, matches.c.score)
    found = []
    for size in (512, 2):
        policy = replace(POLICY, shard_posts=Number(size, "posts", "", ""))
        monkeypatch.setattr(judging, "POLICY", policy)
        shipped_models.cache_clear()
        judging.screen_window(workplace, NOW, lambda _: None)
        with workplace.engine.begin() as connection:
            found.append(connection.execute(scores.order_by(matches.c.post_id, matches.c.claim_id)).all())
            connection.execute(sa.delete(vectors).where(vectors.c.of_claim.is_(False)))
    assert found[0]
    assert found[0] == found[1]
