"""What the guard stops among our own posts is told at once, to the owner alone, and counted nowhere."""

from datetime import UTC, datetime

import sqlalchemy as sa

from pipeline.warehouse.tables import alerts, mentions, outbox, posts
from pipeline.workplace import Workplace
from tests.steps.desk import HOUR, Desk

NOW = datetime(2026, 10, 12, 15, tzinfo=UTC)
OWNER = """
  - {name: Owner, address: owner@larkspurfamilyhealth.example, urgent: false, digest: false, owner: true}
"""


def _write(desk: Desk) -> None:
    desk.name(NOW)
    with desk.workplace.engine.begin() as connection:
        connection.execute(sa.update(posts).values(own=True))
        found = {"kind": "own_post", "term": "record_number", "category": "own_post:disclosure"}
        connection.execute(sa.update(mentions).values(**found))


def test_the_owner_alone_is_told(workplace: Workplace) -> None:
    desk = Desk(workplace)
    listening = desk.settings.listening_file
    listening.write_text(listening.read_text().replace("receivers:\n", "receivers:" + OWNER))
    desk.workplace = Workplace(desk.settings)
    _write(desk)
    assert desk.run(NOW) == [("new", "owner")]
    row = desk.alert()
    assert (row.category, row.severity, row.reason) == ("own_post:disclosure", "urgent", "own_post")
    assert desk.run(NOW + 5 * HOUR) == [], "no escalation: it would tell others"
    with desk.workplace.engine.begin() as connection:
        shown = connection.execute(sa.text("select count(*) from marts.mart_mentions_daily")).scalar_one()
    assert shown == 0


def test_without_an_owner_those_for_the_urgent_are_told(workplace: Workplace) -> None:
    desk = Desk(workplace)
    _write(desk)
    assert desk.run(NOW) == [("new", "comms")]
    assert len(desk.rows(alerts)) == len(desk.rows(outbox)) == 1
