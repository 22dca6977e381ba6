"""Hear, judge and tell, every hour.

Reads each source that is configured, screens what is new, sorts it into narratives, raises alerts, writes the digest
when it is due and sends. A dead source never stops the others, but its task and the run end red.
An edited claims database is noticed here and announced as the asset `claims`, which starts `claims_changed`.
"""

from datetime import timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import Asset, CronDataIntervalTimetable, Param, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.relay import notify
from pipeline import steps

POSTS, CLAIMS = Asset("posts"), Asset("claims")


@task(outlets=[CLAIMS])
def announce_claims() -> None:
    """Succeed only where the claims database was edited, because success is what triggers `claims_changed`."""
    if not steps.claims_edited():
        raise AirflowSkipException("the claims in force are those of the claims database")


@dag(
    schedule=CronDataIntervalTimetable("0 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["auscult"],
    params={"now": Param("", type="string")},
    default_args={"retries": 2, "retry_delay": timedelta(minutes=2)},
)
def hourly_listen() -> None:
    """Arrows only; what is done whatever broke before it has the rule `all_done`."""
    now, names = task(steps.read_clock)("{{ params.now }}"), task(steps.listed_sources)()
    heard = task(steps.ingest).partial(now=now).expand(source=names)
    screened = task(steps.screen, trigger_rule="all_done", outlets=[POSTS]).partial(now=now).expand(shard=steps.SHARDS)
    narrated, raised = task(steps.narrate)(now), task(steps.raise_alerts, trigger_rule="all_done")(now)
    watched, digested = (task(step, trigger_rule="all_done")(now) for step in (steps.watch, steps.write_digest))
    told = task(notify, trigger_rule="all_done")(now)
    [heard, task(steps.release_canary)(now)] >> screened >> narrated >> raised >> watched >> digested >> told
    told >> task(steps.recheck, trigger_rule="all_done").partial(now=now).expand(source=names)
    [heard, screened, narrated, raised] >> EmptyOperator(task_id="every_source_read")
    announce_claims()


hourly_listen()
