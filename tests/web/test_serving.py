"""`auscult serve` as a person starts it, and the link that a notification carries."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest
import requests
import sqlalchemy as sa

from demo.mailroom import free_port
from pipeline.notifications import alert_link
from pipeline.warehouse import tables
from pipeline.workplace import moment, open_workplace
from tests.web.served import NOW, alert_row, claim_row

PATIENCE_S = 90


def wait_for(port: int, process: subprocess.Popen) -> None:
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        assert process.poll() is None, "it ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("it did not start")


@pytest.mark.parametrize("now", ["", NOW.isoformat()], ids=["wall clock", "a clock of its own"])
def test_the_command_serves_the_link_of_a_notification(settings, now, tmp_path):
    port = free_port()
    listening = settings.listening_file
    listening.write_text(f"{listening.read_text()}\nweb_address: http://127.0.0.1:{port}/\n")
    workplace = open_workplace(settings)
    row = alert_row(workplace.practice.practice_id)
    with workplace.engine.begin() as connection:
        connection.execute(sa.insert(tables.claims).values(**claim_row()))
        connection.execute(sa.insert(tables.alerts).values(**row))
    (receiver,) = workplace.listening.receivers
    address = alert_link(workplace, row["alert_key"], receiver, moment(now))
    log = tmp_path / "serve.log"
    command = [sys.executable, "-m", "pipeline", "serve", "--port", str(port), "--now", now]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=dict(os.environ))
    try:
        wait_for(port, process)
        page = requests.get(address, timeout=30)
        assert page.status_code == 200
        assert "The MMR vaccine causes autism." in page.text
        form = page.text.partition('name="form" value="')[2][:64]
        done = requests.post(address, data={"form": form, "act": "resolve"}, timeout=30)
        assert "Resolved" in done.text
        assert requests.get(address[:-5], timeout=30).status_code == 403
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
    written = log.read_text()
    assert f"http://127.0.0.1:{port}" in written
    assert "Traceback" not in written
    assert address.partition("token=")[2][:30] not in written
    with workplace.engine.begin() as connection:
        assert connection.execute(sa.select(tables.alerts.c.state)).scalar_one() == "resolved"


def test_without_an_author_key_nothing_is_served(settings, monkeypatch):
    monkeypatch.delenv("AUSCULT_AUTHOR_KEY")
    command = [sys.executable, "-m", "pipeline", "serve", "--port", str(free_port())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 1
    assert "AUSCULT_AUTHOR_KEY" in done.stderr
