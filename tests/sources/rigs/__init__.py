"""What the contract suite must know of one platform: how an invented post looks there and how its source is reached.

One module per platform, which defines PLATFORM; the suite finds them by itself.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demo.loopback import Loopback
from demo.wires import Wire
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


def invented(platform: str, number: int, created_at: datetime, **fields: Any) -> dict[str, Any]:
    """The canonical post of one number, as demo/posts has them; `fields` are what the platform wants otherwise."""
    return {
        "id": f"inv{number:03d}",
        "platform": platform,
        "channel": None,
        "kind": "post",
        "title": None,
        "text": f"Larkspur Family Health saw me on visit number {number}.",
        "author": f"voice_{number % 7}",
        "created_at": created_at.isoformat(),
        "parent_id": None,
        "lang": "en",
        "metrics": {"score": number, "likes": number, "shares": 0, "replies": 1},
        **fields,
    }


@dataclass(frozen=True)
class Platform:
    """One platform under the suite.

    `make(number, created_at)` is its canonical post; `environment(address)` points the connector at the loopback;
    `query` chooses, of the source's queries, the one that lists every invented post. `lacks` names what the platform
    does not have, so that the tests of it do not apply: "pages" (all is in one reply), "anchors" (a cursor names a
    post, and dies with it), "refusals" (a 401 or 403 of its own), "credentials", "limits" (a 429 with a time), "quota"
    (a refusal that says that it is used up), "retries" (a second request within seconds is too many), "edits",
    "recheck", "ids" (any id may exist, so none is refused unsent), "replies" (a count of answers), "authors".
    """

    name: str
    wire: Callable[[], Wire]
    environment: Callable[[str], Mapping[str, str]]
    make: Callable[[int, datetime], dict[str, Any]]
    address: str
    unknown_id: str = ""
    sources: Mapping[str, Any] = field(default_factory=dict)
    query: Callable[[Source], Query] = lambda source: source.queries(PRACTICE, ())[0]
    lacks: frozenset[str] = frozenset()


@dataclass
class Rig:
    """One connector, its loopback, the query that lists every invented post, and what the platform calls them."""

    of: Platform
    server: Loopback
    source: Source
    query: Query
    ids: list[str]

    @property
    def platform(self) -> str:
        """The platform's name."""
        return self.of.name

    def post(self, number: int, created_at: datetime | None = None) -> dict[str, Any]:
        """The canonical post of a number; by default at the time it has among the invented ones."""
        return self.of.make(number, created_at or published_at(number))

    def fresh(self, **environment: str) -> Source:
        """A new connector, as a new process would make it."""
        return connector(self.of, self.server, environment)


def published_at(number: int) -> datetime:
    """When the invented post of this number was published: one in half an hour, the last 8.5 hours ago."""
    return NOW - timedelta(hours=20) + timedelta(minutes=30 * number)


def connector(of: Platform, server: Loopback, environment: Mapping[str, str]) -> Source:
    """The platform's connector, pointed at the loopback."""
    settings = {"AUSCULT_HTTP_TIMEOUT": "0.5", **of.environment(server.url), **environment}
    listening = Listening.model_validate({"sources": {of.name: dict(of.sources)}})
    return load(of.name, read_settings(settings), listening)


@contextmanager
def rigged(of: Platform) -> Iterator[Rig]:
    """The rig of a platform, its loopback serving the invented posts."""
    posts = [of.make(number, published_at(number)) for number in range(COUNT)]
    with Loopback(now=NOW, posts=posts, page_size=PAGE, wires=[of.wire()]) as server:
        source = connector(of, server, {})
        yield Rig(of, server, source, of.query(source), [post.id for post in server.posts])


def rig_of(of: Platform) -> Callable[[], Iterator[Rig]]:
    """A fixture: the rig of one platform, asked for nothing that no route of it knows."""

    @pytest.fixture
    def rig() -> Iterator[Rig]:
        with rigged(of) as made:
            yield made
            assert not made.server.strays

    return rig


def platforms() -> list[Platform]:
    """Every platform that has a rig, by name."""
    found = (importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    return sorted((module.PLATFORM for module in found), key=lambda platform: platform.name)
