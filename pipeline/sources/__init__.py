"""The connector contract: a source is a name, `fetch_page`, `to_post` and `recheck`; one module per platform."""

import hashlib
import importlib
import json
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any, ClassVar

from pipeline.config import Settings
from pipeline.errors import ConfigError, Exhausted
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
    """One thing to read: search words in one channel, or a whole channel. `key` names its watermark.

    `after` and `until` (ISO times, UTC) bound a backfill; both are empty where we listen live.
    """

    source: str
    mode: str
    words: str = ""
    channel: str = ""
    after: str = ""
    until: str = ""

    @property
    def key(self) -> str:
        """A stable 16-digit name of what is asked, so that a changed query starts a watermark of its own."""
        bounds = ("after", "until")
        asked = {name: value for name, value in asdict(self).items() if value or name not in bounds}
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def after_at(self) -> datetime | None:
        """Posts before this moment are not wanted; None: no bound."""
        return datetime.fromisoformat(self.after) if self.after else None

    @property
    def until_at(self) -> datetime | None:
        """Posts from this moment on are not wanted; None: no bound."""
        return datetime.fromisoformat(self.until) if self.until else None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of raw records as the platform gave them; `next_cursor` is None on the last page of a pass.

    `malformed` holds (position, reason slug) for records that could not even be decoded, counted as quarantined.
    `gap` is a reason slug where the platform itself says that it left posts out of this page (a cap on results).
    `calls` is how many requests the page took.
    """

    records: Sequence[Record] = field(repr=False)
    next_cursor: str | None
    malformed: Sequence[tuple[str, str]] = ()
    gap: str = ""
    calls: int = 1


@dataclass(frozen=True, slots=True)
class Recheck:
    """What a platform says of stored ids; an id in neither set was not answered and must not be read as gone.

    `calls` is how many requests it took, `more_posts` how many posts it read beside those asked for.
    """

    live: frozenset[str]
    gone: frozenset[str]
    edited: Sequence[Record] = field(default=(), repr=False)
    calls: int = 1
    more_posts: int = 0


@dataclass(frozen=True, slots=True)
class AccountMetric:
    """One number of an account of our own (followers, reach), as its platform gives it now."""

    account: str
    metric: str
    value: int


@dataclass(frozen=True, slots=True)
class Quota:
    """How many calls a platform grants a day for queries of these modes (none named: all calls).

    `zone` is where its day begins.
    """

    calls: int
    modes: frozenset[str] = frozenset()
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Uses:
    """What a platform's terms let us make of its posts; what they do not is not made, counted or shown.

    `tone`: category and tone of a mention. `combined`: to count or group its posts together with those of
    other platforms. `amendment` names the agreement with the platform that lifts both limits, once it is recorded.
    """

    tone: bool = True
    combined: bool = True
    amendment: str = ""


class Source(ABC):
    """A platform connector. Construct it with `Settings`; construction opens no connection.

    `fetch_page` raises RateLimited, Transient, CursorRejected, Exhausted or Permanent; `to_post` raises Skippable.
    `reach` is how far back the platform's search sees, where it is asked for `since` itself; None: it lists from the
    newest until it ends, so an end above the watermark is a coverage gap. `first_pass` bounds a pass that has no
    watermark. `page_posts` is the most that one page brings and `least_page_posts` the least it can be made to;
    `page_limit` is what the budget has room for. `page_calls` is how many requests a page takes, rare cases aside,
    `call_limit` how many are left of the caps, None: no cap. `one_limit`: a request to wait is for all queries.
    `validators` are, by query key, headers by which a platform knows that nothing changed since the query was last
    stored; the caller keeps them with the watermark. `own_authors` are the platform's ids of our own accounts;
    `has_metrics`: their numbers can be read.
    """

    name: ClassVar[str]
    platform: ClassVar[str]
    credentials: ClassVar[tuple[str, ...]] = ()
    terms: ClassVar[Terms | None] = None
    uses: ClassVar[Uses] = Uses()
    newest_first: ClassVar[bool] = True
    overlap: ClassVar[timedelta] = timedelta(0)
    reach: ClassVar[timedelta | None] = None
    first_pass: ClassVar[timedelta | None] = None
    recheck_batch: ClassVar[int] = 0
    cost_per_post_usd: ClassVar[float] = 0.0
    cost_of_metrics_usd: ClassVar[float] = 0.0
    page_posts: ClassVar[int] = 100
    least_page_posts: ClassVar[int] = 1
    page_calls: ClassVar[int] = 1
    quotas: ClassVar[tuple[Quota, ...]] = ()
    one_limit: ClassVar[bool] = True

    def __init__(self, settings: Settings, listening: Listening) -> None:
        self._settings = settings
        self._chosen = listening.source(self.name)
        self.page_limit = self.page_posts
        self.call_limit: int | None = None
        self.validators: dict[str, dict[str, str]] = {}
        self.own_authors: frozenset[str] = frozenset()
        self.has_metrics = type(self).account_metrics is not Source.account_metrics

    @abstractmethod
    def queries(self, practice: Practice, keywords: Sequence[str]) -> list[Query]:
        """What to ask for this practice and these claim keywords, split to the platform's query limits."""

    @abstractmethod
    def fetch_page(self, query: Query, cursor: str | None, since: datetime | None) -> Page:
        """The page at `cursor` (None: the first). `since` is a hint of how far back a pass needs to read."""

    @abstractmethod
    def to_post(self, record: Record) -> Post:
        """Map one raw record; pure."""

    def recheck(self, ids: Sequence[str]) -> Recheck:
        """Ask whether stored ids are still public, `recheck_batch` at most; 0: the platform cannot be asked."""
        return Recheck(frozenset(), frozenset())

    def require_call(self, made: int) -> None:
        """Raise Exhausted where the caps leave no room for another request of a page that has `made` some."""
        if self.call_limit is not None and made >= self.call_limit:
            raise Exhausted("the caps on calls have no room for the rest of a page")

    def account_metrics(self) -> Sequence[AccountMetric]:
        """Numbers of our own accounts, where the platform offers them. Raises as `fetch_page` does."""
        return ()


def names() -> list[str]:
    """The names of all sources: the public modules of this package that define SOURCE."""
    return sorted(name for name in _modules() if hasattr(_module(name), "SOURCE"))


def source_type(name: str) -> type[Source]:
    """The class of the source called `name`; raises ConfigError for an unknown name."""
    # Only this one is imported: together their clients take three seconds.
    source: type[Source] | None = getattr(_module(name), "SOURCE", None) if name in _modules() else None
    if source is None:
        raise ConfigError(f"no source is called {name!r}; known: {', '.join(names())}")
    return source


def load(name: str, settings: Settings, listening: Listening) -> Source:
    """The source called `name`, constructed."""
    return source_type(name)(settings, listening)


def _modules() -> set[str]:
    return {module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")}


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name}")
