"""Posts of our own in the screen step: what the guard stops becomes an alert, and nothing else of ours does."""

from datetime import UTC, datetime

import sqlalchemy as sa

from pipeline import steps
from pipeline.post import Post
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.warehouse.posts import Origin, store_posts
from pipeline.warehouse.tables import alerts, mentions, posts
from pipeline.workplace import Workplace

NOW = datetime(2026, 11, 1, 16, tzinfo=UTC)
NAMES = Pseudonyms(b"a key for invented authors, no practice's")
DISCLOSURE = (
    "Congratulations to Ellen Varga, who finished her last chemo treatment with us on Friday. You did it, Ellen!"
)
FALSE = "Cold season tip from our team: antibiotics cure colds and the flu, so ask for them on the first day."
FINE = "Larkspur Family Health closes at noon on Friday for staff training. The phones are answered until five."


def test_what_the_guard_stops_is_an_alert_of_its_own_and_our_ordinary_posts_are_none(workplace: Workplace) -> None:
    texts = {"disclosure": DISCLOSURE, "false": FALSE, "fine": FINE, "others": DISCLOSURE}
    page = [Post("x", name, "post", text, NOW, own=name != "others") for name, text in texts.items()]
    steps.sync_claims(NOW)
    with workplace.engine.begin() as connection:
        store_posts(connection, Origin("x"), page, NOW, NAMES)
    steps.screen(0, NOW)
    steps.raise_alerts(NOW)
    with workplace.engine.begin() as connection:
        stopped = sa.select(posts.c.platform_id, mentions.c.category, mentions.c.context).join_from(posts, mentions)
        found = connection.execute(stopped.where(mentions.c.kind == "own_post")).all()
        raised = connection.execute(sa.select(alerts.c.category, alerts.c.severity)).all()
    assert {row.platform_id: row.category for row in found} == {
        "disclosure": "own_post:disclosure",
        "false": "own_post:false_claim",
    }
    assert not any("Ellen" in row.context or "Varga" in row.context for row in found)
    assert set(raised) == {("own_post:disclosure", "urgent"), ("own_post:false_claim", "urgent")}
