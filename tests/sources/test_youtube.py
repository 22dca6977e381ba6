"""What only YouTube does: queries with a quota of their own, videos read whole, and the numbers of own channels."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from demo.wires import Answer
from pipeline.config import read_settings
from pipeline.errors import ConfigError, Permanent
from pipeline.listening import Listening, Practice
from pipeline.post import clean_post
from pipeline.sources import AccountMetric, Query
from pipeline.sources.reading import PassState, read_pass
from pipeline.sources.youtube import CLAIM_SEARCHES_A_DAY, DAY_BEGINS, SEARCHES_A_DAY, YouTube
from tests.sources.rigs import NOW, connector, published_at, rigged
from tests.sources.rigs.youtube import CHANNEL, PLATFORM, VIDEO, video

SEARCH = Query("youtube", "search", '"Larkspur Family Health"')


@pytest.fixture
def youtube():
    with rigged(PLATFORM) as made:
        yield made
        assert not made.server.strays, "asked for what no route of the platform knows"


def source(**chosen):
    return YouTube(read_settings({}), Listening.model_validate({"sources": {"youtube": chosen}}))


def reads(rig, **chosen):
    """The rig's connector with other settings in auscult.yaml."""
    return connector(replace(PLATFORM, sources=chosen), rig.server, {})


def test_comments_come_first_then_names_then_claims(practice):
    handled = practice.model_copy(update={"handles": {"youtube": ("@LarkspurFamily",)}})
    queries = source(channels=[f"video:{VIDEO}", CHANNEL], exclude=["a raffle"]).queries(handled, ["vaccine shedding"])
    assert [(query.mode, query.channel or query.words) for query in queries] == [
        ("video", VIDEO),
        ("channel", CHANNEL),
        ("search", '"Larkspur Family Health"|"Larkspur Clinic"|@LarkspurFamily -"a raffle"'),
        ("claims", '"vaccine shedding" -"a raffle"'),
    ]


def test_claims_are_not_searched_where_the_operator_says_so(practice):
    modes = [query.mode for query in source(search_claims=False).queries(practice, ["vaccine shedding"])]
    assert modes == ["search"]


@pytest.mark.parametrize(
    "channel", ["@LarkspurFamily", "UCshort", VIDEO, "video:", f"video:{CHANNEL}", "video:x; --abcd"]
)
def test_what_is_neither_a_video_nor_a_channel_is_named(channel, practice):
    with pytest.raises(ConfigError, match="channels"):
        source(channels=[channel]).queries(practice, ())


def test_every_keyword_is_searched_once_and_a_new_one_changes_the_last_query_only(practice):
    keywords = [f"invented claim número {number}" for number in range(400)]
    before = source().queries(practice, keywords)
    words = [query.words for query in before if query.mode == "claims"]
    assert len(words) > 1
    assert "|".join(words).split("|") == [f'"{keyword}"' for keyword in keywords]
    after = source().queries(practice, [*keywords, "one more"])
    assert after[: len(before) - 1] == before[:-1]


def test_no_address_is_so_long_that_the_client_would_post_it(youtube, practice):
    seen = []
    session = requests.Session.send

    def noted(self, request, **more):
        seen.append((request.method, len(request.url)))
        return session(self, request, **more)

    keywords = [f"предположение номер {number}" for number in range(60)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "send", noted)
        for query in source(exclude=["лотерея"]).queries(practice, keywords):
            youtube.source.fetch_page(query, None, NOW - timedelta(days=1))
    assert {method for method, _ in seen} == {"GET"}
    assert 1_000 < max(length for _, length in seen) < 2_048


def test_exclusions_that_leave_no_room_are_named(practice):
    with pytest.raises(ConfigError, match="exclude"):
        source(exclude=[f"a long thing that is not meant {number}" for number in range(40)]).queries(practice, ())


def test_searches_have_a_quota_of_their_own_and_claims_leave_names_two_an_hour():
    searches, claims, everything = YouTube.quotas
    assert (searches.calls, searches.modes) == (SEARCHES_A_DAY, {"search", "claims"})
    assert (claims.calls, claims.modes) == (CLAIM_SEARCHES_A_DAY, {"claims"})
    assert SEARCHES_A_DAY - CLAIM_SEARCHES_A_DAY == 2 * 24
    assert (everything.calls, everything.modes) == (10_000, frozenset())
    assert {quota.zone for quota in YouTube.quotas} == {DAY_BEGINS}


def test_a_found_video_is_read_whole(youtube):
    text = "Larkspur Family Health & I: " + "what happened next, " * 20
    counts = {"views": 90, "likes": 4, "replies": 2}
    youtube.server.add(video(5, title="Ask the doctor's view", text=text, metrics=counts))
    page = youtube.source.fetch_page(SEARCH, None, None)
    (post,) = [clean_post(youtube.source.to_post(record), NOW) for record in page.records]
    assert (post.title, post.text, post.kind) == ("Ask the doctor's view", text.strip(), "post")
    assert post.url == "https://www.youtube.com/watch?v=film0000005"
    assert (post.metrics, post.lang, post.created_at) == (counts, "en", published_at(5))
    assert "voice_" not in repr(post) + str(post.author_id)
    assert post.author_id
    assert [path for _, path, _ in youtube.server.requests] == ["/youtube/v3/search", "/youtube/v3/videos"]
    assert page.calls == 1, "the look-up is told of in the quotas"


def test_a_search_reads_all_pages_newest_first(youtube):
    youtube.server.add(*(video(number) for number in range(15)))
    passed = list(read_pass(youtube.source, SEARCH, PassState(), NOW, 9))
    assert [len(read.posts) for read in passed] == [6, 6, 3]
    found = [post.platform_id for read in passed for post in read.posts]
    assert found == [f"film{number:07d}" for number in reversed(range(15))]
    asked = [params for _, path, params in youtube.server.requests if path.endswith("search")]
    assert {(params["type"], params["order"], params["part"], params["maxResults"]) for params in asked} == {
        ("video", "date", "snippet", "50")
    }


def test_a_search_is_bounded_by_since_and_a_backfill_by_its_own_times(youtube):
    youtube.source.fetch_page(SEARCH, None, datetime(2026, 10, 1, 9, 30, tzinfo=UTC))
    asked = youtube.server.requests[-1][2]
    assert asked["publishedAfter"] == "2026-10-01T09:30:00Z"
    assert "publishedBefore" not in asked
    backfill = Query("youtube", "search", "x", after="2026-01-01T00:00:00+00:00", until="2026-02-01T01:00:00+01:00")
    youtube.source.fetch_page(backfill, None, NOW)
    asked = youtube.server.requests[-1][2]
    assert (asked["publishedAfter"], asked["publishedBefore"]) == ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")


def test_exclusions_hold_in_the_search(youtube):
    youtube.server.add(video(5), video(6, text="Larkspur Family Health holds a raffle."))
    (query,) = reads(youtube, exclude=["a raffle"]).queries(Practice(name="Larkspur Family Health"), ())
    page = youtube.source.fetch_page(query, None, None)
    assert [record["id"] for record in page.records] == ["film0000005"]


def test_a_video_gone_between_search_and_look_up_is_left_out(youtube, monkeypatch):
    youtube.server.add(video(5), video(6))
    wire = youtube.server.wire("youtube")
    answer = wire.answer

    def later(request, posts, *rest):
        if request.path.endswith("videos"):
            posts = [post for post in posts if post.id != "film0000006"]
        return answer(request, posts, *rest)

    monkeypatch.setattr(wire, "answer", later)
    page = youtube.source.fetch_page(SEARCH, None, None)
    assert [record["id"] for record in page.records] == ["film0000005"]


def test_a_search_that_names_a_next_page_for_ever_ends_at_the_empty_one(youtube, monkeypatch):
    body = {"kind": "youtube#searchListResponse", "nextPageToken": "CDIQAA", "items": []}
    monkeypatch.setattr(youtube.server.wire("youtube"), "answer", lambda *_: Answer(200, body))
    assert youtube.source.fetch_page(SEARCH, None, None).next_cursor is None


def test_an_unknown_mode_is_refused():
    with pytest.raises(Permanent, match="odd"):
        source().fetch_page(Query("youtube", "odd"), None, None)


def test_numbers_of_the_own_channels(youtube):
    youtube.server.add(video(5, channel=CHANNEL, metrics={"views": 90}))
    assert set(youtube.source.account_metrics()) == {
        AccountMetric(CHANNEL, "followers", 1_230),
        AccountMetric(CHANNEL, "views", 90),
        AccountMetric(CHANNEL, "videos", 1),
    }
    youtube.server.wire("youtube").hidden_followers = True
    assert {number.metric for number in youtube.source.account_metrics()} == {"views", "videos"}


def test_without_an_own_channel_nothing_is_asked(youtube):
    assert reads(youtube, channels=[f"video:{VIDEO}"]).account_metrics() == []
    assert not youtube.server.requests
