"""A verdict on a match says in full what it is about, so that it can teach."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from pipeline import judging, reviewing, steps
from pipeline.alerting.alert import Alert
from pipeline.bench import shipped_models
from pipeline.claims_entries import claim_entries
from pipeline.config import read_settings
from pipeline.handling import read_alert
from pipeline.post import Post
from pipeline.warehouse import calibrations
from pipeline.warehouse.claims import sync_claims
from pipeline.warehouse.posts import Origin, store_posts
from pipeline.warehouse.tables import alerts, matches, posts, reviews
from pipeline.workplace import Workplace

NOW = datetime(2026, 11, 1, 16, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SPREADS = "The MMR vaccine causes autism, wake up. My nephew stopped talking after the MMR."


@pytest.fixture
def alert(workplace: Workplace) -> Alert:
    """An alert of one post that spreads a claim."""
    post = Post("reddit", "t3_1", "post", SPREADS, NOW - timedelta(hours=2), author_id="a")
    with workplace.engine.begin() as connection:
        sync_claims(connection, list(claim_entries(read_settings().claims_folder)), NOW)
        store_posts(connection, Origin("reddit"), [post], NOW, workplace.names)
    judging.screen_window(workplace, NOW, lambda _: None)
    steps.raise_alerts(NOW)
    with workplace.engine.begin() as connection:
        (key,) = connection.execute(sa.select(alerts.c.alert_key)).scalars()
    return read_alert(workplace, key)[0]


def verdicts(workplace: Workplace) -> list[sa.Row]:
    told = sa.select(reviews).where(reviews.c.subject == "match").order_by(reviews.c.review_id)
    with workplace.engine.begin() as connection:
        return list(connection.execute(told).all())


def labels(workplace: Workplace) -> list[tuple[float, int]]:
    with workplace.engine.begin() as connection:
        found = calibrations.read_labels(connection, shipped_models().scored_by, NOW, LATER + timedelta(hours=1))
    return list(zip(found["score"], found["right"], strict=True))


def test_verdicts_teach_with_the_scores_that_are_stored(workplace: Workplace, alert: Alert) -> None:
    with workplace.engine.begin() as connection:
        match = connection.execute(sa.select(matches).where(matches.c.claim_id == alert.claim_id)).one()
    reviewing.review(workplace, alert, "confirmed", "Ana", LATER)
    (row,) = verdicts(workplace)
    assert (row.platform, row.platform_id, row.source, row.claim_id) == ("reddit", "t3_1", "reddit", alert.claim_id)
    assert (row.p_match, row.promotes, row.claim_version) == (match.p_match, match.promotes, match.claim_version)
    assert (row.drawn, row.scored_by, row.calibration) == ("alert", shipped_models().scored_by, None)
    assert labels(workplace) == [(pytest.approx(match.score, abs=1e-4), 1)]
    assert reviewing.review_match(workplace, match.match_id, "rejected", "Ben", LATER + timedelta(minutes=1))
    assert verdicts(workplace)[1].drawn == "check"
    assert labels(workplace) == [(pytest.approx(match.score, abs=1e-4), 0)], "the last word counts"


def test_what_is_gone_teaches_nothing(workplace: Workplace, alert: Alert) -> None:
    with workplace.engine.begin() as connection:
        number = connection.execute(sa.select(matches.c.match_id).where(matches.c.claim_id == alert.claim_id)).scalar()
        connection.execute(sa.update(posts).values(status="gone", text=""))
    assert not reviewing.review_match(workplace, int(number), "confirmed", "Ana", LATER)
    assert not reviewing.review_match(workplace, 0, "confirmed", "Ana", LATER)
    reviewing.review(workplace, alert, "confirmed", "Ana", LATER)
    (row,) = verdicts(workplace)
    assert (row.drawn, row.source, row.scored_by) == (None, None, None)
    assert labels(workplace) == []
