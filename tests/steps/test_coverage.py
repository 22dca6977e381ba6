"""Silence is earned: what each hour of each source was worth, canaries, and what the operator is told."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from pipeline import steps
from pipeline.config import POLICY, Settings
from pipeline.errors import AuscultError
from pipeline.warehouse import ledger, reports
from pipeline.warehouse.tables import alerts, check_runs, coverage_gaps, outbox, posts
from pipeline.watching import alarms
from pipeline.workplace import Workplace
from tests.sources.oracle import Model, fast_workplace
from tests.sources.worlds import at

NOW = datetime(2026, 10, 12, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


def ran(workplace: Workplace, hour: int, outcome: str, query: str = "q", retry_at: datetime | None = None) -> None:
    with workplace.engine.begin() as connection:
        run_id = ledger.open_run(connection, "youtube", query, NOW + hour * HOUR)
        ledger.close_run(connection, run_id, outcome, "", retry_at)


def states(workplace: Workplace, hour: float) -> list[str]:
    with workplace.engine.begin() as connection:
        reports.set_clock(connection, NOW + hour * HOUR)
        found = sa.text("select state from marts.mart_coverage where source = 'youtube' order by hour_at")
        return list(connection.execute(found).scalars())


def test_an_hour_is_complete_once_a_whole_pass_has_read_past_it(workplace: Workplace) -> None:
    ran(workplace, 0, "ok")
    assert states(workplace, 0) == ["ok"]
    ran(workplace, 1, "ok", "names")
    ran(workplace, 1, "partial", "claims")
    assert states(workplace, 1.5) == ["partial", "partial"], "what was said after the first run is heard in part"
    ran(workplace, 2, "ok")
    assert states(workplace, 2.5) == ["ok", "ok", "ok"], "a later whole pass reads what the broken one left"


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ("rate_limited", "rate limited"),
        ("exhausted", "quota exhausted"),
        ("off", "not configured"),
        ("failed", "not measured"),
        ("partial", "partial"),
    ],
)
def test_each_state_has_its_name_until_it_is_made_good(workplace: Workplace, outcome: str, state: str) -> None:
    ran(workplace, 0, "ok")
    until = NOW + 9 * HOUR if outcome in {"rate_limited", "exhausted"} else None
    ran(workplace, 1, outcome, retry_at=until)
    assert states(workplace, 1.4)[-1] == state
    with workplace.engine.begin() as connection:
        (row,) = reports.coverage_at(connection, NOW + 1.4 * HOUR)
    assert (row["state"], row["since_at"], row["retry_at"]) == (state, NOW, until)
    assert states(workplace, 3.5)[-2:] == ["not measured", "not measured"], "and then nothing ran"
    ran(workplace, 4, "ok")
    assert set(states(workplace, 4.1)) == {"ok"}


def test_a_coverage_gap_is_never_made_good_by_a_later_pass(workplace: Workplace) -> None:
    for hour in range(5):
        ran(workplace, hour, "ok")
    with workplace.engine.begin() as connection:
        ledger.store_gap(connection, "youtube", "q", "listing_ended", NOW + 4 * HOUR, (NOW + HOUR, NOW + 2 * HOUR))
    assert states(workplace, 4) == ["ok", "partial", "ok", "ok", "ok"]


@pytest.fixture
def canary_run(workplace: Workplace) -> Iterator[None]:
    steps.sync_claims(NOW)
    steps.release_canary(NOW)
    steps.screen(0, NOW)
    steps.raise_alerts(NOW)
    return


@pytest.mark.usefixtures("canary_run")
def test_a_canary_reaches_the_outbox_and_nobody(workplace: Workplace) -> None:
    with workplace.engine.begin() as connection:
        (mail,) = connection.execute(sa.select(outbox)).all()
        (alert,) = connection.execute(sa.select(alerts)).all()
        shown = connection.execute(sa.text("select count(*) from marts.mart_alerts")).scalar_one()
    assert (mail.kind, mail.state, alert.kind, shown) == ("canary", "kept", "canary", 0)
    assert alarms(workplace, NOW + HOUR) == []
    steps.release_canary(NOW)
    steps.screen(0, NOW)
    steps.raise_alerts(NOW)
    with workplace.engine.begin() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(outbox)).scalar_one() == 1
    assert steps.write_digest(NOW)["mails_written"] == 1
    with workplace.engine.begin() as connection:
        told = connection.execute(sa.select(outbox.c.message).where(outbox.c.kind == "digest")).scalar_one().decode()
    assert "0 new posts heard, 0 screened" in " ".join(told.replace("=\r\n", "").split())


def test_a_canary_that_dies_on_the_way_is_an_alarm(workplace: Workplace) -> None:
    steps.release_canary(NOW)
    patience = timedelta(hours=POLICY["canary_hours"])
    assert "canary_lost" not in {alarm.kind for alarm in alarms(workplace, NOW + patience - timedelta(minutes=1))}
    (lost,) = [alarm for alarm in alarms(workplace, NOW + patience) if alarm.kind == "canary_lost"]
    assert lost.since_at == NOW


@pytest.mark.parametrize("practice", ["St Mary's", "Chester", "Mercy", "The Village Practice"])
def test_a_canary_is_heard_for_names_that_are_also_words(workplace: Workplace, practice: str) -> None:
    workplace.settings.practice_file.write_text(f"name: {practice}\n")
    steps.sync_claims(NOW)
    steps.release_canary(NOW)
    steps.screen(0, NOW)
    steps.raise_alerts(NOW)
    with workplace.engine.begin() as connection:
        assert connection.execute(sa.select(outbox.c.kind)).scalars().all() == ["canary"]


@pytest.mark.usefixtures("canary_run")
def test_a_missed_schedule_and_missing_checks_are_alarms(workplace: Workplace) -> None:
    assert {alarm.kind for alarm in alarms(workplace, NOW + timedelta(minutes=91))} == {"schedule_missed"}
    assert {alarm.kind for alarm in alarms(workplace, NOW + timedelta(hours=27))} == {
        "schedule_missed",
        "checks_missing",
    }
    steps.run_checks(NOW + timedelta(hours=26))
    with workplace.engine.begin() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(check_runs)).scalar_one() > 4
    assert {alarm.kind for alarm in alarms(workplace, NOW + timedelta(hours=27))} == {"schedule_missed"}


@pytest.mark.usefixtures("canary_run")
def test_operators_are_mailed_once_a_day_and_officers_never(workplace: Workplace, settings: Settings) -> None:
    settings.listening_file.write_text(
        settings.listening_file.read_text().replace(
            "receivers: [", "receivers: [{name: Night, address: ops@example.org, operator: true, urgent: false}, "
        )
    )
    late = NOW + timedelta(hours=2)
    assert steps.watch(late) == {"alarms": 1, "mails_written": 1}
    assert steps.watch(late + HOUR)["mails_written"] == 0
    with workplace.engine.begin() as connection:
        mail = connection.execute(sa.select(outbox).where(outbox.c.kind == "operator")).one()
    assert mail.receiver == "ops@example.org"
    assert b"the hourly flow has not run since" in mail.message.replace(b"=\r\n", b"").replace(b"\r\n", b" ")


def test_the_first_run_after_a_gap_tells_of_it_by_mail_and_the_rest_do_not(workplace: Workplace) -> None:
    listening = workplace.settings.listening_file
    listening.write_text(
        "receivers: [{name: Ops, address: ops@example.org, operator: true, urgent: false, digest: false}]"
    )
    for hour in (0, 1, 8, 9, 10, 11):
        now = NOW + hour * HOUR
        steps.release_canary(now)
        steps.watch(now)
    with workplace.engine.begin() as connection:
        mails = connection.execute(sa.select(outbox).where(outbox.c.kind == "operator").order_by("outbox_id")).all()
    told = [mail for mail in mails if b"did not run" in mail.message]
    assert [mail.written_at for mail in told] == [NOW + 8 * HOUR]
    (missed,) = [alarm for alarm in alarms(workplace, NOW + 8 * HOUR) if alarm.kind == "schedule_missed"]
    assert missed.since_at == NOW + HOUR
    assert "schedule_missed" not in {alarm.kind for alarm in alarms(workplace, NOW + 11 * HOUR)}


def test_a_check_that_finds_something_is_noted_and_red(workplace: Workplace) -> None:
    with workplace.engine.begin() as connection:
        connection.execute(
            sa.insert(posts).values(
                platform="x",
                platform_id="1",
                source="x",
                kind="post",
                ingested_at=NOW,
                text="words",
                content_hash="0" * 64,
                status="gone",
            )
        )
    with pytest.raises(AuscultError, match="erased_posts_leave_nothing: 1"):
        steps.run_checks(NOW)


KINDS = ("listing_cap", "cursor_rejected", "out_of_reach", "failing", "missed_hours")


@pytest.fixture(scope="module")
def shared(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    with fast_workplace(server, tmp_path_factory.mktemp("gaps")) as workplace:
        yield workplace


@pytest.mark.parametrize("number", range(100))
def test_a_planted_gap_is_told_within_one_run_and_made_good_where_it_can_be(shared: Workplace, number: int) -> None:
    kind, chance = KINDS[number % len(KINDS)], random.Random(number)
    model = Model(shared, page_size=chance.randint(1, 3))
    model.publish(chance.randint(1, 3), 0)
    model.read(0, "")
    for _ in range(chance.randint(6, 9)):
        model.world.minute += chance.randint(2, 5)
        model.publish(chance.randint(1, 2), 0)
    assert not told(shared, model)
    if kind == "listing_cap":
        model.read(0, "end")
    elif kind == "cursor_rejected":
        model.read(1, "fail")
        model.read(0, "reject")
    elif kind == "out_of_reach":
        type(model.source).reach = timedelta(hours=3)
        model.world.excuses += 1
        model.world.minute += 60 * 5
        model.read(0, "")
        type(model.source).reach = None
    elif kind == "failing":
        model.read(0, "fail")
        assert hours(shared, model) >= {"partial"}
    else:
        model.world.minute += 60 * 4
        assert hours(shared, model) >= {"not measured"}
        model.read(0, "")
    if kind in KINDS[:3]:
        (gap, *_) = told(shared, model)
        assert isinstance(gap, str)
    model.check()
    if kind in KINDS[3:]:
        assert hours(shared, model) == {"ok"}, "made good by the next whole pass"


def told(workplace: Workplace, model: Model) -> list[str]:
    with workplace.engine.begin() as connection:
        found = sa.select(coverage_gaps.c.reason).where(coverage_gaps.c.source == model.source.name)
        return list(connection.execute(found).scalars())


def hours(workplace: Workplace, model: Model) -> set[str]:
    with workplace.engine.begin() as connection:
        reports.set_clock(connection, at(model.world.minute))
        found = sa.text("select state from marts.mart_coverage where source = :source")
        return set(connection.execute(found, {"source": model.source.name}).scalars())


def test_one_dead_query_of_many_is_a_partial_read(workplace: Workplace) -> None:
    ran(workplace, 0, "ok", "one")
    ran(workplace, 0, "failed", "two")
    assert states(workplace, 0.2) == ["partial"]


def test_an_hour_is_not_missed_while_its_run_is_due(workplace: Workplace) -> None:
    ran(workplace, 0, "ok")
    assert states(workplace, 1.1) == ["ok"]
    assert states(workplace, 1.4) == ["ok"]
    assert states(workplace, 1.6) == ["not measured", "not measured"]


def test_files_that_were_read_before_are_not_silence(workplace: Workplace) -> None:
    (workplace.settings.home / "imports").mkdir()
    (workplace.settings.home / "imports" / "posts.csv").write_text("id,text\n1,words\n")
    for hour in range(3):
        steps.ingest("imports", NOW + hour * HOUR)
    with workplace.engine.begin() as connection:
        (row,) = reports.coverage_at(connection, NOW + 2.2 * HOUR)
    assert (row["source"], row["state"]) == ("imports", "ok")


def test_a_source_that_is_asked_nothing_says_so(workplace: Workplace, settings: Settings) -> None:
    settings.listening_file.write_text("sources: {rss: {}}")
    told = steps.ingest("rss", NOW)
    assert (told["outcome"], "list its channels" in told["detail"]) == ("partial", True)
