"""Erasure and the outbox: what was sent of an erased post is emptied, and what is not sent yet keeps its bytes."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from pipeline import sending
from pipeline.erasing import erase
from pipeline.post import Post
from pipeline.warehouse import outbox
from pipeline.warehouse.leases import held_lease
from pipeline.warehouse.posts import Origin, store_posts
from pipeline.warehouse.tables import alert_posts, alerts, posts
from pipeline.warehouse.tables import outbox as table
from pipeline.workplace import Workplace
from tests.alerting.hooks import Desk, at_desk
from tests.alerting.relays import Mailbox, serving
from tests.steps.outboxes import NOW, no_relay, relay_at, row_of, rows, told_at, write


def forget(workplace: Workplace, *keys: str) -> int:
    with workplace.engine.begin() as connection:
        return outbox.forget_sent(connection, list(keys))


def test_what_was_sent_is_emptied_and_its_row_stays(workplace: Workplace) -> None:
    with at_desk(Desk()) as port, serving(Mailbox()) as relay:
        workplace = told_at(workplace, port)
        write(workplace, "one")
        write(workplace, "two", "service")
        write(workplace, "other")
        write(workplace, "digest", alert_keys=["other", "one"])
        sending.send_due(workplace, NOW, relay_at(relay))
    assert forget(workplace, "one", "two") == 3
    after = rows(workplace)
    assert [key for key, row in after.items() if row.message == b""] == ["one", "two", "digest"]
    assert b"text of other" in after["other"].message
    assert after["one"].alert_keys == ["one"]
    assert after["one"].message_id.endswith("@clinic.org>")
    assert forget(workplace, "one") == 0
    assert forget(workplace) == 0


@pytest.mark.parametrize("act", ["drop_after_storing", 500])
def test_what_is_not_sent_yet_keeps_its_bytes_until_it_is(workplace: Workplace, act) -> None:
    desk = Desk(act, 200)
    with at_desk(desk) as port:
        workplace = told_at(workplace, port)
        write(workplace, "one", "service")
        sending.send_due(workplace, NOW, no_relay)
        before = row_of(workplace).message
        assert before
        assert forget(workplace, "one") == 1
        assert row_of(workplace).message == before
        assert sending.send_due(workplace, NOW + timedelta(hours=1), no_relay) == {"sent": 1}
    assert row_of(workplace).message == b""
    assert json.loads(desk.stored[-1])["message"] == "words of one"
    assert len(set(desk.stored)) == 1


def test_what_is_being_sent_while_its_post_is_erased_is_emptied_when_it_is_recorded(workplace: Workplace) -> None:
    write(workplace, "one")
    with held_lease(workplace.engine) as lease, workplace.engine.begin() as connection:
        due = outbox.lease_next(connection, lease, 900, NOW)
    assert due is not None
    assert forget(workplace, "one") == 1
    assert row_of(workplace).message == due.message
    for state, left in (("unknown", due.message), ("sent", b"")):
        with workplace.engine.begin() as connection:
            connection.execute(sa.update(table).values(state="leased", lease=lease))
            assert outbox.record_outcome(connection, due, lease, state, None, None, NOW)
        assert row_of(workplace).message == left


def test_what_was_refused_for_good_or_only_kept_is_emptied_at_once(workplace: Workplace) -> None:
    write(workplace, "refused", state="failed")
    write(workplace, "kept", kind="canary", state="kept")
    write(workplace, "parked", state="parked")
    assert forget(workplace, "refused", "kept", "parked") == 3
    assert {key: bool(row.message) for key, row in rows(workplace).items()} == {
        "refused": False,
        "kept": False,
        "parked": True,
    }


def test_an_erased_post_leaves_no_permalink_in_a_sent_mail(workplace: Workplace) -> None:
    told = {"told": 17900, "kept": 17901}
    with workplace.engine.begin() as connection:
        page = [Post("x", str(number), "post", "words", NOW) for number in told.values()]
        store_posts(connection, Origin("imports"), page, NOW, workplace.names)
        for key, number in told.items():
            row = {
                "alert_key": key,
                "practice_id": "p",
                "kind": "mention",
                "bucket_start_at": NOW,
                "severity": "urgent",
                "reason": "urgent_mention",
                "posts": 1,
                "voices": 1,
                "platforms": ["x"],
                "historical": False,
                "evidence": {"posts": []},
                "raised_at": NOW,
                "updated_at": NOW,
            }
            alert_id = connection.execute(sa.insert(alerts).values(**row).returning(alerts.c.alert_id)).scalar()
            post_id = sa.select(posts.c.post_id).where(posts.c.platform_id == str(number)).scalar_subquery()
            connection.execute(sa.insert(alert_posts).values(alert_id=alert_id, post_id=post_id))
    for key, number in told.items():
        write(workplace, key, message=f"https://x.com/i/status/{number}".encode(), state="sent")
    with workplace.engine.begin() as connection:
        assert erase(workplace, connection, [("x", "17900")], "gone", NOW) == 1
    assert {key: row.message for key, row in rows(workplace).items()} == {
        "told": b"",
        "kept": b"https://x.com/i/status/17901",
    }
