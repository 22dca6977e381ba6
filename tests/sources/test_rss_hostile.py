"""Feeds that lead elsewhere, explode or lie."""

import logging
import time
from contextlib import suppress
from datetime import timedelta

import pytest

from demo.wires import Answer
from pipeline.errors import Permanent, Transient
from pipeline.sources import rss as module
from pipeline.sources.reading import PassState, admit, read_pass
from tests.sources.rigs import NOW, rig_of
from tests.sources.rigs.rss import ADDRESS, ENTRY, PLATFORM, channel, read, serve, source

rig = rig_of(PLATFORM)


def test_a_redirect_is_followed_to_a_public_host_only(rig, monkeypatch):
    monkeypatch.setattr(module, "_addresses", {"feeds.portalder.example": ["8.8.8.8"]}.get)
    moved = Answer(301, "", {"location": "https://feeds.portalder.example/alerts/moved.xml"})
    serve(rig, monkeypatch, moved, Answer(200, channel("<item><guid>urn:1</guid><link>/2</link></item>")))
    page = rig.source.fetch_page(rig.query, None, None)
    assert page.records[0]["link"] == "https://feeds.portalder.example/2"
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
    assert time.monotonic() - started < 20


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


PRIVATE = "https://news.portalder.example/private/feed?key=SECRET"


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("", None),
        ("#c3", None),
        ("17", None),
        (PRIVATE, None),
        ("/2026/opening", "https://news.portalder.example/2026/opening"),
        ("https://social.example/@jane/1134", None),
        ("https://news.portalder.example/2026/opening", "https://news.portalder.example/2026/opening"),
    ],
)
def test_neither_a_feeds_key_nor_a_handle_is_kept_in_an_address(link, kept):
    record = {**ENTRY, "link": module._linked(PRIVATE, link)}
    ((post,), _) = admit(source(), [record], NOW)
    assert post.url == kept
