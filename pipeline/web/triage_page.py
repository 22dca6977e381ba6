"""The triage page: the queue of alerts for a signed-in person, and each alert with its grounds, worked by keys."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from pipeline import handling, reviewing
from pipeline.alerting.alert import Alert
from pipeline.alerting.card import desk_of
from pipeline.alerting.severity import is_own_post
from pipeline.alerting.tokens import link_key
from pipeline.alerting.wording import clean
from pipeline.web.acts import NOTE_CHARACTERS, escalated_words, perform
from pipeline.web.alert_page import alert_words
from pipeline.web.drafts import DRAFT_CHARACTERS, Checked, check_draft
from pipeline.web.form import read_form
from pipeline.web.grounds import links_of, read_grounds, read_growth
from pipeline.web.history import STATES
from pipeline.web.pages import Refusal, go_to, show_keyed_page, show_script
from pipeline.web.people import Person, SignedIn, check_act, form_of
from pipeline.web.queue_page import next_to, queue_words
from pipeline.workplace import Workplace

Form = Annotated[Mapping[str, str], Depends(read_form)]

NO_NOTE = "Nothing was changed. A note needs words."
_UNKNOWN = "This alert is not known", "It may have been erased. Nothing was shown or changed."
_VERDICTS = {"confirm": "confirmed", "reject": "rejected"}


def triage_routes(workplace_opener: Callable[[], Workplace], clock: Callable[[], datetime], who: SignedIn) -> APIRouter:
    """The routes of the page; each asks `who` first."""
    router = APIRouter()
    signed_in = Depends(who)

    @router.api_route("/queue", methods=["GET", "HEAD"])
    def show_queue(state: str = "open", after: str = "", person: Person = signed_in) -> Response:
        words = queue_words(workplace_opener(), person, state, after, clock())
        return show_keyed_page("queue.html", **words)

    @router.api_route("/triage", methods=["GET", "HEAD"])
    def show(key: str = "", state: str = "open", person: Person = signed_in) -> Response:
        return _show(workplace_opener(), person, key, state, clock())

    @router.post("/triage")
    def act(request: Request, fields: Form, key: str = "", state: str = "open", person: Person = signed_in) -> Response:
        workplace, now = workplace_opener(), clock()
        check_act(person, request, fields.get("form", ""), link_key(workplace.settings.require_author_key()))
        alert, _, _ = _read(workplace, person, key)
        if fields.get("act") == "lint":
            return _show(workplace, person, key, state, now, checked=check_draft(workplace, fields.get("draft", "")))
        if problem := _perform(workplace, alert, fields, person.name, now):
            return _show(workplace, person, key, state, now, problem)
        return go_to(f"triage?key={quote(key, safe='')}&state={_known(state)}")

    @router.api_route("/triage.js", methods=["GET", "HEAD"], dependencies=[signed_in])
    def script() -> Response:
        return show_script()

    return router


def _show(
    workplace: Workplace,
    person: Person,
    key: str,
    state: str,
    now: datetime,
    problem: str = "",
    checked: Checked | None = None,
) -> Response:
    alert, facts, events = _read(workplace, person, key)
    said = sorted((*events, *reviewing.verdicts(workplace, key)), key=lambda event: event.at)
    zone = desk_of(workplace.practice, workplace.listening).zone
    before, behind = next_to(workplace, person, key, _known(state))
    words = alert_words(workplace, (alert, facts, tuple(said)), now)
    links, grounds = links_of(alert), read_grounds(workplace, alert, zone)
    words["alert"] = replace(words["alert"], links=links, more_links=max(alert.posts - len(links), 0))
    if not person.may_act:
        words |= {"offers": (), "ending": ()}
    return show_keyed_page(
        "triage.html",
        422 if problem else 200,
        **words,
        grounds=grounds,
        asks_claim=bool(alert.claim_id) and any(ground.clearest for ground in grounds),
        growth=read_growth(workplace, alert, now),
        problem=problem,
        checked=checked,
        escalated_words=escalated_words(workplace, alert),
        draft_characters=DRAFT_CHARACTERS,
        form=form_of(person, link_key(workplace.settings.require_author_key())),
        receiver=clean(person.name, 200),
        may_act=person.may_act,
        before=before,
        behind=behind,
        listed=_known(state),
    )


def _perform(workplace: Workplace, alert: Alert, fields: Mapping[str, str], by: str, now: datetime) -> str:
    act, note = fields.get("act", ""), clean(fields.get("note", ""), NOTE_CHARACTERS)
    if act in _VERDICTS:
        reviewing.review(workplace, alert, _VERDICTS[act], by, now, note)
    elif act == "escalate":
        reviewing.escalate(workplace, alert, by, now, note)
    elif act == "note":
        if not note:
            return NO_NOTE
        reviewing.add_note(workplace, alert, by, now, note)
    else:
        return perform(workplace, alert, fields, by, now)
    return ""


def _read(workplace: Workplace, person: Person, key: str) -> handling.Known:
    try:
        known = handling.read_alert(workplace, key)
    except handling.UnknownAlert:
        raise Refusal(404, *_UNKNOWN) from None
    if known[0].kind == "canary" or (is_own_post(known[0]) and not person.sees_own_posts):
        raise Refusal(404, *_UNKNOWN)
    return known


def _known(state: str) -> str:
    return state if state in STATES else "open"
