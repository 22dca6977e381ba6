"""An alert for a signed-in person: its grounds, what is hidden, its acts and their rows, worked by keys in Chromium."""

import importlib.util
import json
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml

from pipeline.warehouse import tables
from pipeline.web.grounds import redacted_words
from tests.web.test_hostile_page import PAYLOADS, storable
from tests.web.test_in_a_browser import CONTRAST, SIZES, SMALL_TARGETS, UNLABELLED
from tests.web.triage_site import TEXT, clock_at, press, press_and_wait, triage_running, write_alerts, write_post

FOREIGN = "iframe, svg, object, embed, base, video, math, template, script:not([src='triage.js'])"


@pytest.fixture
def triage(settings, clock):
    with triage_running(settings, clock) as started:
        yield started


def open_alert(triage, browser, key):
    browser.open(f"{triage.address}/triage?key={key.replace('|', '%7C')}")


def test_the_page_says_why_and_hides_who(triage):
    (key,) = write_alerts(triage, 1)
    write_post(triage, key)
    page = triage.ask("triage", params={"key": key}).text
    assert "<mark>The MMR shot gave my nephew autism.</mark>" in page
    assert "Jane" not in page
    assert "0188" not in page
    assert "Vaccinated children have autism no more often." in page
    assert "spreads the claim: " in page
    assert "https://www.reddit.com/comments/abc12/" in page
    assert "data:image/png;base64," in page
    assert 'id="card"' in page


def test_each_post_says_why_it_alarmed(triage):
    (key,) = write_alerts(triage, 1)
    write_post(triage, key, reason="unproven_alert")
    reason = "it spreads the claim by a high score; that such alerts are right often enough is not proven"
    assert f"<dt>Why it alarmed</dt><dd>{reason}</dd>" in triage.ask("triage", params={"key": key}).text
    with triage.workplace.engine.begin() as connection:
        connection.execute(sa.update(tables.matches).values(decision="review", reason="of_another_day"))
    shown = triage.ask("triage", params={"key": key}).text
    assert "<dt>Why it did not alarm</dt><dd>of another day</dd>" in shown


def test_a_verdict_on_a_claim_asks_about_the_clearest_post(triage):
    claimed, erased = write_alerts(triage, 2)
    mention = {"kind": "mention", "claim_id": None, "claim_version": None, "category": "complaint"}
    (named,) = write_alerts(triage, 1, **mention, alert_key="mention", evidence={"posts": []})
    write_post(triage, claimed)
    asked = "Does the clearest post spread the claim?"
    page = triage.ask("triage", params={"key": claimed}).text
    assert "<h3>The clearest post" in page
    assert page.index(asked) < page.index("Confirm: it does") < page.index("Reject: it does not")
    with triage.workplace.engine.begin() as connection:
        # The clearest post is gone, and the next one is not what the verdict would be kept with.
        posts = [{"platform": "reddit", "platform_id": "gone"}, {"platform": "reddit", "platform_id": "t3_abc12"}]
        bare = sa.update(tables.alerts).where(tables.alerts.c.alert_key == erased)
        connection.execute(bare.values(evidence={"posts": posts}))
    for key in (erased, named):
        page = triage.ask("triage", params={"key": key}).text
        assert asked not in page
        assert "The alert is right." in page
    assert "<mark>" in triage.ask("triage", params={"key": erased}).text


def test_what_is_hidden_in_the_passage_stays_hidden():
    words = redacted_words(TEXT, (0, 33), ())
    assert "Jane" not in f"{words}"
    assert "0188" not in f"{words}"
    long = redacted_words("So it is said. " * 8_000 + TEXT, (120_000, 120_020), ())
    assert len(long.before + long.passage + long.after) < 5_000


def test_twenty_alerts_are_worked_by_keys_alone(triage, browser):
    keys = write_alerts(triage, 20)
    write_post(triage, keys[0])
    triage.sign_in(browser)
    browser.open(f"{triage.address}/queue")
    browser.requested.clear()
    press(browser, "j")
    browser.press_and_wait("Enter")
    for number in range(20):
        clock_at(triage, number)
        press_and_wait(browser, "x" if number % 2 else "c")
        press_and_wait(browser, "a" if number % 2 == 0 else "u")
        if number < 19:
            if number % 2 == 0:
                press_and_wait(browser, "j")
            else:
                press(browser, "j")
                browser.press_and_wait("Enter")
    told = [row for row in triage.rows("reviews") if row["subject"] == "alert"]
    assert [row["alert_key"] for row in sorted(told, key=lambda row: row["review_id"])] == keys
    assert {row["verdict"] for row in told} == {"confirmed", "rejected"}
    assert {row["reviewed_by"] for row in told} == {"ana"}
    states = {row["alert_key"]: row["state"] for row in triage.rows("alerts")}
    assert set(states.values()) == {"acknowledged", "resolved"}
    assert browser.complaints == []
    assert all(address.startswith((triage.address, "data:")) for address in browser.requested)


def test_silence_escalation_and_note_by_keys(triage, browser):
    (key,) = write_alerts(triage, 1)
    triage.sign_in(browser)
    open_alert(triage, browser, key)
    press(browser, "s")
    browser.type("known campaign")
    browser.press_and_wait("Enter")
    clock_at(triage, 1)
    press(browser, "n")
    browser.type("a note; j and x are words here")
    browser.press_and_wait("Enter")
    clock_at(triage, 2)
    press_and_wait(browser, "e")
    events = {(row["event"], row["by"]) for row in triage.rows("alert_events")}
    assert {("silenced", "ana"), ("noted", "ana"), ("escalated", "ana")} <= events
    assert triage.rows("reviews") == []
    assert "Note by ana: a note; j and x" in " ".join(
        browser.ask("document.querySelector('.history').innerText").split()
    )
    press(browser, "?")
    assert browser.ask("document.querySelector('dialog').open") is True
    assert browser.complaints == []


def test_who_escalates_sees_who_is_told(triage):
    key, own = *write_alerts(triage, 1), "own"
    find = {"kind": "mention", "claim_id": None, "claim_version": None, "category": "own_post:stop"}
    write_alerts(triage, 1, **find, alert_key=own)
    assert "Nobody is told by Auscult: call who must know." in triage.ask("triage", params={"key": key}).text
    receivers = [{"name": name, "address": "a@b.org", "escalation": name != "Desk"} for name in ("Desk", "On call")]
    listening = {"receivers": receivers, "sources": {}}
    triage.workplace.settings.listening_file.write_text(yaml.safe_dump(listening))
    page = triage.ask("triage", params={"key": key}).text
    assert "Told at once, whatever the hour, unless they were: On call." in page
    assert "Nobody is told by Auscult" in triage.ask("triage", "olga", params={"key": own}).text


def test_keys_can_be_switched_off(triage, browser):
    (key,) = write_alerts(triage, 1)
    triage.sign_in(browser)
    open_alert(triage, browser, key)
    press(browser, "?")
    browser.ask("document.querySelector('#keys-on').click()")
    browser.ask("document.querySelector('dialog').close()")
    press(browser, "x")
    assert triage.rows("reviews") == []


def test_hostile_words_in_every_field_stay_words(triage, browser):
    (key,) = write_alerts(triage, 1)
    hostile = [storable(PAYLOADS[number % len(PAYLOADS)]) for number in range(200)]
    write_post(
        triage,
        key,
        text=" ".join(hostile),
        passage=hostile[7],
        post={"title": hostile[3], "url": hostile[5]},
        matched_text=hostile[9],
        true_statement=hostile[11],
        cues=hostile[:20],
    )
    for number, words in enumerate(hostile[:60]):
        clock_at(triage, number)
        assert triage.act(key, "escalate", note=words or "x").status_code == 303
    triage.sign_in(browser)
    for address in (f"triage?key={key.replace('|', '%7C')}", "queue", "queue?state=%3Cscript%3E&after=%3Cscript%3E"):
        browser.open(f"{triage.address}/{address}")
        assert browser.ask(f"document.querySelectorAll({json.dumps(FOREIGN)}).length") == 0
        handlers = "[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => /^on/.test(a.name)))"
        assert browser.ask(f"{handlers}.length") == 0
        assert browser.ask("typeof window.pwned") == "undefined"
    assert browser.complaints == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_it_can_be_read_and_reached(triage, browser, size, dark):
    key, _ = write_alerts(triage, 2)
    write_post(triage, key)
    width, height, mobile = SIZES[size]
    browser.look(width, height, dark, mobile)
    triage.sign_in(browser)
    for path in ("queue", f"triage?key={key.replace('|', '%7C')}"):
        browser.open(f"{triage.address}/{path}")
        contrast = browser.ask(CONTRAST)
        assert contrast["looked"] > 10
        assert contrast["weak"] == []
        assert browser.ask(UNLABELLED) == 0
        assert browser.ask(SMALL_TARGETS.replace("input:not([type=hidden])", "input[type=text]")) in (0, 1)
        assert browser.ask("document.documentElement.scrollWidth <= innerWidth") is True
        assert axe_problems(browser) == []


def axe_problems(browser) -> list[str]:
    """What axe-core calls serious or critical. Its script is read from a package that is not imported."""
    found = importlib.util.find_spec("axe_playwright_python")
    assert found
    assert found.origin, "the package that carries axe-core is not installed"
    browser.call("Runtime.evaluate", expression=(Path(found.origin).parent / "axe.min.js").read_text())
    grave = "v => /serious|critical/.test(v.impact)"
    asked = f"axe.run().then(r => r.violations.filter({grave}).map(v => v.id + ' ' + v.nodes[0].html))"
    answer = browser.call("Runtime.evaluate", expression=asked, awaitPromise=True, returnByValue=True)
    return list(answer["result"]["value"])
