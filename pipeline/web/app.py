"""The web app: its routes, and what a browser is told when something goes wrong."""

import logging
from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route

from pipeline.errors import AuscultError
from pipeline.web.alert_page import alert_routes
from pipeline.web.checks_page import check_routes
from pipeline.web.pages import Refusal, show_refusal
from pipeline.web.people import SignedIn
from pipeline.web.triage_page import triage_routes
from pipeline.workplace import Workplace, moment

log = logging.getLogger(__name__)

_WORDS = {
    400: ("That cannot be read", "The request was not complete. Go back to the page and try again."),
    401: ("Please sign in", "Sign in to Airflow, then open this page again."),
    403: ("You may not see this", "Ask who runs Airflow."),
    404: ("There is no such page", "Open the link in the mail again, whole."),
    405: ("That is not done here", "Open the link in the mail, and use the buttons of its page."),
}
_NOT_NOW = "Not now", "Auscult cannot reach its records. Try again; if it lasts, tell who runs it."
_BROKEN = "Something broke", "Try again; if it lasts, tell who runs Auscult."


def wall_clock() -> datetime:
    """The time of a request, UTC."""
    return moment(None)


def create_app(
    workplace_opener: Callable[[], Workplace], clock: Callable[[], datetime] = wall_clock, who: SignedIn | None = None
) -> FastAPI:
    """The app over the workplace that `workplace_opener` gives for each request, at the time that `clock` tells.

    It sets no cookie, signs nobody in and can be mounted at any path; a page's routes say who may open it. The triage
    page is there only where `who` says who is signed in.
    """
    # No generated documentation: it would load scripts from elsewhere. No redirect to a guessed path either.
    app = FastAPI(title="Auscult", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.include_router(alert_routes(workplace_opener, clock))
    if who is not None:
        app.include_router(triage_routes(workplace_opener, clock, who))
        app.include_router(check_routes(workplace_opener, clock, who))
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(HTTPException, _misdirected)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(AuscultError, _not_now)
    app.add_exception_handler(SQLAlchemyError, _not_now)
    app.add_exception_handler(Exception, _broken)
    return app


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101  # registered for nothing else
    return show_refusal(error)


async def _misdirected(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    allowed = {"Allow": ", ".join(_methods(request))} if error.status_code == 405 else None
    return show_refusal(Refusal(error.status_code, *_WORDS.get(error.status_code, _WORDS[400])), allowed)


async def _unreadable(_: Request, error: Exception) -> Response:
    return show_refusal(Refusal(400, *_WORDS[400]))


async def _not_now(_: Request, error: Exception) -> Response:
    # The kind alone: an error of the database may hold what was asked for.
    log.error("a page could not be shown: %s", type(error).__name__)
    return show_refusal(Refusal(503, *_NOT_NOW))


async def _broken(_: Request, error: Exception) -> Response:
    return show_refusal(Refusal(500, *_BROKEN))


def _methods(request: Request) -> list[str]:
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    here = [route.methods or set() for route in routes if route.matches(request.scope)[0] != Match.NONE]
    return sorted(set().union(*here))
