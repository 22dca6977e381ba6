"""`auscult report` on a real warehouse: what it counts, what it hides, and what it refuses."""

import re
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from pipeline import steps
from pipeline.warehouse import ledger
from pipeline.warehouse.tables import alerts, mentions, narrative_posts, narratives, posts
from pipeline.workplace import Workplace
from tests.cli.conftest import Auscult
from tests.steps.desk import DAY, HOUR, Desk

NOW = pd.Timestamp("2026-10-15 12:00", tz="UTC").to_pydatetime()
WEEK = timedelta(weeks=1)


@pytest.fixture
def desk(workplace: Workplace) -> Desk:
    """Two weeks: a claim by eight people and by three, six complaints about billing, one alert that was taken on."""
    steps.sync_claims(NOW - 2 * WEEK)
    desk = Desk(workplace)
    desk.spread(NOW - WEEK, 8)
    desk.spread(NOW, 3)
    desk.name(NOW, people=6)
    with workplace.engine.begin() as connection:
        judged = {"category": "complaint", "theme": "billing", "tone": "negative"}
        connection.execute(sa.update(mentions).values(**judged))
        connection.execute(sa.update(posts).values(metrics={"likes": 10}))
        for hours in range(14 * 24, -1, -1):
            # Three days without an answer.
            outcome = "failed" if 72 < hours < 144 else "ok"
            run_id = ledger.open_run(connection, "reddit", "q", NOW - hours * HOUR)
            ledger.close_run(connection, run_id, outcome)
        for at in (NOW - 13 * DAY, NOW):
            ledger.close_run(connection, ledger.open_run(connection, "x", "q", at), "off")
    desk.run(NOW)
    with workplace.engine.begin() as connection:
        first = sa.select(sa.func.min(alerts.c.alert_id)).scalar_subquery()
        taken = {"acknowledged_by": "Ana Officer", "acknowledged_at": NOW + timedelta(minutes=95)}
        connection.execute(sa.update(alerts).where(alerts.c.alert_id == first).values(state="acknowledged", **taken))
    return desk


def tell_story(desk: Desk) -> None:
    """All posts of the first day are one narrative of the claim."""
    told = desk.all_of(sa.select(posts.c.post_id).where(posts.c.created_at < NOW - DAY))
    story = {"narrative_id": "n-1", "claim_id": "vax-mmr-autism", "platforms": ["reddit"], "updated_at": NOW}
    with desk.workplace.engine.begin() as connection:
        connection.execute(sa.insert(narratives).values(**story, posts=len(told), voices=len(told)))
        connection.execute(sa.insert(narrative_posts), [{"post_id": row[0], "narrative_id": "n-1"} for row in told])


def words(path: Path) -> str:
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", path.read_text(encoding="utf-8"), flags=re.S).split())


def test_the_report_says_what_the_warehouse_holds(auscult: Auscult, desk: Desk, tmp_path: Path) -> None:
    tell_story(desk)
    out = tmp_path / "weekly.html"
    done = auscult("report", "--out", out, "--weeks", "2", "--now", NOW.isoformat())
    assert f"wrote {out}" in done.stdout
    said = words(out)
    assert "1 claim spread in 11 posts" in said
    assert "We were named in 6 posts: 6 bad" in said
    assert "110 reactions" in said
    assert "within 1 h 35 min" in said
    assert "n = 8 posts on days heard in full, in 1 story, the largest first." in said
    assert "5 Oct 2026 to 15 Oct 2026 so far (UTC)" in said
    assert "Written Thu 15 Oct 2026, 05:00 PDT" in said
    for text in desk.all_of(sa.select(posts.c.text, posts.c.platform_id, posts.c.author_hash)):
        assert not [part for part in text if part in out.read_text(encoding="utf-8")], "no post, no id, no author"


def test_what_did_not_work_for_days_is_a_gap(auscult: Auscult, desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "weekly.html"
    with desk.workplace.engine.begin() as connection:
        connection.execute(
            sa.text("delete from ingest_runs where outcome = 'ok' and run_at > :at"), {"at": NOW - 6 * DAY}
        )
    auscult("report", "--out", out, "--weeks", "2", "--now", NOW.isoformat())
    said = words(out)
    assert "Not heard in full: Reddit, on 7 days in all; 0 of 1 source heard in full" in said
    assert "No bar at all: a week not heard." in said
    assert "8+" in said, "of the week before a part was heard"


def test_an_analyst_sees_no_small_numbers(auscult: Auscult, desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "weekly.html"
    auscult("report", "--out", out, "--weeks", "2", "--role", "analyst", "--now", NOW.isoformat())
    said = words(out)
    assert "1 claim spread in 8 posts" in said
    assert "1 number is left out because fewer than five people stand behind it" in said


def test_an_empty_warehouse_is_said_in_words(auscult: Auscult, tmp_path: Path) -> None:
    out = tmp_path / "weekly.html"
    auscult("report", "--out", out, "--now", NOW.isoformat())
    said = words(out)
    assert "No claim was seen to spread" in said
    assert "No source was listened to: that nothing is reported says nothing." in said
    assert "<svg" not in out.read_text(encoding="utf-8")


def test_what_cannot_be_done_is_one_line_and_leaves_the_file(auscult: Auscult, tmp_path: Path) -> None:
    out = tmp_path / "weekly.html"
    out.write_text("last week's")
    for asked, problem in (
        (("--weeks", "27"), "1 to 26 weeks"),
        (("--role", "owner"), "officer or analyst"),
        (("--now", "yesterday"), "not a time"),
        (("--out", "/no/such/folder/x.html"), "cannot be written"),
    ):
        refused = auscult("report", "--out", out, *asked, code=1)
        assert problem in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1
    assert out.read_text() == "last week's"
