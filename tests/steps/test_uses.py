"""What a platform's terms forbid is not made of its posts: no tone, and no counting together with others."""

from datetime import UTC, datetime

import pandas as pd
import pytest
import sqlalchemy as sa

from pipeline import steps
from pipeline.cli.look import accept
from pipeline.errors import ConfigError
from pipeline.post import Post
from pipeline.screening.screen import without_tone
from pipeline.sources import names, source_type
from pipeline.warehouse import ledger, reports
from pipeline.warehouse.posts import Origin, store_posts
from pipeline.warehouse.tables import alerts, mentions, source_uses
from pipeline.workplace import Workplace

NOW = datetime(2026, 10, 12, 15, tzinfo=UTC)


@pytest.fixture
def named(workplace: Workplace) -> Workplace:
    """One post on each of three platforms names the practice; the connectors have said what their terms allow."""
    steps.sync_claims(NOW)
    assert steps.ingest("youtube", NOW)["outcome"] == "off"
    page = [
        Post(platform, "1", "post", f"Larkspur Family Health called back, {platform}", NOW, author_id=platform)
        for platform in ("youtube", "reddit", "x")
    ]
    with workplace.engine.begin() as connection:
        store_posts(connection, Origin("imports"), page, NOW, workplace.names)
    steps.screen(0, NOW)
    with workplace.engine.begin() as connection:
        # Sorted alike, so that nothing but what may be combined keeps them apart.
        connection.execute(sa.update(mentions).values(category=None, theme=None, tone=None, urgency="routine"))
    return workplace


def groups(workplace: Workplace) -> set[tuple[str, ...]]:
    steps.raise_alerts(NOW)
    with workplace.engine.begin() as connection:
        found = connection.execute(sa.select(alerts.c.platforms).where(alerts.c.state == "open"))
        return {tuple(platforms) for platforms in found.scalars()}


def test_only_youtube_limits_what_is_made_of_it() -> None:
    limited = {name for name in names() if not (source_type(name).uses.tone and source_type(name).uses.combined)}
    assert limited == {"youtube"}


def test_posts_that_may_not_be_combined_are_counted_alone_until_it_is_agreed(named: Workplace) -> None:
    assert groups(named) == {("youtube",), ("reddit", "x")}
    accept("youtube", "Ana Officer", "derived-metrics", NOW.isoformat())
    steps.ingest("youtube", NOW)
    assert groups(named) == {("reddit", "x", "youtube")}
    with named.engine.begin() as connection:
        uses = dict(connection.execute(sa.select(source_uses.c.platform, source_uses.c.combined)).all())
    assert uses["youtube"]


def test_an_amendment_that_nobody_knows_is_refused(workplace: Workplace) -> None:
    with pytest.raises(ConfigError, match="no amendment"):
        accept("youtube", "Ana Officer", "something-else", NOW.isoformat())


def test_tone_and_category_are_taken_out_and_what_cannot_wait_stays() -> None:
    rows = pd.DataFrame(
        {
            "post_id": [1, 2],
            "category": ["praise", "praise"],
            "theme": ["care", "care"],
            "tone": ["positive", "positive"],
        }
    ).assign(urgency="x")
    made = without_tone(rows, {2})
    assert made["tone"].tolist()[0] == "positive"
    assert made.loc[1, ["category", "theme", "tone"]].isna().all()
    assert made["urgency"].tolist() == ["x", "x"]


def test_a_tone_that_may_not_be_is_found_by_the_nightly_check(named: Workplace) -> None:
    with named.engine.begin() as connection:
        assert ledger.toneless_platforms(connection) == {"youtube"}
        connection.execute(sa.update(mentions).values(tone="positive"))
        assert reports.run_checks(connection, NOW)["tone_is_allowed"] == 1
