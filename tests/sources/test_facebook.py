"""What only Facebook does: comments of many posts under one cursor, numbered errors, a token in the address."""

import json
from collections import Counter
from datetime import datetime, timedelta

import pytest

from demo.wires import Answer
from demo.wires._graph import Problem
from pipeline.errors import CursorRejected, Permanent, RateLimited, Transient
from pipeline.sources import _graph
from pipeline.sources.reading import PassState
from tests.sources.rigs import NOW, rig_of
from tests.sources.rigs.facebook import PAGE_ID, PLATFORM, POST, comment, commented, ids, read, threads

facebook = rig_of(PLATFORM)


def test_the_account_is_read_whole_in_three_queries(facebook, practice):
    queries = facebook.source.queries(practice, ["vaccine shedding"])
    assert [(query.mode, query.channel, query.words) for query in queries] == [
        (mode, PAGE_ID, "") for mode in ("feed", "tagged", "comments")
    ]


def test_all_comments_and_replies_once_each(facebook):
    wanted = threads(facebook)
    reads = read(facebook)
    assert Counter(ids(reads)) == Counter(wanted)
    assert not any(page.gap or page.quarantined for page in reads)
    assert reads[-1].finished
    assert reads[-1].state_after == PassState(floor_at=NOW - timedelta(hours=3))
    (reply,) = [post for page in reads for post in page.posts if post.platform_id == "comment_7003_130"]
    assert (reply.kind, reply.parent_id) == ("comment", "comment_7003_104")
    assert reply.url == f"https://www.facebook.com/{POST}?comment_id=130"


def test_comments_read_a_page_a_run_lose_and_repeat_nothing(facebook):
    wanted, found, state, runs = threads(facebook), [], PassState(), 0
    while not found or not found[-1].finished:
        found += read(facebook, state, max_pages=1)
        state, runs = found[-1].state_after, runs + 1
        assert runs < 40
    assert runs > 5
    assert Counter(ids(found)) == Counter(wanted)


def test_a_new_comment_under_the_oldest_post_is_heard(facebook):
    threads(facebook)
    state = read(facebook)[-1].state_after
    facebook.server.now += timedelta(hours=6)
    facebook.server.add(comment(900, facebook.server.now - timedelta(minutes=5), parent=facebook.ids[0]))
    reads = read(facebook, state)
    # The newest of before is within the overlap.
    assert ids(reads) == ["comment_7003_130", "comment_7003_900"]
    assert not any(page.gap for page in reads)


def test_the_watermark_does_not_overtake_a_post_that_was_passed(facebook, monkeypatch):
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return facebook.server.now

    monkeypatch.setattr(_graph, "datetime", Clock)
    first = read(facebook, max_pages=1)
    facebook.server.now += timedelta(days=1)
    early, late = (
        comment(901, facebook.server.now - timedelta(hours=9), parent=facebook.ids[-1]),
        comment(902, facebook.server.now - timedelta(minutes=1), parent=facebook.ids[0]),
    )
    facebook.server.add(early, late)
    rest = read(facebook, first[-1].state_after)
    assert rest[-1].needs_head_pass
    head = read(facebook, rest[-1].state_after)
    assert set(ids([*rest, *head])) == {early["id"], late["id"]}


def test_a_post_deleted_on_the_way_ends_its_thread_only(facebook):
    wanted = threads(facebook)
    first = read(facebook, max_pages=1)
    while "~" not in first[-1].state_after.pending_cursor:
        first += read(facebook, first[-1].state_after, max_pages=1)
    facebook.server.delete("facebook", POST)
    found = ids([*first, *read(facebook, first[-1].state_after)])
    assert {name for name in wanted if name >= "comment_7003_2"} <= set(found)
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "DROP TABLE",
        "1.a.b",
        "x...",
        "1...;",
        "1..5~likes.",
        "1..5_6_7~comments.",
        "1..../../me",
        "é" * 40,
        "1.*.~.",
    ],
)
def test_a_cursor_of_comments_that_is_none_of_ours_is_rejected_unsent(facebook, cursor):
    with pytest.raises(CursorRejected):
        facebook.source.fetch_page(commented(facebook), cursor, None)
    assert not facebook.server.requests


def test_a_comment_that_we_hid_is_not_public(facebook):
    threads(facebook)
    facebook.server.delete("facebook", "comment_7003_104", removed=True)
    (hidden,) = [post for page in read(facebook) for post in page.posts if post.platform_id == "comment_7003_104"]
    assert (hidden.status, hidden.text, hidden.author_id) == ("removed", "", None)
    answer = facebook.source.recheck(["comment_7003_104", "comment_7003_105"])
    assert (answer.gone, answer.live) == ({"comment_7003_104"}, {"comment_7003_105"})


def test_a_recheck_brings_new_words_and_takes_one_request(facebook):
    threads(facebook)
    facebook.server.edit("facebook", POST, "Larkspur Family Health, corrected.")
    answer = facebook.source.recheck([*facebook.ids, "comment_7003_105"])
    words = {post.platform_id: post.text for post in map(facebook.source.to_post, answer.edited)}
    assert words[POST] == "Larkspur Family Health, corrected."
    assert words["comment_7003_105"] == "Larkspur Family Health saw me on visit number 105."
    assert len(facebook.server.requests) == 1


def test_a_post_on_another_page_is_never_asked_for_alone(facebook):
    answer = facebook.source.recheck(["2000_1", facebook.ids[0]])
    assert (answer.live, answer.gone) == ({facebook.ids[0]}, frozenset())


@pytest.mark.parametrize(
    "problem", [Problem(403, 10, "permission"), Problem(400, 100, "no object", 33), Problem(400, 4, "limit")]
)
def test_what_is_not_found_without_a_permission_is_not_gone(facebook, monkeypatch, problem):
    def below(*_):
        raise problem

    facebook.server.delete("facebook", facebook.ids[0])
    monkeypatch.setattr(facebook.server.wire("facebook"), "below", below)
    with pytest.raises((Permanent, RateLimited)):
        facebook.source.recheck([facebook.ids[0], "comment_7003_5"])


def test_one_refusal_among_answers_is_no_answer(facebook, monkeypatch):
    wire = facebook.server.wire("facebook")
    batch = wire._batch

    def answered(*arguments):
        replies = list(batch(*arguments).body)
        error = {"error": {"code": 10, "message": "no"}}
        return Answer(200, [{"code": 403, "body": json.dumps(error)}, None, *replies[2:]])

    monkeypatch.setattr(wire, "_batch", answered)
    facebook.server.delete("facebook", facebook.ids[2])
    answer = facebook.source.recheck(facebook.ids[:4])
    assert (answer.live, answer.gone) == ({facebook.ids[3]}, {facebook.ids[2]})


@pytest.mark.parametrize("code", [1, 2, 4, 32])
def test_one_limit_among_answers_ends_the_recheck(facebook, monkeypatch, code):
    wire = facebook.server.wire("facebook")
    batch = wire._batch
    limit = {"code": 400, "body": json.dumps({"error": {"code": code}})}
    monkeypatch.setattr(wire, "_batch", lambda *given: Answer(200, [limit, *list(batch(*given).body)[1:]]))
    with pytest.raises(Transient):
        facebook.source.recheck(facebook.ids[:2])


@pytest.mark.parametrize("last", [None, {"code": 500, "body": '{"error": {"code": 1}}'}, {"code": 200, "body": "{"}])
def test_a_recheck_without_its_control_is_no_answer(facebook, monkeypatch, last):
    wire = facebook.server.wire("facebook")
    batch = wire._batch
    monkeypatch.setattr(wire, "_batch", lambda *given: Answer(200, [*list(batch(*given).body)[:-1], last]))
    facebook.server.delete("facebook", facebook.ids[0])
    with pytest.raises(Transient):
        facebook.source.recheck(facebook.ids[:2])
