"""What only Mastodon does: hashtags, search by number, mentions, HTML, boosts and private posts, one server's ids."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from demo.wires import Answer
from demo.wires.mastodon import HOST, MastodonWire
from demo.wires.posts import served
from pipeline.config import read_settings
from pipeline.errors import ConfigError, CursorRejected, Permanent, RateLimited, Skippable, Transient
from pipeline.listening import Listening
from pipeline.post import clean_post
from pipeline.sources import AccountMetric, Query
from pipeline.sources.mastodon import Mastodon
from pipeline.sources.reading import PassState, admit, read_pass
from tests.sources.rigs import PRACTICE, published_at, rigged
from tests.sources.rigs.mastodon import PLATFORM
from tests.waiting import processor_within

MENTIONS = Query("mastodon", "mentions")
SEARCH = Query("mastodon", "search", words='"Larkspur Family Health" in:public')
(STATUS,) = served([PLATFORM.make(4, published_at(4))])
RECORD = MastodonWire().record(STATUS)


@pytest.fixture
def rig():
    with rigged(PLATFORM) as made:
        yield made


def source(server=f"https://{HOST}", **chosen):
    settings = read_settings({"AUSCULT_MASTODON_SERVER": server, "AUSCULT_MASTODON_TOKEN": "not-a-secret"})
    return Mastodon(settings, Listening.model_validate({"sources": {"mastodon": chosen}}))


def read_all(rig, query):
    return list(read_pass(rig.source, query, PassState(), rig.server.now, 50))


def answering(rig, monkeypatch, body, status=200, **headers):
    monkeypatch.setattr(rig.server.wire("mastodon"), "answer", lambda *_: Answer(status, body, headers))


def test_queries_are_mentions_names_and_hashtags():
    asked = source(channels=["#PortAlder", "portalder"], exclude=["a raffle"]).queries(
        PRACTICE, ["DiedSuddenly", "#vaers", "vaccine shedding", "bpc-157", "2026"]
    )
    assert [(query.mode, query.words or query.channel) for query in asked] == [
        ("mentions", ""),
        ("search", '"Larkspur Family Health" -"a raffle" in:public'),
        ("search", '"Larkspur Clinic" -"a raffle" in:public'),
        ("tag", "portalder"),
        ("tag", "larkspurfamilyhealth"),
        ("tag", "larkspurclinic"),
        ("tag", "diedsuddenly"),
        ("tag", "vaers"),
    ]
    assert not any(query.channel == "vaers" for query in source(search_claims=False).queries(PRACTICE, ["vaers"]))


@pytest.mark.parametrize("channel", ["port alder", "#port/alder", "", "2026", "../statuses"])
def test_a_channel_that_is_no_hashtag_is_named(channel):
    with pytest.raises(ConfigError, match="channels"):
        source(channels=[channel]).queries(PRACTICE, ())


@pytest.mark.parametrize(
    "server", ["social.example", "http://social.example", "https://social.example/@larkspur", "https://a:b@c.example"]
)
def test_a_server_that_is_no_https_address_is_refused(server):
    with pytest.raises(ConfigError, match="AUSCULT_MASTODON_SERVER"):
        source(server)


def test_a_search_is_paged_by_number_down_to_an_empty_page(rig):
    rig.server.add(rig.post(800) | {"id": f"{HOST}/1", "visibility": "unlisted"})
    reads = read_all(rig, SEARCH)
    assert [post.platform_id for read in reads for post in read.posts] == rig.ids[::-1]
    assert [request[2]["offset"] for request in rig.server.requests] == ["0", "6", "12", "18", "24"]
    assert reads[-1].finished


@pytest.mark.parametrize("cursor", ["", "-1", "10000", "1e3", "117423105638400000"])
def test_a_search_cursor_that_is_none_of_ours_is_rejected_unsent(rig, cursor):
    with pytest.raises(CursorRejected):
        rig.source.fetch_page(SEARCH, cursor, None)
    assert not rig.server.requests


def test_a_search_that_reaches_the_servers_limit_is_a_gap(rig, monkeypatch):
    answering(rig, monkeypatch, {"statuses": [RECORD] * 40})
    page = rig.source.fetch_page(SEARCH, "9960", None)
    assert (page.next_cursor, page.gap) == (None, "search_end")


def test_mentions_are_read_by_their_own_numbers_and_private_ones_set_aside(rig):
    rig.server.posts.clear()
    for number in range(8):
        visibility = "direct" if number == 3 else "unlisted"
        text = f"@larkspur it's visit {number} <3 & more\n\nSee #flu\nbye"
        rig.server.add(rig.post(number) | {"text": text, "visibility": visibility, "parent_id": f"{HOST}/5"})
    reads = read_all(rig, MENTIONS)
    found = {(post.platform_id, post.text, post.parent_id) for read in reads for post in read.posts}
    shown = [post for post in rig.server.posts if post.fields["visibility"] == "unlisted"]
    assert found == {(post.id, post.text, f"{HOST}/5") for post in shown}
    assert [refused.reason for read in reads for refused in read.quarantined] == ["not_public"]
    assert [read.fetched for read in reads] == [6, 2]
    assert {request[2]["types[]"] for request in rig.server.requests} == {"mention"}


def test_a_notification_that_is_no_mention_is_no_post(rig, monkeypatch):
    answering(rig, monkeypatch, [{"type": "favourite", "status": RECORD}, {"type": "mention", "status": RECORD}, 7])
    page = rig.source.fetch_page(MENTIONS, None, None)
    assert list(page.records) == [RECORD]
    assert [reason for _, reason in page.malformed] == ["not_a_status"] * 2


@pytest.mark.parametrize(
    "broken", [None, "a text", {}, RECORD | {"created_at": 7}, RECORD | {"visibility": ["public"]}]
)
def test_a_broken_status_spoils_no_other(rig, monkeypatch, broken):
    wire = rig.server.wire("mastodon")
    whole = wire.record
    monkeypatch.setattr(wire, "record", lambda post: broken if post.id == rig.ids[20] else whole(post))
    first = next(read_pass(rig.source, rig.query, PassState(), rig.server.now, 1))
    assert [post.platform_id for post in first.posts] == [name for name in rig.ids[:17:-1] if name != rig.ids[20]]
    assert len(first.quarantined) == 1


@pytest.mark.parametrize("value", [None, 7, 10**400, -1.5, "&#" + "9" * 5_000, [], [[]], {"id": {}}, {"a": [None]}])
@pytest.mark.parametrize("name", sorted(RECORD))
def test_a_hostile_field_is_a_post_or_quarantined(now, name, value):
    posts, refused = admit(source(), [RECORD | {name: value}], now)
    assert len(posts) + len(refused) == 1
    assert not any("voice_" in repr(post) + str(post.author_id) for post in posts)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"reblog": {"id": "1"}}, "repost"),
        ({"visibility": "direct"}, "not_public"),
        ({"id": 117423105638400000}, "bad_id"),
        ({"id": "117423105638400000/../1"}, "bad_id"),
        ({"created_at": "yesterday"}, "bad_date"),
        ({"content": 7}, "text_not_text"),
    ],
)
def test_what_cannot_be_a_post_says_why(change, reason):
    with pytest.raises(Skippable) as caught:
        source().to_post(RECORD | change)
    assert caught.value.reason == reason


def test_a_post_is_named_by_server_and_number_and_holds_no_handle(now):
    change = {"in_reply_to_id": "77", "spoiler_text": "phones", "edited_at": "2026-10-12T09:00:00.000Z"}
    post = clean_post(source().to_post(RECORD | change), now)
    assert post.platform_id == STATUS.id
    assert post.url == f"https://{HOST}/statuses/{RECORD['id']}"
    assert (post.kind, post.parent_id, post.title) == ("comment", f"{HOST}/77", "phones")
    assert post.author_id == f"{HOST}/{STATUS.author_number}"
    assert post.edited_at == datetime(2026, 10, 12, 9, tzinfo=UTC)
    assert post.metrics == {"likes": 4, "shares": 0, "replies": 1}
    assert "voice_4" in str(RECORD)
    assert "voice_4" not in repr(post) + str(post.url)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One.</p><p>Two<br>three<br />four.</p>", "One.\n\nTwo\nthree\nfour."),
        ("<p>3 &lt; 5 &amp;&amp; &quot;x&quot;</p>", '3 < 5 && "x"'),
        ("<ul><li>a</li><li>b</li></ul><p>c</p>", "a\nb\n\nc"),
        ('<a href="https://a.example/b"><span class="invisible">https://</span>a.example/b</a>', "https://a.example/b"),
        ("<img src=x onerror=alert(1)>plain", "plain"),
        ("a <b unclosed", "a <b unclosed"),
        ("<<p>script>x", "<script>x"),
    ],
)
def test_markup_becomes_text_with_its_lines(markup, text):
    assert source().to_post(RECORD | {"content": markup}).text == text


@pytest.mark.parametrize("piece", ["<", "<a ", "<a\n", "<!--", "<![", "</", "&#", "<a b='", "<br", "</p ", "<p>"])
def test_hostile_markup_takes_no_time(piece):
    with processor_within(5):
        source().to_post(RECORD | {"content": piece * 200_000})


def test_a_hashtag_that_nobody_used_is_no_error(rig, monkeypatch):
    answering(rig, monkeypatch, {"error": "Record not found"}, 404)
    (read,) = read_all(rig, rig.query)
    assert (read.fetched, read.finished) == (0, True)
    for asked in (SEARCH, MENTIONS):
        with pytest.raises(Permanent):
            read_all(rig, asked)


@pytest.mark.parametrize("reset", ["soon", "", "9999-12-31T00:00:00Z", "12345"])
def test_a_limit_with_an_odd_time_is_a_limit_without_one(rig, monkeypatch, reset):
    answering(rig, monkeypatch, {"error": "Throttled"}, 429, **{"x-ratelimit-reset": reset})
    with pytest.raises(RateLimited) as caught:
        rig.source.fetch_page(rig.query, None, None)
    assert caught.value.retry_at is None


def test_a_page_takes_one_request_and_is_read_whatever_it_says_of_limits(rig, monkeypatch):
    answering(rig, monkeypatch, [RECORD], **{"x-ratelimit-reset": "soon", "x-ratelimit-remaining": "many"})
    assert rig.source.fetch_page(rig.query, None, None).records == [RECORD]
    # The library's own methods ask for the server's version first.
    assert rig.server.requests == [("mastodon", "/api/v1/timelines/tag/portalder", {"limit": "40"})]


@pytest.mark.parametrize("query", ["max_id=x--", "max_id=", "min_id=5", "max_id=1&max_id=2"])
def test_only_the_number_of_a_link_is_followed_and_without_one_it_is_no_end(rig, monkeypatch, query):
    answering(rig, monkeypatch, [RECORD], link='<https://elsewhere.example/steal?max_id=117&limit=9>; rel="next"')
    assert rig.source.fetch_page(rig.query, None, None).next_cursor == "117"
    answering(rig, monkeypatch, [RECORD], link=f'<https://{HOST}/x?{query}>; rel="next"')
    with pytest.raises(Transient):
        rig.source.fetch_page(rig.query, None, None)


@pytest.mark.parametrize("body", [{}, {"statuses": 1}, "text", None, {"error": "x"}])
def test_an_odd_answer_is_an_error_never_an_empty_page(rig, monkeypatch, body):
    answering(rig, monkeypatch, body)
    for asked in (rig.query, SEARCH, MENTIONS):
        with pytest.raises(Transient):
            rig.source.fetch_page(asked, None, None)
    with pytest.raises(Transient):
        rig.source.recheck(rig.ids[:2])
    with pytest.raises(Transient):
        rig.source.account_metrics()


def test_a_redirect_is_not_followed(rig, monkeypatch):
    answering(rig, monkeypatch, "", 302, location=f"{rig.server.url}/api/v2/search?q=x")
    with pytest.raises(Transient, match="TooManyRedirects"):
        rig.source.fetch_page(rig.query, None, None)
    assert len(rig.server.requests) == 1


@pytest.mark.parametrize("mode", ["tag", "search"])
def test_a_backfill_asks_for_its_stretch_only(rig, mode):
    rig.server.add(*(rig.post(day, published_at(0) - timedelta(days=day)) for day in range(3, 30)))
    after, until = rig.server.now - timedelta(days=20), rig.server.now - timedelta(days=10)
    query = Query("mastodon", mode, words=SEARCH.words, channel="portalder", after=str(after), until=str(until))
    dates = [post.created_at for read in read_all(rig, query) for post in read.posts]
    wanted = {post.created_at for post in rig.server.posts if after <= post.created_at < until}
    slack = timedelta(days=3 if mode == "search" else 0)
    assert wanted <= set(dates)
    assert all(after - slack <= date < until + slack for date in dates)


def test_a_recheck_asks_for_twenty_of_our_server_at_a_time_and_is_all_or_nothing(rig):
    number = rig.ids[0].partition("/")[2]
    answer = rig.source.recheck([*rig.ids, f"elsewhere.example/{number}", number])
    assert (answer.live, answer.gone) == (set(rig.ids), frozenset())
    assert len(rig.server.requests) == 2
    rig.server.fail("unavailable", "mastodon", after=1, times=9)
    with pytest.raises(Transient):
        rig.source.recheck(rig.ids)
    with pytest.raises(ValueError, match="at most"):
        rig.source.recheck([f"{HOST}/{number}" for number in range(rig.source.recheck_batch + 1)])


@pytest.mark.parametrize("broken", [None, "text", {}, RECORD | {"id": 5}])
def test_a_recheck_with_a_record_that_cannot_be_read_is_no_answer(rig, monkeypatch, broken):
    answering(rig, monkeypatch, [RECORD, broken])
    with pytest.raises(Transient):
        rig.source.recheck([f"{HOST}/{RECORD['id']}", f"{HOST}/5"])


def test_the_own_account_is_counted(rig):
    name = f"{HOST}/109000000000000001"
    assert rig.source.account_metrics() == [AccountMetric(name, "followers", 210), AccountMetric(name, "posts", 87)]


def test_a_token_is_never_taken_for_a_file(rig, monkeypatch, tmp_path):
    file = tmp_path / "token"
    file.write_text("another\nhttps://elsewhere.example\n", encoding="utf-8")
    seen = []
    wire = rig.server.wire("mastodon")
    monkeypatch.setattr(wire, "authorized", lambda request: not seen.append(request.headers["authorization"]))
    rig.fresh(AUSCULT_MASTODON_TOKEN=str(file)).fetch_page(rig.query, None, None)
    assert seen == [f"Bearer {file}"]


@pytest.mark.parametrize("fault", ["unauthorized", "forbidden", "unavailable", "rate_limit", "hang", "html"])
def test_neither_words_nor_secrets_reach_an_error_or_the_log(rig, caplog, fault):
    rig.server.fail(fault, "mastodon", times=9)
    with caplog.at_level(logging.DEBUG), pytest.raises((Permanent, Transient)) as caught:
        rig.source.fetch_page(SEARCH, None, None)
    assert caught.value.__suppress_context__
    told = str(caught.value) + repr(rig.source) + caplog.text
    assert not any(secret in told for secret in ("not-a-secret", "invalid", "visit number"))
