"""The oracle: operations on an invented platform, read by the real passes into a real warehouse, and what must hold."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import sqlalchemy as sa

from pipeline.config import read_settings
from pipeline.errors import ListenError
from pipeline.passes import Reading, read_query
from pipeline.rechecking import recheck_posts
from pipeline.warehouse import embedded
from pipeline.warehouse.tables import coverage_gaps, ingest_runs, posts, tombstones
from pipeline.workplace import Workplace, open_workplace
from tests.sources.worlds import OVERLAP, Held, World, WorldSource, at

_names = itertools.count()


@contextmanager
def fast_workplace(server: str, home: Path) -> Iterator[Workplace]:
    """One warehouse for many examples (each has a platform of its own) that does not wait for the disk."""
    name = f"model_{os.urandom(4).hex()}"
    with psycopg.connect(host=server, user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"create database {name} template auscult")
        connection.execute(f"alter database {name} set synchronous_commit = off")
    (home / "auscult.yaml").write_text("sources: {}\n")
    settings = replace(
        read_settings(),
        home=home,
        listening_file=home / "auscult.yaml",
        erasures_file=home / "erasures.jsonl",
        database_url=embedded.database_url(server, name),
    )
    yield open_workplace(settings)


class Model:
    """One platform, one connector, one warehouse: operations one minute apart, and what must hold in the end."""

    def __init__(self, workplace: Workplace, page_size: int, kind: type[WorldSource] = WorldSource) -> None:
        self.workplace, self.world = workplace, World(page_size)
        self.source = kind(self.world, f"model-{next(_names)}")
        self.query = self.source.queries(None, ())[0]
        self.heard_from: int | None = None
        self.ever_gone: set[str] = set()

    def run(self, operations: list[tuple[str, int, object]]) -> None:
        for name, number, more in operations:
            self.world.minute += 3
            getattr(self, name)(number, more)

    def publish(self, count: int, late: int) -> None:
        first = len(self.world.posts)
        minute = max(self.world.minute - late, 0)
        self.world.posts += [
            Held(number, minute, self.world.minute, f"words {number}") for number in range(first, first + count)
        ]

    def edit(self, number: int, _: object) -> None:
        for post in self.world.posts[number : number + 1]:
            post.text, post.edited = f"words {number} at {self.world.minute}", self.world.minute

    def delete(self, number: int, _: object) -> None:
        for post in self.world.posts[number : number + 1]:
            post.deleted = True
            # A listing that ends above our floor because the post there is gone looks like one that was cut.
            self.world.excuses += 1

    def read(self, call: int, fault: str) -> None:
        self.world.faults = {self.world.calls + 1 + call: fault} if fault else {}
        reading = Reading(self.workplace, self.source, at(self.world.minute), lambda _: None)
        read_query(reading, self.query)

    def recheck(self, call: int, fault: str) -> None:
        # Two calls long: most of a batch is asked for again before it is believed to be gone.
        start = self.world.calls + 1 + call
        self.world.faults = {start: fault, start + 1: fault} if fault else {}
        ids = sorted(platform_id for platform_id, row in self.stored().items() if row.status == "live")
        with suppress(ListenError):
            recheck_posts(self.workplace, self.source, ids, at(self.world.minute))

    def stored(self) -> dict[str, sa.Row]:
        with self.workplace.engine.begin() as connection:
            found = connection.execute(sa.select(posts).where(posts.c.platform == self.source.platform)).all()
        self.ever_gone |= {row.platform_id for row in found if row.status != "live"}
        return {row.platform_id: row for row in found}

    def check(self) -> None:
        """After a clean read and a clean recheck: no loss, no double, no return, and a ledger that balances."""
        for _ in range(2):
            self.world.minute += OVERLAP + 1
            self.read(0, "")
        self.recheck(0, "")
        rows = self.stored()
        live = {name: row for name, row in rows.items() if row.status == "live"}
        with self.workplace.engine.begin() as connection:
            gaps = connection.execute(
                sa.select(coverage_gaps.c.from_at, coverage_gaps.c.to_at).where(
                    coverage_gaps.c.source == self.source.name
                )
            ).all()
            runs = connection.execute(sa.select(ingest_runs).where(ingest_runs.c.source == self.source.name)).all()
            buried = set(
                connection.execute(
                    sa.select(tombstones.c.post_key).where(tombstones.c.platform == self.source.platform)
                ).scalars()
            )
        names = self.workplace.names
        for post in self.world.posts:
            key = names.post(self.source.platform, str(post.number))
            if post.deleted:
                assert str(post.number) not in live, "what is gone is not kept"
            elif str(post.number) in live:
                assert live[str(post.number)].text == post.text, "the newest words are stored"
                assert key not in buried, "what is public has no tombstone"
            else:
                told = any(
                    (gap.from_at or at(-1)) <= at(post.minute) <= (gap.to_at or at(10**6)) + timedelta(minutes=OVERLAP)
                    for gap in gaps
                )
                assert told, f"post {post.number} of minute {post.minute} is missing, and no gap says so"
        assert not gaps or self.world.excuses, "a gap is told of though the platform left nothing out"
        for row in runs:
            kept = row.new_posts + row.duplicate_posts + row.edited_posts + row.skipped_posts + row.quarantined_posts
            assert row.fetched_posts == kept
            assert row.outcome != "running"
        assert sum(row.new_posts for row in runs) == len(rows), "each post is new once"
