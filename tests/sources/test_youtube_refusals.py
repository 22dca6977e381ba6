"""What YouTube refuses and why, hostile records, and a key that stands in every address and must show nowhere."""

import logging
import random
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from demo.wires import Answer
from pipeline.config import read_settings
from pipeline.errors import CursorRejected, Exhausted, Permanent, RateLimited, Skippable, Transient
from pipeline.listening import Listening
from pipeline.post import clean_post
from pipeline.sources._http import BoundedAdapter
from pipeline.sources.reading import RECORD_ERRORS, PassState, read_pass
from pipeline.sources.youtube import YouTube
from tests.sources.rigs import NOW, rigged
from tests.sources.rigs.youtube import CHANNEL, PLATFORM, VIDEO

THREAD = {
    "kind": "youtube#commentThread",
    "id": "UgwSomeThread00000000AaABAg",
    "snippet": {
        "videoId": VIDEO,
        "totalReplyCount": 3,
        "topLevelComment": {
            "kind": "youtube#comment",
            "id": "UgwSomeThread00000000AaABAg",
            "snippet": {
                "videoId": VIDEO,
                "textDisplay": "Larkspur Clinic called back the same day.",
                "authorDisplayName": "@voice_1",
                "authorChannelId": {"value": "UC0000000000000000004711"},
                "likeCount": 4,
                "publishedAt": "2026-10-12T08:00:00Z",
                "updatedAt": "2026-10-12T08:00:00Z",
            },
        },
    },
}
FILM = {
    "kind": "youtube#video",
    "id": "film0000001",
    "snippet": {
        "publishedAt": "2026-10-12T08:00:00.000Z",
        "channelId": CHANNEL,
        "channelTitle": "voice_1",
        "title": "A visit",
        "description": "At Larkspur Family Health.",
        "defaultLanguage": "en-GB",
    },
    "statistics": {"viewCount": "90", "likeCount": "4", "commentCount": "2", "favoriteCount": "0"},
}


PER_DAY = [{"reason": "RATE_LIMIT_EXCEEDED", "metadata": {"quota_limit": "defaultPerDayPerProject"}}]
PER_MINUTE = [{"reason": "RATE_LIMIT_EXCEEDED", "metadata": {"quota_limit": "defaultPerMinutePerProject"}}]


@pytest.fixture
def youtube():
    with rigged(PLATFORM) as made:
        yield made
        assert not made.server.strays, "asked for what no route of the platform knows"


@pytest.fixture
def source():
    return YouTube(read_settings({}), Listening())


def answers(monkeypatch, rig, answer):
    monkeypatch.setattr(rig.server.wire("youtube"), "answer", lambda *_: answer)


def refusal(status, reason="", message="", details=(), headers=None):
    problem = {"code": status, "message": message, "errors": [{"reason": reason}], "details": list(details)}
    return Answer(status, {"error": problem}, headers or {})


def test_a_thread_maps_to_its_first_comment(source):
    post = source.to_post(THREAD)
    assert (post.platform_id, post.kind, post.parent_id) == (THREAD["id"], "comment", VIDEO)
    assert (post.metrics, post.edited_at) == ({"likes": 4, "replies": 3}, None)
    assert post.author_id == "UC0000000000000000004711"


def test_a_video_maps_under_our_names(source):
    post = source.to_post(FILM)
    assert (post.kind, post.lang, post.author_id, post.channel) == ("post", "en", CHANNEL, None)
    assert post.metrics == {"views": 90, "likes": 4, "replies": 2}


@pytest.mark.parametrize(
    ("record", "change", "reason"),
    [
        (FILM, {"id": "x; --"}, "bad_id"),
        (FILM, {"snippet": FILM["snippet"] | {"publishedAt": "yesterday"}}, "bad_date"),
        (FILM, {"snippet": FILM["snippet"] | {"description": 7}}, "text_not_text"),
        (THREAD["snippet"]["topLevelComment"], {"id": "film0000001"}, "bad_id"),
    ],
)
def test_a_broken_record_says_why(source, record, change, reason):
    with pytest.raises(Skippable) as caught:
        source.to_post(record | change)
    assert caught.value.reason == reason


def test_counts_beyond_belief_are_left_out(source):
    odd = {"viewCount": "9" * 5_000, "likeCount": -3, "commentCount": True}
    assert source.to_post(FILM | {"statistics": odd}).metrics == {}


def test_hostile_records_are_refused_one_by_one(source):
    junk = [None, True, -1, 1e400, "x" * 9, "9" * 400, [], [[[]]], {}, {"value": []}, {"id": {"id": {}}}]
    chance = random.Random(7)

    def spoiled(value, depth=0):
        if depth and chance.random() < 0.25:
            return chance.choice(junk)
        if isinstance(value, dict):
            return {key: spoiled(part, depth + 1) for key, part in value.items() if chance.random() > 0.1}
        return value

    refused = 0
    for _ in range(2_000):
        try:
            clean_post(source.to_post(spoiled(chance.choice([THREAD, FILM]))), NOW)
        except (Skippable, *RECORD_ERRORS):
            refused += 1
    assert 200 < refused < 2_000


def test_hostile_threads_do_not_break_the_page(youtube, monkeypatch):
    threads = [
        7,
        {"snippet": 3, "replies": {"comments": 5}},
        {"id": ["x"], "snippet": {"totalReplyCount": 9}, "replies": {"comments": [None, {"id": 3, "snippet": []}]}},
        THREAD | {"snippet": THREAD["snippet"] | {"totalReplyCount": "many"}},
    ]
    answers(monkeypatch, youtube, Answer(200, {"kind": "youtube#commentThreadListResponse", "items": threads}))
    (read,) = read_pass(youtube.source, youtube.query, PassState(), NOW, 1)
    assert [post.platform_id for post in read.posts] == [THREAD["id"]]
    assert (read.fetched, len(read.quarantined)) == (5, 4)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(403, "quotaExceeded"), Exhausted),
        (refusal(403, "dailyLimitExceeded"), Exhausted),
        (refusal(429, "rateLimitExceeded", "Quota exceeded for limit 'Search Queries per day'"), Exhausted),
        (refusal(429, "rateLimitExceeded", details=PER_DAY), Exhausted),
        (refusal(429, "rateLimitExceeded", details=PER_MINUTE), RateLimited),
        (refusal(403, "rateLimitExceeded"), RateLimited),
        (refusal(403, "userRateLimitExceeded"), RateLimited),
        (refusal(403, "accessNotConfigured"), Permanent),
        (refusal(400, "badRequest"), Permanent),
        (refusal(400, "processingFailure"), Transient),
        (refusal(404, "channelNotFound"), Permanent),
        (refusal(408), Transient),
        (Answer(403, "<html>"), Permanent),
        (Answer(403, {"error": {"message": 5, "errors": "x", "details": {"a": 1}}}), Transient),
        (Answer(429, {"error": []}), RateLimited),
    ],
)
def test_refusals_are_told_apart(youtube, monkeypatch, answer, kind):
    answers(monkeypatch, youtube, answer)
    with pytest.raises((Exhausted, Transient, Permanent)) as caught:
        youtube.source.fetch_page(youtube.query, None, None)
    assert isinstance(caught.value, kind)
    assert isinstance(caught.value, RateLimited) == (kind is RateLimited)
    assert len(youtube.server.requests) == 1


@pytest.mark.parametrize("fault", ["usage_cap", "no_credits"])
def test_a_spent_day_is_asked_for_once(youtube, fault):
    youtube.server.fail(fault, "youtube", times=100)
    with pytest.raises(Exhausted):
        youtube.source.fetch_page(youtube.query, None, None)
    assert len(youtube.server.requests) == 1


@pytest.mark.parametrize("reason", ["invalidPageToken", "processingFailure"])
def test_a_refusal_of_a_sent_cursor_is_of_the_cursor(youtube, monkeypatch, reason):
    answers(monkeypatch, youtube, refusal(400, reason))
    with pytest.raises(CursorRejected):
        youtube.source.fetch_page(youtube.query, "QURTSl9p", None)


@pytest.mark.parametrize(
    "body",
    [[], {}, {"kind": "youtube#commentThreadListResponse", "items": {"a": 1}}, {"items": []}, "text", "[" * 9_000],
)
def test_an_odd_answer_is_an_error_never_an_empty_page(youtube, monkeypatch, body):
    answers(monkeypatch, youtube, Answer(200, body))
    with pytest.raises(Transient):
        youtube.source.fetch_page(youtube.query, None, None)
    with pytest.raises(Transient):
        youtube.source.recheck(youtube.ids[:2])


def test_a_redirect_is_not_followed(youtube, monkeypatch):
    answers(monkeypatch, youtube, Answer(302, "", {"location": f"{youtube.server.url}/youtube/v3/videos?elsewhere=1"}))
    with pytest.raises(Transient):
        youtube.source.fetch_page(youtube.query, None, None)
    assert len(youtube.server.requests) == 1


def test_every_request_goes_through_the_bounded_transport(youtube, monkeypatch):
    monkeypatch.setattr("pipeline.sources._http.MAX_REPLY_BYTES", 500)
    with pytest.raises(Transient, match="RequestException"):
        youtube.source.fetch_page(youtube.query, None, None)
    addresses = []

    def noted(self, request, *_, **__):
        addresses.append(request.url)
        raise requests.ConnectionError

    monkeypatch.setattr(BoundedAdapter, "send", noted)
    with pytest.raises(Transient, match="ConnectionError"):
        youtube.fresh().recheck(youtube.ids[:2])
    (address,) = addresses
    assert address.startswith(f"{youtube.server.url}/youtube/v3/comments?")
    assert parse_qs(urlsplit(address).query)["key"] == ["not-a-secret"]


def test_neither_words_nor_the_key_reach_the_log(youtube, caplog):
    with caplog.at_level(logging.DEBUG):
        list(read_pass(youtube.source, youtube.query, PassState(), NOW, 9))
        youtube.server.fail("forbidden", "youtube")
        youtube.server.fail("unavailable", "youtube", times=9)
        for _ in range(2):
            with pytest.raises((Permanent, Transient)):
                youtube.source.fetch_page(youtube.query, None, None)
    assert "visit number" not in caplog.text
    assert "not-a-secret" not in caplog.text
    assert "not-a-secret" not in repr(vars(youtube.source))


def test_errors_show_neither_key_nor_reply(youtube, monkeypatch, caplog):
    nowhere = youtube.fresh(AUSCULT_YOUTUBE_URL="http://127.0.0.1:9")
    with caplog.at_level(logging.DEBUG), pytest.raises(Transient) as unreached:
        nowhere.fetch_page(youtube.query, None, None)
    answers(monkeypatch, youtube, refusal(403, "Larkspur was slow; @voice_1", "Larkspur was slow"))
    with pytest.raises(Permanent) as refused:
        youtube.source.fetch_page(youtube.query, None, None)
    shown = f"{unreached.value!r} {refused.value!r} {caplog.text}"
    assert "not-a-secret" not in shown
    assert "slow" not in shown
    assert all(error.value.__suppress_context__ for error in (unreached, refused))
