"""Invented posts about an invented practice, a loopback that serves them, and the two connectors pointed at it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from demo.loopback import Loopback
from pipeline.config import read_settings
from pipeline.listening import Listening, Practice
from pipeline.sources import Query, Source, load

NOW = datetime(2026, 10, 12, 12, 0, tzinfo=UTC)
COUNT = 24
PAGE = 6
PRACTICE = Practice(
    name="Larkspur Family Health",
    aliases=("Larkspur Clinic",),
    handles={"x": ("@LarkspurFamily",)},
    not_us=("Larkspur Florist",),
)
LISTENING = Listening.model_validate({"sources": {"reddit": {"channels": ["PortAlder"]}, "x": {"languages": ["en"]}}})


def _post(platform: str, number: int) -> dict:
    created_at = NOW - timedelta(hours=20) + timedelta(minutes=30 * number)
    snowflake = (int(created_at.timestamp() * 1_000) - 1_288_834_974_657) << 22
    return {
        "id": f"inv{number:03d}" if platform == "reddit" else str(snowflake),
        "platform": platform,
        "channel": "PortAlder" if platform == "reddit" else None,
        "kind": "post",
        "title": f"Visit {number}" if platform == "reddit" else None,
        "text": f"Larkspur Family Health saw me on visit number {number}.",
        "author": f"voice_{number % 7}",
        "created_at": created_at.isoformat(),
        "parent_id": None,
        "lang": "en",
        "metrics": {"score": number, "likes": number, "replies": 1},
    }


def _source(platform: str, server: Loopback, environment: dict[str, str]) -> Source:
    settings = {
        "AUSCULT_HTTP_TIMEOUT": "0.5",
        "AUSCULT_REDDIT_URL": server.reddit_url,
        "AUSCULT_REDDIT_CLIENT_ID": "client",
        "AUSCULT_REDDIT_CLIENT_SECRET": "not-a-secret",
        "AUSCULT_REDDIT_USER_AGENT": "linux:auscult-tests:1 (by the tests)",
        "AUSCULT_X_URL": server.x_url,
        "AUSCULT_X_BEARER_TOKEN": "not-a-secret",
    }
    return load(platform, read_settings(settings | environment), LISTENING)


@dataclass
class Rig:
    """One connector, its loopback, the query that lists every invented post, and what the platform calls them."""

    platform: str
    server: Loopback
    source: Source
    query: Query
    ids: list[str]
    post: Callable[[int], dict]

    def fresh(self, **environment: str) -> Source:
        """A new connector, as a new process would make it."""
        return _source(self.platform, self.server, environment)


def _rig(platform: str):
    with Loopback(now=NOW, posts=[_post(platform, number) for number in range(COUNT)], page_size=PAGE) as server:
        source = _source(platform, server, {})
        query = source.queries(PRACTICE, ())[0]
        yield Rig(
            platform, server, source, query, [post.id for post in server.posts], lambda number: _post(platform, number)
        )


@pytest.fixture(params=["reddit", "x"])
def rig(request):
    """Both platforms, one after the other."""
    yield from _rig(request.param)


@pytest.fixture
def reddit():
    yield from _rig("reddit")


@pytest.fixture
def x():
    yield from _rig("x")


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def practice():
    return PRACTICE
