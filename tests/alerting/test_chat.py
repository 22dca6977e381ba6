"""What a service gets: short words that cannot ping, link or format, in the same bytes each time."""

import json

import pytest

from pipeline.alerting.chat import BODY_CHARACTERS, build_service_message, inert, read_service_message
from pipeline.alerting.digest import DigestCounts
from pipeline.alerting.render import render_digest, render_operator, render_urgent
from pipeline.alerting.tokens import alert_address
from pipeline.alerting.views import PATIENT_LINE
from tests.alerting.hooks import HOSTILE, LINK, rendered


def test_the_same_input_gives_the_same_bytes_and_another_receiver_another_id():
    first, again = (build_service_message(rendered(), "key|On call") for _ in range(2))
    assert first == again
    assert first[0] != build_service_message(rendered(), "key|Comms")[0]
    assert json.dumps(json.loads(first[1]), sort_keys=True, separators=(",", ":")).encode() == first[1]


@pytest.mark.parametrize("link", ["https://a.example/x\n<!here>", "javascript:alert(1)", "https://a.example/[x](y)"])
def test_a_link_that_is_no_plain_address_is_refused(link):
    with pytest.raises(ValueError, match="plain address"):
        build_service_message(rendered(link=link), "key")


def test_the_signed_address_of_an_alert_is_a_plain_address(now):
    link = alert_address("https://auscult.practice.example:8443/a", "riverside|mention|x", "On call", now, b"k" * 32)
    assert read_service_message(build_service_message(rendered(link=link), "key")[1]).link == link


def test_an_alert_is_told_in_a_screen_without_a_permalink(alert, mention_alert, facts, now):
    for one, about in ((alert, facts), (mention_alert, None)):
        told = render_urgent(one, about, "Riverside Clinic", "America/New_York", now, link=LINK)
        message = read_service_message(build_service_message(told, "key")[1])
        assert message.link == LINK
        assert "7 posts by 5 people" in message.body
        assert inert(PATIENT_LINE) in message.body
        assert "t3_abc12" not in message.body
        assert "reddit.com" not in told.chat
        assert len(message.body.splitlines()) <= 8
        assert ("genes" in message.body) == (about is not None)


def test_digest_and_operator_mails_have_short_words_for_a_chat(alert, facts, now):
    counts = DigestCounts(since_at=now, until_at=now, posts_heard=9, posts_screened=9, mentions=2)
    digest = render_digest([alert], {facts.claim_id: facts}, counts, [], "Riverside Clinic", "UTC", now)
    operator = render_operator([("the hourly flow has not run since", now)], "Riverside Clinic", "UTC", now)
    for told, words in ((digest, "1 "), (operator, "the hourly flow has not run since")):
        message = read_service_message(build_service_message(told, "key")[1])
        assert words in message.body
        assert message.link == ""
        assert len(message.body) < 500


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_become_words(words):
    told = read_service_message(build_service_message(rendered(chat=words, link=None, subject=words), "key")[1])
    for text in (told.title, told.body):
        assert not set("@<>[]*_~`#|\\\x00\x1b\u202e") & set(text)
        assert "://" not in text
        assert "evil.example" not in text


def test_numbers_dates_and_sentences_stay_as_they_are():
    words = "7 posts by 5 people on Reddit and X; 97 % sure. First Thu 1 Oct 2026, 14:05 EDT. Ph. D. (1.5)"
    assert inert(words) == words


def test_a_long_text_is_cut_and_says_so():
    body = read_service_message(build_service_message(rendered(chat="word " * 500 + "\nmore"), "key")[1]).body
    assert len(body) <= BODY_CHARACTERS
    assert body.endswith("…")
