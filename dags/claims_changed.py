"""The claims database was edited: load it, match the retained window anew and tell what that changes.

Started by the asset `claims`, which `hourly_listen` announces, or by hand. A claims file with an error is refused as
a whole and the claims in force go on serving.
"""

from datetime import timedelta

from airflow.sdk import Asset, Param, dag, task

from dags.relay import notify
from pipeline import steps

POSTS, CLAIMS = Asset("posts"), Asset("claims")


@dag(
    schedule=[CLAIMS],
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["auscult"],
    params={"now": Param("", type="string")},
    default_args={"retries": 2, "retry_delay": timedelta(minutes=2)},
)
def claims_changed() -> None:
    """Arrows only; the steps do the work."""
    now = task(steps.read_clock)("{{ params.now }}")
    loaded = task(steps.sync_claims)(now)
    screened = task(steps.screen, outlets=[POSTS]).partial(now=now).expand(shard=steps.SHARDS)
    loaded >> screened >> task(steps.narrate)(now) >> task(steps.raise_alerts)(now) >> task(notify)(now)


claims_changed()
