"""The triage page over 100,000 alerts and a million posts: server-side medians, against a list read by offset."""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from sqlalchemy.engine import Connection

from benchmarks import ours
from pipeline.warehouse import queue
from pipeline.web.app import create_app
from pipeline.web.people import Person
from pipeline.workplace import Workplace

ALERTS, POSTS, ROUNDS = 100_000, 1_000_000, 40
DEEP = 80_000
BOUND_MS = 200.0

_POSTS = """
    insert into posts (platform, platform_id, source, kind, text, content_hash, created_at, ingested_at)
    select
        'reddit', 't3_' || n, 'reddit', 'post', 'Synthetic post ' || n || ': the shot did it, they say.',
        lpad(to_hex(n), 64, '0'), cast(:now as timestamptz) - n * interval '1 second', :now
    from generate_series(1, :posts) as n
"""
_ALERTS = """
    insert into alerts (
        alert_key, practice_id, kind, claim_id, claim_version, bucket_start_at, severity, reason, state, posts, voices,
        platforms, historical, evidence, raised_at, updated_at
    )
    select
        'synthetic|' || n, :practice, 'misinformation', :claim, :version, :now,
        (array['urgent', 'high', 'normal'])[1 + n % 3], 'promotes_claim', 'open', 10, 10, array['reddit'], false,
        jsonb_build_object(
            'p_match', 0.9, 'promotes', 0.8,
            'posts', (
                select jsonb_agg(jsonb_build_object('platform', 'reddit', 'platform_id', 't3_' || (n * 10 - k)))
                from generate_series(0, 9) as k
            )
        ),
        cast(:now as timestamptz) - n * interval '7 seconds', :now
    from generate_series(1, :alerts) as n
"""
_LINKS = """
    insert into alert_posts (alert_id, post_id)
    select alerts.alert_id, posts.post_id
    from alerts, lateral generate_series(0, 9) as k, posts
    where
        posts.platform = 'reddit'
        and posts.platform_id = 't3_' || (cast(split_part(alerts.alert_key, '|', 2) as int) * 10 - k)
"""
_MATCHES = """
    insert into matches (
        post_id, claim_id, claim_version, rank, similarity, dense, sparse, p_match, field, matched_text, span_start,
        span_end, promotes, debunks, questions, neutral, stance, score, decision, reason, model_id, reader_id,
        stance_id, policy_version, screened_at, true_statement
    )
    select
        post_id, :claim, :version, 1, 0.9, 0.9, 0.5, 0.9, 'claim', 'The shot did it.', 0, 14, 0.8, 0.1, 0.05, 0.05,
        'promotes', 0.72, 'alert', 'promotes_claim', 'm', 'r', 's', '1', :now,
        'It did not.'
    from posts
"""
_EVENTS = """
    insert into alert_events (alert_key, practice_id, event, at, by)
    select alert_key, practice_id, 'raised', raised_at, 'auscult' from alerts
"""
# How lists are commonly paged: sorted by what is shown, and a number of rows skipped.
_BY_OFFSET = """
    select * from alerts
    where practice_id = :practice and state = 'open' and kind <> 'canary'
    order by array_position(array['urgent', 'high', 'normal'], severity), raised_at, alert_id
    limit 26 offset :skipped
"""


def main() -> int:
    """Print the medians and the plans; 1 where a page is slower than BOUND_MS."""
    with ours.warehouse(None) as workplace:
        asked = _fill(workplace)
        medians = {name: _median(once) for name, once in _pages(workplace, asked["practice"]).items()}
        ratio = medians["list by offset, deep"] / medians["list by keyset, deep"]
        for name, found in medians.items():
            print(f"{name}: {found:.1f} ms (median of {ROUNDS})")
        print(f"list by offset / list by keyset, both behind {DEEP:,} alerts: {ratio:.1f}")
        with workplace.engine.begin() as connection:
            print(_plan(connection, asked["practice"]))
    pages = [found for name, found in medians.items() if name.startswith("page")]
    return int(max(pages) > BOUND_MS)


def _fill(workplace: Workplace) -> dict[str, object]:
    with workplace.engine.begin() as connection:
        row = connection.execute(sa.text("select claim_id, version from claims where ended_at is null limit 1")).one()
        asked = {"claim": row[0], "version": row[1], "now": ours.NOW, "practice": workplace.practice.practice_id}
        for statement in (_POSTS, _ALERTS, _LINKS, _MATCHES, _EVENTS):
            connection.execute(sa.text(statement), asked | {"posts": POSTS, "alerts": ALERTS})
    with workplace.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("vacuum analyze posts, alerts, alert_posts, matches, alert_events"))
    return asked


def _pages(workplace: Workplace, practice: object) -> dict[str, Callable[[], object]]:
    client = TestClient(_app(workplace))
    with workplace.engine.begin() as connection:
        skipped = {"practice": practice, "skipped": DEEP}
        deep = connection.execute(sa.text(_BY_OFFSET), skipped).first()
    assert deep is not None  # noqa: S101  # we wrote more
    place = queue.Place(deep.severity, deep.raised_at, deep.alert_id)
    asked = queue.Queue(str(practice), "open")

    def page(address: str, **params: str) -> Callable[[], object]:
        def once() -> object:
            return client.get(address, params=params).raise_for_status()

        return once

    def query(read: Callable[[Connection], object]) -> Callable[[], object]:
        def once() -> object:
            with workplace.engine.begin() as connection:
                return read(connection)

        return once

    return {
        "page: queue, first": page("/queue"),
        "page: queue, deep": page("/queue", after=deep.alert_key),
        "page: alert": page("/triage", key=deep.alert_key),
        "list by keyset, deep": query(lambda connection: queue.read_queue(connection, asked, place, 26)),
        "list by offset, deep": query(lambda connection: connection.execute(sa.text(_BY_OFFSET), skipped).all()),
    }


def _app(workplace: Workplace) -> FastAPI:
    async def who(_: Request) -> Person:
        return Person("bench", may_act=True)

    return create_app(lambda: workplace, lambda: ours.NOW + timedelta(hours=1), who)


def _median(once: Callable[[], object]) -> float:
    once()
    spent = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        once()
        spent.append(1000 * (time.perf_counter() - started))
    return statistics.median(spent)


def _plan(connection: Connection, practice: object) -> str:
    heard: list[tuple[str, object]] = []
    sa.event.listen(connection, "before_cursor_execute", lambda *told: heard.append((told[2], told[3])))
    deep = queue.Place("high", ours.NOW - timedelta(days=4), 0)
    queue.read_queue(connection, queue.Queue(str(practice), "open"), deep, 26)
    queue.posts_by_day(connection, f"synthetic|{ALERTS // 2}")
    posts = [("reddit", f"t3_{POSTS // 2 + number}") for number in range(3)]
    queue.read_grounds(connection, str(practice), ("none", 1), posts)
    plans = []
    for statement, values in list(heard):
        lines = connection.exec_driver_sql(f"explain (analyze, costs off, timing off) {statement}", values).scalars()
        plans.append("\n".join(lines))
    return "\n\n".join(plans)


if __name__ == "__main__":
    sys.exit(main())
