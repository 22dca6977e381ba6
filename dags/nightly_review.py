"""Keep what is stored true: is each post still public, has its time come, does every ledger balance.

What is gone at its source is erased here with all that was derived from it; what is past its retention is emptied;
thresholds are fitted anew to what people confirmed and rejected, and posts that they touch are screened again; the
checks under sql/checks must find nothing, and zero checks run is a failure too.
"""

from datetime import timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import CronDataIntervalTimetable, Param, dag, task

from dags.relay import notify
from pipeline import steps


@dag(
    schedule=CronDataIntervalTimetable("30 2 * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["auscult"],
    params={"now": Param("", type="string")},
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
)
def nightly_review() -> None:
    """Arrows only; the steps do the work."""
    now = task(steps.read_clock)("{{ params.now }}")
    rechecked = task(steps.recheck).partial(now=now).expand(source=task(steps.listed_sources)())
    expired = task(steps.expire, trigger_rule="all_done")(now)
    fitted = task(steps.recalibrate)(now)
    screened = task(steps.screen).partial(now=now).expand(shard=steps.SHARDS)
    told = task(notify)(now)
    rechecked >> expired >> fitted >> screened >> task(steps.narrate)(now) >> task(steps.raise_alerts)(now) >> told
    # Mail that is due is sent first: what waits only for this run is not stuck. A dead source stops no check.
    told >> task(steps.run_checks, trigger_rule="all_done")(now)
    [rechecked, told] >> EmptyOperator(task_id="every_step_worked")


nightly_review()
