import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.alerting.tokens import (
    MAX_TOKEN_CHARACTERS,
    LinkExpired,
    LinkRefused,
    alert_address,
    form_value,
    is_form_value,
    link_key,
    read_link,
    sign_link,
)
from pipeline.config import POLICY

NOW = datetime(2026, 10, 12, 15, 4, tzinfo=UTC)
KEY = link_key(b"a key for tests only, never for a practice")
ALERT = "larkspur-family-health|misinformation|mmr-autism|2026-10-12T00:00:00+00:00"
TOKEN = sign_link(ALERT, "Communications", NOW, KEY)
LIFE = timedelta(days=POLICY["link_days"])


def test_a_link_says_which_alert_for_whom_and_until_when():
    link = read_link(TOKEN, KEY, NOW)
    assert (link.alert_key, link.receiver, link.ends_at) == (ALERT, "Communications", NOW + LIFE)


@given(st.text(max_size=80), st.text(max_size=80), st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1)))
def test_whatever_is_signed_is_read_back(alert_key, receiver, at):
    now = at.replace(tzinfo=UTC)
    token = sign_link(alert_key, receiver, now, KEY)
    link = read_link(token, KEY, now)
    assert (link.alert_key, link.receiver) == (alert_key, receiver)
    # An address needs no escape, and mail programs leave neither - nor _ nor . out at its end.
    assert re.fullmatch(r"[A-Za-z0-9_.-]+\.1", token)


def test_the_same_inputs_give_the_same_bytes_whatever_the_clock_on_the_wall():
    assert sign_link(ALERT, "Communications", NOW, KEY) == TOKEN
    assert sign_link(ALERT, "Communications", NOW.astimezone(), KEY) == TOKEN
    # Written down once: another version of a library may not change the bytes of a mail that is written already.
    assert TOKEN.endswith(".1")
    assert sign_link("a|b", "C", datetime(2026, 1, 1, tzinfo=UTC), b"k" * 32) == PINNED


PINNED = "WyJhfGIiLCJDIl0.aVW5AA.XiMNSyVEORinRR4NXWWg4MxyisMP2HT9RbeqSY2MpR0.1"


def test_another_alert_receiver_moment_or_key_gives_another_token():
    others = {
        TOKEN,
        sign_link(ALERT + "x", "Communications", NOW, KEY),
        sign_link(ALERT, "On call", NOW, KEY),
        sign_link(ALERT, "Communications", NOW + timedelta(seconds=1), KEY),
        sign_link(ALERT, "Communications", NOW, link_key(b"another")),
    }
    assert len(others) == 5


@pytest.mark.parametrize(
    ("later", "works"),
    [
        (timedelta(0), True),
        (LIFE, True),
        (LIFE + timedelta(seconds=1), False),
        (timedelta(minutes=-59), True),
        (timedelta(minutes=-61), False),
    ],
)
def test_a_link_works_from_its_writing_until_its_end(later, works):
    if works:
        assert read_link(TOKEN, KEY, NOW + later).alert_key == ALERT
    else:
        with pytest.raises(LinkExpired):
            read_link(TOKEN, KEY, NOW + later)


def test_no_part_of_a_token_can_be_changed():
    for place, character in enumerate(TOKEN):
        for other in {"A", "B", "-", "."} - {character}:
            forged = TOKEN[:place] + other + TOKEN[place + 1 :]
            with pytest.raises(LinkRefused) as refused:
                read_link(forged, KEY, NOW)
            assert type(refused.value) is LinkRefused


def test_no_other_spelling_of_the_same_bytes_is_taken():
    # The last character of 32 bytes in base64 holds two bits that count for nothing.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    head, last = TOKEN[:-3], TOKEN[-3]
    for other in set(alphabet) - {last}:
        with pytest.raises(LinkRefused):
            read_link(f"{head}{other}.1", KEY, NOW)


def test_a_cut_token_is_refused_at_every_length():
    for length in range(len(TOKEN)):
        with pytest.raises(LinkRefused):
            read_link(TOKEN[:length], KEY, NOW)
        with pytest.raises(LinkRefused):
            read_link(TOKEN[length + 1 :], KEY, NOW)


@given(st.text(max_size=300))
def test_nothing_else_is_a_token(text):
    with pytest.raises(LinkRefused) as refused:
        read_link(text, KEY, NOW)
    assert len(text) < 4 or text not in str(refused.value)


def test_another_key_another_purpose_and_a_giant_are_refused():
    for token, key in (
        (TOKEN, link_key(b"another")),
        (TOKEN, b"a key for tests only, never for a practice"),
        (TOKEN + "A" * MAX_TOKEN_CHARACTERS, KEY),
        (TOKEN + "\n", KEY),
        (f" {TOKEN}", KEY),
    ):
        with pytest.raises(LinkRefused):
            read_link(token, key, NOW)


def test_a_refusal_quotes_nothing():
    for token in (TOKEN[:-1], TOKEN):
        with pytest.raises(LinkRefused) as refused:
            read_link(token, KEY, NOW + 2 * LIFE)
        assert "larkspur" not in str(refused.value)
        assert token[:10] not in str(refused.value)


def test_the_key_of_links_is_not_the_authors_key():
    author_key = b"a key for tests only, never for a practice"
    assert len(link_key(author_key)) == 32
    assert link_key(author_key) not in (author_key, link_key(author_key + b"."))


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        sign_link(ALERT, "Communications", NOW.replace(tzinfo=None), KEY)


def test_a_form_belongs_to_one_token_and_one_key():
    value = form_value(TOKEN, KEY)
    other = sign_link(ALERT, "On call", NOW, KEY)
    assert is_form_value(value, TOKEN, KEY)
    for wrong in ("", value[:-1], value + "0", value.upper(), form_value(other, KEY), "é\ud800"):
        assert not is_form_value(wrong, TOKEN, KEY)
    assert not is_form_value(value, TOKEN, link_key(b"another"))
    assert value not in TOKEN


@pytest.mark.parametrize("base", ["https://a.example/auscult", "https://a.example/auscult/"])
def test_the_address_stands_below_the_web_address(base):
    address = alert_address(base, ALERT, "Communications", NOW, KEY)
    assert address == f"https://a.example/auscult/alert?token={TOKEN}"
