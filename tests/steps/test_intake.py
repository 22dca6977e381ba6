"""Sources through the real clients into the real warehouse: what is stored, what the ledger says, what comes next."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from demo.loopback import Loopback
from pipeline import steps
from pipeline.config import Settings
from pipeline.errors import Exhausted, ListenError, Permanent, RateLimited, Transient
from pipeline.sources import source_type
from pipeline.warehouse import ledger
from pipeline.warehouse.tables import coverage_gaps, ingest_runs, matches, posts, quarantine, tombstones, watermarks
from pipeline.workplace import Workplace, open_workplace
from tests.sources.rigs.rss import PLATFORM as FEED

NOW = datetime(2026, 10, 12, 15, tzinfo=UTC)
CREDENTIALS = {
    "AUSCULT_REDDIT_CLIENT_ID": "i",
    "AUSCULT_REDDIT_CLIENT_SECRET": "s",
    "AUSCULT_REDDIT_USER_AGENT": "linux:test:1.0",
    "AUSCULT_X_BEARER_TOKEN": "b",
    "AUSCULT_HTTP_TIMEOUT": "2",
}
LISTENING = """
sources:
  reddit: {channels: [PortAlder], search_claims: false}
  x: {search_claims: false}
  imports: {}
"""


def served(count: int, platform: str = "reddit") -> list[dict[str, object]]:
    return [
        {
            "id": f"a{number:03d}" if platform == "reddit" else str(10**18 + number),
            "platform": platform,
            "channel": "PortAlder" if platform == "reddit" else None,
            "kind": "post",
            "title": None,
            "text": f"Larkspur Family Health, visit number {number}",
            "author": f"author{number}",
            "created_at": (NOW - timedelta(minutes=count - number)).isoformat(),
            "parent_id": None,
            "lang": "en",
            "metrics": {},
        }
        for number in range(count)
    ]


@pytest.fixture
def platforms(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    settings.listening_file.write_text(LISTENING)
    with Loopback(now=NOW, posts=[*served(25), *served(25, "x")], page_size=10) as server:
        for name, value in CREDENTIALS.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AUSCULT_REDDIT_URL", server.url)
        monkeypatch.setenv("AUSCULT_X_URL", server.url)
        with open_workplace().engine.begin() as connection:
            for name in ("reddit", "x"):
                ledger.accept_terms(connection, name, source_type(name).terms.version, "tests", NOW)
        yield server


def stored(workplace: Workplace) -> dict[tuple[str, str], str]:
    with workplace.engine.begin() as connection:
        found = connection.execute(sa.select(posts.c.platform, posts.c.platform_id, posts.c.text))
        return {(row[0], row[1]): row[2] for row in found}


def outcomes(workplace: Workplace, source: str) -> list[str]:
    with workplace.engine.begin() as connection:
        found = sa.select(ingest_runs.c.outcome).where(ingest_runs.c.source == source).order_by(ingest_runs.c.run_id)
        return list(connection.execute(found).scalars())


@pytest.mark.parametrize("source", ["reddit", "x"])
def test_three_pages_and_again(platforms: Loopback, workplace: Workplace, source: str) -> None:
    counts = steps.ingest(source, NOW)
    assert counts["new"] == 25
    assert len(stored(workplace)) == 25
    again = steps.ingest(source, NOW)
    assert again["new"] == again["edited"] == 0


@pytest.mark.parametrize(
    ("fault", "error", "outcome"),
    [
        ("rate_limit", RateLimited, "rate_limited"),
        ("rate_limit_silent", RateLimited, "rate_limited"),
        ("html", Transient, "partial"),
        ("truncated", Transient, "partial"),
        ("forbidden", Permanent, "failed"),
    ],
)
@pytest.mark.parametrize("source", ["reddit", "x"])
def test_a_read_that_breaks_off_after_a_page_loses_nothing(
    platforms: Loopback, workplace: Workplace, source: str, fault: str, error: type[ListenError], outcome: str
) -> None:
    platforms.fail(fault, source, after=1, times=1, seconds=0)
    with pytest.raises(error):
        steps.ingest(source, NOW)
    assert outcome in outcomes(workplace, source)
    kept = stored(workplace)
    assert len(kept) >= 10, "the first page stands"
    platforms.now = NOW + timedelta(hours=1)
    steps.ingest(source, NOW + timedelta(hours=1))
    assert len(stored(workplace)) == 25


def test_a_monthly_cap_is_not_a_rate_limit(platforms: Loopback, workplace: Workplace) -> None:
    platforms.fail("usage_cap", "x")
    with pytest.raises(Exhausted):
        steps.ingest("x", NOW)
    assert outcomes(workplace, "x") == ["exhausted"]


@pytest.mark.parametrize("source", ["reddit", "x"])
def test_a_platform_that_asked_to_wait_is_not_asked_before(
    platforms: Loopback, workplace: Workplace, source: str
) -> None:
    platforms.fail("rate_limit", source, after=1, times=1, seconds=600)
    with pytest.raises(RateLimited):
        steps.ingest(source, NOW)
    asked = len(platforms.requests)
    assert steps.ingest(source, NOW)["outcome"] == "rate_limited"
    assert len(platforms.requests) == asked


def test_a_daily_budget_stops_the_read_and_the_next_day_goes_on(
    platforms: Loopback, workplace: Workplace, settings: Settings
) -> None:
    settings.listening_file.write_text("sources: {x: {search_claims: false, daily_budget_usd: 0.05}}")
    steps.ingest("x", NOW)
    assert len(stored(workplace)) == 10, "ten posts at half a cent"
    steps.ingest("x", NOW + timedelta(hours=1))
    assert len(stored(workplace)) == 10, "the purse is empty until tomorrow"
    assert outcomes(workplace, "x") == ["exhausted", "exhausted"]
    platforms.now = NOW + timedelta(days=1)
    steps.ingest("x", platforms.now)
    assert len(stored(workplace)) == 20


def test_a_shuffled_and_doubled_page_gives_the_same_tables(platforms: Loopback, workplace: Workplace) -> None:
    platforms.fail("shuffle", "reddit", times=2)
    platforms.fail("duplicate", "reddit", after=2, times=1)
    steps.ingest("reddit", NOW)
    assert len(stored(workplace)) == 25


def test_an_edit_and_a_deletion_arrive(platforms: Loopback, workplace: Workplace) -> None:
    steps.ingest("reddit", NOW)
    steps.sync_claims(NOW)
    steps.screen(0, NOW)
    platforms.now = NOW + timedelta(minutes=30)
    platforms.edit("reddit", "t3_a024", "Larkspur Family Health, edited")
    platforms.delete("reddit", "t3_a023")
    steps.ingest("reddit", platforms.now)
    assert stored(workplace)["reddit", "t3_a024"].endswith("edited")
    platforms.delete("reddit", "t3_a001", removed=True)
    assert steps.recheck("reddit", platforms.now)["asked"] == 0, "younger than an hour"
    counts = steps.recheck("reddit", NOW + timedelta(hours=1))
    assert counts["outcome"] == "ok"
    texts = stored(workplace)
    erased = {workplace.names.post("reddit", name) for name in ("t3_a023", "t3_a001")}
    assert {platform_id for (_, platform_id), text in texts.items() if not text} == erased
    with workplace.engine.begin() as connection:
        assert set(connection.execute(sa.select(tombstones.c.post_key)).scalars()) == erased
        gone = sa.select(posts.c.post_id).where(posts.c.status != "live")
        assert not connection.execute(sa.select(matches.c.post_id).where(matches.c.post_id.in_(gone))).all()
    assert sum(text != "" for text in steps_texts(workplace)) == 23


def steps_texts(workplace: Workplace) -> list[str]:
    return list(stored(workplace).values())


def test_an_empty_answer_is_asked_again_before_anything_is_erased(platforms: Loopback, workplace: Workplace) -> None:
    steps.ingest("reddit", NOW)
    platforms.fail("empty", "reddit", times=1)
    later = NOW + timedelta(hours=1)
    assert steps.recheck("reddit", later)["erased"] == 0
    assert all(steps_texts(workplace))


def test_a_failed_recheck_never_reads_as_gone(platforms: Loopback, workplace: Workplace) -> None:
    steps.ingest("x", NOW)
    platforms.fail("html", "x", times=10)
    with pytest.raises(ListenError):
        steps.recheck("x", NOW + timedelta(hours=1))
    assert all(steps_texts(workplace))


def test_a_rejected_cursor_is_a_coverage_gap(platforms: Loopback, workplace: Workplace) -> None:
    platforms.fail("unavailable", "x", after=1, times=20)
    with pytest.raises(Transient):
        steps.ingest("x", NOW)
    platforms._faults.clear()
    platforms.fail("bad_cursor", "x", times=1)
    steps.ingest("x", NOW)
    assert len(stored(workplace)) == 25
    with workplace.engine.begin() as connection:
        assert connection.execute(sa.select(coverage_gaps.c.reason)).scalars().all() == ["cursor_rejected"]


def test_a_source_that_another_process_reads_is_busy_not_broken(platforms: Loopback, workplace: Workplace) -> None:
    from pipeline.warehouse.leases import held_name

    with held_name(workplace.engine, "ingest:x"):
        assert steps.ingest("x", NOW)["outcome"] == "busy"
    assert steps.ingest("x", NOW)["outcome"] == "ok"


POISONS = {
    "nul": json.dumps({"id": "poison", "text": "before\0after"}),
    "lone_surrogate": '{"id": "poison", "text": "half a pair: \\ud800"}',
    "megabyte": json.dumps({"id": "poison", "text": "x" * 1_048_576}),
    "year_9999": json.dumps({"id": "poison", "text": "late", "created_at": "9999-12-31T00:00:00Z"}),
    "formula": json.dumps({"id": "poison", "text": "=cmd|' /C calc'!A0"}),
    "script": json.dumps({"id": "poison", "text": "<script>alert(1)</script>"}),
    "header": json.dumps({"id": "poison", "text": "=?UTF-8?Q?x=0D=0AReply-To:_evil?=\r\nBcc: evil@evil.example"}),
    "broken_json": '{"id": "poison", "text": ',
    "not_an_object": "[1, 2, 3]",
    "deep": '{"id": "poison", "text": ' + "[" * 5_000 + "]" * 5_000 + "}",
    "bad_bytes": '{"id": "poison", "text": "\udcff\udcfe"}',
}


@pytest.mark.parametrize("position", [0, 7, 14])
@pytest.mark.parametrize("poison", POISONS)
def test_a_poison_record_is_set_aside_or_neutralised_alone(
    workplace: Workplace, tmp_path: Path, poison: str, position: int
) -> None:
    lines = [json.dumps({"id": f"good{number}", "text": f"good words {number}"}) for number in range(14)]
    lines.insert(position, POISONS[poison])
    file = tmp_path / "posts.jsonl"
    file.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    counts = steps.import_file(file, {}, "", NOW)
    assert counts["fetched"] == 15
    assert counts["new"] + counts["quarantined"] == 15
    assert counts["new"] >= 14
    with workplace.engine.begin() as connection:
        ids = set(connection.execute(sa.select(posts.c.platform_id)).scalars())
        aside = connection.execute(sa.select(quarantine.c.reason, quarantine.c.detail)).all()
    assert {f"good{number}" for number in range(14)} <= ids
    assert len(aside) == counts["quarantined"]
    assert all(row.reason and "poison" not in row.detail for row in aside)


def test_the_watermark_moves_with_its_posts_or_not_at_all(platforms: Loopback, workplace: Workplace) -> None:
    platforms.fail("unavailable", "x", after=2, times=20)
    with pytest.raises(Transient):
        steps.ingest("x", NOW)
    with workplace.engine.begin() as connection:
        row = connection.execute(sa.select(watermarks).where(watermarks.c.source == "x")).one()
    assert row.floor_at is None, "an unfinished pass moves no floor"
    assert row.pending_cursor
    assert len(stored(workplace)) == 20


@pytest.mark.research
@pytest.mark.parametrize(
    ("name", "least"), [("reddit_health/vaccinemyths_reddit.tsv", 1197), ("ct22_1c_covid_tweets/train.tsv", 3290)]
)
def test_real_files_are_read_almost_whole(workplace: Workplace, research_data: Path, name: str, least: int) -> None:
    counts = steps.import_file(research_data / name, {}, "", NOW)
    assert counts["new"] >= least
    assert counts["fetched"] == sum(counts[key] for key in ("new", "duplicate", "edited", "skipped", "quarantined"))


@pytest.mark.research
def test_real_posts_run_through_to_alerts(workplace: Workplace, research_data: Path, tmp_path: Path) -> None:
    lines = (research_data / "reddit_health" / "vaccinemyths_reddit.tsv").read_text().splitlines(keepends=True)
    (tmp_path / "some.tsv").write_text("".join(lines[:400]))
    steps.sync_claims(NOW)
    read = steps.import_file(tmp_path / "some.tsv", {}, "reddit", NOW)["new"]
    assert steps.screen(0, NOW)["posts"] == read > 200
    assert steps.raise_alerts(NOW)["alerts"] > 0


def test_a_feed_that_has_not_changed_is_not_sent_again(
    workplace: Workplace, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = [FEED.make(number, NOW - timedelta(hours=number)) for number in range(3)]
    with Loopback(now=NOW, posts=page, wires=[FEED.wire()]) as server:
        for name, value in FEED.environment(server.url).items():
            monkeypatch.setenv(name, value)
        settings.listening_file.write_text(json.dumps({"sources": {"rss": dict(FEED.sources)}}))
        assert steps.ingest("rss", NOW)["new"] == 3
        # Another process, hours later: what it asks with was kept with the watermark.
        assert steps.ingest("rss", NOW + timedelta(hours=2))["fetched"] == 0
        server.now = NOW + timedelta(hours=3)
        server.add(FEED.make(9, server.now))
        assert steps.ingest("rss", server.now)["new"] == 1
    assert outcomes(workplace, "rss") == ["ok"] * 3
