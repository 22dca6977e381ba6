"""The one thing that tasks ask of Airflow: the mail relay, from the connection `auscult_smtp` where there is one."""

from typing import Any

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from pipeline import steps

CONNECTION = "auscult_smtp"


def notify(now: str) -> dict[str, Any]:
    """Send what is due, over the Airflow connection where there is one, else as the environment says."""
    try:
        found = Connection.get(CONNECTION)
    except AirflowNotFoundException:
        return steps.notify(now)
    return steps.notify(now, (found.host, found.port, found.login, found.password, found.extra_dejson))
