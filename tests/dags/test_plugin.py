"""The thin plugin: Airflow finds it and mounts the page, loading it costs little, and no access log holds a token."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from pipeline.alerting.tokens import alert_address, link_key
from pipeline.warehouse import tables
from pipeline.workplace import Workplace, moment
from tests.waiting import until
from tests.web.served import alert_row, claim_row

ROOT = Path(__file__).resolve().parents[2]


def test_airflow_mounts_the_page_and_logs_no_token(
    airflow_site: str, workplace: Workplace, capfd: pytest.CaptureFixture[str]
) -> None:
    import structlog

    row = alert_row(workplace.practice.practice_id)
    with workplace.engine.begin() as connection:
        connection.execute(sa.insert(tables.claims).values(**claim_row()))
        connection.execute(sa.insert(tables.alerts).values(**row))
    key = link_key(workplace.settings.require_author_key())
    address = alert_address(f"{airflow_site}/auscult", row["alert_key"], "Communications", moment(None), key)
    token = address.partition("token=")[2]
    with structlog.testing.capture_logs() as logged:
        page = requests.get(address, timeout=60)
        form = page.text.partition('name="form" value="')[2][:64]
        done = requests.post(address, data={"form": form, "act": "acknowledge"}, timeout=60)
        front = requests.get(f"{airflow_site}/auscult/", timeout=60)
        # A line is written after its answer was sent. Three: the page, the form, and the page it leads back to.
        until(lambda: _seen(logged) == 3)
    assert page.status_code == 200
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert [answer.status_code for answer in done.history] == [303]
    assert done.url == address
    assert "Acknowledged" in done.text
    assert front.status_code == 404
    written = f"{logged}{capfd.readouterr()}"
    assert token not in written
    assert token[:40] not in written


def _seen(logged: list[Any]) -> int:
    return sum(entry.get("path") == "/auscult/alert" for entry in logged)


def test_a_task_that_loads_the_plugin_does_not_load_the_pages(airflow_home: Path) -> None:
    script = (
        "import sys; from airflow.sdk.plugins_manager import _get_plugins; plugins, problems = _get_plugins();"
        "assert not problems, problems;"
        "names = [plugin.name for plugin in plugins]; assert 'auscult' in names, names;"
        "loaded = sorted({'pandas', 'pipeline', 'models'} & set(sys.modules)); assert not loaded, loaded"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=dict(os.environ), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_plugin_is_thin() -> None:
    lines = (ROOT / "plugins" / "auscult.py").read_text().splitlines()
    assert len(lines) <= 50
