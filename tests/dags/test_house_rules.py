"""Rules that hold for every DAG."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DAGS = ("claims_changed", "hourly_listen", "nightly_review")


def test_the_bag_holds_our_dags_and_no_errors(dagbag) -> None:
    assert dagbag.import_errors == {}
    assert sorted(dagbag.dags) == list(DAGS)


@pytest.mark.parametrize("name", DAGS)
def test_each_dag(dagbag, name: str) -> None:
    dag = dagbag.dags[name]
    assert dag.doc_md.strip()
    assert dag.catchup is False
    assert dag.max_active_runs == 1, "two runs at once would race for the same posts"
    assert dag.tags == {"auscult"}
    assert dag.params["now"] == ""
    for task in dag.tasks:
        assert task.retries > 0 or task.task_type == "EmptyOperator", task.task_id


def test_a_dead_source_stops_nothing_and_reddens_the_run(dagbag) -> None:
    dag = dagbag.dags["hourly_listen"]
    assert dag.get_task("screen").trigger_rule == "all_done"
    assert dag.get_task("raise_alerts").trigger_rule == "all_done", "narratives are no condition for being told"
    leaf = dag.get_task("every_source_read")
    assert leaf.trigger_rule == "all_success"
    assert leaf.upstream_task_ids == {"ingest", "screen", "narrate", "raise_alerts"}
    assert not leaf.downstream_task_ids


def test_dag_files_are_short_and_only_they_know_airflow() -> None:
    for path in (ROOT / "dags").glob("*.py"):
        assert len(path.read_text().splitlines()) <= 50, path.name
    for room in ("pipeline", "models", "claims_db"):
        for path in (ROOT / room).rglob("*.py"):
            lines = path.read_text().splitlines()
            assert not [line for line in lines if line.lstrip().startswith(("import airflow", "from airflow"))], path
