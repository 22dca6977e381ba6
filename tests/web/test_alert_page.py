"""The page over real HTTP: showing changes nothing, and acting needs the page's own form."""

import email
import html
import json
import re
from datetime import timedelta
from email.policy import default

import pytest
import requests
import sqlalchemy as sa

from pipeline import handling
from pipeline.alerting.message import build_message
from pipeline.alerting.plan import Silence
from pipeline.alerting.render import render_urgent
from pipeline.alerting.tokens import form_value
from pipeline.notifications import alert_link
from pipeline.warehouse import tables
from pipeline.workplace import open_workplace
from tests.web.served import NOW, POSTS, RECEIVER


def state_of(site, key):
    return next(row for row in site.rows("alerts") if row["alert_key"] == key)


def events_of(site, key):
    rows = [row for row in site.rows("alert_events") if row["alert_key"] == key]
    return [
        (row["event"], row["by"], row["note"]) for row in sorted(rows, key=lambda row: (row["at"], row["event_id"]))
    ]


def test_the_page_shows_what_the_mail_may_hold(site, raised):
    page = site.get(site.token(raised()))
    assert page.status_code == 200
    for words in (
        "The MMR vaccine causes autism.",
        "Studies of more than a million children",
        "5 Mar 2019",
        "41 posts by 29 people on Imported files, Reddit and X",
        "a post that spreads it also names the practice",
        "Never confirm, deny or hint",
        "https://www.reddit.com/comments/abc12/",
        "https://x.com/i/status/17900",
        "Nobody has acknowledged it yet",
        "Raised",
    ):
        assert words in page.text, words
    assert "abc13" not in page.text, "three posts at most"
    assert "38 more in the warehouse" in page.text


def test_no_text_of_a_post_and_no_handle_is_on_the_page(site, raised, mention):
    post = {
        **{"platform": "x", "platform_id": "17900", "source": "x", "kind": "post", "content_hash": "e" * 64},
        **{"url": "https://x.com/jane_doe_handle/status/17900", "author_hash": "f" * 64},
        **{"text": "the words of a post CANARY", "created_at": NOW, "ingested_at": NOW},
    }
    with site.workplace.engine.begin() as connection:
        connection.execute(sa.insert(tables.posts).values(**post))
    assert site.rows("posts")[0]["text"] == post["text"]
    for key in (raised(), raised(alert_key="another", **mention)):
        text = site.get(site.token(key)).text
        for secret in ("jane_doe", "CANARY", "f" * 64, "evil.example"):
            assert secret not in text
        assert "status/17900" in text


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_changes_nothing(site, raised, method):
    token = site.token(raised())
    before = site.everything()
    answers = [site.get(token, method, headers=headers) for headers in ({}, {"Purpose": "prefetch"})]
    assert [answer.status_code for answer in answers] == [405 if method == "OPTIONS" else 200] * 2
    assert site.everything() == before
    if method == "HEAD":
        assert answers[0].content == b""
    if method == "OPTIONS":
        assert answers[0].headers["Allow"] == "GET, HEAD, POST"


def test_a_get_that_looks_like_an_act_changes_nothing(site, raised):
    token = site.token(raised())
    before = site.everything()
    sent = {"act": "acknowledge", "form": form_value(token, site.key), "token": token}
    for method in ("GET", "HEAD"):
        assert requests.request(method, f"{site.address}/alert", params=sent, data=sent, timeout=30).ok
    assert site.everything() == before


def test_a_post_without_the_pages_value_changes_nothing(site, raised):
    key = raised()
    token, other = site.token(key), site.token(key, receiver="On call")
    before = site.everything()
    act = {"act": "acknowledge"}
    assert site.post(token, act, with_form=False).status_code == 403
    for value in ("", "0" * 64, form_value(token, site.key)[:-1], form_value(other, site.key), token):
        assert site.post(token, act | {"form": value}).status_code == 403
    assert site.post(token, {}).status_code == 400, "a form without an act"
    assert site.post(token, {"act": "delete"}).status_code == 400
    assert site.everything() == before


def test_a_person_acknowledges(site, raised):
    key = raised()
    token = site.token(key)
    site.clock.now = NOW + timedelta(minutes=5)
    done = site.post(token, {"act": "acknowledge", "note": "I call\r\nthe clinic  "})
    assert done.status_code == 303
    assert done.headers["Location"] == f"alert?token={token}"
    row = state_of(site, key)
    assert (row["state"], row["acknowledged_by"], row["acknowledged_at"]) == ("acknowledged", RECEIVER, site.clock.now)
    assert events_of(site, key)[1:] == [("acknowledged", RECEIVER, "I call the clinic")]
    page = site.get(token).text
    assert "by Communications, Mon 12 Oct 2026, 08:09 PDT" in page
    assert "I call the clinic" in page
    assert 'value="acknowledge"' not in page
    assert site.post(token, {"act": "acknowledge"}).status_code == 303, "a second click is no error"
    assert len(events_of(site, key)) == 2


def test_who_acted_is_the_receiver_of_the_link(site, raised):
    site.workplace.settings.listening_file.write_text(
        json.dumps({"receivers": [{"name": name, "address": "a@b.org"} for name in (RECEIVER, "Dr Raman")]})
    )
    key = raised()
    site.post(
        site.token(key, receiver="Dr Raman"), {"act": "resolve", "note": "done", "by": "Somebody", "receiver": "x"}
    )
    assert events_of(site, key)[1:] == [("resolved", "Dr Raman", "done")]
    assert (state_of(site, key)["state"], state_of(site, key)["resolution"]) == ("resolved", "person")


def test_a_resolved_alert_can_be_opened_again(site, raised):
    key = raised()
    token = site.token(key)
    for minutes, act in enumerate(("acknowledge", "resolve", "reopen"), start=1):
        site.clock.now = NOW + timedelta(minutes=minutes)
        assert site.post(token, {"act": act}).status_code == 303
    assert [event for event, _, _ in events_of(site, key)] == ["raised", "acknowledged", "resolved", "reopened"]
    assert state_of(site, key)["state"] == "open"
    assert "Nobody has acknowledged it yet" in site.get(token).text


def test_an_act_that_is_not_offered_any_more_is_left_out(site, raised):
    key = raised()
    token = site.token(key)
    site.post(token, {"act": "resolve"})
    before = site.everything()
    site.clock.now = NOW + timedelta(minutes=1)
    for act in ("acknowledge", "resolve", "silence"):
        assert site.post(token, {"act": act, "hours": "4", "note": "late"}).status_code == 303
    assert site.everything() == before


def test_a_claim_is_silenced_for_a_while_and_with_a_reason(site, raised):
    key = raised()
    token = site.token(key)
    assert site.post(token, {"act": "silence", "hours": "72", "note": "campaign known, board told"}).status_code == 303
    (silence,) = site.rows("silences")
    assert (silence["claim_id"], silence["alert_key"], silence["owner"]) == ("mmr-autism", None, RECEIVER)
    assert (silence["starts_at"], silence["ends_at"]) == (NOW, NOW + timedelta(hours=72))
    assert silence["reason"] == "campaign known, board told"
    assert "silenced" in [event for event, _, _ in events_of(site, key)]
    line = "Silenced until Thu 15 Oct 2026, 08:04 PDT by Communications: campaign known, board told"
    assert line in site.get(token).text
    site.clock.now = NOW + timedelta(hours=73)
    assert line not in site.get(token).text


def test_a_mentions_silence_covers_that_alert_alone(site, raised, mention):
    key = raised(alert_key="a mention", **mention)
    token = site.token(key)
    assert "Mentions of another day are told all the same." in site.get(token).text
    site.post(token, {"act": "silence", "hours": "4", "note": "in hand"})
    (silence,) = site.rows("silences")
    assert (silence["alert_key"], silence["claim_id"], silence["category"]) == (key, None, None)


def test_a_silence_is_ended_where_it_was_made_and_the_history_says_by_whom(site, raised):
    key = raised()
    token = site.token(key)
    assert "End the silence" not in site.get(token).text
    site.post(token, {"act": "silence", "hours": "72", "note": "campaign known"})
    (silence,) = site.rows("silences")
    assert "End the silence" in site.get(token).text
    site.clock.now = NOW + timedelta(hours=1)
    ended = {"act": "unsilence", "silence": str(silence["silence_id"])}
    assert site.post(token, ended).status_code == 303
    (silence,) = site.rows("silences")
    assert silence["ended_at"] == NOW + timedelta(hours=1)
    assert events_of(site, key)[-1] == ("unsilenced", RECEIVER, "")
    page = site.get(token).text
    assert "Silence ended by Communications" in page
    assert "End the silence" not in page
    before = site.everything()
    assert site.post(token, ended).status_code == 303, "a page that is out of date"
    assert site.everything() == before


def test_only_a_silence_of_what_the_page_is_about_is_ended_from_it(site, raised, mention):
    token = site.token(raised())
    other = site.token(raised(alert_key="a mention", **mention))
    site.post(other, {"act": "silence", "hours": "4", "note": "in hand"})
    workplace, ends = site.workplace, NOW + timedelta(hours=9)
    wide = Silence(workplace.practice.practice_id, "Jo", "moving house", NOW, ends, kind="misinformation")
    handling.add_silence(workplace, wide, NOW)
    page = site.get(token).text
    assert "moving house" in page
    assert "End the silence" not in page
    before = site.everything()
    for row in site.rows("silences"):
        assert site.post(token, {"act": "unsilence", "silence": str(row["silence_id"])}).status_code == 303
    for bad in ("", "0", "-1", "٤", "1e3", "9" * 40, "1; drop table silences"):
        status = 303 if bad.isascii() and bad.isdigit() else 400
        assert site.post(token, {"act": "unsilence", "silence": bad}).status_code == status
    assert site.everything() == before


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"hours": "24", "note": "  \t\r\n "}, 422),
        ({"hours": "24"}, 422),
        ({"hours": "24", "note": "\u202e\u200f"}, 422),
        ({"hours": "", "note": "why"}, 400),
        ({"note": "why"}, 400),
        ({"hours": "1000000", "note": "why"}, 400),
        ({"hours": "-4", "note": "why"}, 400),
        ({"hours": "4.0", "note": "why"}, 400),
        ({"hours": "٤", "note": "why"}, 400),
    ],
)
def test_a_silence_without_a_reason_or_a_time_is_none(site, raised, fields, status):
    token = site.token(raised())
    before = site.everything()
    answer = site.post(token, {"act": "silence"} | fields)
    assert answer.status_code == status
    assert site.everything() == before
    if status == 422:
        assert 'role="alert"' in answer.text
        assert "A silence needs a reason" in answer.text
        assert 'value="acknowledge"' in answer.text, "the page is there to be used again"


def test_a_long_note_is_cut_and_a_hostile_one_is_one_line(site, raised):
    key = raised()
    site.post(site.token(key), {"act": "acknowledge", "note": "n" * 1_000 + "\x00\n"})
    ((_, _, note),) = events_of(site, key)[1:]
    assert len(note) == 300
    assert note.isprintable()


def test_a_surge_of_a_narrative_is_told_and_silenced_as_a_narrative(site, raised):
    key = raised(
        kind="surge",
        claim_id=None,
        claim_version=None,
        narrative_id="narrative-7",
        alert_key="a surge",
        reason="surge",
        severity="high",
        evidence={"expected": 2.5, "window_posts": 41, "window_hours": 24, "chance": 0.0001, "posts": POSTS},
    )
    token = site.token(key)
    page = site.get(token)
    assert page.status_code == 200
    assert "spreading faster than usual" in page.text
    assert "No mail about this narrative, nor about new posts that tell it." in page.text
    site.post(token, {"act": "silence", "hours": "24", "note": "known"})
    (silence,) = site.rows("silences")
    assert (silence["narrative_id"], silence["alert_key"], silence["claim_id"]) == ("narrative-7", None, None)


def test_the_link_survives_the_mail(site, raised):
    key = raised()
    workplace = open_workplace(site.workplace.settings)
    listening = workplace.settings.listening_file
    listening.write_text(f"{listening.read_text()}\nweb_address: {site.address}\n")
    (receiver,) = workplace.listening.receivers
    address = alert_link(workplace, key, receiver, NOW)
    alert, facts, _ = handling.read_alert(workplace, key)
    rendered = render_urgent(alert, facts, workplace.practice.name, "UTC", NOW, link=address)
    _, message = build_message(rendered, "auscult@clinic.example", receiver.address, "key", NOW)
    parts = [
        part.get_content()
        for part in email.message_from_bytes(message, policy=default).walk()
        if part.get_content_maintype() == "text"
    ]
    assert len(parts) == 2
    for content in parts:
        (found,) = set(re.findall(rf"{re.escape(site.address)}/[^\s\"<>]+", html.unescape(content)))
        assert requests.get(found, timeout=30).status_code == 200
