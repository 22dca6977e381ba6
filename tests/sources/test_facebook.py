"""What only Facebook does: comments of many posts under one cursor, numbered errors, a token in the address."""

import json
import logging
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from demo.wires import Answer
from demo.wires._graph import Problem
from pipeline.errors import CursorRejected, Permanent, RateLimited, Skippable, Transient
from pipeline.sources import Query, _graph
from pipeline.sources.reading import RECORD_ERRORS, PassState, read_pass
from tests.sources.rigs import NOW, invented, rigged
from tests.sources.rigs.facebook import PAGE_ID, PLATFORM

POST = f"{PAGE_ID}_7003"
RECORD = {"id": POST, "message": "Larkspur Clinic called back.", "created_time": "2026-10-12T08:00:00+0000"}
COMMENT = {**RECORD, "id": "7003_11", "kind": "comment", "post_id": POST, "from": {"id": "4711"}, "like_count": 2}


@pytest.fixture
def facebook():
    with rigged(PLATFORM) as made:
        yield made
        assert not made.server.strays


def comment(number, created_at, parent=POST):
    return invented("facebook", number, created_at, id=f"comment_7003_{number}", kind="comment", parent_id=parent)


def commented(facebook, mode="comments"):
    return next(query for query in facebook.source.queries(None, ()) if query.mode == mode)


def read(facebook, state=PassState(), mode="comments", max_pages=99):  # noqa: B008  (immutable)
    return list(read_pass(facebook.fresh(), commented(facebook, mode), state, facebook.server.now, max_pages))


def ids(reads):
    return [post.platform_id for page in reads for post in page.posts]


def threads(facebook):
    """Comments under many posts; 20 and a reply under one, which is more than come along with it."""
    made = [comment(100 + number, NOW - timedelta(hours=6, minutes=number)) for number in range(20)]
    made.append(comment(130, NOW - timedelta(hours=3), parent="comment_7003_104"))
    made += [
        comment(200 + number, NOW - timedelta(hours=5, minutes=number), parent=facebook.ids[number])
        for number in range(0, 24, 2)
    ]
    facebook.server.add(*made)
    return [post["id"] for post in made]


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


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, 4, RateLimited),
        (400, 17, RateLimited),
        (400, 32, RateLimited),
        (400, 613, RateLimited),
        (400, 80001, RateLimited),
        (400, 190, Permanent),
        (401, 102, Permanent),
        (400, 10, Permanent),
        (403, 200, Permanent),
        (400, 299, Permanent),
        (400, 12, Permanent),
        (400, 100, Permanent),
        (500, 1, Transient),
        (400, 2, Transient),
        (200, 99999, Transient),
    ],
)
def test_errors_are_sorted_by_their_numbers_and_quote_nothing(facebook, monkeypatch, status, code, kind):
    body = {"error": {"message": "voice_1 said not-a-secret", "code": code, "error_user_msg": "voice_1"}}
    monkeypatch.setattr(facebook.server.wire("facebook"), "answer", lambda *_: Answer(status, body))
    with pytest.raises(kind) as caught:
        facebook.source.fetch_page(facebook.query, None, None)
    assert str(code) in str(caught.value)
    assert type(caught.value) is kind
    assert "voice_1" not in repr(caught.value)
    assert "not-a-secret" not in repr(caught.value)


@pytest.mark.parametrize(
    "usage",
    ['{"call_count": 9, "new_word": {"a": 1}}', "not json", '{"1": [{"type": "pages", "new_word": 1}]}', "[[", "{}"],
)
def test_an_unknown_word_in_a_usage_header_breaks_nothing(facebook, monkeypatch, usage):
    wire = facebook.server.wire("facebook")
    answer = wire.answer
    headers = {"x-app-usage": usage, "x-business-use-case-usage": usage, "x-ad-account-usage": usage}
    monkeypatch.setattr(wire, "answer", lambda *given: Answer(200, answer(*given).body, headers))
    assert len(facebook.source.fetch_page(facebook.query, None, None).records) == 6


def test_the_limit_says_when_it_ends_and_an_odd_one_does_not(facebook, monkeypatch):
    limit = Problem(400, 32, "limit").answer
    for minutes, known in ((19, True), (0, False), (-5, False), (10**9, False), ("x", False)):
        usage = json.dumps({PAGE_ID: [{"estimated_time_to_regain_access": minutes}]})
        reply = Answer(400, limit.body, {"x-business-use-case-usage": usage})
        monkeypatch.setattr(facebook.server.wire("facebook"), "answer", lambda *_, reply=reply: reply)
        with pytest.raises(RateLimited) as caught:
            facebook.source.fetch_page(facebook.query, None, None)
        assert (caught.value.retry_at is not None) == known


@pytest.mark.parametrize("fault", ["", "unavailable", "hang", "html", "truncated", "rate_limit", "unauthorized"])
def test_the_token_reaches_neither_log_nor_error(facebook, caplog, fault):
    for name in ("", "urllib3", "pyfacebook", "requests"):
        caplog.set_level(logging.DEBUG, name)
    if fault:
        facebook.server.fail(fault, "facebook", times=99, seconds=60)
    told = []
    for ask in (lambda: read(facebook, mode="feed"), lambda: facebook.source.recheck(facebook.ids)):
        try:
            ask()
        except (Transient, Permanent) as error:
            told.append(error)
    assert len(told) == (2 if fault else 0)
    assert all(error.__suppress_context__ for error in told)
    assert "not-a-secret" not in caplog.text + repr(told) + "".join(map(str, told))
    assert "visit number" not in caplog.text


def test_an_address_that_answers_nothing_names_no_token(facebook, caplog):
    for name in ("", "urllib3"):
        caplog.set_level(logging.DEBUG, name)
    source = facebook.fresh(AUSCULT_FACEBOOK_URL="http://127.0.0.1:9")
    with pytest.raises(Transient) as caught:
        source.fetch_page(facebook.query, None, None)
    assert "not-a-secret" not in repr(caught.value)
    assert "not-a-secret" not in caplog.text


def test_a_redirect_is_not_followed(facebook, monkeypatch):
    elsewhere = {"location": f"{facebook.server.url}/facebook/v26.0/{PAGE_ID}/feed?access_token=x"}
    monkeypatch.setattr(facebook.server.wire("facebook"), "answer", lambda *_: Answer(302, {}, elsewhere))
    with pytest.raises(Transient):
        facebook.source.fetch_page(facebook.query, None, None)
    assert len(facebook.server.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        None,
        {"data": "x"},
        {"data": {"id": "1"}},
        {"data": [], "paging": {"next": "https://graph.facebook.com/?access_token=x"}},
        {"data": [], "paging": {"next": "x", "cursors": {"after": "a b"}}},
        {"data": [], "paging": {"next": "x", "cursors": {"after": 7}}},
        {"data": [{"id": POST, "comments": "x"}]},
        {"error": "x"},
    ],
)
def test_an_odd_answer_is_an_error_never_an_empty_page(facebook, monkeypatch, body):
    monkeypatch.setattr(facebook.server.wire("facebook"), "answer", lambda *_: Answer(200, body, {}))
    with pytest.raises(Transient):
        facebook.source.fetch_page(commented(facebook), None, None)
    with pytest.raises(Transient):
        facebook.source.recheck(facebook.ids[:2])


def test_an_empty_page_with_a_next_one_is_not_the_end(facebook, monkeypatch):
    body = {"data": [], "paging": {"next": "https://graph.facebook.com/", "cursors": {"after": "QVFI"}}}
    monkeypatch.setattr(facebook.server.wire("facebook"), "answer", lambda *_: Answer(200, body, {}))
    assert facebook.source.fetch_page(facebook.query, None, None).next_cursor == "QVFI"


def test_posts_that_tag_us_are_read_to_a_page_that_is_older_as_a_whole(facebook, monkeypatch):
    hours = [0, 1, 2, 3, 4, 29, 5, 6, 28, 7, 27, 26, *range(10, 26)]
    facebook.server.add(*(invented("facebook", 300, NOW - timedelta(hours=age), id=f"2000_{age}") for age in hours))
    wire = facebook.server.wire("facebook")
    below = wire.below

    def jumbled(*asked):
        return sorted(below(*asked), key=lambda node: hours.index(int(node.post.id[5:])))

    monkeypatch.setattr(wire, "below", jumbled)
    found = ids(read(facebook, PassState(floor_at=NOW - timedelta(hours=8)), mode="tagged"))
    assert {f"2000_{age}" for age in range(8)} <= set(found)
    assert len(found) == 18


def test_what_stands_on_our_own_page_comes_with_the_feed_alone(facebook, monkeypatch):
    wire = facebook.server.wire("facebook")
    monkeypatch.setattr(wire, "_is_ours", lambda post: False)
    page = facebook.source.fetch_page(commented(facebook, "tagged"), None, None)
    assert (list(page.records), page.next_cursor is None) == ([], False)


def test_no_name_of_a_person_is_asked_for(facebook):
    threads(facebook)
    read(facebook)
    read(facebook, mode="feed")
    read(facebook, mode="tagged")
    fields = {params["fields"] for _, _, params in facebook.server.requests}
    assert len(fields) >= 3
    assert not any(word in asked for asked in fields for word in ("name", "permalink", "picture", "message_tags"))


def test_a_token_travels_as_the_client_sends_it_and_in_no_other_way(facebook):
    facebook.source.fetch_page(facebook.query, None, None)
    ((_, path, params),) = facebook.server.requests
    assert path == f"/facebook/v26.0/{PAGE_ID}/feed"
    assert params.keys() == {"fields", "limit", "access_token"}


def test_comments_since_the_watermark_are_asked_for_by_date(facebook):
    since = NOW - timedelta(hours=1)
    facebook.server.add(*(comment(500 + number, NOW - timedelta(minutes=number)) for number in range(10)))
    read(facebook, PassState(floor_at=since + facebook.source.overlap))
    asked = {path.rpartition("/")[2]: params for _, path, params in facebook.server.requests}
    assert f".since({int(since.timestamp())})." in asked["feed"]["fields"]
    assert asked["comments"]["since"] == str(int(since.timestamp()))


def test_a_backfill_keeps_to_its_bounds(facebook):
    threads(facebook)
    bounds = [(NOW - timedelta(hours=hours)).isoformat() for hours in (5.5, 3.5)]
    query = Query("facebook", "comments", channel=PAGE_ID, after=bounds[0], until=bounds[1])
    found = [
        post.platform_id for page in read_pass(facebook.source, query, PassState(), NOW, 99) for post in page.posts
    ]
    assert sorted(found) == sorted(f"comment_7003_{200 + number}" for number in range(0, 24, 2))


def test_the_page_has_followers(facebook):
    counts = {(one.account, one.metric): one.value for one in facebook.source.account_metrics()}
    assert counts == {(PAGE_ID, "followers_count"): 640, (PAGE_ID, "fan_count"): 612}


def test_an_account_that_is_no_number_is_refused_unsent(facebook):
    source = facebook.fresh(AUSCULT_FACEBOOK_PAGE_ID="larkspur/../me")
    with pytest.raises(Permanent, match="AUSCULT_FACEBOOK_PAGE_ID"):
        source.fetch_page(facebook.query, None, None)
    assert not facebook.server.requests


def test_counts_are_named_alike_on_all_platforms(facebook):
    counted = {
        "reactions": {"summary": {"total_count": 9}},
        "comments": {"summary": {"total_count": 3}},
        "shares": {"count": 2},
    }
    assert facebook.source.to_post({**RECORD, **counted}).metrics == {"likes": 9, "replies": 3, "shares": 2}
    assert facebook.source.to_post({**COMMENT, "comment_count": 1}).metrics == {"likes": 2, "replies": 1}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": "me"}, "bad_id"),
        ({"id": 7}, "bad_id"),
        ({"id": "7_8\n"}, "bad_id"),
        ({"created_time": "yesterday"}, "bad_date"),
        ({"created_time": None}, "bad_date"),
        ({"message": ["x"]}, "text_not_text"),
    ],
)
def test_a_broken_record_says_why(facebook, change, reason):
    with pytest.raises(Skippable) as caught:
        facebook.source.to_post({**RECORD, **change})
    assert caught.value.reason == reason


@pytest.mark.parametrize("value", [None, 7, -1, 2**70, "x" * 9_999, [], [[]], {}, {"id": {}}, {"summary": 7}, True])
@pytest.mark.parametrize("record", [RECORD, COMMENT])
def test_a_hostile_record_is_a_post_or_an_error_of_its_own(facebook, record, value):
    names = [*record, "parent", "shares", "reactions", "comments", "is_hidden", "comment_count", "from", "post_id"]
    for name in names:
        try:
            post = facebook.source.to_post({**record, name: value})
        except (Skippable, *RECORD_ERRORS):
            continue
        assert post.platform_id
        assert all(type(count) is int for count in post.metrics.values())
        assert (post.author_id or "4711").isdigit()


def test_a_comment_without_an_author_keeps_its_words(facebook):
    anonymous = {name: value for name, value in COMMENT.items() if name != "from"}
    post = facebook.source.to_post(anonymous)
    assert (post.author_id, post.text, post.parent_id) == (None, RECORD["message"], POST)
    assert post.created_at == datetime(2026, 10, 12, 8, tzinfo=UTC)
