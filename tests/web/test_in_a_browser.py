"""A person at a real Chromium: acknowledges and silences with the keyboard; nothing is loaded, nothing complains."""

from itertools import pairwise

import pytest

from claims_db import load_claims
from tests.web.test_hostile_page import PAYLOADS, storable

SIZES = {"desktop": (1280, 900, False), "phone": (390, 844, True)}

# Each text's colour against what is behind it (WCAG 2.2, 1.4.3): what falls below 4.5, or 3 for large text.
CONTRAST = """
(() => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const part = c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = one => {
    for (; one; one = one.parentElement) {
      const colour = rgb(getComputedStyle(one).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const weak = [];
  let looked = 0;
  for (const one of document.querySelectorAll('body *')) {
    const own = [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!own || !one.getClientRects().length || one.matches('option, .skip')) continue;
    const [a, b] = [light(rgb(getComputedStyle(one).color)), light(behind(one))].sort((x, y) => y - x);
    looked += 1;
    if ((a + 0.05) / (b + 0.05) < 4.5) weak.push(one.tagName + ': ' + one.textContent.trim().slice(0, 40));
  }
  return {looked, weak};
})()
"""
UNLABELLED = "[...document.querySelectorAll('input:not([type=hidden]), select')].filter(e => !e.labels.length).length"
HEADINGS = "[...document.querySelectorAll('h1, h2, h3')].map(e => Number(e.tagName[1]))"
SMALL_TARGETS = (
    "[...document.querySelectorAll('button, input:not([type=hidden]), select')]"
    ".filter(e => e.getBoundingClientRect().height < 44).length"
)


FOREIGN = "script, img, iframe, svg, object, embed, base, video, math, template"


def test_a_person_acknowledges_with_the_keyboard(site, raised, browser):
    key = raised()
    browser.open(site.link(site.token(key)))
    assert browser.ask("document.querySelector('.state .pill').textContent") == "Open"
    browser.tab_to("#acknowledge-note")
    browser.type("I take it <b>on</b>")
    browser.press_and_wait("Enter")
    assert browser.ask("document.querySelector('.state .pill').textContent") == "Acknowledged"
    assert "I take it <b>on</b>" in browser.ask("document.querySelector('.history').textContent")
    assert browser.ask("document.querySelectorAll('.history b').length") == 0
    (row,) = site.rows("alerts")
    assert (row["state"], row["acknowledged_by"]) == ("acknowledged", "Communications")
    loaded = browser.ask("history.length")
    browser.call("Page.reload")
    browser.wait_for_load(browser._loaded)
    assert browser.ask("history.length") == loaded
    assert [row["event"] for row in site.rows("alert_events")].count("acknowledged") == 1, (
        "a reload sends nothing again"
    )
    assert browser.complaints == []


def test_a_person_silences_with_a_reason(site, raised, browser):
    browser.open(site.link(site.token(raised())))
    browser.tab_to("#silence-hours")
    browser.press("ArrowDown")
    browser.tab_to("#silence-reason")
    browser.press("Enter")
    assert site.rows("silences") == [], "the browser asks for the reason first"
    assert browser.ask("document.querySelector('#silence-reason').validity.valueMissing") is True
    browser.type("known campaign")
    browser.tab_to("form:has(#silence-reason) button")
    browser.press_and_wait("Enter")
    (silence,) = site.rows("silences")
    assert (silence["reason"], (silence["ends_at"] - silence["starts_at"]).days) == ("known campaign", 3)
    state = browser.ask("document.querySelector('.state').textContent")
    assert "Silenced until Thu 15 Oct 2026, 08:04 PDT by Communications: known campaign" in state
    browser.tab_to("form[id^=act-unsilence] button")
    browser.press_and_wait("Enter")
    assert browser.ask("document.querySelector('.state').textContent.includes('Silenced')") is False
    assert browser.complaints == []


def test_nothing_is_asked_of_anyone_else_and_no_referer_is_sent(site, raised, browser):
    token = site.token(raised())
    browser.open(site.link(token))
    assert set(browser.requested) == {site.link(token), "data:,"} or browser.requested == [site.link(token)]
    browser.requested.clear()
    browser.sent_headers.clear()
    browser.tab_to(".evidence a")
    browser.press("Enter")
    browser.wait_for_request()
    assert browser.requested[0].startswith("https://www.acpjournals.org/")
    assert not [name for headers in browser.sent_headers for name in headers if name.lower() == "referer"]


def test_hostile_notes_stand_as_text_in_the_real_tree(site, raised, browser):
    words = [" ".join(storable(text).split())[:80] for text in PAYLOADS]
    for start in range(0, len(words), 25):
        notes = tuple(word for word in words[start : start + 25] if word)
        key = raised(
            claim={"claim": notes[0], "correction": " ".join(notes)},
            notes=notes,
            claim_id=f"claim-{start}",
            alert_key=f"alert-{start}",
        )
        browser.open(site.link(site.token(key)))
        assert browser.ask("document.querySelectorAll('.history li').length") == len(notes) + 1
        assert browser.ask(f"document.querySelectorAll('{FOREIGN}').length") == 0
        assert browser.ask("document.forms.length") == 3
        assert browser.ask("document.cookie") == ""
    assert browser.complaints == []
    assert {address.split("?")[0] for address in browser.requested} <= {f"{site.address}/alert", "data:,"}


@pytest.mark.parametrize("size", SIZES)
def test_the_card_fits_one_screen(site, raised, browser, mention, size):
    width, height, mobile = SIZES[size]
    browser.look(width, height, False, mobile)
    longest = max(load_claims(), key=lambda claim: len(claim.correction)).correction
    danger = {**mention, "category": "urgent:danger_to_life"}
    for number, changes in enumerate(({"claim": {"correction": longest}}, mention, danger)):
        key = raised(alert_key=f"alert-{number}", **({"claim_id": f"claim-{number}"} | changes))
        browser.open(site.link(site.token(key)))
        assert 100 < browser.ask("document.querySelector('#card').getBoundingClientRect().height") <= height


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_page_can_be_read_and_used_by_everybody(site, raised, browser, mention, size, dark):
    width, height, mobile = SIZES[size]
    browser.look(width, height, dark, mobile)
    for number, severity in enumerate(("urgent", "high", "normal")):
        changes = {} if severity != "normal" else mention
        key = raised(alert_key=f"alert-{number}", severity=severity, **{"claim_id": f"claim-{number}", **changes})
        token = site.token(key)
        if severity == "high":
            site.post(token, {"act": "silence", "hours": "4", "note": "known"})
        browser.open(site.link(token))
        found = browser.ask(CONTRAST)
        assert found["looked"] > 20
        assert found["weak"] == []
        assert browser.ask(UNLABELLED) == 0
        headings = browser.ask(HEADINGS)
        assert headings.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(headings))
        assert browser.ask("document.documentElement.lang") == "en"
        assert browser.ask("document.querySelectorAll('main').length") == 1
        assert browser.ask("document.documentElement.scrollWidth <= innerWidth"), "no sideways scrolling"
        assert browser.ask(SMALL_TARGETS) == 0
        shown = browser.ask("getComputedStyle(document.body).backgroundColor")
        assert shown == ("rgb(20, 23, 26)" if dark else "rgb(238, 241, 244)"), "the style sheet is in force"
    browser.look(320, 640, dark, True)
    assert browser.ask("document.documentElement.scrollWidth <= 320")
    browser.open(site.link("x"))
    assert browser.ask(CONTRAST)["weak"] == []
    assert [said for said in browser.complaints if "403" not in said] == []


def test_the_focus_can_be_seen(site, raised, browser):
    browser.open(site.link(site.token(raised())))
    browser.press("Tab")
    assert browser.ask("document.activeElement.className") == "skip"
    browser.press("Enter")
    assert browser.ask("document.activeElement.id") == "main"
    browser.tab_to("button")
    assert browser.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert browser.ask("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 3
