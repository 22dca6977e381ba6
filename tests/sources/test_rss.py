"""What only feeds do: broken XML, HTML in the words, entries without dates or ids, redirects, bombs."""

import logging
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from demo.wires import Answer
from pipeline.config import read_settings
from pipeline.errors import ConfigError, CursorRejected, Permanent, Transient
from pipeline.listening import Listening
from pipeline.sources import rss as module
from pipeline.sources.reading import PassState, admit, read_pass
from pipeline.sources.rss import Rss
from tests.sources.rigs import NOW, published_at, rigged
from tests.sources.rigs.rss import PLATFORM

ADDRESS = "https://news.portalder.example/alerts/larkspur.xml"
ENTRY = {
    "feed": ADDRESS,
    "channel": "News alert: Larkspur",
    "feed_lang": "en-us",
    "id": "tag:portalder.example,2026:1",
    "link": "https://news.portalder.example/1",
    "title": "Larkspur opens early",
    "text": "The clinic opens at seven.",
    "lang": None,
    "published": "2026-10-12T08:00:00+00:00",
    "updated": None,
}


@pytest.fixture
def rig():
    with rigged(PLATFORM) as made:
        yield made
        assert not made.server.strays


def source(**chosen):
    return Rss(read_settings({}), Listening.model_validate({"sources": {"rss": chosen}}))


def serve(rig, monkeypatch, *answers):
    """Answer with each of these in turn, and with the last one from then on."""
    left = list(answers)
    wire = rig.server.wire("rss")
    monkeypatch.setattr(wire, "answer", lambda *_: left.pop(0) if len(left) > 1 else left[0])


def read(rig, monkeypatch, body):
    serve(rig, monkeypatch, Answer(200, body, {"content-type": "application/rss+xml"}))
    return admit(rig.source, rig.source.fetch_page(rig.query, None, None).records, NOW)


def channel(*entries, head="<title>News</title><language>en-us</language>", start='<?xml version="1.0"?>'):
    return f'{start}\n<rss version="2.0"><channel>{head}{"".join(entries)}</channel></rss>'


def test_each_address_is_one_query_and_nothing_is_searched(practice):
    asked = source(channels=[ADDRESS, "https://forum.example/latest.rss?key=1"]).queries(practice, ["vaccine shedding"])
    assert [(query.mode, query.words, query.channel) for query in asked] == [
        ("feed", "", ADDRESS),
        ("feed", "", "https://forum.example/latest.rss?key=1"),
    ]


@pytest.mark.parametrize(
    "address",
    [
        "http://news.example/feed",
        "file:///etc/passwd",
        "feed",
        "https://",
        "https://u:hush@news.example/",
        "https://[x/",
    ],
)
def test_what_is_no_https_address_is_refused_and_not_quoted(practice, address):
    with pytest.raises(ConfigError, match=r"sources\.rss\.channels") as caught:
        source(channels=[address]).queries(practice, ())
    assert "hush" not in str(caught.value)


def test_a_feed_has_no_cursor(rig):
    with pytest.raises(CursorRejected):
        rig.source.fetch_page(rig.query, "2", None)
    assert not rig.server.requests


def test_an_edited_entry_keeps_its_id_and_has_its_new_words(rig):
    (before,) = read_pass(rig.source, rig.query, PassState(), NOW, 9)
    rig.server.edit("rss", rig.ids[20], "Larkspur Family Health never saw me at all.")
    (after,) = read_pass(rig.source, rig.query, before.state_after, NOW, 9)
    (old,) = [post for post in before.posts if post.platform_id == rig.ids[20]]
    (new,) = [post for post in after.posts if post.platform_id == rig.ids[20]]
    assert (new.text, new.edited_at) == ("Larkspur Family Health never saw me at all.", NOW)
    assert (new.created_at, old.edited_at) == (old.created_at, None)
    assert new.content_hash != old.content_hash


def test_one_unavailable_answer_costs_nothing(rig):
    rig.server.fail("unavailable", "rss")
    assert len(rig.source.fetch_page(rig.query, None, None).records) == 24
    assert len(rig.server.requests) == 2


def test_what_left_a_feed_is_not_gone(rig):
    assert rig.source.recheck_batch == 0
    answer = rig.source.recheck(rig.ids)
    assert not answer.live | answer.gone


def test_a_feed_that_ends_above_the_watermark_has_a_gap(rig):
    rig.server.posts[:] = rig.server.posts[-4:]
    (page,) = read_pass(rig.source, rig.query, PassState(floor_at=published_at(3)), NOW, 9)
    assert page.gap.reason == "listing_ended"
    assert page.gap.before_at == published_at(20)


def test_an_unchanged_feed_is_not_sent_again(rig):
    (first,) = read_pass(rig.source, rig.query, PassState(), NOW, 9)
    (second,) = read_pass(rig.source, rig.query, first.state_after, NOW, 9)
    assert (second.fetched, second.finished, second.state_after) == (0, True, first.state_after)
    # Whoever reads from the beginning, or as a new process, wants all of it.
    for reader, state in ((rig.source, PassState()), (rig.fresh(), first.state_after)):
        (again,) = read_pass(reader, rig.query, state, NOW, 9)
        assert again.fetched == 24


def test_html_becomes_words(rig, monkeypatch):
    item = """<item><guid isPermaLink="false">tag:x.example,2026:1</guid><link>https://news.example/1</link>
        <title>&lt;b&gt;Larkspur&lt;/b&gt; sees &amp;lt;3 fewer &amp;amp; fewer</title>
        <description><![CDATA[<p>One <i>line</i> &amp; more.</p><script>alert(1)</script>
        <p onclick="x()">Two<br/>three</p>
        <style>p {color: red}</style><a href="javascript:x()">link</a>]]></description></item>"""
    ((post,), _) = read(rig, monkeypatch, channel(item))
    assert post.title == "Larkspur sees <3 fewer & fewer"
    assert post.text == "One line & more.\nTwo\nthree\nlink"
    assert (post.channel, post.lang, post.created_at, post.author_id) == ("News", "en", None, None)


def test_a_broken_feed_is_read_as_far_as_it_goes(rig, monkeypatch):
    whole = "<item><guid>tag:x.example,2026:{0}</guid><title>Larkspur {0} & more</title></item>"
    body = channel(whole.format(1), whole.format(2))[: -len("</item></channel></rss>")]
    posts, _ = read(rig, monkeypatch, body)
    assert [post.title for post in posts] == ["Larkspur 1 & more", "Larkspur 2 & more"]


def test_relative_links_lead_to_the_feeds_own_site(rig, monkeypatch):
    ((post,), _) = read(rig, monkeypatch, channel("<item><title>Larkspur</title><link>/story/1</link></item>"))
    assert post.url == "https://news.portalder.example/story/1"


def test_other_encodings_are_read(rig, monkeypatch):
    body = channel("<item><guid>urn:1</guid><title>Clínica Larkspur</title></item>", start="")
    answer = Answer(200, body, {"content-type": "application/rss+xml; charset=utf-8"})
    serve(rig, monkeypatch, answer)
    ((post,), _) = admit(rig.source, rig.source.fetch_page(rig.query, None, None).records, NOW)
    assert post.title == "Clínica Larkspur"


@pytest.mark.parametrize(
    ("date", "created_at"),
    [
        ("Mon, 12 Oct 2026 01:00:00 -0700", datetime(2026, 10, 12, 8, tzinfo=UTC)),
        ("2026-10-12T08:00:00Z", datetime(2026, 10, 12, 8, tzinfo=UTC)),
        ("some time ago", None),
        ("Mon, 32 Oct 2026 08:00:00 GMT", None),
    ],
)
def test_a_date_that_cannot_be_read_is_none(rig, monkeypatch, date, created_at):
    item = f"<item><guid>urn:1</guid><title>Larkspur</title><pubDate>{date}</pubDate></item>"
    ((post,), _) = read(rig, monkeypatch, channel(item))
    assert post.created_at == created_at


def test_an_entry_dated_by_its_last_change_only_is_not_an_edit():
    post = source().to_post(ENTRY | {"published": None, "updated": "2026-10-12T09:00:00+00:00"})
    assert (post.created_at, post.edited_at) == (datetime(2026, 10, 12, 9, tzinfo=UTC), None)


def test_an_id_is_one_everywhere_or_in_its_feed_only():
    def name(**fields):
        return source().to_post(ENTRY | fields).platform_id

    other = "https://forum.example/feed"
    assert name(feed=other) == name()
    assert name(id="17", feed=other) != name(id="17")
    assert name(id=None, feed=other) == name(id=None) == name(id="https://news.portalder.example/1")
    assert name(id=None, link="https://news.portalder.example/2") != name(id=None)
    assert "1234" not in name(id="https://social.example/@someone/1234"), "an address may hold a handle"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None, "link": None}, "bad_id"),
        ({"title": None, "text": ""}, "no_text"),
        ({"text": "x" * 70_000}, "text_too_large"),
        ({"published": "1970-01-01T00:00:00+00:00"}, "date_out_of_range"),
        ({"published": 7}, "unmappable_record"),
        ({"title": ["x"]}, "unmappable_record"),
    ],
)
def test_a_broken_entry_is_refused_alone(change, reason):
    posts, refused = admit(source(), [ENTRY | change, ENTRY], NOW)
    assert len(posts) == 1
    assert [one.reason for one in refused] == [reason]


def test_only_web_addresses_are_kept():
    ((post,), _) = admit(source(), [ENTRY | {"link": "javascript:alert(1)"}], NOW)
    assert post.url is None


def test_a_title_repeated_as_the_body_is_said_once():
    post = source().to_post(ENTRY | {"text": ENTRY["title"]})
    assert (post.title, post.text) == (ENTRY["title"], "")


def test_a_redirect_is_followed_to_a_public_host_only(rig, monkeypatch):
    monkeypatch.setattr(module, "_addresses", {"feeds.portalder.example": ["8.8.8.8"]}.get)
    moved = Answer(301, "", {"location": "https://feeds.portalder.example/alerts/moved.xml"})
    serve(rig, monkeypatch, moved, Answer(200, channel("<item><guid>urn:1</guid><link>2</link></item>")))
    page = rig.source.fetch_page(rig.query, None, None)
    assert page.records[0]["link"] == "https://feeds.portalder.example/alerts/2"
    assert page.calls == 2
    assert rig.server.requests[-1][1] == "/alerts/moved.xml"


@pytest.mark.parametrize(
    "location",
    [
        "http://feeds.portalder.example/alerts/moved.xml",
        "https://127.0.0.1/alerts/moved.xml",
        "https://10.1.2.3/alerts/moved.xml",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/alerts/moved.xml",
        "https://[fe80::1%25eth0]/alerts/moved.xml",
        "https://2130706433/alerts/moved.xml",
        "https://localhost/alerts/moved.xml",
        "https://u:p@8.8.8.8/alerts/moved.xml",
        "https://[x/",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_elsewhere_is_refused_unsent(rig, monkeypatch, location):
    serve(rig, monkeypatch, Answer(302, "", {"location": location}))
    with pytest.raises((Permanent, Transient)):
        rig.source.fetch_page(rig.query, None, None)
    assert len(rig.server.requests) == 1


def test_a_host_with_one_private_address_is_private(monkeypatch):
    monkeypatch.setattr(module, "_addresses", {"a": ["8.8.8.8", "10.0.0.1"], "b": ["8.8.8.8"], "c": []}.get)
    assert [module._is_public(host) for host in "abc"] == [False, True, False]


def test_redirects_in_a_circle_end(rig, monkeypatch):
    monkeypatch.setattr(module, "_addresses", lambda _: ["8.8.8.8"])
    serve(rig, monkeypatch, Answer(302, "", {"location": ADDRESS}))
    with pytest.raises(Permanent, match="more than 3 times"):
        rig.source.fetch_page(rig.query, None, None)
    assert len(rig.server.requests) == 4


@pytest.mark.parametrize("status", [304, 404, 410])
def test_an_address_without_a_feed_waits_for_a_person(rig, monkeypatch, status):
    serve(rig, monkeypatch, Answer(status, ""))
    with pytest.raises(Permanent, match=f"news.portalder.example refused the request .{status}"):
        rig.source.fetch_page(rig.query, None, None)


@pytest.mark.parametrize(
    "body", ["", "<!doctype html><title>Sign in</title>", '{"version": "1"}', "/etc/passwd", ADDRESS]
)
def test_what_is_no_feed_is_an_error_never_an_empty_one(rig, monkeypatch, body):
    serve(rig, monkeypatch, Answer(200, body, {"content-type": "text/html"}))
    with pytest.raises(Transient, match="not RSS or Atom"):
        rig.source.fetch_page(rig.query, None, None)
    assert len(rig.server.requests) == 1


def test_a_reply_that_names_a_file_opens_none(rig, monkeypatch, tmp_path):
    (tmp_path / "hush.xml").write_text(channel("<item><guid>urn:1</guid><title>password</title></item>"))
    serve(rig, monkeypatch, Answer(200, str(tmp_path / "hush.xml")))
    with pytest.raises(Transient, match="not RSS or Atom"):
        rig.source.fetch_page(rig.query, None, None)


def test_no_outside_entity_is_opened(rig, monkeypatch, tmp_path):
    (tmp_path / "hush").write_text("password")
    start = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{tmp_path}/hush">\n]>'
    posts, _ = read(rig, monkeypatch, channel("<item><guid>urn:1</guid><title>a &x; b</title></item>", start=start))
    assert len(posts) == 1
    assert "password" not in repr([(post.title, post.text) for post in posts])


ENTITIES = "".join(f'<!ENTITY {chr(98 + step)} "{f"&{chr(97 + step)};" * 10}">' for step in range(12))
QUADRATIC = f'<?xml version="1.0"?>\n<!DOCTYPE rss [\n<!ENTITY a "{"a" * 50_000}">\n]>'


@pytest.mark.parametrize(
    "body",
    [
        channel("<item><title>&m;</title></item>", start=f'<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">{ENTITIES}]>'),
        channel(f"<item><title>{'&a;' * 50_000}</title></item>", start=QUADRATIC),
        channel(f"<item><description><![CDATA[{'<!--' * 200_000}]]></description></item>"),
        channel(f"<item><author>{'a.' * 200_000}</author></item>"),
        "\n" * 500_000 + channel(),
    ],
    ids=["laughs", "quadratic", "comments", "author", "blank"],
)
def test_a_bomb_costs_bounded_time(rig, monkeypatch, body):
    monkeypatch.setattr(module, "PARSE_SECONDS", 2.0)
    serve(rig, monkeypatch, Answer(200, body))
    started = time.monotonic()
    read_whole = False
    with suppress(Transient):
        page = rig.source.fetch_page(rig.query, None, None)
        read_whole = sum(len(str(record["title"])) for record in page.records) > 1_000
    assert not read_whole
    assert time.monotonic() - started < 8


def test_a_feed_without_an_end_is_cut_and_says_so(rig, monkeypatch):
    items = "".join(f"<item><guid>urn:{number}</guid><title>Larkspur</title></item>" for number in range(2_010))
    serve(rig, monkeypatch, Answer(200, channel(items)))
    page = rig.source.fetch_page(rig.query, None, None)
    assert (len(page.records), page.gap) == (2_000, "entries_left_out")


def test_a_reader_that_dies_is_an_error_that_quotes_nothing(rig, monkeypatch):
    monkeypatch.setattr(module._feeds, "__file__", "/nonexistent/larkspur.py")
    with pytest.raises(Transient) as caught:
        rig.source.fetch_page(rig.query, None, None)
    assert "larkspur.py" not in str(caught.value)


def test_the_reader_of_hostile_feeds_sees_no_secret(rig, monkeypatch):
    seen = {}
    run = module.subprocess.run
    monkeypatch.setattr(
        module.subprocess, "run", lambda *args, **chosen: (seen.update(chosen), run(*args, **chosen))[1]
    )
    rig.source.fetch_page(rig.query, None, None)
    assert seen["env"] == {}


def test_no_person_is_kept(rig):
    (page,) = read_pass(rig.source, rig.query, PassState(), NOW, 9)
    assert not any("voice_" in f"{post!r}{post.text}{post.title}{post.url}" for post in page.posts)
    assert {post.author_id for post in page.posts} == {None}


def test_neither_words_nor_addresses_reach_the_log_or_an_error(rig, caplog):
    with caplog.at_level(logging.DEBUG):
        rig.source.fetch_page(rig.query, None, None)
        rig.server.fail("forbidden", "rss")
        with pytest.raises(Permanent) as caught:
            rig.source.fetch_page(rig.query, None, NOW - timedelta(days=1))
    assert "visit number" not in caplog.text
    assert "larkspur.xml" not in caplog.text + str(caught.value)
