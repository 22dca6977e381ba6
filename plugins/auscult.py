"""Airflow serves our pages below /auscult: the thin plugin, beside dags/ the only place that imports airflow."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from typing import Any

from airflow.plugins_manager import AirflowPlugin

# web_address of auscult.yaml ends in this where Airflow serves the pages.
PREFIX = "/auscult"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]


@cache
def _app() -> Any:  # noqa: ANN401  # the type is not imported yet
    # Every task of every DAG loads this file in a process of its own, and none of them serves a page.
    from pipeline.web.app import create_app
    from pipeline.workplace import open_workplace

    return create_app(open_workplace)


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Our app (ASGI), made when the first request comes.

    Airflow asks nobody who calls a plugin's app to sign in. The alert page wants it so: its link is the proof.
    """
    app = await asyncio.to_thread(_app)
    await app(scope, receive, send)


class AuscultPlugin(AirflowPlugin):
    """What Airflow finds in this file."""

    name = "auscult"
    fastapi_apps = [{"app": serve, "url_prefix": PREFIX, "name": "Auscult"}]  # noqa: RUF012  # as Airflow declares it
