"""What only feeds do: broken XML, HTML in the words, entries without dates or ids, redirects, bombs."""

from datetime import UTC, datetime

import pytest

from demo.wires import Answer
from pipeline.errors import ConfigError, CursorRejected
from pipeline.sources.reading import PassState, admit, read_pass
from tests.sources.rigs import NOW, published_at, rig_of
from tests.sources.rigs.rss import ADDRESS, ENTRY, PLATFORM, channel, read, serve, source

rig = rig_of(PLATFORM)


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
