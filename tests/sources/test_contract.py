"""What every platform connector must hold, with the real client libraries against the loopback platforms."""

import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from demo.wires.posts import served
from pipeline.errors import CursorRejected, Permanent, RateLimited, Transient
from pipeline.post import clean_post
from pipeline.sources import names, source_type
from pipeline.sources.reading import PassState, read_pass
from tests.sources.rigs import COUNT, PAGE, platforms, published_at

PAGES = COUNT // PAGE


def read_all(rig, state=PassState(), max_pages=50, source=None):  # noqa: B008  (immutable)
    return list(read_pass(source or rig.source, rig.query, state, rig.server.now, max_pages))


def found_ids(reads):
    return [post.platform_id for read in reads for post in read.posts]


def calls(rig):
    return [request for request in rig.server.requests if request[0] == rig.platform]


def test_every_connector_is_under_this_suite():
    assert {"reddit", "x"} <= {platform.name for platform in platforms()}
    # Files are no platform: tests/sources/test_imports.py. The canary is our own.
    assert {platform.name for platform in platforms()} == set(names()) - {"imports", "canary"}


def test_terms_say_what_is_accepted_and_where_it_stands(rig):
    terms = source_type(rig.platform).terms
    if terms is not None:
        assert terms.version
        assert terms.summary
        assert terms.address.startswith("https://")


@pytest.mark.needs("pages")
def test_four_pages_without_loss_or_repeat(rig):
    reads = read_all(rig)
    assert len(reads) == PAGES
    assert Counter(found_ids(reads)) == Counter(rig.ids)
    assert [read.finished for read in reads] == [False, False, False, True]
    newest = max(post.created_at for read in reads for post in read.posts)
    assert reads[-1].state_after == PassState(floor_at=newest)
    assert not any(read.quarantined or read.gap or read.needs_head_pass for read in reads)


def test_all_posts_without_loss_or_repeat(rig):
    reads = read_all(rig)
    assert Counter(found_ids(reads)) == Counter(rig.ids)
    assert reads[-1].finished
    assert not any(read.quarantined or read.gap for read in reads)


def test_a_post_carries_what_the_warehouse_needs_and_no_handle(rig, now):
    record = rig.source.fetch_page(rig.query, None, None).records[0]
    post = clean_post(rig.source.to_post(record), now)
    assert post.platform == rig.source.platform
    assert post.platform_id == rig.ids[-1]
    assert "Larkspur Family Health saw me on visit number 23." in f"{post.title} {post.text}"
    assert post.created_at == published_at(23)
    assert "replies" in rig.of.lacks or post.metrics["replies"] == 1
    assert post.url
    assert post.url.startswith(rig.of.address)
    assert post.author_id or "authors" in rig.of.lacks
    assert "voice_" not in repr(post) + str(post.author_id) + post.url


def test_a_second_pass_reads_only_down_to_the_overlap(rig):
    first = read_all(rig)
    rig.server.now += timedelta(hours=1)
    rig.server.add(rig.post(900, rig.server.now - timedelta(minutes=1)))
    second = read_all(rig, first[-1].state_after)
    assert len(second) <= 1 + rig.source.overlap // timedelta(hours=3)
    assert found_ids(second)[0] == rig.server.posts[-1].id
    assert second[-1].gap is None
    assert second[-1].state_after.floor_at == rig.server.now - timedelta(minutes=1)


def test_an_empty_page_ends_a_pass_and_moves_nothing(rig):
    state = read_all(rig)[-1].state_after
    rig.server.fail("empty", rig.platform)
    (read,) = read_all(rig, state)
    assert (read.fetched, read.finished, read.gap) == (0, True, None)
    assert read.state_after == state


@pytest.mark.needs("limits")
def test_a_limit_with_a_time_says_until_when(rig):
    rig.server.fail("rate_limit", rig.platform, seconds=120)
    before = datetime.now(UTC)
    with pytest.raises(RateLimited) as caught:
        read_all(rig)
    assert before + timedelta(seconds=118) <= caught.value.retry_at <= datetime.now(UTC) + timedelta(seconds=121)
    assert len(calls(rig)) == 1


def test_a_limit_without_a_time_ends_at_once(rig):
    rig.server.fail("rate_limit_silent", rig.platform, times=1_000)
    with pytest.raises(RateLimited) as caught:
        read_all(rig)
    assert caught.value.retry_at is None
    assert len(calls(rig)) == 1


@pytest.mark.needs("pages", "retries")
def test_one_unavailable_answer_costs_nothing(rig):
    rig.server.fail("unavailable", rig.platform, after=1)
    assert Counter(found_ids(read_all(rig))) == Counter(rig.ids)
    assert len(calls(rig)) == PAGES + 1


def test_a_platform_that_stays_unavailable_is_transient(rig):
    rig.server.fail("unavailable", rig.platform, times=100)
    with pytest.raises(Transient) as caught:
        read_all(rig)
    assert not isinstance(caught.value, RateLimited)


def test_a_hang_ends_in_bounded_time(rig):
    rig.server.fail("hang", rig.platform, times=100, seconds=60)
    started = time.monotonic()
    with pytest.raises(Transient):
        read_all(rig)
    # Three tries of 0.5 s and the clients' pauses between them (praw: up to 6 s), on a busy machine.
    assert time.monotonic() - started < 30


@pytest.mark.needs("pages")
@pytest.mark.parametrize("fault", ["html", "truncated"])
def test_what_is_not_json_is_transient_and_moves_no_cursor(rig, fault):
    rig.server.fail(fault, rig.platform, after=1)
    reads = []
    with pytest.raises(Transient):
        reads.extend(iter(read_pass(rig.source, rig.query, PassState(), rig.server.now, 50)))
    rig.server.fail(fault, rig.platform, after=1)
    pages = read_pass(rig.source, rig.query, PassState(), rig.server.now, 50)
    first = next(pages)
    with pytest.raises(Transient):
        next(pages)
    rest = read_all(rig, first.state_after)
    assert Counter(found_ids([first, *rest])) == Counter(rig.ids)


@pytest.mark.needs("refusals")
@pytest.mark.parametrize("fault", ["unauthorized", "forbidden", "not_found"])
def test_a_refusal_waits_for_a_person(rig, fault):
    rig.server.fail(fault, rig.platform, times=10)
    with pytest.raises(Permanent):
        read_all(rig)


@pytest.mark.needs("credentials")
def test_missing_credentials_are_named(rig):
    source = rig.fresh(**{rig.source.credentials[0]: ""})
    with pytest.raises(Permanent, match=rig.source.credentials[0]):
        source.fetch_page(rig.query, None, None)


@pytest.mark.needs("pages")
def test_a_repeated_page_adds_repeats_and_loses_nothing(rig):
    rig.server.fail("duplicate", rig.platform, after=2)
    counts = Counter(found_ids(read_all(rig)))
    assert set(counts) == set(rig.ids)
    assert sorted(counts.values()) == [1] * 18 + [2] * 6


def test_a_shuffled_page_loses_nothing(rig):
    rig.server.fail("shuffle", rig.platform, times=2)
    reads = read_all(rig)
    assert [post.platform_id for post in reads[0].posts] != rig.ids[:17:-1], "the fault did not shuffle"
    assert Counter(found_ids(reads)) == Counter(rig.ids)
    assert reads[-1].state_after.floor_at == rig.server.posts[-1].created_at


def test_a_pinned_old_post_does_not_end_the_pass(rig, monkeypatch):
    floor = rig.server.posts[3].created_at
    fetch = rig.source.fetch_page
    (pinned_post,) = served([rig.post(902, datetime(2017, 7, 14, tzinfo=UTC))])
    pinned_record = rig.server.wire(rig.platform).record(pinned_post)

    def pinned(query, cursor, since):
        page = fetch(query, cursor, since)
        return replace(page, records=[pinned_record, *page.records])

    monkeypatch.setattr(rig.source, "fetch_page", pinned)
    found = set(found_ids(read_all(rig, PassState(floor_at=floor))))
    assert found >= set(rig.ids[4:])


@pytest.mark.needs("pages")
def test_a_pass_killed_at_page_two_resumes_there_and_asks_for_a_head_pass(rig):
    before = read_all(rig, max_pages=2)
    state = before[-1].state_after
    assert not before[-1].finished
    assert state.pending_cursor
    assert state.floor_at is None
    rig.server.now += timedelta(hours=1)
    rig.server.add(rig.post(901, rig.server.now - timedelta(minutes=1)))

    after = read_all(rig, state, source=rig.fresh())
    assert Counter(found_ids([*before, *after])) == Counter(rig.ids)
    assert after[-1].finished
    assert after[-1].needs_head_pass
    assert after[-1].state_after == PassState(floor_at=rig.server.posts[23].created_at)

    head = read_all(rig, after[-1].state_after)
    assert rig.server.posts[-1].id in found_ids(head)
    assert not head[-1].needs_head_pass


@pytest.mark.needs("pages")
def test_a_rejected_cursor_restarts_from_the_head_and_reports_a_gap(rig):
    state = read_all(rig, max_pages=2)[-1].state_after
    rig.server.fail("bad_cursor", rig.platform)
    reads = read_all(rig, state)
    assert Counter(found_ids(reads)) == Counter(rig.ids)
    assert reads[0].gap
    assert reads[0].gap.reason == "cursor_rejected"
    assert [read.gap for read in reads[1:]] == [None] * (PAGES - 1)
    assert not reads[-1].needs_head_pass


@pytest.mark.needs("pages")
@pytest.mark.parametrize("cursor", ["", "DROP TABLE", "t3_zzz; --", "é" * 40])
def test_a_stored_cursor_that_is_none_of_ours_is_rejected_unsent(rig, cursor):
    with pytest.raises(CursorRejected):
        rig.source.fetch_page(rig.query, cursor, None)
    assert not calls(rig)


@pytest.mark.needs("pages", "anchors")
def test_a_cursor_whose_post_was_deleted_is_rejected(rig):
    cursor = rig.source.fetch_page(rig.query, None, None).next_cursor
    rig.server.delete(rig.platform, rig.ids[18])
    with pytest.raises(CursorRejected):
        rig.source.fetch_page(rig.query, cursor, None)


@pytest.mark.needs("edits", "recheck")
def test_an_edit_keeps_the_id_and_changes_the_content(rig):
    (before,) = [post for read in read_all(rig) for post in read.posts if post.platform_id == rig.ids[20]]
    rig.server.edit(rig.platform, rig.ids[20], "Larkspur Family Health never saw me at all.")
    (after,) = [post for read in read_all(rig) for post in read.posts if post.platform_id == rig.ids[20]]
    assert after.content_hash != before.content_hash
    assert after.text == "Larkspur Family Health never saw me at all."
    assert after.edited_at == rig.server.now
    assert abs(after.created_at - before.created_at) < timedelta(seconds=1)
    answer = rig.source.recheck(rig.ids)
    assert answer.live == set(rig.ids)
    assert [rig.source.to_post(record).text for record in answer.edited] == [after.text]


@pytest.mark.needs("recheck")
@pytest.mark.parametrize("removed", [False, True])
def test_what_is_taken_down_is_gone_and_the_rest_is_live(rig, removed):
    rig.server.delete(rig.platform, rig.ids[5], removed=removed)
    answer = rig.source.recheck([*rig.ids[:10], rig.of.unknown_id])
    assert answer.gone == {rig.ids[5], rig.of.unknown_id}
    assert answer.live == {*rig.ids[:5], *rig.ids[6:10]}


@pytest.mark.needs("recheck")
@pytest.mark.parametrize("fault", ["unavailable", "html", "truncated", "rate_limit", "rate_limit_silent", "forbidden"])
def test_a_failed_recheck_is_no_answer(rig, fault):
    rig.server.fail(fault, rig.platform, times=100)
    with pytest.raises((Transient, Permanent)):
        rig.source.recheck(rig.ids)


@pytest.mark.needs("ids")
def test_an_empty_recheck_asks_nothing(rig):
    answer = rig.source.recheck(["not an id", "'; --"])
    assert not answer.live
    assert not answer.gone
    assert not calls(rig)
