"""The page of one alert, opened by a signed link: it shows what the mail may hold, and a person can act from it.

Mail scanners follow every link, so showing changes nothing: an act is a form that the page itself sends, with a value
that only a page of the same link holds.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from pipeline import handling
from pipeline.alerting.card import desk_of
from pipeline.alerting.tokens import (
    PAGE,
    PARAMETER,
    LinkExpired,
    LinkFacts,
    LinkRefused,
    form_value,
    is_form_value,
    link_key,
    read_link,
)
from pipeline.alerting.views import PATIENT_LINE, view_alert
from pipeline.alerting.wording import clean, moment
from pipeline.web.acts import NOTE_CHARACTERS, OFFERS, SILENCES, perform, silenced_words
from pipeline.web.form import read_form
from pipeline.web.history import LISTED, view_history, view_state
from pipeline.web.pages import Refusal, go_to, show_page
from pipeline.workplace import Workplace

Form = Annotated[Mapping[str, str], Depends(read_form)]

_NOT_VALID = "This link does not work", "Open it from the mail again, whole. Nothing was shown or changed."
_EXPIRED = "This link has expired", "Open the newest mail about this alert, or ask who runs Auscult."
_UNKNOWN = "This alert is not known", "It may have been erased. Nothing was shown or changed."
_NO_FORM = "That did not come from the alert's page", "Nothing was changed. Open the link and use the page's buttons."


def alert_routes(workplace_opener: Callable[[], Workplace], clock: Callable[[], datetime]) -> APIRouter:
    """The routes of the page: GET and HEAD show, POST acts and sends the browser back to the page."""
    router = APIRouter()

    @router.api_route(f"/{PAGE}", methods=["GET", "HEAD"])
    def show(token: str = "") -> Response:
        workplace, now = workplace_opener(), clock()
        return _show(workplace, token, _opened(workplace, token, now), now)

    @router.post(f"/{PAGE}")
    def act(fields: Form, token: str = "") -> Response:
        workplace, now = workplace_opener(), clock()
        link = _opened(workplace, token, now)
        if not is_form_value(fields.get("form", ""), token, _key(workplace)):
            raise Refusal(403, *_NO_FORM)
        alert, _, _ = _read(workplace, link.alert_key)
        problem = perform(workplace, alert, fields, link.receiver, now)
        return _show(workplace, token, link, now, problem) if problem else go_to(f"{PAGE}?{PARAMETER}={token}")

    return router


def alert_words(workplace: Workplace, known: handling.Known, now: datetime) -> dict[str, Any]:
    """What alert.html prints of an alert, whoever reads it."""
    alert, facts, events = known
    desk = desk_of(workplace.practice, workplace.listening)
    state = view_state(alert, events, handling.active_silences(workplace, alert, now), desk.zone)
    return {
        "alert": view_alert(alert, facts, desk, now),
        "state": state,
        "history": view_history(events, desk.zone),
        "earlier": max(len(events) - LISTED, 0),
        "offers": OFFERS[alert.state],
        "ending": [silence for silence in state.silences if silence.silence_id is not None],
        "silences": SILENCES,
        "silenced_words": silenced_words(alert),
        "note_characters": NOTE_CHARACTERS,
        "practice": clean(workplace.practice.name, 200),
        "patient_line": PATIENT_LINE,
        "written": moment(now, desk.zone),
    }


def _opened(workplace: Workplace, token: str, now: datetime) -> LinkFacts:
    try:
        link = read_link(token, _key(workplace), now)
    except LinkExpired:
        raise Refusal(410, *_EXPIRED) from None
    except LinkRefused:
        raise Refusal(403, *_NOT_VALID) from None
    # Who is taken out of auscult.yaml has no say any more.
    if link.receiver not in {receiver.name for receiver in workplace.listening.receivers}:
        raise Refusal(403, *_NOT_VALID)
    return link


def _read(workplace: Workplace, alert_key: str) -> handling.Known:
    try:
        return handling.read_alert(workplace, alert_key)
    except handling.UnknownAlert:
        raise Refusal(404, *_UNKNOWN) from None


def _show(workplace: Workplace, token: str, link: LinkFacts, now: datetime, problem: str = "") -> Response:
    known = _read(workplace, link.alert_key)
    zone = desk_of(workplace.practice, workplace.listening).zone
    return show_page(
        "alert.html",
        422 if problem else 200,
        **alert_words(workplace, known, now),
        problem=problem,
        form=form_value(token, _key(workplace)),
        receiver=clean(link.receiver, 200),
        ends=moment(link.ends_at, zone),
    )


def _key(workplace: Workplace) -> bytes:
    return link_key(workplace.settings.require_author_key())
