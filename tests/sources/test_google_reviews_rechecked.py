"""Google reviews: rechecks, odd answers and refusals."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from demo.wires import Answer
from pipeline.errors import CursorRejected, Permanent, RateLimited, Transient
from tests.sources.rigs import rig_of
from tests.sources.rigs.google_reviews import PLATFORM, RECORD, found

rig = rig_of(PLATFORM)


def test_a_recheck_reads_a_list_and_asks_only_for_what_is_missing(rig):
    rig.server.delete("google_reviews", rig.ids[3])
    answer = rig.source.recheck(rig.ids)
    assert (len(answer.live), answer.gone) == (23, {rig.ids[3]})
    asked = [path for _, path, _ in rig.server.requests]
    assert asked == ["/v4/accounts/123/locations/456/reviews"] * 4 + [f"/v4/accounts/123/{rig.ids[3]}"]


def test_a_review_that_the_list_left_out_is_not_gone(rig):
    rig.server.fail("empty", "google_reviews")
    answer = rig.source.recheck(rig.ids[:3])
    assert (answer.live, answer.gone) == (set(rig.ids[:3]), set())


@pytest.mark.parametrize("answer", [Answer(404, "<title>404</title>"), Answer(404, {"error": {"status": "OTHER"}})])
def test_only_googles_own_not_found_is_gone(rig, monkeypatch, answer):
    # The list is empty; each review is then asked for by its name.
    listed = Answer(200, {"totalReviewCount": 0})
    wire = rig.server.wire("google_reviews")
    monkeypatch.setattr(wire, "answer", lambda request, *_: listed if request.params else answer)
    with pytest.raises(Permanent):
        rig.source.recheck(rig.ids[:3])


def test_a_lost_location_takes_no_review_with_it(rig):
    rig.server.fail("not_found", "google_reviews", times=10)
    with pytest.raises(Permanent):
        rig.source.recheck(rig.ids)


def test_reviews_of_a_former_location_are_not_asked_for(rig):
    answer = rig.source.recheck(["locations/9/reviews/x", "locations/456/reviews/../x"])
    assert (answer.live, answer.gone) == (set(), set())
    assert not rig.server.requests


@pytest.mark.parametrize("body", [[], {"reviews": "x"}, {"reviews": {"name": "x"}}, "text", {"reviews": None}])
def test_an_odd_answer_is_an_error_never_an_empty_page(rig, monkeypatch, body):
    monkeypatch.setattr(rig.server.wire("google_reviews"), "answer", lambda *_: Answer(200, body))
    with pytest.raises(Transient):
        rig.source.fetch_page(rig.query, None, None)
    with pytest.raises(Transient):
        rig.source.recheck(rig.ids[:2])


@pytest.mark.parametrize("mean", ["4", 7.5, -1, True, None])
def test_odd_numbers_are_an_error(rig, monkeypatch, mean):
    body = {"totalReviewCount": 4, "averageRating": mean}
    monkeypatch.setattr(rig.server.wire("google_reviews"), "answer", lambda *_: Answer(200, body))
    with pytest.raises(Transient):
        rig.source.account_metrics()


def test_what_is_no_object_is_counted(rig, monkeypatch):
    body = {"reviews": ["x", RECORD, None]}
    monkeypatch.setattr(rig.server.wire("google_reviews"), "answer", lambda *_: Answer(200, body))
    page = rig.source.fetch_page(rig.query, None, None)
    assert page.malformed == [("0", "not_an_object"), ("2", "not_an_object")]
    assert page.records == [RECORD]


def test_a_refused_request_is_of_the_cursor_only_where_one_was_sent(rig):
    for cursor, kind in ((None, Permanent), ("some-token", CursorRejected)):
        rig.server.fail("bad_cursor", "google_reviews")
        with pytest.raises(kind):
            rig.source.fetch_page(rig.query, cursor, None)


def test_a_redirect_is_not_followed_with_the_token(rig, monkeypatch):
    away = Answer(302, "", {"location": "https://portalder.example/"})
    monkeypatch.setattr(rig.server.wire("google_reviews"), "answer", lambda *_: away)
    with pytest.raises(Transient, match="Redirects"):
        rig.source.fetch_page(rig.query, None, None)
    assert len(rig.server.requests) == 1


def test_a_limit_tells_the_time_by_either_header_or_body(rig, monkeypatch):
    wire = rig.server.wire("google_reviews")
    told = [Answer(429, {}, {"retry-after": "60"}), Answer(429, {"error": {"details": [{"retryDelay": "60.5s"}]}})]
    monkeypatch.setattr(wire, "answer", lambda *_: told.pop())
    for _ in range(2):
        with pytest.raises(RateLimited) as caught:
            rig.source.fetch_page(rig.query, None, None)
        assert timedelta(seconds=50) < caught.value.retry_at - datetime.now(UTC) < timedelta(seconds=70)


@pytest.mark.parametrize("problem", [7, {"details": 7}, {"details": [7, {"metadata": 7}]}, {"status": []}])
@pytest.mark.parametrize("status", [400, 404, 429])
def test_an_odd_refusal_is_still_one(rig, monkeypatch, problem, status):
    monkeypatch.setattr(rig.server.wire("google_reviews"), "answer", lambda *_: Answer(status, {"error": problem}))
    with pytest.raises(RateLimited if status == 429 else Permanent):
        rig.source.fetch_page(rig.query, None, None)


def test_neither_words_nor_secrets_reach_the_log(rig, caplog):
    with caplog.at_level(logging.DEBUG):
        found(rig)
        rig.source.recheck(rig.ids)
    assert not any(word in caplog.text for word in ("visit number", "not-a-secret", "not-a-token", "loopback"))
