"""What every step works with: settings, the two YAML files and an open warehouse, read once per process."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from sqlalchemy.engine import Engine

from pipeline.config import Settings, read_settings
from pipeline.errors import ConfigError
from pipeline.listening import Listening, Practice, read_listening, read_practice
from pipeline.privacy.journal import Journal
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.warehouse.engine import open_engine
from pipeline.warehouse.erasure import journal_position, move_journal, replay

EARLIEST_YEAR, LATEST_YEAR = 2001, 2100

_engines: dict[tuple[str, str | None], Engine] = {}


@dataclass(frozen=True)
class Workplace:
    """Settings, and what is read from them on first use."""

    settings: Settings

    @cached_property
    def practice(self) -> Practice:
        """Who we are."""
        return read_practice(self.settings.practice_file)

    @cached_property
    def listening(self) -> Listening:
        """How we listen."""
        return read_listening(self.settings.listening_file)

    @cached_property
    def names(self) -> Pseudonyms:
        """Keyed names of authors and posts. Raises ConfigError where no key is set."""
        return Pseudonyms(self.settings.require_author_key())

    @cached_property
    def journal(self) -> Journal:
        """The journal of erasures."""
        return Journal(self.settings.erasures_file)

    @cached_property
    def engine(self) -> Engine:
        """The warehouse, its schema and all erasures in force; one engine per process and address."""
        key = (str(self.settings.home), self.settings.database_url)
        if key not in _engines:
            engine = open_engine(self.settings)
            self._replay_erasures(engine)
            _engines[key] = engine
        return _engines[key]

    def _replay_erasures(self, engine: Engine) -> None:
        # A backup that was put back knows nothing of what was erased after it was made.
        if not (journal := self.journal.name):
            return
        with engine.begin() as connection:
            entries, length = self.journal.since(journal_position(connection, journal))
            if entries:
                replay(connection, entries, self.names)
                move_journal(connection, journal, length)


def open_workplace(settings: Settings | None = None) -> Workplace:
    """The workplace of these settings (default: the environment's). Opens nothing yet."""
    return Workplace(settings or read_settings())


def close_engines() -> None:
    """Forget the open engines, as before the server stops."""
    while _engines:
        _engines.popitem()[1].dispose()


def moment(now: str | datetime | None) -> datetime:
    """The clock of a step as UTC: an ISO text, a datetime, or the wall clock where it is empty.

    Raises ConfigError for anything else, and for a time without a zone.
    """
    if not now:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        read = datetime.fromisoformat(now) if isinstance(now, str) else now
    except ValueError:
        raise ConfigError(f"not a time: {now!r}; write it like 2026-10-12T15:00:00Z") from None
    if read.tzinfo is None:
        raise ConfigError(f"the time {now!s} has no zone; write it like 2026-10-12T15:00:00Z")
    if not EARLIEST_YEAR <= read.year <= LATEST_YEAR:
        raise ConfigError(f"the time {now!s} is not between the years {EARLIEST_YEAR} and {LATEST_YEAR}")
    return read.astimezone(UTC)
