"""Airflow on the session's server: its variables are set before anything imports it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from pipeline.config import read_settings
from pipeline.orchestration import airflow_environment
from tests.web.served import answering


@pytest.fixture(scope="session")
def airflow_home(server: str) -> Iterator[Path]:
    """Airflow's home, its metadata database migrated."""
    wanted = airflow_environment(read_settings())
    os.environ.update({name: value for name, value in wanted.items() if name != "AUSCULT_HOME"})
    from airflow.utils.db import initdb

    initdb()
    yield Path(wanted["AIRFLOW_HOME"])
    # Before the server stops, or Airflow complains at exit.
    from airflow.settings import dispose_orm

    dispose_orm()


@pytest.fixture
def airflow_site(airflow_home: Path) -> Iterator[str]:
    """Airflow's own API server, plugins mounted, on a free loopback port."""
    from airflow.api_fastapi.app import create_app

    with answering(
        uvicorn.Server(uvicorn.Config(create_app(apps="core"), host="127.0.0.1", port=0, access_log=False))
    ) as address:
        yield address


@pytest.fixture(scope="session")
def dagbag(airflow_home: Path):
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
