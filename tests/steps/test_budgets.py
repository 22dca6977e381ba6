"""Budgets and backfills: no cap is learned from a bill, and the past is read beside the present."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from demo.loopback import Loopback
from pipeline import steps
from pipeline.budget import Cap, Room, set_aside, settle
from pipeline.config import Settings
from pipeline.errors import ConfigError, Exhausted, Transient
from pipeline.sources import Quota, source_type
from pipeline.sources.x import X
from pipeline.warehouse import ledger
from pipeline.warehouse.tables import alert_posts, alerts, coverage_gaps, ingest_runs, posts, watermarks
from pipeline.workplace import Workplace, open_workplace

NOW = datetime(2026, 10, 12, 15, tzinfo=UTC)
DAY = timedelta(days=1)


def served(number: int, hours_ago: float) -> dict[str, object]:
    created_at = NOW - timedelta(hours=hours_ago)
    return {
        "id": str(10**18 + number),
        "platform": "x",
        "channel": None,
        "kind": "post",
        "title": None,
        "text": f"Larkspur Family Health, visit number {number}",
        "author": f"author{number}",
        "created_at": created_at.isoformat(),
        "parent_id": None,
        "lang": "en",
        "metrics": {},
    }


@pytest.fixture
def platform(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    listen(settings)
    page = [served(number, hours_ago=number / 2) for number in range(60)]
    with Loopback(now=NOW, posts=page) as server:
        for name, value in {"AUSCULT_X_BEARER_TOKEN": "b", "AUSCULT_X_URL": server.url}.items():
            monkeypatch.setenv(name, value)
        with open_workplace().engine.begin() as connection:
            ledger.accept_terms(connection, "x", source_type("x").terms.version, "tests", NOW)
        yield server


def listen(settings: Settings, rules: str = "") -> None:
    settings.listening_file.write_text(f"sources: {{x: {{search_claims: false{rules}}}}}\n")


def spent(workplace: Workplace) -> tuple[int, float]:
    with workplace.engine.begin() as connection:
        sums = sa.select(sa.func.sum(ingest_runs.c.calls), sa.func.sum(ingest_runs.c.cost_usd))
        calls, cost = connection.execute(sums).one()
    return int(calls), float(cost)


def outcomes(workplace: Workplace) -> list[tuple[str, str]]:
    with workplace.engine.begin() as connection:
        found = sa.select(ingest_runs.c.outcome, ingest_runs.c.detail).order_by(ingest_runs.c.run_id)
        return [tuple(row) for row in connection.execute(found)]


def stored(workplace: Workplace) -> int:
    with workplace.engine.begin() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(posts)).scalar_one())


def test_a_monthly_budget_is_never_passed_and_the_next_month_goes_on(
    platform: Loopback, workplace: Workplace, settings: Settings
) -> None:
    listen(settings, ", monthly_budget_usd: 0.17")
    for hour in range(4):
        steps.ingest("x", NOW + timedelta(hours=hour))
    calls, cost = spent(workplace)
    assert cost <= 0.17
    assert stored(workplace) == 34, "34 posts at half a cent"
    asked = [int(params["max_results"]) for _, _, params in platform.requests]
    assert asked == [34], "asked for no more than there is room for, and then not at all"
    outcome, detail = outcomes(workplace)[-1]
    assert (outcome, "monthly budget of $0.17" in detail) == ("exhausted", True)
    platform.now = datetime(2026, 11, 1, 0, 30, tzinfo=UTC)
    steps.ingest("x", platform.now)
    # Its stored cursor is no longer accepted: the refusal is counted too.
    assert len(platform.requests) == 3
    assert (calls, spent(workplace)[0]) == (1, 3)


def test_a_monthly_number_of_calls_counts_rechecks_and_failures_too(
    platform: Loopback, workplace: Workplace, settings: Settings
) -> None:
    listen(settings, ", monthly_calls: 3")
    platform.fail("html", "x")
    with pytest.raises(Transient):
        steps.ingest("x", NOW)
    steps.ingest("x", NOW)
    assert steps.recheck("x", NOW + timedelta(hours=1))["outcome"] == "ok"
    assert len(platform.requests) == 3
    assert steps.ingest("x", NOW + timedelta(hours=2))["outcome"] == "ok"
    assert steps.recheck("x", NOW + DAY)["outcome"] == "exhausted"
    assert len(platform.requests) == 3
    assert outcomes(workplace)[-1][0] == "exhausted"


def test_two_who_ask_at_once_never_take_the_same_room(
    platform: Loopback, workplace: Workplace, settings: Settings
) -> None:
    listen(settings, ", monthly_calls: 25, monthly_budget_usd: 0.5")
    capped, source = open_workplace(), X(settings, open_workplace().listening)
    with workplace.engine.begin() as connection:
        runs = [ledger.open_run(connection, "x", str(number), NOW, "search") for number in range(8)]

    def ask(run_id: int) -> list[Room | Cap]:
        return [set_aside(capped, source, "search", NOW, run_id, 10, 2) for _ in range(4)]

    with ThreadPoolExecutor(8) as together:
        answers = [answer for asked in together.map(ask, runs) for answer in asked]
    given = [answer for answer in answers if isinstance(answer, Room)]
    assert sum(room.posts for room in given) == 100, "half a dollar of posts, whoever asks"
    calls, cost = spent(workplace)
    assert (calls, round(cost, 6)) == (sum(room.calls for room in given), 0.5)
    with workplace.engine.begin() as connection:
        settle(connection, source, runs[0], given[0], 1, 3)
    assert spent(workplace) == (calls - 1, pytest.approx(0.465))


def test_a_page_of_many_requests_stops_where_the_calls_are_used_up(settings: Settings, workplace: Workplace) -> None:
    source = X(settings, workplace.listening)
    source.require_call(400)
    source.call_limit = 2
    source.require_call(1)
    with pytest.raises(Exhausted, match="no room"):
        source.require_call(2)


def test_a_quota_is_kept_by_mode_and_by_the_platforms_own_day(
    platform: Loopback, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(X, "quotas", (Quota(2, frozenset({"search"}), "America/Los_Angeles"),))
    morning = datetime(2026, 10, 12, 8, tzinfo=UTC)  # 01:00 in Los Angeles
    platform.now = morning
    for hour in range(4):
        steps.ingest("x", morning + timedelta(hours=hour))
    assert len(platform.requests) == 2
    assert [outcome for outcome, _ in outcomes(workplace)] == ["ok", "ok", "exhausted", "exhausted"]
    assert "2 calls a day for search" in outcomes(workplace)[-1][1]
    steps.ingest("x", datetime(2026, 10, 13, 6, 59, tzinfo=UTC))
    assert len(platform.requests) == 2
    steps.ingest("x", datetime(2026, 10, 13, 7, 0, tzinfo=UTC))
    assert len(platform.requests) == 3


def test_a_budget_is_spent_first_where_alerts_come_from(
    platform: Loopback, workplace: Workplace, settings: Settings
) -> None:
    (settings.home / "practice.yaml").write_text(
        "name: Larkspur Family Health\naliases: [" + ", ".join(f"{'Alias ' * 30}{n}" for n in range(6)) + "]\n"
    )
    listen(settings, ", monthly_calls: 100")
    steps.ingest("x", NOW)
    order = [params["query"] for _, _, params in platform.requests]
    assert len(order) >= 3
    with workplace.engine.begin() as connection:
        keys = list(connection.execute(sa.select(ingest_runs.c.query_key).order_by(ingest_runs.c.run_id)).scalars())
        connection.execute(sa.update(posts).values(query_key=keys[-1]))
        alert_id = connection.execute(
            sa.insert(alerts)
            .values(
                alert_key="a",
                practice_id="p",
                kind="mention",
                bucket_start_at=NOW,
                severity="normal",
                reason="r",
                posts=1,
                voices=1,
                platforms=["x"],
                historical=False,
                evidence={},
                raised_at=NOW,
                updated_at=NOW,
            )
            .returning(alerts.c.alert_id)
        ).scalar_one()
        post_id = connection.execute(sa.select(posts.c.post_id).limit(1)).scalar_one()
        connection.execute(sa.insert(alert_posts).values(alert_id=alert_id, post_id=post_id))
    platform.requests.clear()
    steps.ingest("x", NOW + timedelta(hours=1))
    assert platform.requests[0][2]["query"] == order[-1]


def test_a_backfill_raises_historical_alerts_only_and_leaves_the_watermark(
    platform: Loopback, workplace: Workplace
) -> None:
    steps.sync_claims(NOW)
    platform.posts = [post for post in platform.posts if post.created_at < NOW - timedelta(hours=20)]
    counts = steps.backfill("x", NOW - timedelta(hours=25), NOW - timedelta(hours=22), NOW)
    assert counts["new"] == 6
    with workplace.engine.begin() as connection:
        assert connection.execute(sa.select(posts.c.backfilled)).scalars().all() == [True] * 6
        times = connection.execute(sa.select(posts.c.created_at)).scalars().all()
    assert all(NOW - timedelta(hours=25) <= moment < NOW - timedelta(hours=22) for moment in times)
    again = steps.backfill("x", NOW - timedelta(hours=25), NOW - timedelta(hours=22), NOW)
    assert again["fetched"] == 0, "what was read to its end is not read again"
    steps.screen(0, NOW)
    assert steps.raise_alerts(NOW)["mails_written"] == 0
    with workplace.engine.begin() as connection:
        assert set(connection.execute(sa.select(alerts.c.historical)).scalars()) == {True}
    steps.ingest("x", NOW)
    with workplace.engine.begin() as connection:
        live = sa.select(sa.func.count()).where(posts.c.backfilled.is_(False))
        assert connection.execute(live).scalar_one() > 6, "live listening read all there is"


def test_a_backfill_that_breaks_off_goes_on_where_it_was(platform: Loopback, workplace: Workplace) -> None:
    platform.wire("x").page_size = 10
    platform.fail("unavailable", "x", after=2, times=20)
    with pytest.raises(Transient):
        steps.backfill("x", NOW - DAY, NOW, NOW)
    platform._faults.clear()
    asked = len(platform.requests)
    assert 0 < stored(workplace) < 48
    steps.backfill("x", NOW - DAY, NOW, NOW)
    assert stored(workplace) == 48
    assert "next_token" in platform.requests[asked][2]
    assert len(platform.requests) - asked == 3, "what was read is not read and paid for again"
    with workplace.engine.begin() as connection:
        marks = connection.execute(sa.select(watermarks.c.finished_at)).scalars().all()
    assert marks == [NOW]


def test_a_backfill_beyond_the_platforms_reach_says_what_is_missing(platform: Loopback, workplace: Workplace) -> None:
    steps.backfill("x", NOW - 30 * DAY, NOW, NOW)
    assert "out_of_reach" in outcomes(workplace)[-1][1]
    with workplace.engine.begin() as connection:
        assert not connection.execute(sa.select(coverage_gaps)).all(), "listening missed nothing"


@pytest.mark.parametrize(("after", "until"), [(NOW, NOW - DAY), (NOW - DAY, NOW + DAY), (NOW, NOW)])
def test_an_impossible_range_is_refused(platform: Loopback, after: datetime, until: datetime) -> None:
    with pytest.raises(ConfigError, match="range"):
        steps.backfill("x", after, until, NOW)
    assert not platform.requests


def test_what_a_backfill_brought_first_is_news_once_listening_hears_it(
    platform: Loopback, workplace: Workplace
) -> None:
    steps.backfill("x", NOW - DAY, NOW, NOW)
    steps.ingest("x", NOW)
    with workplace.engine.begin() as connection:
        assert set(connection.execute(sa.select(posts.c.backfilled)).scalars()) == {False}
