"""Promises of the whole path that one step alone cannot show."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from pipeline import steps
from pipeline.config import Settings
from pipeline.erasing import erase
from pipeline.errors import AuscultError, Transient
from pipeline.post import Post
from pipeline.warehouse.leases import held_name
from pipeline.warehouse.posts import Origin, mark_rechecked, recheckable, store_posts
from pipeline.warehouse.retention import expire_posts
from pipeline.warehouse.tables import alerts, claims, matches, outbox, posts, quarantine, vectors
from pipeline.workplace import Workplace

NOW = datetime(2026, 11, 1, 16, tzinfo=UTC)
SPREADS = "The MMR vaccine causes autism, wake up. My nephew stopped talking after the MMR."


@pytest.fixture
def path(settings: Settings, tmp_path: Path) -> Path:
    steps.sync_claims(NOW)
    return tmp_path / "posts.csv"


def write(path: Path, *rows: tuple[str, str], url: str = "") -> Path:
    lines = ["post_id,text,author,url,platform"]
    lines += [f'{number},"{text}",a{number},{url},facebook' for number, text in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def hear(path: Path, now: datetime) -> None:
    steps.import_file(path, {}, "", now)
    steps.screen(0, now)
    steps.raise_alerts(now)


def all_of(workplace: Workplace, what: sa.Select) -> list[sa.Row]:
    with workplace.engine.begin() as connection:
        return list(connection.execute(what).all())


def test_no_alert_falls_between_two_digests(workplace: Workplace, path: Path) -> None:
    morning = datetime(2026, 11, 1, 17, tzinfo=UTC)
    steps.write_digest(morning)
    hear(write(path, ("fb-1", SPREADS)), morning + timedelta(hours=1))
    # The machine was off for a day and a half; the alert is older than a day when the next digest is written.
    steps.write_digest(morning + timedelta(hours=34))
    told = {key for row in all_of(workplace, sa.select(outbox.c.alert_keys)) for key in row[0]}
    raised = {row[0] for row in all_of(workplace, sa.select(alerts.c.alert_key))}
    assert raised
    assert raised <= told


def test_an_edit_takes_back_what_was_made_of_the_old_words_whatever_the_age(workplace: Workplace, path: Path) -> None:
    hear(write(path, ("fb-1", SPREADS)), NOW)
    assert all_of(workplace, sa.select(matches.c.decision)) == [("alert",)]
    late = NOW + timedelta(days=40)
    hear(write(path, ("fb-1", "I like bananas")), late)
    assert all_of(workplace, sa.select(matches.c.decision)) == []
    hashes = {row[0] for row in all_of(workplace, sa.select(posts.c.content_hash))}
    kept = sa.select(vectors.c.content_hash).where(vectors.c.of_claim.is_(False))
    assert {row[0] for row in all_of(workplace, kept)} <= hashes


def test_erasure_leaves_no_vector_and_no_id_in_evidence(workplace: Workplace, path: Path) -> None:
    hear(write(path, ("fb-1", SPREADS), ("fb-2", "I like bananas")), NOW)
    (evidence,) = all_of(workplace, sa.select(alerts.c.evidence))
    assert [entry["platform_id"] for entry in evidence[0]["posts"]] == ["fb-1"]
    with workplace.engine.begin() as connection:
        assert erase(workplace, connection, [("facebook", "fb-1")], "gone", NOW) == 1
    (evidence,) = all_of(workplace, sa.select(alerts.c.evidence))
    assert evidence[0]["posts"] == []
    with workplace.engine.begin() as connection:
        expire_posts(connection, NOW, timedelta(days=-1), timedelta(0))
    assert all_of(workplace, sa.select(vectors.c.content_hash).where(vectors.c.of_claim.is_(False))) == []


def test_row_numbers_of_two_files_do_not_overwrite_each_other(workplace: Workplace, tmp_path: Path) -> None:
    for name in ("google.csv", "yelp.csv"):
        (tmp_path / name).write_text(f"id,text,author\n1,words of {name},a{name}\n2,more of {name},b{name}\n")
    assert steps.import_file(tmp_path / "google.csv", {}, "", NOW)["new"] == 2
    second = steps.import_file(tmp_path / "yelp.csv", {}, "", NOW)
    assert (second["edited"], second["quarantined"]) == (0, 2)
    aside = all_of(workplace, sa.select(quarantine.c.reason, quarantine.c.platform_id))
    assert sorted(aside) == [("id_of_another_post", "1"), ("id_of_another_post", "2")]
    assert steps.import_file(tmp_path / "yelp.csv", {}, "yelp", NOW)["new"] == 2
    assert {row.revision for row in all_of(workplace, sa.select(posts.c.revision))} == {1}


def test_no_handle_is_kept_in_an_address(workplace: Workplace, path: Path) -> None:
    write(path, ("1234567890", "words"), url="https://twitter.com/secret_handle/status/1234567890")
    path.write_text(path.read_text().replace("facebook", "x"))
    steps.import_file(path, {}, "", NOW)
    assert all_of(workplace, sa.select(posts.c.url)) == [("https://x.com/i/status/1234567890",)]


def test_a_file_that_is_being_read_is_refused_and_another_is_not(workplace: Workplace, tmp_path: Path) -> None:
    one, two = write(tmp_path / "one.csv", ("fb-1", "a")), write(tmp_path / "two.csv", ("fb-2", "b"))
    with held_name(workplace.engine, f"ingest:imports:{one}"):
        with pytest.raises(Transient, match=r"one\.csv"):
            steps.import_file(one, {}, "", NOW)
        assert steps.import_file(two, {}, "", NOW)["new"] == 1


def test_nothing_of_a_post_is_in_a_database_error(workplace: Workplace, path: Path) -> None:
    with workplace.engine.begin() as connection:
        connection.exec_driver_sql("alter table posts add constraint nothing_fits check (length(text) < 3)")
    with pytest.raises(sa.exc.IntegrityError) as failed:
        steps.import_file(write(path, ("fb-1", "SECRETTEXT of a post")), {}, "", NOW)
    told = f"{failed.value!s} {failed.value!r} {failed.value.orig!s} {failed.value.__cause__!s}"
    assert "nothing_fits" in told
    assert "SECRETTEXT" not in told


def test_every_live_post_has_its_turn_to_be_rechecked(workplace: Workplace, path: Path) -> None:
    steps.import_file(write(path, *((f"fb-{number}", f"words {number}") for number in range(6))), {}, "", NOW)
    seen: list[str] = []
    for hour in range(1, 5):
        now = NOW + timedelta(hours=hour)
        with workplace.engine.begin() as connection:
            batch = recheckable(connection, "imports", "facebook", now, 2)
            mark_rechecked(connection, "facebook", batch, batch, now)
        seen += batch
    assert sorted(seen) == [f"fb-{number}" for number in range(6)]


def test_posts_are_asked_for_after_an_hour_a_day_three_days_a_week_and_weekly(workplace: Workplace, path: Path) -> None:
    steps.import_file(write(path, ("fb-1", "words")), {}, "", NOW)
    asked: list[float] = []
    for hour in range(0, 24 * 30):
        now = NOW + timedelta(hours=hour)
        with workplace.engine.begin() as connection:
            if batch := recheckable(connection, "imports", "facebook", now, 2):
                mark_rechecked(connection, "facebook", batch, batch, now)
                asked.append(hour / 24)
    assert asked == [1 / 24, 1, 3, 7, 14, 21, 28]


def test_two_screens_with_other_claims_both_end(workplace: Workplace, path: Path) -> None:
    steps.import_file(write(path, *((f"fb-{number}", f"words {number}") for number in range(40))), {}, "", NOW)
    assert steps.screen(0, NOW)["posts"] == 40
    assert steps.screen(1, NOW)["posts"] == 0
    with workplace.engine.begin() as connection:
        ended = {"ended_at": NOW, "end_reason": "retired"}
        connection.execute(sa.update(claims).where(claims.c.claim_id == "vax-mmr-autism").values(**ended))
    assert steps.screen(0, NOW)["posts"] == 0, "what no changed claim touches is not screened anew"
    practice = workplace.settings.practice_file
    practice.write_text(practice.read_text().replace("Larkspur Veterinary", "Larkspur Dairy"))
    assert steps.screen(0, NOW)["posts"] == 40, "another practice: the window is screened anew, once"
    assert steps.screen(0, NOW)["posts"] == 0


def test_commands_work_from_any_folder(settings: Settings, tmp_path: Path, server: str) -> None:
    name = f"elsewhere_{os.urandom(4).hex()}"
    with psycopg.connect(host=server, user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"create database {name}")
        url = f"postgresql://postgres:@/{name}?host={server}"
        command = [str(Path(sys.executable).parent / "auscult"), "status"]
        env = {**os.environ, "AUSCULT_DATABASE_URL": url}
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        connection.execute(f"drop database {name} with (force)")
    assert done.returncode == 0, done.stderr


def test_checks_are_as_of_the_clock_of_their_run(workplace: Workplace, path: Path) -> None:
    steps.write_digest(NOW)
    assert all_of(workplace, sa.select(outbox.c.state)) == [("pending",)]
    # A replay of an old day: mail of that day is not stuck, though the wall clock is weeks ahead.
    assert steps.run_checks(NOW + timedelta(hours=1))["mail_is_not_stuck"] == 0
    with pytest.raises(AuscultError, match="mail_is_not_stuck: 1"):
        steps.run_checks(NOW + timedelta(days=2))


def test_what_a_file_brought_is_asked_for_only_where_its_address_holds_its_id(workplace: Workplace) -> None:
    page = [
        Post("x", "1", "post", "a row of a file", NOW, url="https://x.com/i/status/17900"),
        Post("x", "17900", "post", "a post of x", NOW, url="https://x.com/i/status/17900"),
        Post("reddit", "t3_abc12", "post", "a post of reddit", NOW, url="https://www.reddit.com/comments/abc12/"),
        Post("youtube", "sha-0123456789abcdef", "comment", "no id", NOW, url="https://www.youtube.com/watch?v=1"),
    ]
    with workplace.engine.begin() as connection:
        store_posts(connection, Origin("imports"), page, NOW, workplace.names)
        later = NOW + timedelta(hours=2)
        asked = {name: recheckable(connection, name, name, later, 9) for name in ("x", "reddit", "youtube")}
    assert asked == {"x": ["17900"], "reddit": ["t3_abc12"], "youtube": []}
