"""What only GDELT does: pages by time, complaints in plain text, queries of its own grammar, broken JSON."""

import json
import logging
import re
from datetime import UTC, datetime, timedelta

import pytest

from demo.wires import Answer
from demo.wires.gdelt import TEXT, WAIT
from pipeline.config import read_settings
from pipeline.errors import ConfigError, CursorRejected, Permanent, RateLimited, Skippable, Transient
from pipeline.listening import Listening, Practice
from pipeline.sources import Query
from pipeline.sources import gdelt as module
from pipeline.sources.gdelt import Gdelt
from pipeline.sources.reading import PassState, admit, out_of_reach, read_pass
from tests.sources.rigs import NOW, published_at, rigged
from tests.sources.rigs.gdelt import PLATFORM

ARTICLE = {
    "url": "https://news.portalder.example/larkspur-opens",
    "url_mobile": "",
    "title": "Larkspur Family Health opens early",
    "seendate": "20261012T081500Z",
    "socialimage": "https://news.portalder.example/picture.jpg",
    "domain": "news.portalder.example",
    "language": "English",
    "sourcecountry": "United States",
}


@pytest.fixture
def rig():
    with rigged(PLATFORM) as made:
        yield made
        assert not made.server.strays


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(module, "PAGE_SIZE", 6)


def source(**chosen):
    return Gdelt(read_settings({}), Listening.model_validate({"sources": {"gdelt": chosen}}))


def serve(rig, monkeypatch, *answers):
    left = list(answers)
    monkeypatch.setattr(rig.server.wire("gdelt"), "answer", lambda *_: left.pop(0) if len(left) > 1 else left[0])


def passed(rig, state=PassState(), max_pages=50):  # noqa: B008  (immutable)
    return list(read_pass(rig.source, rig.query, state, rig.server.now, max_pages))


def ids(pages):
    return [post.platform_id for page in pages for post in page.posts]


def test_queries_follow_its_grammar(practice):
    asked = source(languages=["en", "es", "xx"], exclude=["raffle"]).queries(practice, ["vaccine shedding"])
    suffix = "(sourcelang:english OR sourcelang:spanish) -raffle"
    assert [query.words for query in asked] == [
        f'("Larkspur Family Health" OR "Larkspur Clinic") {suffix}',
        # No brackets around one term.
        f'"vaccine shedding" {suffix}',
    ]


def test_a_word_has_no_quotes_and_a_term_too_short_is_left_out():
    practice = Practice(name="Larkspur", aliases=("LF", "D-Wave Clinic", "A+B", "#Larkspur"))
    (query,) = source(search_claims=False).queries(practice, ["ivermectin"])
    assert query.words == '(Larkspur OR "D-Wave Clinic")'


def test_queries_stay_within_the_limit_and_lose_no_keyword(practice):
    keywords = [f"invented claim number {number}" for number in range(100)]
    asked = [query.words for query in source(languages=["en"]).queries(practice, keywords)]
    assert max(map(len, asked)) <= 240
    assert all(sum(f'"{keyword}"' in words for words in asked) == 1 for keyword in keywords)


def test_exclusions_that_leave_no_room_are_refused(practice):
    with pytest.raises(ConfigError):
        source(exclude=[f"invented exclusion {number}" for number in range(9)]).queries(practice, ())


@pytest.mark.usefixtures("small_pages")
def test_a_full_page_goes_on_before_its_oldest_article(rig):
    pages = passed(rig)
    assert set(ids(pages)) == set(rig.ids)
    # Each page repeats the last article of the one before: others may have been seen in the same quarter of an hour.
    assert [page.fetched for page in pages] == [6, 6, 6, 6, 4]
    assert not any(page.gap for page in pages)
    ends = [params.get("enddatetime") for _, _, params in rig.server.requests]
    assert ends[:2] == [None, (published_at(18) + timedelta(minutes=15)).strftime("%Y%m%d%H%M%S")]


@pytest.mark.usefixtures("small_pages")
def test_a_killed_pass_goes_on_where_it_was(rig):
    before = passed(rig, max_pages=2)
    rest = list(read_pass(rig.fresh(), rig.query, before[-1].state_after, NOW, 50))
    assert set(ids([*before, *rest])) == set(rig.ids)
    assert rest[-1].needs_head_pass


@pytest.mark.usefixtures("small_pages")
def test_a_page_of_one_quarter_of_an_hour_reports_what_cannot_be_reached(rig):
    rig.server.add(*(rig.post(number, published_at(12)) for number in range(900, 908)))
    fetched, cursor, gaps = [], None, []
    for _ in range(20):
        page = rig.source.fetch_page(rig.query, cursor, None)
        fetched += [record["url"].rpartition("/")[2] for record in page.records]
        gaps.append(page.gap)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert [gap for gap in gaps if gap] == ["results_capped"]
    assert set(fetched) >= {str(number) for number in range(24) if number != 12}
    assert sum(len(name) == 3 for name in set(fetched)) in {5, 6}, "of nine at one time, one page"


@pytest.mark.usefixtures("small_pages")
def test_articles_of_one_time_on_two_pages_are_all_read(rig):
    rig.server.add(*(rig.post(number, published_at(19)) for number in range(900, 904)))
    assert set(ids(passed(rig))) == {post.id for post in rig.server.posts}


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("seen", ["soon", "00010101T000000Z", "99991231T235959Z", None])
def test_a_full_page_without_dates_cannot_go_on_and_says_so(rig, monkeypatch, seen):
    serve(rig, monkeypatch, Answer(200, {"articles": [ARTICLE | {"seendate": seen}] * 6}))
    page = rig.source.fetch_page(rig.query, None, None)
    assert (page.next_cursor, page.gap) == (None, "results_capped")


@pytest.mark.usefixtures("small_pages")
def test_a_pass_does_not_go_on_before_its_beginning(rig):
    rig.server.add(*(rig.post(number, published_at(20)) for number in range(900, 907)))
    pages = passed(rig, PassState(floor_at=published_at(20) + rig.source.overlap))
    assert [page.fetched for page in pages] == [6, 6]
    assert pages[-1].finished
    asked = [params for _, _, params in rig.server.requests]
    assert {params["startdatetime"] for params in asked} == {"20261012020000"}
    assert asked[-1]["enddatetime"] == "20261012021500"


@pytest.mark.parametrize(
    "cursor", ["", "DROP TABLE", "t3_zzz; --", "é" * 14, "20261399000000", "00010101000000", "２" * 14]
)
def test_a_stored_cursor_that_is_none_of_ours_is_rejected_unsent(rig, cursor):
    with pytest.raises(CursorRejected):
        rig.source.fetch_page(rig.query, cursor, None)
    assert not rig.server.requests


def test_a_backfill_is_bounded_on_both_sides(rig):
    query = Query(
        "gdelt", "search", rig.query.words, after="2026-10-11T20:00:00+00:00", until="2026-10-11T22:00:00+00:00"
    )
    page = rig.source.fetch_page(query, None, None)
    assert [record["url"].rpartition("/")[2] for record in page.records] == ["12", "11", "10", "9", "8"]


def test_what_is_out_of_reach_is_left_out_and_told(rig):
    assert out_of_reach(rig.source, NOW - timedelta(days=120), NOW).reason == "out_of_reach"
    page = rig.source.fetch_page(rig.query, None, NOW - timedelta(days=120))
    assert (len(page.records), page.gap, page.calls) == (24, "", 2)
    early = (NOW - timedelta(days=120)).isoformat()
    page = rig.source.fetch_page(Query("gdelt", "search", rig.query.words, after=early), None, None)
    assert (len(page.records), page.gap) == (24, "out_of_reach")


def test_a_wait_in_words_is_a_limit(rig, monkeypatch):
    serve(rig, monkeypatch, Answer(200, WAIT, TEXT))
    with pytest.raises(RateLimited):
        rig.source.fetch_page(rig.query, None, None)
    assert len(rig.server.requests) == 1


def test_a_platform_out_of_order_is_not_asked_again(rig):
    rig.server.fail("unavailable", "gdelt")
    with pytest.raises(Transient):
        rig.source.fetch_page(rig.query, None, None)
    assert len(rig.server.requests) == 1


@pytest.mark.parametrize("words", ["word " * 60, '"Lark"', "(larkspur)", "((larkspur clinic) OR larkspur)"])
def test_a_query_it_refuses_waits_for_a_person(rig, words):
    with pytest.raises(Permanent, match="refused the query"):
        rig.source.fetch_page(Query("gdelt", "search", words), None, None)


@pytest.mark.parametrize(
    "body", ["", "[]", "<title>invalid</title>", "something else", {"articles": "x"}, {"articles": {}}]
)
def test_an_odd_answer_is_an_error_never_an_empty_page(rig, monkeypatch, body):
    serve(rig, monkeypatch, Answer(200, body, TEXT))
    with pytest.raises(Transient) as caught:
        rig.source.fetch_page(rig.query, None, None)
    assert not isinstance(caught.value, RateLimited)


def test_a_search_without_results_is_an_empty_page(rig, monkeypatch):
    serve(rig, monkeypatch, Answer(200, {}))
    page = rig.source.fetch_page(rig.query, None, None)
    assert (page.records, page.next_cursor, page.gap) == ([], None, "")


def test_broken_escapes_do_not_lose_a_page(rig, monkeypatch):
    title = r"Larkspur \| 20\% \u00e9 \"fine\" \\ and \uzz" + "\t\x01"
    article = {"url": "https://news.example/1", "title": "TITLE", "seendate": "20261012T081500Z"}
    body = json.dumps({"articles": [article]}).replace("TITLE", title)
    serve(rig, monkeypatch, Answer(200, body))
    ((post,), _) = admit(rig.source, rig.source.fetch_page(rig.query, None, None).records, NOW)
    assert post.title == 'Larkspur \\| 20\\% é "fine" \\ and \\uzz'


def test_an_article_is_its_title_and_address_only():
    post = source().to_post(ARTICLE)
    assert (post.title, post.text, post.url) == (ARTICLE["title"], "", ARTICLE["url"])
    assert (post.created_at, post.lang) == (datetime(2026, 10, 12, 8, 15, tzinfo=UTC), "en")
    assert (post.channel, post.author_id, dict(post.metrics)) == ("news.portalder.example", None, {})
    assert re.fullmatch(r"[0-9a-f]{32}", post.platform_id)
    assert not any(word in f"{post!r}{post.title}{post.url}" for word in ("picture", "United"))


@pytest.mark.parametrize(
    ("name", "code"), [("Spanish", "es"), ("NorwegianNynorsk", "nn"), ("Klingon", None), ("", None), (None, None)]
)
def test_languages_are_codes(name, code):
    assert source().to_post(ARTICLE | {"language": name}).lang == code


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"url": "javascript:alert(1)"}, "bad_id"),
        ({"url": 7}, "bad_id"),
        ({"title": ["x"]}, "text_not_text"),
        ({"seendate": "20269912T081500Z"}, "bad_date"),
        ({"seendate": 10**400}, "bad_date"),
        ({"seendate": "19990101T000000Z"}, "bad_date"),
    ],
)
def test_a_broken_record_says_why(change, reason):
    with pytest.raises(Skippable) as caught:
        source().to_post(ARTICLE | change)
    assert caught.value.reason == reason


@pytest.mark.parametrize("change", [{"title": " "}, {"title": "x" * 70_000, "domain": {}}])
def test_a_hostile_record_is_no_harm(change, now):
    posts, refused = admit(source(), [ARTICLE | change, {}, ARTICLE], now)
    assert ARTICLE["title"] in [post.title for post in posts]
    assert len(posts) + len(refused) == 3
    assert all(len(post.title) <= 2_048 for post in posts)


def test_its_own_pace_is_kept_between_calls(monkeypatch):
    slept, clock = [], [1_000.0]
    monkeypatch.setattr(module.time, "sleep", slept.append)
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(module, "ask", lambda *_: (_ for _ in ()).throw(Transient("unsent")))
    paced = source()
    for wait in (0.0, 2.0, 60.0):
        clock[0] += wait
        with pytest.raises(Transient):
            paced.fetch_page(Query("gdelt", "search", "larkspur"), None, None)
    assert slept == [0.0, 4.0, 0.0]


def test_neither_words_nor_addresses_reach_the_log(rig, caplog):
    with caplog.at_level(logging.DEBUG):
        passed(rig)
    assert "visit number" not in caplog.text
    assert "Larkspur" not in caplog.text
