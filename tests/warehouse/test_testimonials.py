"""A testimonial is praise whose author was asked and agreed; it goes with its post, a granted consent excepted."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from pipeline.warehouse import testimonials as rows
from pipeline.warehouse.tables import mentions, posts, testimonials
from pipeline.workplace import Workplace
from tests.conftest import NOW
from tests.steps.desk import PRACTICE, Desk

KEY = ("reddit", "t3_00001")
LATER = NOW + timedelta(days=1)


@pytest.fixture
def praised(workplace: Workplace) -> Workplace:
    """One post that praises the practice and one that complains."""
    desk = Desk(workplace)
    desk.name(NOW, people=2)
    with desk.workplace.engine.begin() as connection:
        for number, category in ((1, "praise"), (2, "complaint")):
            of_post = mentions.c.post_id == _post_id(number)
            connection.execute(sa.update(mentions).where(of_post).values(category=category, tone="positive"))
    return desk.workplace


def _post_id(number: int) -> sa.ScalarSelect[int]:
    return sa.select(posts.c.post_id).where(posts.c.platform_id == f"t3_{number:05d}").scalar_subquery()


def test_praise_is_a_candidate_until_its_author_was_asked(praised: Workplace) -> None:
    with praised.engine.begin() as connection:
        (candidate,) = rows.list_candidates(connection, PRACTICE, 10)
        assert (candidate["platform"], candidate["platform_id"]) == KEY
        assert rows.list_candidates(connection, "another-practice", 10) == []
        assert not rows.add_asked(connection, PRACTICE, ("reddit", "t3_00002"), "Ana", NOW), "no praise"
        assert not rows.add_asked(connection, PRACTICE, ("reddit", "t3_99999"), "Ana", NOW), "no post"
        assert rows.add_asked(connection, PRACTICE, KEY, "Ana", NOW)
        assert not rows.add_asked(connection, PRACTICE, KEY, "Ben", LATER), "once"
        assert rows.list_candidates(connection, PRACTICE, 10) == []
        (row,) = rows.list_asked(connection, PRACTICE)
    assert (row["asked_by"], row["asked_at"], row["consent"]) == ("Ana", NOW, None)


@pytest.mark.parametrize(
    ("answers", "recorded"),
    [
        (["granted", "withdrawn"], [True, True]),
        (["refused", "withdrawn"], [True, False]),
        (["withdrawn"], [False]),
        (["refused", "granted"], [True, True]),
        (["granted", "refused"], [True, False]),
    ],
)
def test_an_answer_follows_the_one_before(
    praised: Workplace, answers: list[rows.Consent], recorded: list[bool]
) -> None:
    with praised.engine.begin() as connection:
        assert not rows.record_consent(connection, PRACTICE, KEY, "granted", "Ana", NOW), "nobody asked"
        rows.add_asked(connection, PRACTICE, KEY, "Ana", NOW)
        done = [rows.record_consent(connection, PRACTICE, KEY, answer, "Ana", LATER) for answer in answers]
    assert done == recorded


@pytest.mark.parametrize(("consent", "kept"), [(None, False), ("refused", False), ("granted", True)])
def test_a_post_that_is_gone_leaves_a_granted_consent_alone(
    praised: Workplace, consent: rows.Consent | None, kept: bool
) -> None:
    with praised.engine.begin() as connection:
        rows.add_asked(connection, PRACTICE, KEY, "Ana", NOW)
        if consent:
            rows.record_consent(connection, PRACTICE, KEY, consent, "Ana", LATER, "drawer 4")
        rows.forget_posts(connection, *_of_platform(KEY))
        left = connection.execute(sa.select(testimonials.c.consent, testimonials.c.note)).all()
    assert [tuple(row) for row in left] == ([("granted", "")] if kept else [])


def test_a_consent_withdrawn_for_a_post_that_is_gone_leaves_nothing(praised: Workplace) -> None:
    with praised.engine.begin() as connection:
        rows.add_asked(connection, PRACTICE, KEY, "Ana", NOW)
        rows.record_consent(connection, PRACTICE, KEY, "granted", "Ana", NOW)
        rows.forget_posts(connection, *_of_platform(KEY))
        gone = posts.c.platform_id == KEY[1]
        connection.execute(sa.update(posts).where(gone).values(status="gone", platform_id="a keyed name"))
        assert rows.record_consent(connection, PRACTICE, KEY, "withdrawn", "Ana", LATER)
        assert rows.list_asked(connection, PRACTICE) == []


def _of_platform(key: rows.Key) -> tuple[str, list[str]]:
    return key[0], [key[1]]
