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
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.core_api.security import bearer_scheme, get_user
    from fastapi import Request

    from pipeline.web.app import create_app, wall_clock
    from pipeline.web.people import Person
    from pipeline.workplace import open_workplace

    async def who(request: Request) -> Person:
        user, rights = await get_user(request, None, await bearer_scheme(request)), get_auth_manager()
        changes = rights.is_authorized_dag(method="PUT", user=user)
        return Person(str(user.get_name()), changes, rights.is_authorized_connection(method="PUT", user=user))

    return create_app(open_workplace, wall_clock, who)


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Our app (ASGI), made when the first request comes: who has a link may open an alert, the rest is for users."""
    app = await asyncio.to_thread(_app)
    await app(scope, receive, send)


class AuscultPlugin(AirflowPlugin):
    """What Airflow finds in this file; without a url_route the queue opens as a page of its own and its keys work."""

    name = "auscult"
    fastapi_apps = [{"app": serve, "url_prefix": PREFIX, "name": "Auscult"}]  # noqa: RUF012  # as Airflow declares it
    external_views = [{"name": "Alerts", "href": "auscult/queue", "destination": "nav", "category": "browse"}]  # noqa: RUF012
