"""Reading a source into the warehouse: each page, its quarantine and its watermark in one transaction."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.alerting.links import may_hold_handle, permalink
from pipeline.config import Settings
from pipeline.errors import CursorRejected, Exhausted, ListenError, Permanent, RateLimited, Transient
from pipeline.listening import SourceSettings
from pipeline.post import Post, screening_text
from pipeline.privacy.pseudonyms import author_hash
from pipeline.sources import Query, Source, load
from pipeline.sources.imports import Imports, file_query
from pipeline.sources.reading import PageRead, PassState, Quarantined, out_of_reach, read_pass
from pipeline.warehouse import ledger
from pipeline.warehouse.claims import keywords_in_order
from pipeline.warehouse.leases import held_name
from pipeline.warehouse.posts import Counts, store_posts
from pipeline.workplace import Workplace

Progress = Callable[[int], None]

# How a read that broke off is called in the ledger.
_OUTCOMES = (
    (RateLimited, "rate_limited"),
    (Exhausted, "exhausted"),
    (Transient, "partial"),
    (CursorRejected, "partial"),
    (Permanent, "failed"),
)


@dataclass(frozen=True)
class Reading:
    """One source being read by one step."""

    workplace: Workplace
    source: Source
    now: datetime
    progress: Progress

    @property
    def rules(self) -> SourceSettings:
        """The source's own settings."""
        return self.workplace.listening.source(self.source.name)


def ingest_source(
    workplace: Workplace, name: str, now: datetime, progress: Progress = lambda _: None
) -> dict[str, Any]:
    """Read all queries of one source; returns source, outcome, detail and the counts of the ledger.

    A source that is off or being read by another process is reported and is no error. Raises ListenError after all
    queries were tried where one broke off; what was stored by then stays, and the next run goes on there.
    """
    source = load(name, workplace.settings, workplace.listening)
    why = why_off(workplace, source)
    if why:
        return _note(workplace, name, now, "off", why)
    workplace.settings.require_author_key()
    reading = Reading(workplace, source, now, progress)
    with held_name(workplace.engine, f"ingest:{name}") as ours:
        if not ours:
            return _note(workplace, name, now, "busy", "another process reads this source")
        with workplace.engine.begin() as connection:
            ledger.close_abandoned(connection, name)
            keywords = keywords_in_order(connection)
        return read_queries(reading, source.queries(workplace.practice, keywords))


def import_file(
    workplace: Workplace, path: Path, columns: dict[str, str], platform: str, now: datetime, progress: Progress
) -> dict[str, Any]:
    """Read one file with the source `imports`, whether it was read before or not; returns what `ingest_source` does.

    `columns` names the column of a field where it is not a usual one; `platform` is given to rows without one.
    """
    source = Imports(workplace.settings, workplace.listening)
    query = file_query(path, columns, platform)
    workplace.settings.require_author_key()
    # Two files may be read at once: posts meet in the upsert. The same file twice may not.
    with held_name(workplace.engine, f"ingest:{source.name}:{path}") as ours:
        if not ours:
            raise Transient(f"{path.name}: another process is reading this file; try again when it has finished")
        with workplace.engine.begin() as connection:
            ledger.close_abandoned(connection, source.name, query.key)
        return read_queries(Reading(workplace, source, now, progress), [query], again=True)


def read_queries(reading: Reading, queries: Sequence[Query], *, again: bool = False) -> dict[str, Any]:
    """Read these queries one after the other; a file that was read to its end is skipped unless `again`."""
    total, problems = Counts(), []
    for query in queries:
        counts, problem = _read_query(reading, query, again=again)
        _add(total, counts)
        if problem is not None:
            problems.append(problem)
        if isinstance(problem, RateLimited | Exhausted):
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


def _read_query(reading: Reading, query: Query, *, again: bool) -> tuple[Counts, ListenError | None]:
    name, engine, total = reading.source.name, reading.workplace.engine, Counts()
    with engine.begin() as connection:
        mark = ledger.read_watermark(connection, name, query.key)
        if mark.finished_at is not None and not reading.source.newest_first and not again:
            return total, None
        run_id = ledger.open_run(connection, name, query.key, reading.now)
        gap = out_of_reach(reading.source, mark.finished_at, reading.now)
        if gap is not None:
            stretch = (gap.after_at, gap.before_at)
            ledger.store_gap(connection, name, query.key, gap.reason, reading.now, stretch)
    # With a floor a file that was read to its end would hand over nothing.
    state = PassState(None if again else mark.floor_at, mark.pending_cursor, mark.pending_high_at)
    outcome, detail, problem = "ok", "", None
    try:
        if _is_spent(reading):
            outcome, detail = "exhausted", "the daily budget is used up; tomorrow's first run goes on here"
        elif not _read_passes(reading, query, state, run_id, total):
            outcome, detail = "partial", "stopped at the page limit or the daily budget; a later run goes on here"
    except ListenError as error:
        problem, detail = error, str(error)
        outcome = next((word for kind, word in _OUTCOMES if isinstance(error, kind)), "failed")
    with engine.begin() as connection:
        ledger.close_run(connection, run_id, outcome, detail)
    return total, problem


def _read_passes(reading: Reading, query: Query, state: PassState, run_id: int, total: Counts) -> bool:
    finished = False
    for _ in range(2):
        head_pass = False
        for page in read_pass(reading.source, query, state, reading.now, reading.rules.max_pages):
            counts = _store_page(reading, query, page, run_id)
            _add(total, counts)
            reading.progress(counts.fetched)
            state, finished, head_pass = page.state_after, page.finished, page.needs_head_pass
            if not finished and _is_spent(reading):
                return False
        if not head_pass:
            break
    return finished


def _store_page(reading: Reading, query: Query, page: PageRead, run_id: int) -> Counts:
    name, now = reading.source.name, reading.now
    pseudonym = partial(author_hash, reading.workplace.settings.require_author_key())
    wanted = [post for post in page.posts if _is_wanted(post, reading.rules)]
    with reading.workplace.engine.begin() as connection:
        counts = store_posts(connection, name, [_without_handle(post) for post in wanted], now, pseudonym)
        counts.skipped += len(page.posts) - len(wanted)
        counts.quarantined += len(page.quarantined)
        aside = [*map(_rejected, page.quarantined), *map(_collided, counts.collided)]
        ledger.store_rejected(connection, name, query.key, aside, now)
        state = asdict(page.state_after)
        finished_at = now if page.finished else ledger.read_watermark(connection, name, query.key).finished_at
        ledger.write_watermark(connection, name, query.key, ledger.Watermark(**state, finished_at=finished_at))
        ledger.add_to_run(connection, run_id, counts)
        if page.gap is not None:
            stretch = (page.gap.after_at, page.gap.before_at)
            ledger.store_gap(connection, name, query.key, page.gap.reason, now, stretch)
    return counts


def _is_wanted(post: Post, rules: SourceSettings) -> bool:
    if rules.languages and post.lang is not None and post.lang not in rules.languages:
        return False
    words = screening_text(post.title, post.text).casefold()
    return not any(excluded.casefold() in words for excluded in rules.exclude)


def _without_handle(post: Post) -> Post:
    # Addresses of social platforms hold the author's handle or the post's title; the rebuilt ones hold ids only.
    if post.url is None or not may_hold_handle(post.platform, post.url):
        return post
    return replace(post, url=permalink(post.platform, post.platform_id, post.url).address)


def _is_spent(reading: Reading) -> bool:
    budget = reading.rules.daily_budget_usd
    if budget is None or not reading.source.cost_per_post_usd:
        return False
    with reading.workplace.engine.begin() as connection:
        fetched = ledger.fetched_on_day(connection, reading.source.name, reading.now)
    return fetched * reading.source.cost_per_post_usd >= budget


def _rejected(one: Quarantined) -> ledger.Rejected:
    mark = one.content_hash or hashlib.sha256(f"{one.position}\x1f{one.reason}".encode()).hexdigest()
    return ledger.Rejected(one.position, one.platform_id, one.reason, mark, f"{one.size} bytes" if one.size else "")


def _collided(key: tuple[str, str]) -> ledger.Rejected:
    mark = hashlib.sha256("\x1f".join(key).encode()).hexdigest()
    return ledger.Rejected("", key[1], "id_of_another_post", mark, "another author's post has this id; use --platform")


def _note(workplace: Workplace, name: str, now: datetime, outcome: str, detail: str) -> dict[str, Any]:
    with workplace.engine.begin() as connection:
        ledger.close_run(connection, ledger.open_run(connection, name, "-", now), outcome, detail)
    return {"source": name, "outcome": outcome, "detail": detail, "fetched": 0}


def _add(total: Counts, counts: Counts) -> None:
    for name in ("new", "duplicate", "edited", "skipped", "quarantined"):
        setattr(total, name, getattr(total, name) + getattr(counts, name))
