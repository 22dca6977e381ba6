"""Real parts for all tests: one embedded PostgreSQL for the session, a database of its own for each test."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings as hypothesis_settings

# Nothing of the operator's own set-up may reach a test, and Airflow reads its variables at its first import.
for name in [name for name in os.environ if name.startswith(("AUSCULT_", "AIRFLOW_"))]:
    if name != "AUSCULT_RESEARCH_DATA":
        del os.environ[name]

HOME = Path(tempfile.mkdtemp(prefix="auscult-test-"))
HOME.chmod(0o755)
os.environ["AUSCULT_HOME"] = str(HOME)
# Each test has a home of its own; the int8 graphs are the same in all of them.
os.environ["AUSCULT_MODELS"] = str(HOME / "models")
os.environ["AUSCULT_AUTHOR_KEY"] = "a key for tests only, never for a practice"

from pipeline.config import Settings, read_settings  # noqa: E402
from pipeline.warehouse import embedded  # noqa: E402
from pipeline.workplace import Workplace, close_engines, open_workplace  # noqa: E402

pytest_plugins = ["tests.chaos.counting"]

ROOT = Path(__file__).resolve().parents[1]
NOW = datetime(2026, 10, 12, 15, tzinfo=UTC)

# No deadline by the wall clock: a busy machine stands still now and then.
hypothesis_settings.register_profile("usual", deadline=None)
hypothesis_settings.register_profile("whole", deadline=None, max_examples=1_000)
hypothesis_settings.load_profile("usual")

PRACTICE = """
name: Larkspur Family Health
aliases: [Larkspur Family, LFH Port Alder]
locations: [{name: Larkspur Family Health Harborview, city: Port Alder, state: OR, zip: "97198"}]
clinicians: [{name: Priya Raman, title: MD, specialty: pediatrics}]
handles: {x: ["@larkspurfamily"], reddit: [u/larkspur_family]}
specialties: [family medicine, pediatrics]
website: larkspurfamilyhealth.example
phone: 503-555-0142
not_us: ["Larkspur, CA", Larkspur Veterinary]
"""
LISTENING = """
sources: {imports: {enabled: true}}
receivers: [{name: Communications, address: comms@larkspurfamilyhealth.example}]
mail_from: auscult@larkspurfamilyhealth.example
time_zone: America/Los_Angeles
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make test` kills at a tenth of the points, `make chaos` at all, and 25 times in the whole demo."""
    parser.addoption("--kills", type=int, default=3, help="how often the chaos tests kill the run")
    parser.addoption("--chaos-share", type=float, default=0.1, help="which share of all kill points and random kills")
    parser.addoption("--kill-seed", type=int, default=0, help="repeat the moments of an earlier run; it printed this")


@pytest.fixture(scope="session")
def at_length(request: pytest.FixtureRequest) -> None:
    """Skips what takes minutes, and says so, where not everything is run."""
    if request.config.getoption("--chaos-share") < 1:
        pytest.skip("takes minutes: make chaos")


@pytest.fixture(scope="session")
def kills(request: pytest.FixtureRequest) -> int:
    """How many kills were asked for."""
    number: int = request.config.getoption("--kills")
    return number


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The socket folder of the session's server; its first database is migrated and serves as a template."""
    socket_folder = embedded.start_server(HOME / "pg")
    open_workplace(read_settings()).engine.dispose()
    close_engines()
    yield socket_folder
    close_engines()
    embedded.stop_server(HOME / "pg")
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture
def settings(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings whose warehouse is a fresh, migrated database; the environment says the same."""
    name = f"test_{os.urandom(6).hex()}"
    with psycopg.connect(host=server, user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"create database {name} template auscult")
    monkeypatch.setenv("AUSCULT_DATABASE_URL", embedded.database_url(server, name))
    monkeypatch.setenv("AUSCULT_HOME", str(tmp_path))
    (tmp_path / "practice.yaml").write_text(PRACTICE)
    (tmp_path / "auscult.yaml").write_text(LISTENING)
    yield replace(read_settings())
    close_engines()
    with psycopg.connect(host=server, user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def workplace(settings: Settings) -> Workplace:
    """An open workplace on the test's own warehouse."""
    return open_workplace(settings)


@pytest.fixture(scope="session")
def research_data() -> Path:
    """The folder of public research sets; the test is skipped, and says so, where there is none."""
    folder = os.environ.get("AUSCULT_RESEARCH_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("AUSCULT_RESEARCH_DATA names no folder of research sets")
    return Path(folder)
