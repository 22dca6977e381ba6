"""The connector contract: a source is a name, `fetch_page`, `to_post` and `recheck`; one module per platform."""

import hashlib
import importlib
import json
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any, Protocol

from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.listening import Listening, Practice
from pipeline.post import Post

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Terms:
    """The platform terms that an operator accepts before the source may be read."""

    version: str
    address: str
    summary: str


@dataclass(frozen=True, slots=True)
class Query:
    """One thing to read: search words in one channel, or a whole channel. `key` names its watermark."""

    source: str
    mode: str
    words: str = ""
    channel: str = ""

    @property
    def key(self) -> str:
        """A stable 16-digit name of what is asked, so that a changed query starts a watermark of its own."""
        asked = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(asked.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of raw records as the platform gave them; `next_cursor` is None on the last page of a pass.

    `malformed` holds (position, reason slug) for records that could not even be decoded, counted as quarantined.
    """

    records: Sequence[Record] = field(repr=False)
    next_cursor: str | None
    malformed: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Recheck:
    """What a platform says of stored ids; an id in neither set was not answered and must not be read as gone."""

    live: frozenset[str]
    gone: frozenset[str]
    edited: Sequence[Record] = field(default=(), repr=False)


class Source(Protocol):
    """A platform connector. Construct it with `Settings`; construction opens no connection.

    `fetch_page` raises RateLimited, Transient, CursorRejected, Exhausted or Permanent; `to_post` raises Skippable.
    `reach` is how far back the platform's search sees, where it is asked for `since` itself; None: it lists from the
    newest until it ends, so an end above the watermark is a coverage gap.
    """

    name: str
    platform: str
    credentials: tuple[str, ...]
    terms: Terms | None
    newest_first: bool
    overlap: timedelta
    reach: timedelta | None
    recheck_batch: int
    retention: timedelta | None
    cost_per_post_usd: float

    def __init__(self, settings: Settings, listening: Listening) -> None: ...

    def queries(self, practice: Practice, keywords: Sequence[str]) -> list[Query]:
        """What to ask for this practice and these claim keywords, split to the platform's query limits."""
        ...

    def fetch_page(self, query: Query, cursor: str | None, since: datetime | None) -> Page:
        """The page at `cursor` (None: the first). `since` is a hint of how far back a pass needs to read."""
        ...

    def to_post(self, record: Record) -> Post:
        """Map one raw record; pure."""
        ...

    def recheck(self, ids: Sequence[str]) -> Recheck:
        """Ask whether stored ids are still public, `recheck_batch` at most."""
        ...


def names() -> list[str]:
    """The names of all sources: the public modules of this package that define SOURCE."""
    return sorted(
        module.name
        for module in pkgutil.iter_modules(__path__)
        if not module.name.startswith("_") and hasattr(_module(module.name), "SOURCE")
    )


def source_type(name: str) -> type[Source]:
    """The class of the source called `name`; raises ConfigError for an unknown name."""
    if name not in names():
        raise ConfigError(f"no source is called {name!r}; known: {', '.join(names())}")
    source: type[Source] = _module(name).SOURCE
    return source


def load(name: str, settings: Settings, listening: Listening) -> Source:
    """The source called `name`, constructed."""
    return source_type(name)(settings, listening)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name}")
