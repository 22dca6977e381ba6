"""What only Reddit does: its queries, its stumps, its rate window and the replies that trip praw."""

from datetime import UTC, datetime, timedelta

import pytest
import requests

from pipeline.config import read_settings
from pipeline.errors import ConfigError, CursorRejected, Permanent, RateLimited, Skippable, Transient
from pipeline.listening import Listening
from pipeline.sources import Query
from pipeline.sources.reading import PassState, read_pass
from pipeline.sources.reddit import Reddit

COMMENT = {
    "name": "t1_c0ffee",
    "created_utc": 1_790_000_000.0,
    "body": "Nobody there was rude to me.",
    "author": "someone",
    "author_fullname": "t2_abc",
    "link_id": "t3_p0st",
    "parent_id": "t3_p0st",
    "subreddit": "PortAlder",
    "edited": False,
    "score": 3,
}
POST = COMMENT | {"name": "t3_p0st", "title": "A question", "selftext": "Who is open on Sunday?", "num_comments": 2}


def source(channels=("r/PortAlder", "HealthTalk"), **environment):
    listening = Listening.model_validate({"sources": {"reddit": {"channels": channels}}})
    return Reddit(read_settings(environment), listening)


def test_queries_cover_channels_names_and_keywords(practice):
    queries = source().queries(practice, ["vaccine shedding", "detox foot pads"])
    assert {(query.mode, query.channel) for query in queries} == {
        *((mode, channel) for mode in ("new", "comments") for channel in ("PortAlder", "HealthTalk")),
        ("search", "all"),
        ("search", "PortAlder+HealthTalk"),
    }
    words = {query.channel: query.words for query in queries if query.mode == "search"}
    assert words["all"] == '("Larkspur Family Health" OR "Larkspur Clinic")'
    assert words["PortAlder+HealthTalk"] == "((vaccine AND shedding) OR (detox AND foot AND pads))"


def test_queries_stay_within_the_limit_and_lose_no_keyword(practice):
    keywords = [f"invented claim number {number}" for number in range(200)]
    asked = [query.words for query in source(()).queries(practice, keywords) if "claim" in query.words]
    assert max(map(len, asked)) <= 512
    together = [f"({keyword.replace(' ', ' AND ')})" for keyword in keywords]
    assert all(sum(keyword in words for words in asked) == 1 for keyword in together)
    more = [query.words for query in source(()).queries(practice, [*keywords, "one more"]) if "claim" in query.words]
    assert more[: len(asked) - 1] == asked[:-1], "a keyword at the end must not disturb the other watermarks"


def test_a_keyword_cannot_change_the_query(practice):
    words = source(()).queries(practice, ['x") OR (author:someone'])[-1].words
    assert words == "((x AND or AND author AND someone))"


@pytest.mark.parametrize("channel", ["a", "../api/info", "PortAlder/new?x=", "r/two words"])
def test_a_channel_must_be_a_subreddit(practice, channel):
    with pytest.raises(ConfigError, match="channels"):
        source((channel,)).queries(practice, ())


def test_a_comment_and_a_post_are_mapped():
    comment, post = source().to_post(COMMENT), source().to_post(POST)
    assert (comment.kind, comment.text, comment.title) == ("comment", COMMENT["body"], None)
    assert (comment.parent_id, comment.author_id) == ("t3_p0st", "t2_abc")
    assert comment.url == "https://www.reddit.com/comments/p0st/_/c0ffee"
    assert (post.kind, post.text, post.title) == ("post", POST["selftext"], "A question")
    assert post.metrics == {"score": 3, "replies": 2}
    assert post.created_at == datetime.fromtimestamp(1_790_000_000, UTC)


@pytest.mark.parametrize(
    ("record", "status"),
    [
        (COMMENT | {"body": "[deleted]", "author": "[deleted]"}, "deleted"),
        (COMMENT | {"body": "[removed]"}, "removed"),
        (POST | {"selftext": "[removed]"}, "removed"),
        (POST | {"selftext": "", "title": "[deleted by user]"}, "deleted"),
        (POST | {"selftext": "", "removed_by_category": "moderator"}, "removed"),
        (POST | {"selftext": "", "removed_by_category": "deleted"}, "deleted"),
    ],
)
def test_a_stump_keeps_no_words_and_no_author(record, status):
    post = source().to_post(record)
    assert (post.status, post.text, post.title, post.author_id) == (status, "", None, None)


def test_a_comment_on_a_removed_post_is_live():
    assert source().to_post(COMMENT | {"title": None, "selftext": "[removed]"}).status == "live"


def test_an_author_who_left_leaves_the_words():
    post = source().to_post(POST | {"author": "[deleted]", "author_fullname": None})
    assert (post.status, post.author_id, post.text) == ("live", None, POST["selftext"])


def test_a_profile_page_does_not_give_the_handle_away():
    post = source().to_post(POST | {"subreddit": "u_someone", "permalink": "/user/someone/comments/p0st/a_question/"})
    assert "someone" not in repr(post) + str(post.url) + str(post.author_id)


@pytest.mark.parametrize("edited", [False, None, True, 1_790_000_100.0])
def test_edited_has_three_forms(edited):
    moment = source().to_post(POST | {"edited": edited}).edited_at
    assert moment == (datetime.fromtimestamp(1_790_000_100, UTC) if isinstance(edited, float) else None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": "t5_sub"}, "unknown_kind"),
        ({"created_utc": 1e30}, "bad_date"),
        ({"created_utc": "soon"}, "bad_date"),
        ({"selftext": ["x"]}, "text_not_text"),
    ],
)
def test_a_broken_record_says_why(change, reason):
    with pytest.raises(Skippable) as caught:
        source().to_post(POST | change)
    assert caught.value.reason == reason


def test_a_listing_that_ends_above_the_floor_is_a_gap(reddit):
    floor = reddit.server.posts[0].created_at - timedelta(days=3)
    reads = list(read_pass(reddit.source, reddit.query, PassState(floor_at=floor), reddit.server.now, 50))
    assert reads[-1].gap
    assert reads[-1].gap.reason == "listing_ended"
    assert (reads[-1].gap.after_at, reads[-1].gap.before_at) == (floor, reddit.server.posts[0].created_at)


def test_an_empty_page_beyond_the_listing_cap_is_its_end(reddit):
    reddit.server.fail("empty", "reddit", times=2)
    page = reddit.source.fetch_page(reddit.query, "t3_inv005:1000", None)
    assert (list(page.records), page.next_cursor) == ([], None)
    with pytest.raises(CursorRejected):
        reddit.source.fetch_page(reddit.query, "t3_inv005:100", None)


def test_comments_and_search_are_read_from_their_own_paths(reddit):
    reddit.server.add(reddit.post(3) | {"id": "rep1y", "kind": "comment", "title": None, "parent_id": "t3_inv003"})
    comments = reddit.source.fetch_page(Query("reddit", "comments", channel="PortAlder"), None, None)
    assert [reddit.source.to_post(record).kind for record in comments.records] == ["comment"]
    search = Query("reddit", "search", words='"visit number 7"', channel="all")
    assert [record["name"] for record in reddit.source.fetch_page(search, None, None).records] == ["t3_inv007"]
    other = Query("reddit", "new", channel="Elsewhere")
    assert not reddit.source.fetch_page(other, None, None).records


def test_an_unknown_mode_is_a_mistake_of_ours(reddit):
    with pytest.raises(Permanent, match="mode"):
        reddit.source.fetch_page(Query("reddit", "hot", channel="PortAlder"), None, None)


@pytest.mark.parametrize("headers", [("299.5", "10"), ("300, 300", "10, 10"), ("soon", "x")])
def test_rate_headers_that_trip_prawcore_do_not(reddit, monkeypatch, headers):
    monkeypatch.setattr(
        "demo.wires.reddit.RATE_HEADERS",
        {"x-ratelimit-remaining": "590.0", "x-ratelimit-reset": headers[0], "x-ratelimit-used": headers[1]},
    )
    assert len(reddit.source.fetch_page(reddit.query, None, None).records) == 6


def test_a_used_up_window_is_handed_back_instead_of_slept_out(reddit, monkeypatch):
    used_up = {"x-ratelimit-remaining": "0", "x-ratelimit-used": "600", "x-ratelimit-reset": "300"}
    monkeypatch.setattr("demo.wires.reddit.RATE_HEADERS", used_up)
    reddit.source.fetch_page(reddit.query, None, None)
    with pytest.raises(RateLimited) as caught:
        reddit.source.fetch_page(reddit.query, None, None)
    assert caught.value.retry_at > datetime.now(UTC) + timedelta(seconds=290)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, [], Transient),
        (200, {"kind": "Listing"}, Transient),
        (200, {"kind": "t3", "data": {"children": []}}, Transient),
        (200, {"kind": "Listing", "data": {"children": None}}, Transient),
        (400, {"explanation": "no"}, Permanent),
        (302, {}, Permanent),
        (401, {}, Permanent),
        (400, {"message": "Bad Request", "error": 400}, Permanent),
        (451, {}, Permanent),
        (500, {}, Transient),
        (520, {}, Transient),
    ],
)
def test_odd_answers_are_sorted(reddit, monkeypatch, status, body, error):
    from demo.wires import Answer

    location = {"location": "/subreddits/search"} if status == 302 else {}
    monkeypatch.setattr(reddit.server.wire("reddit"), "answer", lambda *_: Answer(status, body, location))
    monkeypatch.setattr("prawcore.sessions.FiniteRetryStrategy.sleep", lambda _: None)
    with pytest.raises(error):
        reddit.source.fetch_page(reddit.query, None, None)


def test_an_answer_in_part_is_no_recheck(reddit, monkeypatch):
    from demo.wires import reddit as wire

    whole = wire.listing
    monkeypatch.setattr("demo.wires.reddit.listing", lambda page, after: whole(page, "t3_more"))
    with pytest.raises(Transient):
        reddit.source.recheck(reddit.ids)


def test_a_giant_reply_is_refused(reddit, monkeypatch):
    monkeypatch.setattr("pipeline.sources._http.MAX_REPLY_BYTES", 500)
    with pytest.raises(Transient):
        reddit.source.fetch_page(reddit.query, None, None)


@pytest.mark.parametrize("address", ["https://127.0.0.1:1", "http://example.com", "http://127.0.0.1.example.com"])
def test_the_loopback_variable_cannot_lead_credentials_away(address):
    with pytest.raises(ConfigError, match="AUSCULT_REDDIT_URL"):
        source(AUSCULT_REDDIT_URL=address)


@pytest.mark.parametrize("seconds", ["soon", "0", "-1", "1e9"])
def test_a_time_out_must_be_a_time(reddit, seconds):
    with pytest.raises(ConfigError, match="AUSCULT_HTTP_TIMEOUT"):
        reddit.fresh(AUSCULT_HTTP_TIMEOUT=seconds).fetch_page(reddit.query, None, None)


def test_an_unreachable_platform_is_transient(reddit, monkeypatch):
    def refuse(*_, **__):
        raise requests.ConnectionError("refused")

    monkeypatch.setattr("prawcore.sessions.FiniteRetryStrategy.sleep", lambda _: None)
    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", refuse)
    with pytest.raises(Transient):
        reddit.source.fetch_page(reddit.query, None, None)


@pytest.mark.parametrize("challenge", ["", "Basic", 'Bearer error="unheard_of"'])
def test_a_401_that_trips_prawcore_waits_for_a_person(reddit, monkeypatch, challenge):
    from demo.wires import Answer

    monkeypatch.setattr(
        reddit.server.wire("reddit"), "answer", lambda *_: Answer(401, {}, {"www-authenticate": challenge})
    )
    monkeypatch.setattr("prawcore.sessions.FiniteRetryStrategy.sleep", lambda _: None)
    with pytest.raises(Permanent):
        reddit.source.fetch_page(reddit.query, None, None)


@pytest.mark.parametrize("token", [{}, [], {"access_token": "x", "token_type": "bearer"}])
def test_an_odd_token_reply_is_transient(reddit, monkeypatch, token):
    monkeypatch.setattr("demo.wires.reddit.token", lambda: token)
    with pytest.raises(Transient):
        reddit.source.fetch_page(reddit.query, None, None)
