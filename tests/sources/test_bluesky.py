"""What only Bluesky does: one query a term, pages with one odd post, sessions that end, and ids that name nobody."""

import functools
import logging
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import requests
from atproto import exceptions, models

from demo.wires import Answer
from demo.wires.bluesky import address, did, handle
from pipeline.config import read_settings
from pipeline.errors import ConfigError, CursorRejected, Permanent, RateLimited, Skippable, Transient
from pipeline.listening import Listening, Practice
from pipeline.sources import AccountMetric, Query
from pipeline.sources.bluesky import Bluesky, _Transport
from pipeline.sources.reading import PassState, admit, read_pass
from tests.sources.rigs import NOW, PRACTICE, rigged
from tests.sources.rigs.bluesky import PLATFORM

MINE, PARENT = address("voice_1", NOW), address("voice_2", NOW)
RECORD = {
    "uri": MINE,
    "record": {"createdAt": "2026-10-12T08:00:00.123Z", "langs": ["en-US"], "text": "Larkspur Clinic called back."},
    "indexedAt": "2026-10-12T08:00:01.000Z",
    **{"likeCount": 4, "repostCount": 1, "replyCount": 0, "quoteCount": 2, "bookmarkCount": 9},
}


@pytest.fixture
def bluesky():
    with rigged(PLATFORM) as made:
        yield made
        assert not made.server.strays


@pytest.fixture
def wire(bluesky):
    return bluesky.server.wire("bluesky")


def source(**chosen):
    return Bluesky(read_settings({}), Listening.model_validate({"sources": {"bluesky": chosen}}))


def said(**change):
    return RECORD | {"record": RECORD["record"] | change}


def read_all(rig, query=None, state=PassState()):  # noqa: B008  (immutable)
    return list(read_pass(rig.source, query or rig.query, state, rig.server.now, 50))


def test_each_name_and_each_keyword_is_a_query_of_its_own():
    practice = PRACTICE.model_copy(update={"handles": {"bluesky": ("larkspur.example",)}})
    queries = source().queries(practice, ["vaccine shedding", 'detox" OR from:someone', "word " * 80])
    named = ['"Larkspur Family Health"', '"Larkspur Clinic"', '"@larkspur.example"']
    assert [query.words for query in queries[:-1]] == [*named, "vaccine shedding", "detox or from someone"]
    assert [query.mode for query in queries] == ["names"] * 3 + ["claims"] * 3
    assert 200 < len(queries[-1].words) <= 256
    assert [query.mode for query in source(search_claims=False).queries(practice, ["detox"])] == ["names"] * 3
    with pytest.raises(ConfigError, match=r"handles\.bluesky"):
        source().queries(Practice(name="Larkspur", handles={"bluesky": ("larkspur family",)}), ())


def test_the_loopback_serves_what_the_clients_own_models_accept(bluesky):
    bluesky.server.add(bluesky.post(30, NOW) | {"parent_id": bluesky.ids[0]})
    page = {"posts": list(bluesky.source.fetch_page(bluesky.query, None, None).records), "cursor": "6"}
    model = models.AppBskyFeedSearchPosts.Response.model_validate(page, context={"strict_string_format": True})
    assert model.posts[0].record.reply.parent.uri == bluesky.ids[0]


def test_one_odd_post_is_set_aside_and_the_others_stay(bluesky, wire, monkeypatch):
    record = wire.record
    odd = {bluesky.ids[-1]: {"uri": bluesky.ids[-1]}, bluesky.ids[-2]: "a post"}
    monkeypatch.setattr(wire, "record", lambda post: odd.get(post.id) or record(post))
    read = read_all(bluesky)[0]
    assert [post.platform_id for post in read.posts] == bluesky.ids[-3:-7:-1]
    assert sorted(one.reason for one in read.quarantined) == ["not_an_object", "unmappable_record"]
    with pytest.raises(exceptions.ModelError):
        bluesky.source._client.app.bsky.feed.search_posts({"q": "Larkspur"})


def test_a_post_is_mapped():
    post = source().to_post(RECORD)
    assert (post.kind, post.platform_id, post.author_id) == ("post", MINE, did("voice_1"))
    assert post.url == f"https://bsky.app/profile/{did('voice_1')}/post/{MINE.rpartition('/')[2]}"
    assert (post.text, post.lang) == ("Larkspur Clinic called back.", "en")
    assert post.created_at == datetime(2026, 10, 12, 8, 0, 0, 123_000, tzinfo=UTC)
    assert post.metrics == {"likes": 4, "shares": 1, "replies": 0, "quotes": 2}


def test_no_handle_is_kept(bluesky):
    posts = [post for read in read_all(bluesky) for post in read.posts]
    kept = " ".join(f"{post!r} {post.text} {post.url} {post.author_id}" for post in posts)
    assert not any(name in kept for name in ("voice_", *(handle(f"voice_{number}") for number in range(7))))


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (RECORD | {"uri": "at://larkspur.example/app.bsky.feed.post/3k2yihcrp6f2c"}, "bad_id"),
        (RECORD | {"uri": "at://did:web:larkspur.example/app.bsky.feed.post/3k2yihcrp6f2c"}, "bad_id"),
        (RECORD | {"uri": f"at://{did('voice_1')}/app.bsky.feed.like/3k2yihcrp6f2c"}, "bad_id"),
        (said(text=["x"]), "text_not_text"),
        (said(createdAt="soon") | {"indexedAt": "later"}, "bad_date"),
    ],
)
def test_a_broken_record_says_why(record, reason):
    with pytest.raises(Skippable) as caught:
        source().to_post(record)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("reply", "parent"),
    [
        ({"root": {"uri": MINE}, "parent": {"uri": PARENT}}, PARENT),
        ({"parent": {"uri": "at://larkspur.example/app.bsky.feed.post/3k2"}}, None),
        ({"parent": "x"}, None),
    ],
)
def test_a_reply_names_its_parent_where_that_has_an_opaque_id(reply, parent):
    post = source().to_post(said(reply=reply))
    assert (post.kind, post.parent_id) == ("comment", parent)


@pytest.mark.parametrize(("langs", "lang"), [(["pt-BR"], "pt"), (["en", "es"], None), ([7], None), ("en", None)])
def test_only_a_single_language_is_the_posts(langs, lang):
    assert source().to_post(said(langs=langs)).lang == lang


@pytest.mark.parametrize("claimed", ["2031-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "yesterday", "2026-10-12", None])
def test_an_author_cannot_hide_a_post_by_its_date(claimed):
    assert source().to_post(said(createdAt=claimed)).created_at == datetime(2026, 10, 12, 8, 0, 1, tzinfo=UTC)


def test_hostile_records_are_set_aside():
    nested = functools.reduce(lambda inner, _: [inner], range(500), [])
    hostile = [
        *({}, {"uri": nested}),
        *({"uri": MINE, "record": odd} for odd in (None, [], "x", 7, nested, {"text": nested})),
        RECORD | {"likeCount": 10**400, "record": RECORD["record"] | {"text": "x" * 70_000}},
    ]
    posts, refused = admit(source(), hostile, NOW)
    assert (len(posts), len(refused)) == (0, len(hostile))
    odd = said(facets=nested, reply=nested, langs=nested) | {"author": nested, "likeCount": True, "replyCount": 1e9}
    (post,), _ = admit(source(), [odd], NOW)
    assert post.metrics == {"shares": 1, "quotes": 2}


def test_a_search_sends_what_the_lexicon_knows(bluesky):
    query = Query("bluesky", "names", "Larkspur", after="2026-10-11T16:00:00+00:00", until="2026-10-12T03:00:00+02:00")
    since = datetime(2026, 10, 1, tzinfo=UTC)
    first = bluesky.source.fetch_page(query, None, since)
    bluesky.source.fetch_page(query, first.next_cursor, since)
    bounds = {"since": "2026-10-11T16:00:00.000Z", "until": "2026-10-12T01:00:00.000Z"}
    asked = {"q": "Larkspur", "sort": "latest", "limit": "100", "lang": "en", **bounds}
    assert [params for _, _, params in bluesky.server.requests] == [asked, asked | {"cursor": "6"}]
    assert len([post for read in read_all(bluesky, query) for post in read.posts]) == 18
    assert source(languages=["en", "es"])._language() is None


def test_a_first_pass_reads_the_newest_posts_only(bluesky, monkeypatch):
    monkeypatch.setattr("pipeline.sources.bluesky.FIRST_POSTS", {"names": 200, "claims": 100})
    claim = Query("bluesky", "claims", "visit number")
    assert [len(read_all(bluesky)), len(read_all(bluesky, claim))] == [2, 1]
    floor = PassState(floor_at=bluesky.server.posts[0].created_at)
    backfill = Query("bluesky", "claims", "visit number", after="2026-10-01T00:00:00+00:00")
    assert [len(read_all(bluesky, claim, floor)), len(read_all(bluesky, backfill))] == [4, 4]


def test_a_listing_cut_at_the_cap_says_so(bluesky, monkeypatch):
    monkeypatch.setattr("demo.wires.bluesky.RESULT_CAP", 12)
    monkeypatch.setattr("pipeline.sources.bluesky.RESULT_CAP", 200)
    first = bluesky.source.fetch_page(bluesky.query, None, None)
    second = bluesky.source.fetch_page(bluesky.query, first.next_cursor, None)
    assert (first.gap, second.gap, second.next_cursor) == ("", "result_cap", None)


def test_an_odd_date_is_no_end_of_a_pass(bluesky, wire, monkeypatch):
    record, odd = wire.record, {"createdAt": "9999-12-31T23:59:59.999999Z"}
    monkeypatch.setattr(wire, "record", lambda post: record(post) | {"record": record(post)["record"] | odd})
    assert sum(len(read.posts) for read in read_all(bluesky)) == 24


def test_an_ended_session_is_opened_anew_once(bluesky, wire, monkeypatch):
    first = bluesky.source.fetch_page(bluesky.query, None, None)
    wire.end_session()
    assert len(bluesky.source.fetch_page(bluesky.query, first.next_cursor, None).records) == 6
    assert (len(bluesky.server.requests), wire.refreshed) == (3, 0)
    monkeypatch.setattr(wire, "answer", lambda *_: Answer(400, {"error": "ExpiredToken", "message": "ended"}))
    with pytest.raises(Transient):
        bluesky.source.fetch_page(bluesky.query, first.next_cursor, None)
    assert len(bluesky.server.requests) == 5


def test_a_session_near_its_end_is_renewed_by_the_client(bluesky, wire):
    wire.session_seconds = 60
    assert sum(len(read.posts) for read in read_all(bluesky)) == 24
    assert (wire.refreshed, len(bluesky.server.requests)) == (4, 4)


def test_a_wrong_password_waits_for_a_person_and_is_not_told(bluesky, wire, monkeypatch):
    refused = {"error": "AuthenticationRequired", "message": "not-a-secret of listening.example is wrong"}
    monkeypatch.setattr(wire, "sign_in", lambda _: Answer(401, refused))
    with pytest.raises(Permanent) as caught:
        bluesky.source.fetch_page(bluesky.query, None, None)
    assert not any(word in repr(caught.value) for word in ("not-a-secret", "listening.example"))
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("reset", ["soon", "9" * 30, "1, 2", ""])
def test_a_limit_with_an_odd_time_is_a_limit(bluesky, wire, monkeypatch, reset):
    limit = Answer(429, {"error": "RateLimitExceeded", "message": "x"}, {"ratelimit-reset": reset})
    monkeypatch.setattr(wire, "sign_in", lambda _: limit)
    with pytest.raises(RateLimited) as caught:
        bluesky.source.fetch_page(bluesky.query, None, None)
    assert caught.value.retry_at is None


@pytest.mark.parametrize("change", [{"accessJwt": "x"}, {"accessJwt": 7}, {"handle": None}, {"didDoc": ["x"]}])
def test_an_odd_session_is_transient(bluesky, wire, monkeypatch, change):
    session = wire.sign_in
    monkeypatch.setattr(wire, "sign_in", lambda request: (made := session(request)) and Answer(200, made.body | change))
    with pytest.raises(Transient):
        bluesky.source.fetch_page(bluesky.query, None, None)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, [], Transient),
        (200, {"posts": {}}, Transient),
        (400, {"error": "InvalidRequest", "message": "x"}, Permanent),
        (401, ["x"], Transient),
        (502, {"error": "UpstreamFailure", "message": "x"}, Transient),
    ],
)
def test_odd_answers_are_sorted(bluesky, wire, monkeypatch, status, body, error):
    monkeypatch.setattr(wire, "answer", lambda *_: Answer(status, body))
    with pytest.raises(error) as caught:
        bluesky.source.fetch_page(bluesky.query, None, None)
    assert not isinstance(caught.value, CursorRejected)
    with pytest.raises(error):
        bluesky.source.recheck(bluesky.ids[:2])


def test_a_redirect_is_not_followed(bluesky, wire, monkeypatch):
    monkeypatch.setattr(wire, "answer", lambda *_: Answer(302, {}, {"location": "app.bsky.feed.searchPosts?q=x"}))
    with pytest.raises(Transient):
        bluesky.source.fetch_page(bluesky.query, None, None)
    assert len(bluesky.server.requests) == 1


def test_a_packed_reply_is_unpacked_once():
    class Unpacked(requests.Session):
        def send(self, request, **_):
            reply = requests.Response()
            reply.status_code, reply._content, reply.headers["content-encoding"] = 200, b"{}", "gzip"
            return reply

    assert httpx.Client(transport=_Transport(Unpacked())).get("http://127.0.0.1/").json() == {}


def test_a_proxy_is_not_used_on_this_machine_and_a_giant_reply_is_refused(bluesky, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    assert bluesky.source.fetch_page(bluesky.query, None, None).records
    monkeypatch.setattr("pipeline.sources._http.MAX_REPLY_BYTES", 2_000)
    with pytest.raises(Transient):
        bluesky.source.fetch_page(bluesky.query, None, None)


@pytest.mark.parametrize("entry", [{}, "x", {"uri": ["x"]}, {"uri": address("voice_5", NOW)}])
def test_an_answer_of_other_posts_is_no_recheck(bluesky, wire, monkeypatch, entry):
    monkeypatch.setattr(wire, "answer", lambda *_: Answer(200, {"posts": [entry]}))
    with pytest.raises(Transient):
        bluesky.source.recheck(bluesky.ids[:2])


def test_a_recheck_takes_25_posts():
    with pytest.raises(ValueError, match="recheck takes 25"):
        source().recheck([address("voice_1", NOW + timedelta(hours=number)) for number in range(26)])


def test_followers_of_the_own_account_are_told_without_its_handle(bluesky, wire, monkeypatch):
    assert bluesky.source.account_metrics() == [AccountMetric(did("us"), "followers", 212)]
    monkeypatch.setattr(wire, "answer", lambda *_: Answer(200, {"did": did("us"), "followersCount": "212"}))
    with pytest.raises(Transient):
        bluesky.source.account_metrics()


def test_neither_posts_nor_secrets_reach_the_log(bluesky, caplog):
    with caplog.at_level(logging.DEBUG):
        read_all(bluesky)
    kept = caplog.text + repr(bluesky.source)
    assert not any(word in kept for word in ("visit number", "not-a-secret", "listening.example", "voice", "httpx"))
