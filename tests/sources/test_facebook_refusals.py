"""Facebook: what goes wrong with it, what its pages and records may hold, and that no token is told."""

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest

from demo.wires import Answer
from demo.wires._graph import Problem
from pipeline.errors import Permanent, RateLimited, Skippable, Transient
from pipeline.sources import Query
from pipeline.sources.reading import RECORD_ERRORS, PassState, read_pass
from tests.sources.rigs import NOW, invented, rig_of
from tests.sources.rigs.facebook import COMMENT, PAGE_ID, PLATFORM, POST, RECORD, comment, commented, ids, read, threads

facebook = rig_of(PLATFORM)


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
