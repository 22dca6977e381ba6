"""Sources into the warehouse: which are on, what is asked of them, live, over a range of the past, or from a file."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.budget import Cap, has_budget, quota_of, set_aside, settle
from pipeline.config import POLICY, Settings
from pipeline.errors import ConfigError, Exhausted, ListenError, RateLimited, Transient
from pipeline.passes import Progress, Reading, outcome_of, read_query
from pipeline.post import EARLIEST
from pipeline.sources import Query, Source, load
from pipeline.warehouse import ledger
from pipeline.warehouse.claims import keywords_in_order
from pipeline.warehouse.leases import held_name
from pipeline.warehouse.posts import Counts
from pipeline.workplace import Workplace

METRICS = "metrics"


@dataclass(frozen=True)
class Layout:
    """How a file is to be read where it does not say so itself.

    `columns` names the column of a field; `platform` is given to rows without one; `date_format` is strptime's;
    `preset` and `sheet` are names (pipeline.sources.imports.file_query).
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    platform: str = ""
    date_format: str = ""
    preset: str = ""
    sheet: str = ""


def ingest_source(
    workplace: Workplace, name: str, now: datetime, progress: Progress = lambda _: None
) -> dict[str, Any]:
    """Read all queries of one source; returns source, outcome, detail and the counts of the ledger.

    A source that is off, asked to wait, or being read by another process is reported and is no error. Raises
    ListenError after all queries were tried where one broke off; what was stored by then stays, and the next run goes
    on there.
    """
    source = load(name, workplace.settings, workplace.listening)
    # Also of a source that is off: there may be posts of its platform from before, or from files.
    _declare_uses(workplace, source)
    why = why_off(workplace, source)
    if why:
        return _note(workplace, name, now, "off", why)
    workplace.settings.require_author_key()
    with held_name(workplace.engine, f"ingest:{name}") as ours:
        if not ours:
            return _note(workplace, name, now, "busy", "another process reads this source")
        with workplace.engine.begin() as connection:
            ledger.close_abandoned(connection, name)
            waiting_until = ledger.asked_to_wait(connection, name) if source.one_limit else None
        if waiting_until:
            return _note(workplace, name, now, "rate_limited", "the platform asked us to wait", waiting_until)
        reading = Reading(workplace, source, now, progress)
        queries = _live_queries(reading)
        if source.newest_first and not queries:
            return _note(workplace, name, now, "partial", "nothing is asked of it: list its channels in auscult.yaml")
        counts = read_queries(reading, queries)
        if not source.newest_first:
            # Files that were read before leave no row, and "nothing new" must not look like "not read".
            _note(workplace, name, now, "ok", "")
        _read_metrics(reading)
        return counts


def backfill_source(
    workplace: Workplace, name: str, after: datetime, until: datetime, now: datetime, progress: Progress
) -> dict[str, Any]:
    """Read what a source still has of [after, until), beside live listening; returns what `ingest_source` does.

    What it brings raises historical alerts only. Raises ConfigError where the range is empty or the source cannot be
    read backwards, and ListenError as `ingest_source` does; the same range again goes on where it broke off.
    """
    source = load(name, workplace.settings, workplace.listening)
    why = why_off(workplace, source)
    if why:
        raise ConfigError(f"{name} is off: {why}")
    if not source.newest_first:
        raise ConfigError(f"{name} reads files, which have no range of dates: use auscult import")
    if not after < until <= now:
        raise ConfigError("the range of a backfill begins before it ends, and ends by now")
    workplace.settings.require_author_key()
    with held_name(workplace.engine, f"backfill:{name}") as ours:
        if not ours:
            raise Transient(f"{name}: another backfill reads this source; try again when it has finished")
        with workplace.engine.begin() as connection:
            waiting_until = ledger.asked_to_wait(connection, name)
        if waiting_until:
            raise RateLimited(f"{name}: the platform asked us to wait", waiting_until)
        reading = Reading(workplace, source, now, progress)
        bounds = {"after": after.isoformat(), "until": until.isoformat()}
        return read_queries(reading, [replace(query, **bounds) for query in _live_queries(reading)])


def import_file(workplace: Workplace, path: Path, layout: Layout, now: datetime, progress: Progress) -> dict[str, Any]:
    """Read one file with the source `imports`, whether it was read before or not; returns what `ingest_source` does."""
    # Here, because reading workbooks takes a third of a second to load, and no other command does.
    from pipeline.sources.imports import Imports, file_query

    source = Imports(workplace.settings, workplace.listening)
    query = file_query(path, layout.columns, layout.platform, layout.date_format, layout.preset, layout.sheet)
    workplace.settings.require_author_key()
    # Two files may be read at once: posts meet in the upsert. The same file twice may not.
    with held_name(workplace.engine, f"ingest:{source.name}:{path}") as ours:
        if not ours:
            raise Transient(f"{path.name}: another process is reading this file; try again when it has finished")
        with workplace.engine.begin() as connection:
            ledger.close_abandoned(connection, source.name, query.key)
        return read_queries(Reading(workplace, source, now, progress, again=True), [query])


def read_queries(reading: Reading, queries: Sequence[Query]) -> dict[str, Any]:
    """Read these queries one after the other; raises the first error after all were tried that could be."""
    total, problems, spent = Counts(), [], set[str]()
    for query in queries:
        if quota_of(reading.source, query.mode) in spent:
            continue
        counts, problem = read_query(reading, query)
        total.add(counts)
        if problem is not None:
            problems.append(problem)
        if isinstance(problem, Exhausted):
            spent.add(quota_of(reading.source, query.mode))
        if isinstance(problem, RateLimited) and reading.source.one_limit:
            break
    if problems:
        first, counted = problems[0], f"{len(problems)} of {len(queries)} queries broke off"
        # The error itself, because it knows more than its words: when to try again, a hint.
        first.args = (f"{reading.source.name}: {counted}; first: {first}",)
        raise first
    counts_only = {key: count for key, count in asdict(total).items() if isinstance(count, int)}
    return {"source": reading.source.name, "outcome": "ok", "detail": "", "fetched": total.fetched, **counts_only}


def why_off(workplace: Workplace, source: Source) -> str:
    """Why this source is not read, in words for the operator; empty where it is."""
    if not workplace.listening.source(source.name).enabled:
        return "not listed in auscult.yaml, or enabled: false"
    missing = missing_credentials(workplace.settings, source)
    if missing:
        return f"no credentials: set {', '.join(missing)}"
    if source.terms is None:
        return ""
    with workplace.engine.begin() as connection:
        accepted = ledger.terms_accepted(connection, source.name, source.terms.version)
    how = f"terms {source.terms.version} not accepted: auscult sources accept {source.name} --by YOUR-NAME"
    return "" if accepted else how


def missing_credentials(settings: Settings, source: Source) -> list[str]:
    """The environment variables that this source wants and that are unset."""
    return [name for name in source.credentials if settings.secret(name) is None]


def _live_queries(reading: Reading) -> list[Query]:
    with reading.workplace.engine.begin() as connection:
        keywords = keywords_in_order(connection)
        since = reading.now - timedelta(days=POLICY["rematch_days"])
        alerting = ledger.alerting_posts(connection, reading.source.name, since) if has_budget(reading.rules) else {}
        finished = ledger.finished_queries(connection, reading.source.name)
    queries = reading.source.queries(reading.workplace.practice, keywords)
    # What a budget cuts off should be what never raised an alert, and what a quota cuts off is first the next time.
    return sorted(queries, key=lambda query: (-alerting.get(query.key, 0), finished.get(query.key, EARLIEST)))


def _read_metrics(reading: Reading) -> None:
    source, engine = reading.source, reading.workplace.engine
    if not source.has_metrics:
        return
    with engine.begin() as connection:
        if ledger.metrics_on_day(connection, source.name, reading.now):
            return
        run_id = ledger.open_run(connection, source.name, "-", reading.now, METRICS, METRICS)
    aside = set_aside(reading.workplace, source, METRICS, reading.now, run_id, source.page_posts)
    if isinstance(aside, Cap):
        with engine.begin() as connection:
            ledger.close_run(connection, run_id, "exhausted", aside.words)
        return
    outcome, detail = "ok", ""
    try:
        metrics = source.account_metrics()
        with engine.begin() as connection:
            ledger.store_metrics(connection, source.name, metrics, reading.now)
    except ListenError as error:
        # Numbers of our own accounts are a courtesy: without them the posts stand.
        outcome, detail = outcome_of(error), str(error)
    with engine.begin() as connection:
        settle(connection, source, run_id, aside, 1, 0)
        ledger.add_calls(connection, run_id, 0, source.cost_of_metrics_usd)
        ledger.close_run(connection, run_id, outcome, detail)


def _declare_uses(workplace: Workplace, source: Source) -> None:
    uses = source.uses
    with workplace.engine.begin() as connection:
        amended = bool(uses.amendment) and ledger.terms_accepted(connection, source.name, uses.amendment)
        ledger.declare_uses(connection, source.platform, uses.tone or amended, uses.combined or amended)


def _note(
    workplace: Workplace, name: str, now: datetime, outcome: str, detail: str, retry_at: datetime | None = None
) -> dict[str, Any]:
    with workplace.engine.begin() as connection:
        ledger.close_run(connection, ledger.open_run(connection, name, "-", now), outcome, detail, retry_at)
    return {"source": name, "outcome": outcome, "detail": detail, "fetched": 0}
