"""Kill -9 the demo at random moments and run it to the end: the tables are those of an undisturbed run."""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from pipeline.warehouse import embedded
from tests.chaos.counting import TOTAL
from tests.chaos.tables import TABLES, Verdict

ROOT = Path(__file__).resolve().parents[2]
DEMO = [sys.executable, "-m", "demo"]
TIMEOUT_S = 600


@dataclass(frozen=True)
class Outcome:
    """What a run leaves: rows by table, and the mails that the relay stored."""

    rows: dict[str, list[tuple[object, ...]]]
    mails: dict[str, bytes]


@pytest.fixture(scope="module")
def undisturbed() -> Iterator[tuple[Outcome, float]]:
    folder = Path(tempfile.mkdtemp(prefix="auscult-calm-"))
    folder.chmod(0o755)
    started = time.monotonic()
    run_to_the_end(folder)
    yield outcome(folder), time.monotonic() - started
    embedded.stop_server(folder / "pg")
    shutil.rmtree(folder, ignore_errors=True)


def start(home: Path) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AUSCULT_", "AIRFLOW"))}
    # One key for all homes, or the author hashes of two runs could not be compared.
    environment |= {"AUSCULT_HOME": str(home), "AUSCULT_AUTHOR_KEY": "a key for the kill trials only, 32 and more"}
    with (home / "run.log").open("ab") as log:
        return subprocess.Popen(DEMO, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)


def run_to_the_end(home: Path) -> None:
    process = start(home)
    if process.wait(TIMEOUT_S) != 0:
        # Which task failed, and why, stands in the log; the folder itself is about to go.
        why = [line for line in (home / "demo.log").read_text().splitlines() if "rror" in line]
        raise AssertionError("\n".join([(home / "run.log").read_text()[-3000:], *why[-40:]]))


def kill_after(home: Path, seconds: float) -> bool:
    """Whether the run was still going when it was killed."""
    process = start(home)
    try:
        process.wait(seconds)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True


def outcome(home: Path) -> Outcome:
    rows = {}
    socket_folder = embedded.start_server(home / "pg")
    with psycopg.connect(host=socket_folder, user="postgres", dbname="auscult") as connection:
        for table, columns in TABLES.items():
            found = connection.execute(f"select {columns} from {table}").fetchall()
            rows[table] = sorted(found, key=repr)
    return Outcome(rows, {path.name: path.read_bytes() for path in (home / "mail").glob("*.eml")})


def moments(count: int, length: float, seed: int) -> list[float]:
    print(f"--kill-seed {seed}")
    return [random.Random(seed + number).uniform(1, length) for number in range(count)]


@pytest.mark.chaos
@pytest.mark.usefixtures("at_length")
@pytest.mark.timeout(7200)
def test_killed_and_run_again_is_as_if_never_killed(
    undisturbed: tuple[Outcome, float], kills: int, request: pytest.FixtureRequest
) -> None:
    expected, length = undisturbed
    assert all(expected.rows[table] for table in ("posts", "alerts", "outbox")), "an empty run proves nothing"
    hits = 0
    for seconds in moments(kills, length, request.config.getoption("--kill-seed")):
        folder = Path(tempfile.mkdtemp(prefix="auscult-kill-"))
        folder.chmod(0o755)
        try:
            hits += kill_after(folder, seconds)
            run_to_the_end(folder)
            found = outcome(folder)
            for table, rows in expected.rows.items():
                assert found.rows[table] == rows, f"{table} differs after a kill at {seconds:.2f} s"
            assert found.mails == expected.mails, f"mails differ after a kill at {seconds:.2f} s"
        finally:
            embedded.stop_server(folder / "pg")
            shutil.rmtree(folder, ignore_errors=True)
    print(f"kills {kills}, hit the run {hits}, lost 0, doubled 0, unsent 0")
    TOTAL.add(Verdict(), hits)
    assert hits > 0
