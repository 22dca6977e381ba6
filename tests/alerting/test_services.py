"""Services through the real library against real servers on loopback: every outcome, and what stays secret."""

import logging
import ssl
import traceback

import pytest
import trustme
from apprise.plugins.slack import NotifySlack

from demo.mailroom import free_port
from pipeline.alerting import services
from pipeline.alerting.chat import build_service_message, read_service_message
from pipeline.alerting.relay import Outcome
from pipeline.alerting.services import deliver_to_service, service_from
from pipeline.config import read_settings
from pipeline.errors import ConfigError
from tests.alerting.hooks import HOSTILE, LINK, Desk, at_desk, rendered

CANARY = "CANARYSECRET"
NAME = "AUSCULT_ONCALL_SERVICE"
SLACK = f"https://hooks.slack.com/services/T0{CANARY}/B0{CANARY}/k{CANARY}"


@pytest.fixture
def message():
    return build_service_message(rendered(), "urgent|riverside|vax-harm|On call")[1]


def read(tmp_path, address, variable=NAME, **more):
    return service_from(read_settings({"AUSCULT_HOME": str(tmp_path), variable: address, **more}), NAME)


@pytest.fixture
def webhook(tmp_path):
    return lambda port, path=f"/in/{CANARY}": read(tmp_path, f"json://127.0.0.1:{port}{path}")


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(services, "_ONCE", {**services._ONCE, "rto": 1.0})


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture
def tls(authority):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch):
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))


# What is allowed.

ALLOWED = [
    (SLACK, "slack"),
    (f"https://hooks.slack-gov.com/services/T0/B0/{CANARY}", "slack"),
    (f"slack://T0/B0/{CANARY}", "slack"),
    (f"https://prod.logic.example:443/workflows/ab12/triggers/manual/paths/invoke?api-version=1&sig={CANARY}", "teams"),
    (
        "https://x.powerplatform.example/powerautomate/automations/direct/workflows/ab/triggers/manual/paths/invoke"
        f"?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={CANARY}",
        "teams",
    ),
    (f"jsons://user:{CANARY}@hooks.practice.example/in", "webhook"),
    (f"jsons://hooks.practice.example/in?+Authorization=Bearer%20{CANARY}&-key=x", "webhook"),
    (f"json://localhost:8080/{CANARY}", "webhook"),
]
REFUSED = [
    "",
    CANARY,
    f"https://hooks.practice.example/{CANARY}",
    f"slack://xoxb-1-2-{CANARY}/general",
    f"slack://T0/B0/{CANARY}/general",
    f"slack://T0/B0/{CANARY}?template=/etc/passwd",
    f"http://hooks.slack.com/services/T0/B0/{CANARY}",
    f"https://hooks.slack.com.evil.example/services/T0/B0/{CANARY}",
    f"https://x.example/workflows/ab/triggers/manual/paths/invoke?sig={CANARY}&template=file:///etc/passwd",
    f"https://x.example/workflows/ab/triggers/manual/paths/invoke?api-version=1{CANARY}",
    f"json://hooks.practice.example/{CANARY}",
    f"jsons://hooks.practice.example/{CANARY}?verify=no",
    f"jsons://hooks.practice.example/{CANARY}?method=GET",
    f"jsons://hooks.practice.example/{CANARY}?:message=",
    f"jsons://hooks.practice.example:99999999/{CANARY}",
    f"jsons:///{CANARY}",
    f"mailto://a:{CANARY}@practice.example",
    f"msteams://{CANARY}/a/b/c",
    f"discord://1/{CANARY}",
    f"{SLACK},{SLACK}",
    f"jsons://[{CANARY}",
]


@pytest.mark.parametrize(("address", "kind"), ALLOWED)
def test_allowed_addresses_are_read_and_not_shown(tmp_path, address, kind):
    service = read(tmp_path, address)
    assert service.kind == kind
    assert CANARY not in repr(service)


@pytest.mark.parametrize("address", REFUSED)
def test_other_addresses_are_refused_without_quoting_them(tmp_path, address, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ConfigError, match=NAME) as refused:
        read(tmp_path, address)
    chain = "".join(traceback.format_exception(refused.value))
    assert refused.value.__context__ is None
    assert CANARY not in chain + caplog.text + "".join(capfd.readouterr())


def test_an_airflow_variable_in_the_environment_serves_where_ours_is_not_set(tmp_path):
    assert read(tmp_path, SLACK, variable=f"AIRFLOW_VAR_{NAME}").kind == "slack"
    assert read(tmp_path, SLACK, **{f"AIRFLOW_VAR_{NAME}": "json://localhost/"}).kind == "slack"


# What arrives.


def test_a_webhook_gets_plain_words_its_link_and_an_id_to_drop_repeats_by(webhook, message):
    desk = Desk()
    with at_desk(desk) as port:
        assert deliver_to_service(message, webhook(port)) == Outcome("sent", None, "sent")
        assert deliver_to_service(message, webhook(port)).state == "sent"
    assert desk.stored[0] == desk.stored[1], "a repeat is the same bytes"
    (told, _) = desk.told
    expected = read_service_message(message)
    assert told["message_id"] == expected.message_id
    assert told["title"] == "Urgent: claim vax-harm, 7 posts"
    assert told["message"] == f"7 posts by 5 people.\nWe suggest: watch.\n\n{LINK}"
    assert told["attachments"] == []
    assert desk.asked[0][1] == f"/in/{CANARY}"


def test_headers_parameters_and_a_login_reach_the_webhook_over_tls(tmp_path, message, tls, trusted):
    desk = Desk()
    with at_desk(desk, tls) as port:
        service = read(tmp_path, f"jsons://u:p@127.0.0.1:{port}/in?+X-Key={CANARY}&-room=7")
        assert deliver_to_service(message, service).state == "sent"
    ((method, path, headers),) = desk.asked
    assert (method, path, headers["X-Key"]) == ("POST", "/in?room=7", CANARY)
    assert headers["Authorization"].startswith("Basic ")
    assert headers["User-Agent"] == "Auscult"


@pytest.fixture
def slack(tmp_path, monkeypatch):
    def build(port):
        monkeypatch.setattr(NotifySlack, "webhook_url", f"http://127.0.0.1:{port}/services")
        return read(tmp_path, SLACK)

    return build


def test_slack_gets_plain_text_and_nothing_that_pings_or_loads(slack):
    chat = "\n".join(HOSTILE[:4])[:400]
    message = build_service_message(rendered(chat=chat), "key")[1]
    desk = Desk()
    with at_desk(desk) as port:
        assert deliver_to_service(message, slack(port)).state == "sent"
        assert deliver_to_service(message, slack(port)).state == "sent"
    assert desk.stored[0] == desk.stored[1]
    told = desk.told[0]
    (attached,) = told["attachments"]
    assert (set(told), set(attached)) == ({"mrkdwn", "attachments"}, {"title", "text", "color"})
    assert told["mrkdwn"] is False
    assert attached["text"].endswith(LINK)
    words = attached["text"].removesuffix(LINK)
    assert not set("<>@") & set(words)
    assert "://" not in words


def test_slack_that_answers_200_with_other_words_is_unknown(slack, message):
    with at_desk(Desk((200, "<html>captive portal</html>"))) as port:
        assert deliver_to_service(message, slack(port)) == Outcome("unknown", 200, "answer_lost")


def teams(tmp_path, port):
    path = "/workflows/ab12/triggers/manual/paths/invoke"
    query = f"?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={CANARY}"
    return read(tmp_path, f"https://127.0.0.1:{port}{path}{query}")


def test_teams_gets_a_card_with_one_link_and_no_mention(tmp_path, tls, trusted):
    message = build_service_message(rendered(chat="\n".join(HOSTILE[:3])), "key")[1]
    desk = Desk(202)
    with at_desk(desk, tls) as port:
        assert deliver_to_service(message, teams(tmp_path, port)).state == "sent"
    card = desk.told[0]["attachments"][0]["content"]
    assert "entities" not in card["msteams"]
    assert [block["type"] for block in card["body"]] == ["TextBlock", "TextBlock"]
    words, _, link = card["body"][1]["text"].rpartition("\n\n")
    assert link == f"[Open the alert]({LINK})"
    assert not set("<>@[]") & set(words)
    assert f"sig={CANARY}" in desk.asked[0][1]


# What may go wrong.


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (400, Outcome("failed", 400, "message_refused")),
        (403, Outcome("deferred", 403, "address_refused")),
        (429, Outcome("deferred", 429, "message_deferred")),
        (500, Outcome("deferred", 500, "message_deferred")),
        (502, Outcome("unknown", 502, "answer_lost")),
        (504, Outcome("unknown", 504, "answer_lost")),
        (307, Outcome("deferred", 307, "address_refused")),
        (
            (500, "error=200 Socket Exception: Caused by NewConnectionError("),
            Outcome("deferred", 500, "message_deferred"),
        ),
        ("drop", Outcome("unknown", None, "answer_lost")),
        ("drop_after_storing", Outcome("unknown", None, "answer_lost")),
    ],
)
def test_what_the_service_does_decides(webhook, message, act, expected):
    desk = Desk(act)
    with at_desk(desk) as port:
        assert deliver_to_service(message, webhook(port)) == expected
    assert len(desk.asked) == 1, "nothing is tried twice, and no redirect is followed"


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (403, Outcome("deferred", 403, "address_refused")),
        (429, Outcome("deferred", 429, "message_deferred")),
        (500, Outcome("deferred", 500, "message_deferred")),
        ("drop", Outcome("unknown", None, "answer_lost")),
    ],
)
def test_each_kind_is_read_alike(slack, tmp_path, message, tls, trusted, act, expected):
    with at_desk(Desk(act)) as port:
        assert deliver_to_service(message, slack(port)) == expected
    with at_desk(Desk(act), tls) as port:
        assert deliver_to_service(message, teams(tmp_path, port)) == expected


def test_an_answer_that_comes_too_late_is_unknown(hasty, webhook, slack, message):
    desk = Desk("stall")
    with at_desk(desk) as port:
        assert deliver_to_service(message, webhook(port)) == Outcome("unknown", None, "answer_lost")
        assert deliver_to_service(message, slack(port)) == Outcome("unknown", None, "answer_lost")


def test_a_service_that_is_down_is_deferred(webhook, slack, tmp_path, message):
    port = free_port()
    down = Outcome("deferred", None, "connection")
    assert deliver_to_service(message, webhook(port)) == down
    assert deliver_to_service(message, slack(port)) == down
    assert deliver_to_service(message, read(tmp_path, "jsons://hooks.invalid/in")) == down


def test_a_certificate_that_is_not_trusted_gets_nothing(tmp_path, message, tls):
    desk = Desk()
    with at_desk(desk, tls) as port:
        for service in (teams(tmp_path, port), read(tmp_path, f"jsons://127.0.0.1:{port}/in")):
            assert deliver_to_service(message, service) == Outcome("deferred", None, "tls")
    with at_desk(desk) as port:
        assert deliver_to_service(message, teams(tmp_path, port)) == Outcome("deferred", None, "tls")
    assert desk.asked == []


@pytest.mark.parametrize("act", [200, 403, 500, "drop", (200, "nonsense")])
def test_nothing_secret_is_logged_or_printed(webhook, slack, tmp_path, message, tls, trusted, capfd, caplog, act):
    # Its client's logger too: a connector that was imported before may have made it quieter.
    with caplog.at_level(1), caplog.at_level(1, "urllib3"):
        with at_desk(Desk(act)) as port:
            outcomes = [deliver_to_service(message, webhook(port)), deliver_to_service(message, slack(port))]
        with at_desk(Desk(act), tls) as port:
            outcomes.append(deliver_to_service(message, teams(tmp_path, port)))
        outcomes.append(deliver_to_service(message, webhook(free_port())))
        logging.getLogger("urllib3.connectionpool").warning("others may still speak")
    assert "others may still speak" in caplog.text
    told = caplog.text + "".join(capfd.readouterr()) + repr(outcomes)
    assert CANARY not in told
    assert "vax-harm" not in told
