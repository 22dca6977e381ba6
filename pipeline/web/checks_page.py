"""Posts to check: one drawn post at a time, and one question about it, whose answers calibrate what alarms."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from pipeline import reviewing
from pipeline.alerting.card import desk_of
from pipeline.alerting.tokens import link_key
from pipeline.alerting.wording import clean, moment
from pipeline.warehouse import unchecked
from pipeline.web.form import read_form
from pipeline.web.grounds import ground_of
from pipeline.web.pages import Refusal, go_to, show_keyed_page
from pipeline.web.people import Person, SignedIn, check_act, form_of
from pipeline.web.queue_page import COUNTED, counted
from pipeline.workplace import Workplace

Form = Annotated[Mapping[str, str], Depends(read_form)]

GONE = "Nothing was kept: that post is gone, or was screened again since the page was opened. Here is the next."
SAID = {"confirmed": "it spreads the claim", "rejected": "it does not spread the claim"}
_VERDICTS = {"yes": "confirmed", "no": "rejected"}
_UNREADABLE = "That cannot be read", "Nothing was changed. Go back to the page and use one of its buttons."
_PLACE = re.compile(r"[0-9a-f]{32}")
# Larger numbers are none that the warehouse gives.
_MATCH = re.compile(r"[0-9]{1,18}", re.ASCII)


def check_routes(workplace_opener: Callable[[], Workplace], clock: Callable[[], datetime], who: SignedIn) -> APIRouter:
    """The routes of the page; each asks `who` first. A place is in the address: `after` it, or `at` it."""
    router = APIRouter()
    signed_in = Depends(who)

    @router.api_route("/checks", methods=["GET", "HEAD"])
    def show(after: str = "", at: str = "", person: Person = signed_in) -> Response:
        return _show(workplace_opener(), person, clock(), _known(after), _known(at))

    @router.post("/checks")
    def act(request: Request, fields: Form, person: Person = signed_in) -> Response:
        workplace, now = workplace_opener(), clock()
        check_act(person, request, fields.get("form", ""), link_key(workplace.settings.require_author_key()))
        place = _known(fields.get("place", ""))
        if _judge(workplace, fields, person.name, now):
            return go_to(f"checks?after={place}")
        return _show(workplace, person, now, place, problem=GONE)

    return router


def _show(workplace: Workplace, person: Person, now: datetime, after: str, at: str = "", problem: str = "") -> Response:
    zone = desk_of(workplace.practice, workplace.listening).zone
    with workplace.engine.begin() as connection:
        row = unchecked.match_at(connection, at) if at else unchecked.next_unchecked(connection, after)
        verdict = unchecked.last_verdict(connection, row["match_id"]) if row and at else None
        number = unchecked.count_unchecked(connection, COUNTED)
    return show_keyed_page(
        "checks.html",
        409 if problem else 200,
        row=_asked(row) if row else None,
        ground=ground_of(workplace, row, zone) if row else None,
        verdict=f"{clean(verdict['reviewed_by'], 80)} said: {SAID[verdict['verdict']]}." if verdict else "",
        number=counted(number),
        before=after,
        problem=problem,
        form=form_of(person, link_key(workplace.settings.require_author_key())),
        practice=clean(workplace.practice.name, 200),
        person=clean(person.name, 200),
        may_act=person.may_act,
        written=moment(now, zone),
    )


def _asked(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"match_id": row["match_id"], "place": row["place"], "claim": clean(row["claim"], 300)}


def _judge(workplace: Workplace, fields: Mapping[str, str], by: str, now: datetime) -> bool:
    verdict, match = _VERDICTS.get(fields.get("act", "")), fields.get("match", "")
    if verdict is None or not _MATCH.fullmatch(match):
        raise Refusal(400, *_UNREADABLE)
    with workplace.engine.begin() as connection:
        if not unchecked.is_drawn(connection, int(match)):
            return False
    return reviewing.review_match(workplace, int(match), verdict, by, now)


def _known(place: str) -> str:
    return place if _PLACE.fullmatch(place) else ""
