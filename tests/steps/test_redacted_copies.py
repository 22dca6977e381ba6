"""Analysts' copies: made with the rows they read, changed with the words, gone with them."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from pipeline import steps
from pipeline.post import Post
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.warehouse.posts import Origin, store_posts
from pipeline.warehouse.tables import posts
from pipeline.workplace import Workplace

NOW = datetime(2026, 11, 1, 16, tzinfo=UTC)
NAMES = Pseudonyms(b"a key for invented authors, no practice's")
NAMED = "Larkspur Family Health never called Edna Grubb back, she is at 555-0143"
SPREADS = "The MMR vaccine causes autism. Ask Walter Pym, 14 Pear Street, he has the papers."
NEITHER = "Edna Grubb, 555-0143, sells firewood"


@pytest.fixture
def screened(workplace: Workplace) -> Workplace:
    steps.sync_claims(NOW)
    store(workplace, {"named": NAMED, "spreads": SPREADS, "neither": NEITHER})
    steps.screen(NOW)
    return workplace


def store(workplace: Workplace, texts: dict[str, str], edited_at: datetime | None = None) -> None:
    page = [Post("x", name, "post", text, NOW, edited_at=edited_at) for name, text in texts.items()]
    with workplace.engine.begin() as connection:
        store_posts(connection, Origin("x"), page, NOW, NAMES)


def copies(workplace: Workplace) -> dict[str, str | None]:
    with workplace.engine.begin() as connection:
        return dict(connection.execute(sa.select(posts.c.platform_id, posts.c.redacted_text)).all())


def test_what_analysts_see_has_a_copy_without_identifiers_and_nothing_else_has_one(screened: Workplace) -> None:
    found = copies(screened)
    assert found["named"] == "Larkspur Family Health never called [name] back, she is at [phone]"
    assert found["spreads"] == "The MMR vaccine causes autism. Ask [name], [address], he has the papers."
    assert found["neither"] is None


def test_an_edit_empties_the_copy_until_it_is_screened_again(screened: Workplace) -> None:
    later = NOW + timedelta(minutes=5)
    store(screened, {"named": "Larkspur Family Health called", "spreads": "a walk by the harbor"}, later)
    assert copies(screened)["named"] is copies(screened)["spreads"] is None
    steps.screen(later)
    assert copies(screened) == {"named": "Larkspur Family Health called", "spreads": None, "neither": None}
