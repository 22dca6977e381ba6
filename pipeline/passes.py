"""One query read into the warehouse: each page, its quarantine and its watermark in one transaction."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy.engine import Connection

from pipeline.alerting.links import may_hold_handle, permalink
from pipeline.budget import Cap, Room, set_aside, settle
from pipeline.erasing import note
from pipeline.errors import CursorRejected, Exhausted, ListenError, Permanent, RateLimited, Transient
from pipeline.listening import SourceSettings
from pipeline.post import Post, screening_text
from pipeline.sources import Query, Source
from pipeline.sources.reading import Gap, PageRead, PassState, Quarantined, out_of_reach, read_pass
from pipeline.warehouse import ledger
from pipeline.warehouse.posts import Counts, Origin, store_posts
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
    """One source being read by one step. `again`: also what was read to its end."""

    workplace: Workplace
    source: Source
    now: datetime
    progress: Progress
    again: bool = False

    @property
    def rules(self) -> SourceSettings:
        """The source's own settings."""
        return self.workplace.listening.source(self.source.name)


def outcome_of(error: ListenError) -> str:
    """What the ledger calls a read that broke off with this error."""
    return next((word for kind, word in _OUTCOMES if isinstance(error, kind)), "failed")


def read_query(reading: Reading, query: Query) -> tuple[Counts, ListenError | None]:
    """Read one query as far as it goes; returns what became of its records, and the error that broke it off.

    A cap that is reached is no error: the ledger says so, and a later run goes on.
    """
    name, engine, total = reading.source.name, reading.workplace.engine, Counts()
    with engine.begin() as connection:
        mark = ledger.read_watermark(connection, name, query.key)
        read_once = not reading.source.newest_first or query.after_at is not None
        if mark.finished_at is not None and read_once and not reading.again:
            return total, None
        purpose = "backfill" if query.after_at else "listen"
        run_id = ledger.open_run(connection, name, query.key, reading.now, query.mode, purpose)
        gap = out_of_reach(reading.source, query.after_at or mark.finished_at, reading.now)
        _store_gap(connection, reading, query, gap)
    reading.source.validators[query.key] = dict(mark.validators)
    # With a floor a file that was read to its end would hand over nothing.
    state = PassState(None if reading.again else mark.floor_at, mark.pending_cursor, mark.pending_high_at)
    outcome, detail, retry_at = "ok", f"the platform no longer has all of it ({gap.reason})" if gap else "", None
    problem: ListenError | None = None
    try:
        cap, finished = _read_passes(reading, query, state, run_id, total)
        if cap is not None:
            outcome, detail, retry_at = (
                "exhausted",
                f"{cap.words}; the first run after it is renewed goes on here",
                cap.renewed_at,
            )
        elif not finished:
            outcome, detail = "partial", "stopped at the page limit; a later run goes on here"
    except ListenError as error:
        problem, outcome, detail = error, outcome_of(error), str(error)
        retry_at = error.retry_at if isinstance(error, RateLimited) else None
    with engine.begin() as connection:
        ledger.close_run(connection, run_id, outcome, detail, retry_at)
    return total, problem


def _read_passes(
    reading: Reading, query: Query, state: PassState, run_id: int, total: Counts
) -> tuple[Cap | None, bool]:
    """The cap that ended the read, if one did, and whether the pass is complete."""
    finished = False
    for _ in range(2):
        head_pass = False
        pages = read_pass(reading.source, query, state, reading.now, reading.rules.max_pages)
        while True:
            aside = set_aside(
                reading.workplace,
                reading.source,
                query.mode,
                reading.now,
                run_id,
                reading.source.page_posts,
                reading.source.page_calls,
            )
            if isinstance(aside, Cap):
                return aside, False
            page = _next_page(reading, pages, run_id, aside)
            if page is None:
                break
            counts = _store_page(reading, query, page, run_id, aside)
            total.add(counts)
            reading.progress(counts.fetched)
            state, finished, head_pass = page.state_after, page.finished, page.needs_head_pass
            if finished:
                break
        if not head_pass:
            break
    return None, finished


def _next_page(reading: Reading, pages: Iterator[PageRead], run_id: int, aside: Room) -> PageRead | None:
    source, page, calls = reading.source, None, 0
    source.page_limit, source.call_limit = aside.posts, aside.calls_left
    try:
        page = next(pages, None)
    except ListenError:
        # What was refused was asked all the same.
        calls = 1
        raise
    finally:
        if page is None:
            with reading.workplace.engine.begin() as connection:
                settle(connection, source, run_id, aside, calls, 0)
    return page


def _store_page(reading: Reading, query: Query, page: PageRead, run_id: int, aside: Room) -> Counts:
    name, now, names = reading.source.name, reading.now, reading.workplace.names
    own = reading.source.own_authors
    wanted = [
        replace(_without_handle(post), own=post.author_id in own)
        for post in page.posts
        if _is_wanted(post, query, reading.rules)
    ]
    origin = Origin(name, query.key, backfilled=query.after_at is not None)
    with reading.workplace.engine.begin() as connection:
        counts = store_posts(connection, origin, wanted, now, names)
        counts.skipped += len(page.posts) - len(wanted)
        counts.quarantined += len(page.quarantined)
        rejected = [*map(_rejected, page.quarantined), *map(_collided, counts.collided)]
        ledger.store_rejected(connection, name, query.key, rejected, now)
        state = asdict(page.state_after)
        mark = ledger.read_watermark(connection, name, query.key)
        finished_at = now if page.finished else mark.finished_at
        validators = reading.source.validators.get(query.key, {}) if page.finished else mark.validators
        ledger.write_watermark(
            connection, name, query.key, ledger.Watermark(**state, finished_at=finished_at, validators=validators)
        )
        ledger.add_to_run(connection, run_id, counts)
        settle(connection, reading.source, run_id, aside, page.calls, page.fetched)
        if page.finished and not page.needs_head_pass:
            # With the page: a kill before the run is closed would have a complete read look broken off.
            ledger.close_run(connection, run_id, "ok")
        _store_gap(connection, reading, query, page.gap)
        note(reading.workplace, connection, counts.erased)
    return counts


def _store_gap(connection: Connection, reading: Reading, query: Query, gap: Gap | None) -> None:
    # What a backfill cannot have was not missed by listening; its ledger row says so.
    if gap is not None and query.after_at is None:
        stretch = (gap.after_at, gap.before_at)
        ledger.store_gap(connection, reading.source.name, query.key, gap.reason, reading.now, stretch)


def _is_wanted(post: Post, query: Query, rules: SourceSettings) -> bool:
    if rules.languages and post.lang is not None and post.lang not in rules.languages:
        return False
    if post.created_at is not None and not _is_between(post.created_at, query):
        return False
    words = screening_text(post.title, post.text).casefold()
    return not any(excluded.casefold() in words for excluded in rules.exclude)


def _is_between(moment: datetime, query: Query) -> bool:
    return (query.after_at is None or moment >= query.after_at) and (query.until_at is None or moment < query.until_at)


def _without_handle(post: Post) -> Post:
    # Addresses of social platforms hold the author's handle or the post's title; the rebuilt ones hold ids only.
    if post.url is None or not may_hold_handle(post.platform, post.url):
        return post
    return replace(post, url=permalink(post.platform, post.platform_id, post.url).address)


def _rejected(one: Quarantined) -> ledger.Rejected:
    mark = one.content_hash or hashlib.sha256(f"{one.position}\x1f{one.reason}".encode()).hexdigest()
    return ledger.Rejected(one.position, one.platform_id, one.reason, mark, f"{one.size} bytes" if one.size else "")


def _collided(key: tuple[str, str]) -> ledger.Rejected:
    mark = hashlib.sha256("\x1f".join(key).encode()).hexdigest()
    return ledger.Rejected("", key[1], "id_of_another_post", mark, "another author's post has this id; use --platform")
