"""Airflow from outside: the environment it runs in, and `airflow standalone` as one process group."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import psutil

from pipeline.config import ROOT, Settings
from pipeline.errors import ConfigError
from pipeline.warehouse import embedded

PORT = 8080
STOP_SECONDS = 30
_SIGNALS = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGPIPE)


def airflow_environment(settings: Settings) -> dict[str, str]:
    """The variables under which Airflow finds our DAGs and its metadata, a database of its own.

    Set them before the first import of airflow. Starts or joins the embedded server, unless the operator's own
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN says where the metadata is.
    """
    home = settings.home / "airflow"
    home.mkdir(parents=True, exist_ok=True)
    wanted = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(PORT),
        # Tasks report to this address; left to itself Airflow takes port 8080 whatever the port is.
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address(settings)}/execution/",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AUSCULT_HOME": str(settings.home),
    }
    metadata = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
    if not settings.secret(metadata):
        socket_folder = embedded.start_server(settings.database_folder)
        wanted[metadata] = embedded.database_url(socket_folder, "airflow", driver="psycopg2")
    # What the operator has set wins, save for the home, which must be ours.
    return {name: settings.secret(name) or value if name != "AUSCULT_HOME" else value for name, value in wanted.items()}


def start_standalone(settings: Settings) -> int:
    """Start `airflow standalone` in a process group of its own; returns the group's number."""
    running = standalone_group(settings)
    if running is not None:
        return running
    environment = {**os.environ, **airflow_environment(settings)}
    environment.pop("AIRFLOW_CONFIG", None)
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', '')}"
    command = [str(Path(sys.executable).parent / "airflow"), "standalone"]
    group = _start_group(command, settings.home / "airflow.log", environment)
    _group_file(settings).write_text(str(group))
    return group


def stop_standalone(settings: Settings) -> bool:
    """Stop the whole group, first kindly; whether it was running. Nothing of it is left when this returns."""
    group = standalone_group(settings)
    _group_file(settings).unlink(missing_ok=True)
    if group is None:
        return False
    members = _members(group)
    os.killpg(group, signal.SIGTERM)
    _, alive = psutil.wait_procs(members, timeout=STOP_SECONDS)
    for process in {*alive, *_members(group)}:
        process.kill()
    psutil.wait_procs(alive, timeout=STOP_SECONDS)
    return True


def standalone_group(settings: Settings) -> int | None:
    """The number of the running group, or None."""
    try:
        group = int(_group_file(settings).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return group if _members(group) else None


def wait_until_healthy(settings: Settings, seconds: float) -> None:
    """Return once the API server answers; raises ConfigError where it does not in time, or the group ended."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if standalone_group(settings) is None:
            raise ConfigError(f"Airflow ended while starting; see {settings.home / 'airflow.log'}")
        try:
            with urllib.request.urlopen(f"{address(settings)}/api/v2/monitor/health", timeout=5) as answer:  # noqa: S310
                if answer.status == 200:
                    return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(1)
    raise ConfigError(f"Airflow did not answer within {seconds:.0f} s; see {settings.home / 'airflow.log'}")


def address(settings: Settings) -> str:
    """Where the Airflow UI is served."""
    return f"http://127.0.0.1:{settings.secret('AIRFLOW__API__PORT') or PORT}"


def _start_group(command: Sequence[str], log: Path, environment: dict[str, str]) -> int:
    def default_signals() -> None:
        # A shell's & makes a child ignore SIGINT, and then the scheduler hangs when it is asked to stop.
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)

    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
            preexec_fn=default_signals,
        )
    return process.pid


def _members(group: int) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (ProcessLookupError, PermissionError, psutil.NoSuchProcess):
            continue
    return found


def _group_file(settings: Settings) -> Path:
    return settings.home / "airflow.group"
