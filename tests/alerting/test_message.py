import email
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from email.policy import default
from email.utils import parsedate_to_datetime

import pytest

from pipeline.alerting.charts import Picture, draw_days
from pipeline.alerting.message import HEADERS, build_message
from pipeline.alerting.render import Rendered, render_urgent
from pipeline.errors import ConfigError

RENDERED = Rendered(
    "Urgent: 2 posts", "Text – ümläut\n.dot\nFrom here\n" + "x" * 2_000 + "\n", "<p>HTML – ü</p>", "a:b"
)


def _built(now, rendered=RENDERED, key="urgent|k|a@b.org"):
    return build_message(rendered, "auscult@clinic.org", "a@b.org", key, now)


def test_the_same_input_gives_the_same_bytes(now):
    assert [_built(now) for _ in range(20)] == [_built(now)] * 20


def test_another_process_gives_the_same_bytes(now):
    script = (
        "from datetime import *; from pipeline.alerting.message import build_message;"
        "from pipeline.alerting.render import Rendered;"
        "import sys; sys.stdout.buffer.write(build_message(Rendered('S', 't–', '<p>h–</p>', 'a'), 'a@b.org', 'c@d.org',"
        " 'k', datetime(2026, 1, 2, tzinfo=UTC))[1])"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1
    assert b"Subject: S" in runs.pop()


def test_the_message_id_follows_the_notification_key_alone(now):
    first, message = _built(now)
    assert _built(now + timedelta(hours=1))[0] == first
    assert _built(now, key="urgent|other|a@b.org")[0] != first
    assert first.endswith("@clinic.org>")
    assert email.message_from_bytes(message, policy=default)["Message-ID"] == first


def test_the_message_reads_back_whole(now):
    parsed = email.message_from_bytes(_built(now)[1], policy=default)
    assert set(parsed.keys()) == HEADERS
    assert parsed.get_content_type() == "multipart/alternative"
    text, html = parsed.iter_parts()
    assert text.get_content().replace("\r\n", "\n") == RENDERED.text
    assert html.get_content().strip() == RENDERED.html
    assert parsedate_to_datetime(parsed["Date"]) == now.replace(microsecond=0)
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["X-Auscult-Alert"] == "a:b"
    assert not parsed.defects


def test_the_bytes_are_seven_bit_with_short_crlf_lines(now, alert, facts):
    message = _built(now, render_urgent(alert, facts, "Riverside", "UTC", now))[1]
    message.decode("ascii")
    assert b"\n" not in message.replace(b"\r\n", b"")
    assert b"\r" not in message.replace(b"\r\n", b"")
    body = message.split(b"\r\n\r\n", 1)[1]
    assert max(len(line) for line in body.split(b"\r\n")) <= 78


@pytest.mark.parametrize(
    "address", ["a@b.org\r\nBcc: c@d.org", "a b@c.org", "", "a@b.org, c@d.org", "=?utf-8?q?a?=@b.c"]
)
def test_a_hostile_address_is_refused_and_not_quoted(now, address):
    with pytest.raises(ConfigError) as refused:
        build_message(RENDERED, "auscult@clinic.org", address, "k", now)
    assert "Bcc" not in str(refused.value)
    with pytest.raises(ConfigError):
        build_message(RENDERED, address, "a@b.org", "k", now)


def test_a_time_without_a_zone_is_refused(now):
    with pytest.raises(ValueError, match="zone"):
        _built(now.replace(tzinfo=None))


def test_lone_surrogates_do_not_stop_a_mail(now):
    _, message = _built(now, Rendered("S\ud800", "a\ud800b", "<p>\ud800</p>", "x\ud800"), "key\ud800")
    assert email.message_from_bytes(message, policy=default)["X-Auscult-Alert"] == "alert"


def _pictured(*counts):
    pictures = tuple(draw_days(days, [True] * len(days), [False] * len(days), "2, 3") for days in counts)
    shown = "".join(f'<img src="cid:{picture.content_id}" alt="{picture.alt}">' for picture in pictures)
    return replace(RENDERED, html=f"<p>{shown}</p>", pictures=pictures)


def test_pictures_stand_beside_the_html_and_are_named_by_our_ids(now):
    rendered = _pictured((2, 3), (4, 1))
    parsed = email.message_from_bytes(_built(now, rendered)[1], policy=default)
    assert set(parsed.keys()) == HEADERS
    text, related = parsed.iter_parts()
    assert text.get_content().replace("\r\n", "\n") == rendered.text
    assert related.get_content_type() == "multipart/related"
    assert related.get_param("type") == "text/html"
    html, *pictures = related.iter_parts()
    assert html.get_content().strip() == rendered.html
    assert [part["Content-ID"] for part in pictures] == [f"<{one.content_id}>" for one in rendered.pictures]
    assert [part.get_content() for part in pictures] == [one.png for one in rendered.pictures]
    for part in pictures:
        assert {name.lower() for name in part} <= {
            "content-type",
            "content-transfer-encoding",
            "content-disposition",
            "content-id",
            "mime-version",
        }
        assert part.get_content_disposition() == "inline"
    assert not any(part.defects for part in parsed.walk())


def test_a_mail_with_pictures_is_seven_bit_with_short_lines_and_the_same_bytes_each_time(now):
    message = _built(now, _pictured((2, 3), (4, 1)))[1]
    assert message == _built(now, _pictured((2, 3), (4, 1)))[1]
    message.decode("ascii")
    assert b"\n" not in message.replace(b"\r\n", b"")
    assert max(len(line) for line in message.split(b"\r\n\r\n", 1)[1].split(b"\r\n")) <= 120


def test_a_content_id_that_is_not_ours_is_refused(now):
    hostile = Picture("a@b>\r\nBcc: evil@evil.example", "", b"")
    with pytest.raises(ValueError, match="Content-ID"):
        _built(now, replace(RENDERED, pictures=(hostile,)))
