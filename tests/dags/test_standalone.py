"""`airflow dags test` and `airflow standalone` on the embedded server: real processes, stopped as a group."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from demo.mailroom import free_port
from pipeline import orchestration
from pipeline.config import Settings, read_settings

NOW = "2026-10-12T15:00:00+00:00"
PATIENCE_S = 150


@pytest.fixture
def standalone(settings: Settings, airflow_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setenv("AIRFLOW__API__PORT", str(free_port()))
    # Set for the session from the default port; here it must follow the port.
    monkeypatch.delenv("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", raising=False)
    # The scheduler starts hourly_listen too, whose digest wants a relay.
    settings.listening_file.write_text("sources: {imports: {}}")
    # Tasks and the test share the test's own warehouse; Airflow's home and metadata are the session's.
    running = read_settings()
    orchestration.start_standalone(running)
    orchestration.wait_until_healthy(running, PATIENCE_S)
    yield running
    orchestration.stop_standalone(running)


def call(settings: Settings, path: str, body: dict[str, Any] | None = None, token: str = "") -> dict[str, Any]:
    request = urllib.request.Request(
        f"{orchestration.address(settings)}{path}",
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def signed_in(settings: Settings) -> str:
    passwords = Path(os.environ["AIRFLOW_HOME"]) / "simple_auth_manager_passwords.json.generated"
    password = json.loads(passwords.read_text())["admin"]
    return str(call(settings, "/auth/token", {"username": "admin", "password": password})["access_token"])


def test_a_dag_runs_under_standalone_and_the_group_stops_whole(standalone: Settings) -> None:
    group = orchestration.standalone_group(standalone)
    assert group is not None
    listening = [c for c in psutil.net_connections("tcp") if c.status == "LISTEN"]
    port = int(orchestration.address(standalone).rsplit(":", 1)[1])
    assert {c.laddr.ip for c in listening if c.laddr.port == port} == {"127.0.0.1"}
    token = signed_in(standalone)
    body = {"logical_date": None, "conf": {"now": NOW}}
    started = call(standalone, "/api/v2/dags/claims_changed/dagRuns", body, token)
    ends = time.monotonic() + PATIENCE_S
    state = "queued"
    while state in {"queued", "running"} and time.monotonic() < ends:
        time.sleep(2)
        state = call(standalone, f"/api/v2/dags/claims_changed/dagRuns/{started['dag_run_id']}", None, token)["state"]
    assert state == "success"
    members = [process.pid for process in orchestration._members(group)]
    assert len(members) > 3
    assert orchestration.stop_standalone(standalone)
    assert [pid for pid in members if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"] == []
    assert not orchestration.stop_standalone(standalone), "stopping twice is no error"


def test_airflow_dags_test(settings: Settings, airflow_home: Path) -> None:
    airflow = Path(sys.executable).parent / "airflow"
    command = [airflow, "dags", "test", "claims_changed", "--conf", json.dumps({"now": NOW})]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "success" in done.stdout + done.stderr
