"""One pass over a source, page by page: where to start, when to stop, what to quarantine. Knows no database."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline.errors import CursorRejected, Skippable
from pipeline.post import Post, clean_post
from pipeline.sources import Page, Query, Record, Source

# What a mapping may stumble over in a hostile record; anything else is a bug and must stop the run.
RECORD_ERRORS = (ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError, RecursionError)


@dataclass(frozen=True, slots=True)
class PassState:
    """How far one query is read: `floor_at` is complete; a pending pass resumes at its cursor.

    `pending_high_at` is the newest post of the pending pass; the floor moves there once the pass is complete.
    """

    floor_at: datetime | None = None
    pending_cursor: str | None = None
    pending_high_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One record that cannot be a post: where it was, why, and a fingerprint; never its text. `size` is in bytes."""

    position: str
    platform_id: str | None
    reason: str
    content_hash: str | None
    size: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of time (both ends open where unknown) of which posts may be missing, and why."""

    reason: str
    after_at: datetime | None
    before_at: datetime | None


@dataclass(frozen=True, slots=True)
class PageRead:
    """One page, ready to be stored in one transaction together with `state_after`.

    `fetched` = posts + quarantined. `needs_head_pass`: this pass was resumed from an earlier run, so what was posted
    since that run began is still unread; call `read_pass` once more with `state_after`.
    """

    posts: Sequence[Post] = field(repr=False)
    quarantined: Sequence[Quarantined]
    fetched: int
    state_after: PassState
    finished: bool
    needs_head_pass: bool = False
    gap: Gap | None = None
    calls: int = 1


def read_pass(source: Source, query: Query, state: PassState, now: datetime, max_pages: int) -> Iterator[PageRead]:
    """Read from the pending cursor, or from the newest post, down to the floor, `max_pages` pages at most.

    Errors of `fetch_page` pass through: what was yielded before stands, and its `state_after` resumes the pass. A
    rejected cursor starts the pass anew from the head, once, and is reported as a gap; a second one ends the pass.
    """
    state = replace(state, floor_at=_earlier(state.floor_at, now))
    resumed, restarted = state.pending_cursor is not None, False
    gap: Gap | None = None
    seen: set[str] = set()
    pages = refusals = 0
    while pages < max_pages:
        try:
            page = _fetch(source, query, state, seen, now)
        except CursorRejected:
            if state.pending_cursor is None:
                raise
            gap = Gap("cursor_rejected", state.floor_at, state.pending_high_at)
            refusals += 1
            if restarted:
                yield PageRead((), (), 0, _completed(state), finished=True, gap=gap, calls=refusals)
                return
            resumed, restarted = False, True
            state = replace(state, pending_cursor=None)
            seen.clear()
            continue
        pages += 1
        read = _page_read(source, query, page, state, now, gap)
        state, gap = read.state_after, None
        # What was posted since a backfill began is not its business.
        head_pass = read.finished and resumed and source.newest_first and query.after_at is None
        # A refused cursor was a request too.
        yield replace(read, needs_head_pass=head_pass, calls=read.calls + refusals)
        refusals = 0
        if read.finished:
            return


def admit(
    source: Source, records: Sequence[Record], now: datetime, malformed: Sequence[tuple[str, str]] = ()
) -> tuple[list[Post], list[Quarantined]]:
    """Map and clean each record alone: the posts, and what was quarantined (`malformed` included)."""
    posts: list[Post] = []
    refused = [Quarantined(position, None, reason, None, 0) for position, reason in malformed]
    for index, record in enumerate(records):
        try:
            posts.append(clean_post(source.to_post(record), now))
        except Skippable as problem:
            refused.append(_quarantined(index, record, problem.reason))
        except RECORD_ERRORS:
            # Neither the error's text nor its traceback is kept: both may quote the post.
            refused.append(_quarantined(index, record, "unmappable_record"))
    return posts, refused


def out_of_reach(source: Source, completed_at: datetime | None, now: datetime) -> Gap | None:
    """The gap left where the last complete pass is longer ago than the platform's search reaches back."""
    if source.reach is None or completed_at is None or completed_at >= now - source.reach:
        return None
    return Gap("out_of_reach", completed_at, now - source.reach)


def _fetch(source: Source, query: Query, state: PassState, seen: set[str], now: datetime) -> Page:
    cursor = state.pending_cursor
    if cursor is not None:
        if cursor in seen:
            raise CursorRejected("the platform hands out a cursor that was read already")
        seen.add(cursor)
    return source.fetch_page(query, cursor, _stop_at(source, query, state, now))


def _stop_at(source: Source, query: Query, state: PassState, now: datetime) -> datetime | None:
    # A backfill reads down to its own bound, whatever was read before.
    if query.after_at:
        return query.after_at
    if state.floor_at:
        return state.floor_at - source.overlap
    return now - source.first_pass if source.first_pass else None


def _page_read(source: Source, query: Query, page: Page, state: PassState, now: datetime, gap: Gap | None) -> PageRead:
    posts, refused = admit(source, page.records, now, page.malformed)
    dated = [post.created_at for post in posts if post.created_at]
    high = _earlier(max(dated, default=None), now) if source.newest_first else now
    state = replace(state, pending_cursor=page.next_cursor, pending_high_at=_later(state.pending_high_at, high))
    # The last record decides, not the oldest: a pinned old post stands first and must not end the pass.
    stop_at = _stop_at(source, query, state, now)
    reached = bool(source.newest_first and stop_at and dated and dated[-1] < stop_at)
    finished = reached or page.next_cursor is None
    if page.gap:
        gap = gap or Gap(page.gap, stop_at, min(dated, default=None))
    elif finished and not reached:
        gap = gap or _short_listing(source, dated, query.after_at or state.floor_at)
    fetched = len(page.records) + len(page.malformed)
    state = _completed(state) if finished else state
    return PageRead(posts, refused, fetched, state, finished, gap=gap, calls=page.calls)


def _short_listing(source: Source, dated: Sequence[datetime], floor_at: datetime | None) -> Gap | None:
    # A listing that ends before it shows the post our floor was set by has dropped what lies between.
    if not source.newest_first or source.reach is not None or floor_at is None or not dated:
        return None
    oldest = min(dated)
    return Gap("listing_ended", floor_at, oldest) if oldest > floor_at else None


def _completed(state: PassState) -> PassState:
    return PassState(floor_at=_later(state.floor_at, state.pending_high_at))


def _earlier(moment: datetime | None, limit: datetime) -> datetime | None:
    return min(moment, limit) if moment else None


def _later(left: datetime | None, right: datetime | None) -> datetime | None:
    return max(left, right) if left and right else (left or right)


def _quarantined(index: int, record: Record, reason: str) -> Quarantined:
    try:
        content = json.dumps(record, sort_keys=True, default=repr).encode()
    except RECORD_ERRORS:
        content = repr(type(record)).encode()
    position = str(record.get("row", index)) if isinstance(record, dict) else str(index)
    return Quarantined(position, _record_id(record), reason, hashlib.sha256(content).hexdigest(), len(content))


def _record_id(record: Record) -> str | None:
    # Only what looks like a platform's id: the record is hostile, and the id is shown to operators.
    for name in ("name", "id"):
        value = record.get(name) if isinstance(record, dict) else None
        if isinstance(value, str) and 0 < len(value) <= 64 and value.isascii() and value.replace("_", "").isalnum():
            return value
    return None
