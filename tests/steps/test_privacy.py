"""What is erased stays erased: on request, at the source, by age, after a restored backup, and on the disk."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from pipeline import steps
from pipeline.config import Settings, read_settings
from pipeline.erasing import erase
from pipeline.errors import ConfigError
from pipeline.post import Post
from pipeline.warehouse import embedded
from pipeline.warehouse.posts import Origin, mark_rechecked, store_posts
from pipeline.warehouse.tables import posts, quarantine, reviews, tombstones
from pipeline.workplace import Workplace, close_engines, open_workplace

NOW = datetime(2026, 10, 12, 15, tzinfo=UTC)


def post(platform: str, number: int, author: str = "t2_ann", **fields: object) -> Post:
    words = f"Larkspur Family Health saw me, visit {number} on {platform}"
    return Post(platform, f"id-{number}", "post", words, NOW, author_id=author, **fields)


def store(workplace: Workplace, *page: Post, now: datetime = NOW) -> None:
    with workplace.engine.begin() as connection:
        store_posts(connection, Origin("imports"), list(page), now, workplace.names)


def texts(workplace: Workplace) -> dict[str, str]:
    with workplace.engine.begin() as connection:
        return dict(connection.execute(sa.select(posts.c.platform_id, posts.c.text)).all())


def live(workplace: Workplace) -> set[str]:
    return {platform_id for platform_id, text in texts(workplace).items() if text}


def test_an_author_is_forgotten_with_all_their_posts_and_no_one_else(workplace: Workplace) -> None:
    store(workplace, post("reddit", 1), post("reddit", 2), post("reddit", 3, "t2_bob"))
    store(workplace, post("x", 1))
    assert steps.forget("reddit", author="t2_ann", now=NOW) == 2
    assert live(workplace) == {"id-3", "id-1"}
    assert steps.forget("reddit", author=workplace.names.author("reddit", "t2_bob"), now=NOW) == 1
    assert live(workplace) == {"id-1"}


def test_a_forgotten_post_leaves_no_id_and_never_comes_back(workplace: Workplace) -> None:
    store(workplace, post("reddit", 1, url="https://www.reddit.com/comments/1", channel="PortAlder", lang="en"))
    store(workplace, post("reddit", 2, parent_id="id-1"))
    with workplace.engine.begin() as connection:
        connection.execute(
            sa.insert(quarantine).values(
                source="imports",
                query_key="q",
                position="1",
                platform_id="id-1",
                reason="r",
                record_hash="h",
                quarantined_at=NOW,
            )
        )
    assert steps.forget("reddit", platform_id="id-1", now=NOW) == 1
    with workplace.engine.begin() as connection:
        everything = [
            str(tuple(row))
            for table in (posts, tombstones, quarantine)
            for row in connection.execute(sa.select(table).order_by(sa.literal(1)))
        ]
    assert not [row for row in everything if "id-1" in row or "PortAlder" in row or "visit 1" in row]
    store(workplace, post("reddit", 1), now=NOW + timedelta(hours=1))
    assert live(workplace) == {"id-2"}


def test_a_review_keeps_its_verdict_and_scores_and_nothing_else(workplace: Workplace) -> None:
    store(workplace, post("reddit", 1))
    with workplace.engine.begin() as connection:
        connection.execute(
            sa.insert(reviews).values(
                practice_id="p",
                subject="match",
                platform="reddit",
                platform_id="id-1",
                claim_id="c",
                verdict="confirmed",
                p_match=0.9,
                promotes=0.8,
                reviewed_by="Ana",
                reviewed_at=NOW,
                note="the patient says so in visit 1",
            )
        )
        erase(workplace, connection, [("reddit", "id-1")], "gone", NOW)
        kept = connection.execute(sa.select(reviews)).one()
    assert (kept.platform_id, kept.note) == (None, "")
    assert (kept.verdict, kept.p_match, kept.promotes, kept.claim_id) == ("confirmed", 0.9, 0.8, "c")


@pytest.mark.parametrize(("platform_id", "author"), [("", ""), ("id-1", "t2_ann")])
def test_forgetting_needs_one_post_or_one_author(workplace: Workplace, platform_id: str, author: str) -> None:
    with pytest.raises(ConfigError, match="one post or one author"):
        steps.forget("reddit", platform_id=platform_id, author=author)


def test_a_restored_backup_replays_the_erasures(workplace: Workplace, server: str, settings: Settings) -> None:
    store(workplace, *(post("reddit", number) for number in range(4)))
    name = str(workplace.engine.url.database)
    backup = f"{name}_backup"
    close_engines()
    with psycopg.connect(host=server, user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"create database {backup} template {name}")
        later = open_workplace(settings)
        assert steps.forget("reddit", platform_id="id-1", now=NOW) == 1
        with later.engine.begin() as opened:
            erase(later, opened, [("reddit", "id-2")], "gone", NOW)
        assert live(later) == {"id-0", "id-3"}
        close_engines()
        connection.execute(f"drop database {name} with (force)")
        connection.execute(f"alter database {backup} rename to {name}")
    restored = open_workplace(read_settings())
    assert live(restored) == {"id-0", "id-3"}, "opening the backup erased again what was erased after it was made"
    store(restored, post("reddit", 1), post("reddit", 2))
    assert live(restored) == {"id-0", "id-3"}


def test_the_journal_holds_keyed_hashes_only(workplace: Workplace, settings: Settings) -> None:
    store(workplace, post("reddit", 1))
    steps.forget("reddit", platform_id="id-1", now=NOW)
    first, entry = map(json.loads, settings.erasures_file.read_text().splitlines())
    assert first.keys() == {"journal"}
    assert entry.keys() == {"post_key", "platform", "erased_at", "reason"}
    assert "id-1" not in settings.erasures_file.read_text()


def test_a_journal_that_lost_lines_is_an_error_and_not_a_fresh_start(workplace: Workplace, settings: Settings) -> None:
    store(workplace, post("reddit", 1))
    steps.forget("reddit", platform_id="id-1", now=NOW)
    lines = settings.erasures_file.read_text().splitlines(keepends=True)
    settings.erasures_file.write_text(lines[0])
    close_engines()
    with pytest.raises(ConfigError, match="journal of erasures lost lines"):
        _ = open_workplace(settings).engine


def test_a_platforms_own_rule_overrides_downwards(workplace: Workplace) -> None:
    store(workplace, *(post(platform, 1) for platform in ("linkedin", "youtube", "facebook")))
    with workplace.engine.begin() as connection:
        connection.execute(sa.update(posts).values(platform_id=posts.c.platform))
    steps.expire(NOW + timedelta(hours=23))
    assert live(workplace) == {"linkedin", "youtube", "facebook"}
    # The night after this one would be too late.
    steps.expire(NOW + timedelta(hours=25))
    assert live(workplace) == {"youtube", "facebook"}
    with workplace.engine.begin() as connection:
        mark_rechecked(connection, "youtube", ["youtube"], ["youtube"], NOW + timedelta(days=20))
        # As if it named the practice: it is kept for 90 days, and YouTube's rule is 30 after the last look.
        connection.exec_driver_sql(
            "insert into mentions (practice_id, post_id, kind, term, term_start, term_end, p_mention, policy_version,"
            " screened_at) select 'p', post_id, 'practice', 'x', 0, 1, 0.9, 'v', now() from posts"
        )
    steps.expire(NOW + timedelta(days=48))
    assert live(workplace) == {"youtube", "facebook"}
    steps.expire(NOW + timedelta(days=50))
    assert live(workplace) == {"facebook"}


def test_what_outlived_its_purpose_is_deleted(workplace: Workplace) -> None:
    store(workplace, post("reddit", 1), post("canary", 2))
    steps.forget("reddit", platform_id="id-1", now=NOW)
    steps.expire(NOW + timedelta(days=8))
    assert "id-2" not in texts(workplace), "our own canaries are kept for a week"
    steps.expire(NOW + timedelta(days=731))
    assert not texts(workplace)
    with workplace.engine.begin() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tombstones)).scalar_one() == 1
    steps.expire(NOW + timedelta(days=2200))
    with workplace.engine.begin() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tombstones)).scalar_one() == 0


def test_nothing_of_an_erased_post_is_left_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A server of its own, so that its whole folder can be searched.
    tmp_path.chmod(0o755)
    monkeypatch.setenv("AUSCULT_HOME", str(tmp_path))
    monkeypatch.delenv("AUSCULT_DATABASE_URL", raising=False)
    workplace = open_workplace(read_settings())
    try:
        secret = "quokka-marmalade-lantern"
        page = [post("reddit", number) for number in range(50)]
        page[7] = Post("reddit", "id-7", "post", f"I was there for my {secret} result", NOW, author_id="t2_cat")
        store(workplace, *page)
        with workplace.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("checkpoint"))
        assert on_disk(tmp_path / "pg", secret), "the search finds what is there"
        steps.forget("reddit", platform_id="id-7", now=NOW)
        assert steps.expire(NOW)["erased"] == 1
        assert not on_disk(tmp_path / "pg", secret)
        assert on_disk(tmp_path / "pg", "visit 8 on reddit"), "its neighbours are as they were"
    finally:
        close_engines()
        embedded.stop_server(tmp_path / "pg")


def on_disk(folder: Path, words: str) -> list[str]:
    found = subprocess.run(["grep", "-rlaF", words, str(folder)], capture_output=True, text=True, check=False)
    return found.stdout.splitlines()


def test_a_table_that_is_busy_is_purged_the_next_night_and_nobody_waits(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.warehouse.retention._LOCK_TIMEOUT", "200ms")
    store(workplace, post("reddit", 1))
    steps.forget("reddit", platform_id="id-1", now=NOW)
    with workplace.engine.begin() as reader:
        reader.execute(sa.select(posts)).all()
        assert steps.expire(NOW)["not_purged"] == 1
    assert steps.expire(NOW)["not_purged"] == 0


def test_half_a_line_in_the_journal_costs_nothing(workplace: Workplace, settings: Settings) -> None:
    store(workplace, post("reddit", 1), post("reddit", 2))
    steps.forget("reddit", platform_id="id-1", now=NOW)
    with settings.erasures_file.open("ab") as stream:
        stream.write(b'{"post_key": "cut sh')
    close_engines()
    later = open_workplace(settings)
    assert live(later) == {"id-2"}
    steps.forget("reddit", platform_id="id-2", now=NOW)
    assert all(json.loads(line) for line in settings.erasures_file.read_text().splitlines())
