"""What is refused, and how: plain words without detail, the same headers, nothing changed, nothing in a log."""

import contextlib
import logging
import socket
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests
import sqlalchemy as sa

from pipeline.alerting.tokens import form_value, link_key
from pipeline.config import POLICY
from pipeline.web.form import MAX_BYTES
from tests.web.served import NOW, RECEIVER, practice_called, receiver_called

LIFE = timedelta(days=POLICY["link_days"])


def refused(answer, key):
    """A page in plain words, of which nothing about the alert, the link or the program can be learned."""
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    for secret in (key, "larkspur", "Larkspur", "mmr", RECEIVER, "Traceback", "sqlalchemy", "token", "signature"):
        assert secret not in answer.text, secret
    assert "<form" not in answer.text
    assert answer.text.count("<h1>") == 1
    return answer.status_code


def test_forged_cut_foreign_and_expired_links_show_nothing_and_do_nothing(site, raised):
    key = raised()
    token = site.token(key)
    foreign = site.token(key, key=link_key(b"another key of another practice"))
    wrong = {
        "": 403,
        "x": 403,
        "../../etc/passwd": 403,
        "%00%ff": 403,
        token[:-1]: 403,
        token[:-20]: 403,
        token[:40]: 403,
        "A" + token[1:]: 403,
        token + "A": 403,
        "A" * 5_000: 403,
        foreign: 403,
        site.token(key, now=NOW - LIFE - timedelta(seconds=1)): 410,
        site.token("no|such|alert"): 404,
        site.token(key, receiver="Nobody"): 403,
    }
    before = site.everything()
    for given, status in wrong.items():
        assert refused(site.get(given), key) == status, given
        assert site.get(given, "HEAD").status_code == status
        assert refused(site.post(given, {"act": "acknowledge", "form": form_value(given, site.key)}), key) == status
    assert refused(requests.get(f"{site.address}/alert", timeout=30), key) == 403
    assert site.everything() == before
    site.clock.now = NOW + LIFE + timedelta(seconds=1)
    assert refused(site.get(token), key) == 410


def test_who_is_no_receiver_any_more_has_no_say(site, raised):
    key = raised()
    token = site.token(key)
    assert site.get(token).status_code == 200
    receiver_called(site.workplace.settings, "Somebody new")
    assert refused(site.get(token), key) == 403


def test_another_practices_alert_is_unknown_here(site, raised):
    key = raised()
    token = site.token(key)
    practice_called(site.workplace.settings, "Another Practice")
    assert refused(site.get(token), key) == 404
    before = site.everything()
    assert refused(site.post(token, {"act": "resolve"}), key) == 404
    assert site.everything() == before


def test_a_canary_has_no_page(site, raised, mention):
    key = raised(alert_key="canary", **mention | {"kind": "canary", "category": None})
    assert refused(site.get(site.token(key)), "canary|") == 404


def test_too_much_is_not_read(site, raised):
    key = raised()
    token = site.token(key)
    before = site.everything()
    assert refused(site.post(token, {"act": "acknowledge", "note": "n" * MAX_BYTES}), key) == 413
    assert refused(site.post(token, {f"field{number}": "x" for number in range(30)}), key) == 400

    def endless():
        for _ in range(10_000):
            yield b"note=" + b"n" * 10_000 + b"&"

    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    # The server may have answered and hung up while we were still sending.
    with contextlib.suppress(requests.ConnectionError):
        assert requests.post(site.link(token), data=endless(), headers=kind, timeout=30).status_code == 413
    assert site.everything() == before
    assert site.get(token).status_code == 200


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
def test_another_kind_of_body_is_not_read(site, raised, kind):
    key = raised()
    token = site.token(key)
    body = f"act=acknowledge&form={form_value(token, site.key)}"
    answer = requests.post(site.link(token), data=body, headers={"Content-Type": kind}, timeout=30)
    assert refused(answer, key) == 415
    assert site.rows("alerts")[0]["state"] == "open"


def test_bytes_that_are_no_text_are_refused(site, raised):
    key = raised()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.post(site.link(site.token(key)), data=b"act=\xff\xfe&form=\x00", headers=kind, timeout=30)
    assert refused(answer, key) == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_a_wrong_method_is_told_which_are_right(site, raised, method):
    key = raised()
    answer = site.get(site.token(key), method)
    assert refused(answer, key) == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize(
    "path", ["/", "/alert/", "/alerts", "/docs", "/openapi.json", "/redoc", "/static/x", "//evil.example"]
)
def test_no_other_page_exists(site, path):
    answer = requests.get(site.address + path, timeout=30, allow_redirects=False)
    assert refused(answer, "never") == 404


def test_every_answer_carries_the_headers(site, raised):
    key = raised()
    token = site.token(key)
    answers = [
        site.get(token),
        site.get(token, "HEAD"),
        site.get("x"),
        site.get(token, "PUT"),
        site.get(site.token("no")),
        requests.get(f"{site.address}/nothing", timeout=30),
        site.post(token, {"act": "silence", "hours": "4"}),
        site.post(token, {"act": "nothing"}),
        site.post(token, {"act": "acknowledge"}, with_form=False),
        site.post(token, {"act": "acknowledge"}),
        site.post(token, {"note": "n" * MAX_BYTES}),
    ]
    assert {answer.status_code for answer in answers} == {200, 303, 400, 403, 404, 405, 413, 422}
    for answer in answers:
        policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert "script-src" not in policy
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "Set-Cookie" not in answer.headers
        assert "server" not in answer.headers
        assert "<script" not in answer.text


def test_the_token_is_in_no_log(site, raised, caplog, capfd):
    key = raised()
    token = site.token(key)
    with caplog.at_level(logging.DEBUG):
        for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
            logging.getLogger(name).addHandler(caplog.handler)
        try:
            site.get(token)
            site.post(token, {"act": "acknowledge", "note": "a note of a person"})
            site.post(token, {"act": "nothing"})
            site.get(token[:-3])
            requests.get(f"{site.address}/nothing?token={token}", timeout=30)
            requests.request("GET", site.link(token), headers={"Host": "evil host"}, timeout=30)
            # A request that the server cannot read at all, token and all.
            place = urlsplit(site.address)
            with socket.create_connection((place.hostname, place.port), timeout=30) as line:
                line.sendall(f"GET /alert?token={token} HTTP/9.9\r\nbad header\r\n\r\n".encode())
                line.recv(4096)
        finally:
            for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
                logging.getLogger(name).removeHandler(caplog.handler)
    # The client that the test itself uses logs its own requests.
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("urllib3")]
    written = "".join((*capfd.readouterr(), *ours))
    for part in (token, token[:30], "a note of a person", form_value(token, site.key)):
        assert part not in written


def test_a_warehouse_that_is_down_is_a_page_without_detail(site, raised, caplog):
    key = raised()
    token = site.token(key)
    with site.workplace.engine.begin() as connection:
        connection.execute(sa.text("alter table alerts rename to alerts_gone"))
    try:
        assert refused(site.get(token), key) == 503
        assert refused(site.post(token, {"act": "acknowledge"}), key) == 503
    finally:
        with site.workplace.engine.begin() as connection:
            connection.execute(sa.text("alter table alerts_gone rename to alerts"))
    assert token not in caplog.text
    assert key not in caplog.text
    site.workplace.settings.practice_file.write_text("name: [")
    assert refused(site.get(token), key) == 503
