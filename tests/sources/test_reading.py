"""The pass logic over an invented source, against an oracle: nothing lost, nothing claimed that was not read."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import CursorRejected, Skippable, Transient
from pipeline.post import Post
from pipeline.sources import Page, Query, Recheck
from pipeline.sources.reading import Gap, PassState, Quarantined, admit, read_pass

NOW = datetime(2026, 10, 12, 12, 0, tzinfo=UTC)
QUERY = Query("fake", "new")
START = NOW - timedelta(days=2)


@dataclass
class Fake:
    """A newest-first listing of minutes since START, whose cursor is the last minute shown."""

    minutes: list[int]
    page_size: int = 3
    cap: int = 10_000
    reach: timedelta | None = None
    first_pass: timedelta | None = None
    newest_first: bool = True
    overlap: timedelta = timedelta(minutes=5)
    rejected: set[str] = field(default_factory=set)
    failing: int = -1
    calls: int = 0

    def fetch_page(self, query, cursor, since):
        self.calls += 1
        if self.calls == self.failing:
            raise Transient("broken")
        if cursor in self.rejected:
            raise CursorRejected("old")
        listed = sorted(self.minutes, reverse=self.newest_first)[: self.cap]
        rest = [minute for minute in listed if cursor is None or self._after(minute, int(cursor))]
        shown = rest[: self.page_size]
        more = len(rest) > self.page_size
        return Page([{"id": str(minute), "at": minute} for minute in shown], str(shown[-1]) if more else None)

    def _after(self, minute, cursor):
        return minute < cursor if self.newest_first else minute > cursor

    def to_post(self, record):
        return Post("fake", record["id"], "post", "words", created_at=at(record["at"]))

    def recheck(self, ids):
        return Recheck(frozenset(), frozenset())


def at(minute):
    return START + timedelta(minutes=minute)


def drain(source, state, now=NOW, max_pages=1_000):
    reads = list(read_pass(source, QUERY, state, now, max_pages))
    return {int(post.platform_id) for read in reads for post in read.posts}, reads


@settings(max_examples=200, deadline=None)
@given(
    batches=st.lists(st.sets(st.integers(0, 600), max_size=12), min_size=1, max_size=5),
    page_size=st.integers(1, 5),
    stops=st.lists(st.integers(1, 4), max_size=5),
    failures=st.lists(st.integers(1, 4), max_size=5),
)
def test_any_interruptions_read_every_post(batches, page_size, stops, failures):
    """Posts appear in batches, later batches later in time; runs are cut short or fail at any page."""
    source, state, read, published = Fake([], page_size), PassState(), set(), set()
    for number, batch in enumerate(batches):
        published |= {minute + 700 * number for minute in batch}
        source.minutes = sorted(published)
        budget = stops[number] if number < len(stops) else 1_000
        source.calls, source.failing = 0, failures[number] if number < len(failures) else -1
        state = run(source, state, read, budget)
    source.failing = -1
    for _ in range(3):  # what was interrupted, then the head pass it asks for
        state = run(source, state, read, 1_000)
    assert read == published
    assert state == PassState(floor_at=at(max(published)) if published else None)


def run(source, state, read, budget):
    now = NOW + timedelta(days=10)
    try:
        for page in read_pass(source, QUERY, state, now, budget):
            read |= {int(post.platform_id) for post in page.posts}
            assert page.gap is None
            assert page.fetched == len(page.posts) + len(page.quarantined)
            state = page.state_after
    except Transient:
        assert source.failing > 0
    return state


def test_a_pass_stops_at_the_floor_less_the_overlap():
    source = Fake(list(range(100)))
    found, reads = drain(source, PassState(floor_at=at(90)))
    assert found >= set(range(85, 100))
    assert len(reads) <= 6
    assert reads[-1].finished
    assert reads[-1].state_after == PassState(floor_at=at(99))


def test_the_last_record_ends_a_pass_and_a_pinned_first_one_does_not():
    source = Fake(list(range(100)))
    listed = source.fetch_page

    def pinned(query, cursor, since):
        page = listed(query, cursor, since)
        return Page([{"id": "0", "at": 0}, *page.records], page.next_cursor)

    source.fetch_page = pinned
    found, _ = drain(source, PassState(floor_at=at(80)))
    assert found >= set(range(80, 100))


def test_a_budget_stop_keeps_the_floor_and_the_cursor():
    _, reads = drain(Fake(list(range(100))), PassState(floor_at=at(10)), max_pages=2)
    assert [read.finished for read in reads] == [False, False]
    assert reads[-1].state_after == PassState(floor_at=at(10), pending_cursor="94", pending_high_at=at(99))


def test_a_floor_never_moves_into_the_future():
    source = Fake([10, 20, 2 * 1440 + 60])  # the last is dated an hour ahead of now
    _, reads = drain(source, PassState())
    assert reads[-1].state_after.floor_at == NOW
    skewed = PassState(floor_at=NOW + timedelta(days=1))
    _, reads = drain(source, skewed)
    assert reads[-1].state_after.floor_at == NOW


def test_a_floor_never_moves_back():
    _, reads = drain(Fake([1, 2, 3]), PassState(floor_at=at(50)))
    assert reads[-1].state_after.floor_at == at(50)


def test_a_listing_that_ends_above_the_floor_reports_what_it_dropped():
    _, reads = drain(Fake(list(range(100)), cap=30), PassState(floor_at=at(40)))
    assert reads[-1].gap == Gap("listing_ended", at(40), at(70))
    assert reads[-1].finished


@pytest.mark.parametrize(
    ("source", "floor"),
    [
        (Fake(list(range(100)), cap=30), None),  # nothing was promised before the first pass
        (Fake(list(range(100)), cap=30, reach=timedelta(days=7)), at(40)),  # bounded by the platform at our asking
        (Fake([39, 40, 41]), at(40)),  # the whole of a small listing
        (Fake([]), at(40)),  # an empty answer says nothing
    ],
)
def test_what_is_not_a_gap(source, floor):
    _, reads = drain(source, PassState(floor_at=floor))
    assert not any(read.gap for read in reads)


def test_a_cursor_that_stays_rejected_ends_the_pass_with_a_gap():
    source = Fake(list(range(20)), rejected={"11", "17"})
    found, reads = drain(source, PassState(floor_at=at(1), pending_cursor="11", pending_high_at=at(15)))
    assert found == {17, 18, 19}
    assert [read.gap.reason if read.gap else None for read in reads] == ["cursor_rejected", "cursor_rejected"]
    assert reads[-1].finished
    assert reads[-1].state_after == PassState(floor_at=at(19))


def test_a_platform_that_goes_round_in_circles_is_left():
    source = Fake(list(range(9)))
    listed = source.fetch_page
    source.fetch_page = lambda query, cursor, since: Page(listed(query, cursor, since).records, "7")
    reads = list(read_pass(source, QUERY, PassState(), NOW, 1_000))
    assert len(reads) < 10
    assert reads[-1].finished
    assert reads[-1].gap


def test_a_first_cursor_rejected_is_the_sources_mistake():
    source = Fake([1], rejected={None})
    with pytest.raises(CursorRejected):
        drain(source, PassState())


def test_a_source_that_lists_oldest_first_is_read_to_its_end():
    source = Fake(list(range(20)), newest_first=False)
    found, reads = drain(source, PassState(floor_at=at(10)))
    assert found == set(range(20))
    assert not any(read.needs_head_pass or read.gap for read in reads)
    assert reads[-1].state_after == PassState(floor_at=NOW)


@pytest.mark.parametrize(
    "error", [Skippable("no_good"), ValueError("secret words"), KeyError("k"), TypeError(), OverflowError()]
)
def test_one_bad_record_is_quarantined_alone(error):
    source = Fake([1, 2, 3])
    mapped = source.to_post

    def to_post(record):
        if record["at"] == 2:
            raise error
        return mapped(record)

    source.to_post = to_post
    found, (read,) = drain(source, PassState())
    assert found == {1, 3}
    (bad,) = read.quarantined
    assert (bad.position, bad.platform_id) == ("1", "2")
    assert bad.reason == (error.reason if isinstance(error, Skippable) else "unmappable_record")
    assert bad.size > 0
    assert len(bad.content_hash) == 64
    assert "secret words" not in repr(read)


def test_a_bug_that_is_not_about_the_record_stops_the_run():
    source = Fake([1])

    def broken(record):
        raise OSError("disk")

    source.to_post = broken
    with pytest.raises(OSError, match="disk"):
        drain(source, PassState())


def test_undecodable_records_are_counted_with_the_others():
    posts, refused = admit(Fake([]), [{"id": "1", "at": 1}], NOW, [("7", "broken_json")])
    assert [post.platform_id for post in posts] == ["1"]
    assert refused == [Quarantined("7", None, "broken_json", None, 0)]


@pytest.mark.parametrize("name", ["'; drop", "\x1b[31m", "x" * 65, 7, None, ["a"]])
def test_a_quarantined_id_is_shown_only_if_it_looks_like_one(name):
    _, (bad,) = admit(Fake([]), [{"id": name, "at": "never"}], NOW)
    assert bad.platform_id is None


def test_duplicates_are_passed_on():
    record = {"id": "1", "at": 1}
    posts, _ = admit(Fake([]), [record, record], NOW)
    assert len(posts) == 2
