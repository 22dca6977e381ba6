"""What only X does: queries, long and edited posts, renamed fields, a spent cap and losses named one by one."""

import logging
import re
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.config import read_settings
from pipeline.errors import ConfigError, Exhausted, Permanent, RateLimited, Skippable, Transient
from pipeline.listening import Listening, Practice
from pipeline.sources import Query
from pipeline.sources.reading import PassState, out_of_reach, read_pass
from pipeline.sources.x import X

RECORD = {
    "id": "2109486715499446272",
    "text": "Larkspur Clinic called back the same day.",
    "created_at": "2026-10-12T08:00:00.000Z",
    "author_id": "4711",
    "lang": "en",
    "public_metrics": {"like_count": 4, "retweet_count": 1, "reply_count": 0, "impression_count": 90, "odd": "x"},
    "edit_history_tweet_ids": ["2109486715499446272"],
}


def source(**chosen):
    return X(read_settings({}), Listening.model_validate({"sources": {"x": chosen}}))


def test_queries_name_the_practice_first_and_leave_reposts_out(practice):
    queries = source(languages=["en", "es"], exclude=["a raffle"]).queries(practice, ["vaccine shedding"])
    suffix = '(lang:en OR lang:es) -is:retweet -"a raffle"'
    assert [query.words for query in queries] == [
        f'("Larkspur Family Health" OR "Larkspur Clinic" OR @LarkspurFamily) {suffix}',
        f"((vaccine shedding)) {suffix}",
    ]


def test_queries_stay_within_512_characters_and_lose_no_keyword(practice):
    keywords = [f"invented claim number {number}" for number in range(300)]
    asked = [query.words for query in source(languages=["en"]).queries(practice, keywords)]
    assert max(map(len, asked)) <= 512
    assert all(sum(f"({keyword})" in words for words in asked) == 1 for keyword in keywords)


def test_a_term_too_long_keeps_its_first_words():
    practice = Practice(name="Larkspur", aliases=("word " * 39,))
    (query,) = source().queries(practice, ())
    assert len(query.words) <= 512
    assert re.fullmatch(r'\("Larkspur" OR "word( word)+"\) -is:retweet', query.words)


def test_a_long_post_is_read_whole(x):
    text = "Larkspur Family Health " + "kept me waiting and then " * 30 + "was kind."
    x.server.add(x.post(0) | {"id": "2100000000000000007", "text": text})
    posts = [post for read in read_pass(x.source, x.query, PassState(), x.server.now, 9) for post in read.posts]
    assert text in {post.text for post in posts}


def test_the_renamed_fields_give_the_same_posts(x):
    def posts():
        return {
            post.platform_id: (post.text, post.created_at, post.edited_at, post.metrics)
            for read in read_pass(x.fresh(), x.query, PassState(), x.server.now, 9)
            for post in read.posts
        }

    x.server.edit("x", x.ids[2], "Larkspur Family Health again.")
    before = posts()
    x.server.wire("x").names = "post"
    assert posts() == before
    assert len(before) == 24
    asked = [set(params) for _, _, params in x.server.requests]
    assert sum("tweet.fields" in params for params in asked) == 4 + 1, "one refusal, then the new name throughout"


@pytest.mark.parametrize("names", ["tweet", "post"])
def test_a_post_is_keyed_on_the_first_of_its_edits(names):
    chain = ["2109486715499446272", "2109486715499446999"]
    record = {key: value for key, value in RECORD.items() if not key.startswith("edit_history")}
    post = source().to_post(record | {"id": chain[1], f"edit_history_{names}_ids": chain})
    assert post.platform_id == chain[0]
    assert post.url == f"https://x.com/i/web/status/{chain[0]}"
    assert post.edited_at == datetime(2026, 10, 12, 8, tzinfo=UTC)
    assert post.created_at < post.edited_at


@pytest.mark.parametrize("name", ["referenced_tweets", "referenced_posts"])
def test_a_reply_names_its_parent(name):
    post = source().to_post(RECORD | {name: [{"type": "quoted", "id": "5"}, {"type": "replied_to", "id": "77"}]})
    assert (post.kind, post.parent_id) == ("comment", "77")


def test_counts_are_named_alike_on_all_platforms():
    assert source().to_post(RECORD).metrics == {"likes": 4, "shares": 1, "replies": 0, "views": 90}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"created_at": "yesterday"}, "bad_date"),
        ({"text": 7}, "text_not_text"),
        ({"edit_history_tweet_ids": ["x; --"]}, "bad_id"),
    ],
)
def test_a_broken_record_says_why(change, reason):
    with pytest.raises(Skippable) as caught:
        source().to_post(RECORD | change)
    assert caught.value.reason == reason


@pytest.mark.parametrize("fault", ["usage_cap", "no_credits"])
def test_a_spent_quota_is_not_a_passing_limit(x, fault):
    x.server.fail(fault, "x", times=100)
    with pytest.raises(Exhausted) as caught:
        x.source.fetch_page(x.query, None, None)
    assert not isinstance(caught.value, RateLimited)
    assert len(x.server.requests) == 1


def test_a_recheck_of_an_edited_post_brings_the_newest_words(x):
    x.server.edit("x", x.ids[1], "Larkspur Family Health, first correction.")
    x.server.edit("x", x.ids[1], "Larkspur Family Health, second correction.")
    answer = x.source.recheck(x.ids[:3])
    (post,) = [x.source.to_post(record) for record in answer.edited]
    assert (post.platform_id, post.text) == (x.ids[1], "Larkspur Family Health, second correction.")


def test_an_unexplained_loss_is_no_answer(x, monkeypatch):
    from demo.wires import x as wire

    loss = wire._loss
    monkeypatch.setattr(
        "demo.wires.x._loss",
        lambda name, protected: loss(name, protected) | {"title": "Over capacity", "type": "about:blank"},
    )
    answer = x.source.recheck([x.ids[0], "1999999999999999999"])
    assert answer.live == {x.ids[0]}
    assert not answer.gone


def test_since_is_sent_and_dropped_where_the_platform_does_not_reach(x):
    recent = x.server.now - timedelta(days=1)
    x.source.fetch_page(x.query, None, recent)
    assert x.server.requests[-1][2]["start_time"] == recent.strftime("%Y-%m-%dT%H:%M:%SZ")
    ancient = x.server.now - timedelta(days=30)
    assert len(x.source.fetch_page(x.query, None, ancient).records) == 6
    assert "start_time" not in x.server.requests[-1][2]
    asked = len(x.server.requests)
    x.source.fetch_page(x.query, None, ancient)
    assert len(x.server.requests) == asked + 1, "the refusal is remembered"


def test_a_source_left_alone_for_too_long_has_a_gap(now):
    assert out_of_reach(source(), now - timedelta(days=6), now) is None
    assert out_of_reach(source(), None, now) is None
    gap = out_of_reach(source(), now - timedelta(days=9), now)
    assert (gap.after_at, gap.before_at) == (now - timedelta(days=9), now - timedelta(days=7))


def test_a_query_the_platform_refuses_waits_for_a_person(x):
    with pytest.raises(Permanent, match="query"):
        x.source.fetch_page(Query("x", "search", "word " * 200), None, None)


def test_no_authors_are_asked_for(x):
    list(read_pass(x.source, x.query, PassState(), x.server.now, 9))
    x.source.recheck(x.ids)
    assert not any("expansions" in params or "user.fields" in params for _, _, params in x.server.requests)


@pytest.mark.parametrize("body", [[], {"data": "x"}, {"data": {"id": "1"}}, "text", None])
def test_an_odd_answer_is_an_error_never_an_empty_page(x, monkeypatch, body):
    from demo.wires import Answer

    monkeypatch.setattr(x.server.wire("x"), "answer", lambda *_: Answer(200, body, {}))
    with pytest.raises((Transient, Permanent)):
        x.source.fetch_page(x.query, None, None)
    with pytest.raises((Transient, Permanent)):
        x.source.recheck(x.ids[:2])


def test_neither_words_nor_secrets_reach_the_log(x, caplog):
    with caplog.at_level(logging.DEBUG):
        list(read_pass(x.source, x.query, PassState(), x.server.now, 9))
    assert "visit number" not in caplog.text
    assert "not-a-secret" not in caplog.text


def own_account(x, number, hours_ago, **fields):
    return x.post(number, x.server.now - timedelta(hours=hours_ago)) | fields


def test_mentions_and_own_posts_are_read_from_our_account(x, practice):
    x.server.add(own_account(x, 800, 1.1, text="Thanks @LarkspurFamily for the flu shot"))
    x.server.add(own_account(x, 801, 1.2, text="We are open on Sunday", own=True))
    source = x.fresh(AUSCULT_X_USER_ID="4711")
    found = {}
    for query in source.queries(practice, ()):
        reads = read_pass(source, query, PassState(), x.server.now, 9)
        found[query.mode] = [post for read in reads for post in read.posts]
    assert [post.text for post in found["mentions"]] == ["Thanks @LarkspurFamily for the flu shot"]
    assert [post.text for post in found["timeline"]] == ["We are open on Sunday"]
    assert {post.author_id for post in found["timeline"]} == source.own_authors
    assert not x.server.strays
    assert [(one.metric, one.value) for one in source.account_metrics()] == [("followers", 1_200), ("posts", 88)]


def test_a_timeline_is_read_page_by_page(x):
    x.server.add(*(own_account(x, 810 + number, 2 + number / 10, own=True) for number in range(14)))
    source = x.fresh(AUSCULT_X_USER_ID="4711")
    reads = list(read_pass(source, Query("x", "timeline", channel="4711"), PassState(), x.server.now, 9))
    assert [len(read.posts) for read in reads] == [6, 6, 2]
    assert not x.server.strays


def test_an_account_is_a_number_and_no_handle(x):
    with pytest.raises(ConfigError, match="AUSCULT_X_USER_ID"):
        x.fresh(AUSCULT_X_USER_ID="@larkspur")
    assert not x.source.account_metrics()
