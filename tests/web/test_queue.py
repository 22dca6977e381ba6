"""The queue: its order, its pages, what each person sees of it, and who may do what on every route."""

import pytest
import sqlalchemy as sa

from pipeline.warehouse import queue, tables
from pipeline.web.people import form_of
from tests.web.triage_site import PEOPLE, TriageSite, triage_running, write_alerts

ROUTES = (("GET", "queue"), ("HEAD", "queue"), ("GET", "triage"), ("HEAD", "triage"), ("GET", "triage.js"))


@pytest.fixture
def triage(settings, clock):
    with triage_running(settings, clock) as started:
        yield started


def keys(site: TriageSite, state: str = "open", after: queue.Place | None = None, **more) -> list[str]:
    asked = queue.Queue(site.workplace.practice.practice_id, state, more.pop("own_posts", False))
    with site.workplace.engine.begin() as connection:
        return [row["alert_key"] for row in queue.read_queue(connection, asked, after, more.pop("most", 100), **more)]


def place(site: TriageSite, key: str) -> queue.Place | None:
    with site.workplace.engine.begin() as connection:
        return queue.place_of(connection, key)


def test_the_worst_stands_first_and_then_who_has_waited_longest(triage):
    first, second, third = write_alerts(triage, 3)
    (normal,) = write_alerts(triage, 1, severity="normal", alert_key="normal")
    (high,) = write_alerts(triage, 1, severity="high", alert_key="high")
    assert keys(triage) == [first, second, third, high, normal]
    shown = triage.ask("queue").text
    assert [shown.index(key) for key in ("000000", "000001", "key=high", "key=normal")] == sorted(
        shown.index(key) for key in ("000000", "000001", "key=high", "key=normal")
    )


def test_pages_follow_each_other_without_loss_forwards_and_backwards(triage):
    written = write_alerts(triage, 30) + write_alerts(triage, 1, severity="high", alert_key="high")
    read: list[str] = []
    while page := keys(triage, after=place(triage, read[-1]) if read else None, most=7):
        read += page
    assert read == written
    assert keys(triage, after=place(triage, "high"), most=7, backwards=True) == written[-8:-1]
    first = triage.ask("queue").text
    assert first.count("data-row") == 25
    behind = triage.ask("queue", params={"after": written[24]}).text
    assert behind.count("data-row") == 6
    assert "Next page" in first
    assert "Next page" not in behind


def test_resolved_alerts_stand_newest_first(triage):
    gone = {"state": "resolved", "resolution": "quiet", "resolved_at": triage.clock.now}
    written = write_alerts(triage, 3, **gone)
    assert keys(triage, "resolved") == written[::-1]
    assert keys(triage) == []
    assert "No alert is open" in triage.ask("queue").text


def test_a_verdict_is_kept_with_the_scores_of_its_moment(triage):
    first, second = write_alerts(triage, 2)
    with triage.workplace.engine.begin() as connection:
        bare = sa.update(tables.alerts).where(tables.alerts.c.alert_key == second)
        connection.execute(bare.values(evidence={"posts": [{"platform": "x", "platform_id": "1"}]}))
    for key in (first, second):
        assert triage.act(key, "confirm", note="seen").status_code == 303
    told = [(row["subject"], row["alert_key"], row["p_match"], row["promotes"]) for row in triage.rows("reviews")]
    assert told == [("alert", first, 0.97, 0.83), ("match", first, 0.97, 0.83), ("alert", second, None, None)]


def test_finds_in_our_own_posts_are_for_who_has_the_right(triage):
    own = {"kind": "mention", "claim_id": None, "claim_version": None, "category": "own_post:stop"}
    (key,) = write_alerts(triage, 1, **own)
    assert "data-row" not in triage.ask("queue").text
    assert triage.ask("triage", params={"key": key}).status_code == 404
    assert triage.act(key, "acknowledge").status_code == 404
    assert "data-row" in triage.ask("queue", "olga").text
    assert triage.ask("triage", "olga", params={"key": key}).status_code == 200


def test_nobody_reads_without_signing_in(triage):
    (key,) = write_alerts(triage, 1)
    before = triage.everything()
    for method, path in (*ROUTES, ("POST", "triage")):
        for person in (None, "mallory"):
            answer = triage.ask(path, person, method, params={"key": key}, data={"act": "reject"})
            assert answer.status_code == 401, (method, path)
            assert key not in answer.text
            assert "MMR" not in answer.text
    assert triage.everything() == before


def test_a_viewer_reads_and_changes_nothing(triage):
    (key,) = write_alerts(triage, 1)
    assert triage.act(key, "silence", "ana", note="known", hours="4").status_code == 303
    before = triage.everything()
    page = triage.ask("triage", "vera", params={"key": key})
    assert page.status_code == 200
    assert 'method="post"' not in page.text
    for act in ("acknowledge", "confirm", "reject", "silence", "unsilence", "escalate", "note", "resolve", "reopen"):
        answer = triage.act(key, act, "vera", note="x", hours="4")
        assert answer.status_code == 403, act
    assert triage.everything() == before


@pytest.mark.parametrize(
    "act", ["acknowledge", "confirm", "reject", "silence", "unsilence", "escalate", "note", "resolve"]
)
def test_a_form_made_elsewhere_changes_nothing(triage, act):
    (key,) = write_alerts(triage, 1)
    before = triage.everything()
    fields = {"act": act, "note": "x", "hours": "4"}
    right = form_of(PEOPLE["ana"], triage.key)
    for form in ("", "0" * 64, form_of(PEOPLE["olga"], triage.key)):
        answer = triage.ask("triage", "ana", "POST", params={"key": key}, data=fields | {"form": form})
        assert answer.status_code == 403
    for site in ("cross-site", "same-site"):
        answer = triage.ask(
            "triage",
            "ana",
            "POST",
            params={"key": key},
            data=fields | {"form": right},
            headers={"Sec-Fetch-Site": site},
        )
        assert answer.status_code == 403
    assert triage.everything() == before


def test_every_answer_is_closed_to_others(triage):
    for _, path in ROUTES:
        headers = triage.ask(path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
    assert triage.ask("triage", params={"key": "a\0b"}).status_code == 404
    assert triage.ask("queue", params={"after": "a\0b", "state": "'; drop"}).status_code == 200
