"""The narrate step on a real warehouse: one story, one narrative, one name, whatever comes, merges or is erased."""

from typing import Any

import pytest
import sqlalchemy as sa

from pipeline import narrating
from pipeline.config import POLICY
from pipeline.warehouse import ledger
from pipeline.warehouse.erasure import erase_posts
from pipeline.warehouse.tables import narrative_posts, narratives, posts, vectors
from pipeline.workplace import Workplace
from tests.steps.stories import DAY, GARAGE, HOUR, NAMES, NOW, STRIPS, hear, rows, stored


def test_posts_that_tell_one_story_become_a_narrative(workplace: Workplace) -> None:
    garage, strips = hear(workplace, GARAGE), hear(workplace, STRIPS, first=20)
    hear(workplace, ("sunset over the harbor with my dog",), first=40)
    told = narrating.write_narratives(workplace, NOW)
    assert told == {"narratives": 2, "posts": 8, "new": 2, "merged": 0, "left_out": 0}
    of = stored(workplace)
    assert len({of[post_id] for post_id in garage}) == len({of[post_id] for post_id in strips}) == 1
    row = rows(workplace)[of[garage[0]]]
    assert (row.posts, row.voices, row.platforms, row.apart, row.claim_id) == (5, 5, ["x"], "", None)
    assert (row.first_post_at, row.last_post_at, row.updated_at) == (NOW - HOUR, NOW - HOUR, NOW)


def test_a_repeat_changes_nothing_and_new_posts_keep_the_name(workplace: Workplace) -> None:
    garage = hear(workplace, GARAGE[:3])
    narrating.write_narratives(workplace, NOW)
    before = rows(workplace)
    assert narrating.write_narratives(workplace, NOW + HOUR)["new"] == 0
    assert rows(workplace) == before
    more = hear(workplace, GARAGE[3:], NOW + HOUR, first=10)
    told = narrating.write_narratives(workplace, NOW + 2 * HOUR)
    assert (told["new"], told["posts"]) == (0, 5)
    assert {stored(workplace)[post_id] for post_id in (*garage, *more)} == set(before)


def test_our_own_posts_canaries_and_posts_without_a_vector_are_in_none(workplace: Workplace) -> None:
    hear(workplace, GARAGE[:2])
    hear(workplace, GARAGE[2:3], first=10, own=True)
    hear(workplace, GARAGE[3:4], first=20, platform="canary")
    (last,) = hear(workplace, GARAGE[4:], first=30)
    with workplace.engine.begin() as connection:
        connection.execute(sa.delete(vectors).where(vectors.c.content_hash == hash_of(connection, last)))
    assert narrating.write_narratives(workplace, NOW)["posts"] == 0
    assert not rows(workplace)


def hash_of(connection: sa.Connection, post_id: int) -> Any:
    return connection.execute(sa.select(posts.c.content_hash).where(posts.c.post_id == post_id)).scalar_one()


def test_a_platform_whose_terms_forbid_it_is_never_combined(workplace: Workplace) -> None:
    with workplace.engine.begin() as connection:
        ledger.declare_uses(connection, "facebook", tone=False, combined=False)
    together, apart = hear(workplace, GARAGE[:3]), hear(workplace, GARAGE, platform="facebook", first=10)
    narrating.write_narratives(workplace, NOW)
    of = stored(workplace)
    names = {of[post_id] for post_id in together}, {of[post_id] for post_id in apart}
    assert all(len(own) == 1 for own in names)
    assert names[0] != names[1]
    assert {row.apart: row.platforms for row in rows(workplace).values()} == {"": ["x"], "facebook": ["facebook"]}


def test_narratives_that_grow_together_become_the_older(workplace: Workplace) -> None:
    first, second = hear(workplace, GARAGE[:3]), hear(workplace, GARAGE[3:], first=10)
    old = NOW - 20 * DAY
    gone = hear(workplace, ("something of long ago",), old, first=90)
    with workplace.engine.begin() as connection:
        made = {"posts": 2, "voices": 2, "updated_at": NOW - DAY}
        for name, began in (("older", old), ("younger", NOW - 2 * DAY)):
            connection.execute(sa.insert(narratives).values(narrative_id=name, first_post_at=began, **made))
        members = {"older": first, "younger": [*second, *gone]}
        for name, ids in members.items():
            linked = [{"post_id": post_id, "narrative_id": name} for post_id in ids]
            connection.execute(sa.insert(narrative_posts), linked)
    assert narrating.write_narratives(workplace, NOW)["merged"] == 1
    assert set(stored(workplace).values()) == {"older"}, "also the post that has left the window"
    now = rows(workplace)
    assert (now["younger"].merged_into, now["younger"].posts, now["older"].posts) == ("older", 0, 6)
    assert now["older"].merged_into is None


def test_an_erased_post_leaves_its_narrative(workplace: Workplace) -> None:
    garage = hear(workplace, GARAGE)
    narrating.write_narratives(workplace, NOW)
    with workplace.engine.begin() as connection:
        key = connection.execute(sa.select(posts.c.platform_id).where(posts.c.post_id == garage[0])).scalar_one()
        erase_posts(connection, [("x", key)], "deleted", NOW, NAMES)
    assert garage[0] not in stored(workplace)
    narrating.write_narratives(workplace, NOW + HOUR)
    (row,) = rows(workplace).values()
    assert row.posts == 4


def test_only_the_newest_wordings_are_compared(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    hear(workplace, GARAGE[:2], NOW - 3 * DAY)
    recent = hear(workplace, GARAGE[2:], first=10)
    limited = dict.fromkeys(["narrative_wordings"], 3.0)

    class Fewer:
        def __getitem__(self, name: str) -> float:
            return limited.get(name) or POLICY[name]

    monkeypatch.setattr(narrating, "POLICY", Fewer())
    told = narrating.write_narratives(workplace, NOW)
    assert (told["left_out"], sorted(stored(workplace))) == (2, recent)
