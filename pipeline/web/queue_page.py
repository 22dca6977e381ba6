"""The queue in words: one page of alerts, how many wait in each state, and where the next page begins."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.alerting.card import desk_of
from pipeline.alerting.views import view_alert
from pipeline.alerting.wording import clean, moment
from pipeline.planning import as_alert, read_facts
from pipeline.warehouse import queue, unchecked
from pipeline.web.history import STATES
from pipeline.web.people import Person
from pipeline.workplace import Workplace

PAGE = 25
# More than that is not counted: nobody works by the number.
COUNTED = 1_000


@dataclass(frozen=True)
class Row:
    """One alert of the list, in words."""

    key: str
    level: str
    severity: str
    heading: str
    said: str
    spread: str
    age: str
    raised: str


def queue_words(workplace: Workplace, person: Person, state: str, after: str, now: datetime) -> dict[str, Any]:
    """What queue.html prints: the alerts of a state behind the alert with the key `after`, "" for the first page."""
    state = state if state in STATES else "open"
    practice_id = workplace.practice.practice_id
    desk = desk_of(workplace.practice, workplace.listening)
    with workplace.engine.begin() as connection:
        queues = {one: queue.Queue(practice_id, one, person.sees_own_posts) for one in STATES}
        place = queue.place_of(connection, _readable(after))
        found = queue.read_queue(connection, queues[state], place, PAGE + 1)
        counts = {one: queue.count_queue(connection, queues[one], COUNTED) for one in STATES}
        to_check = unchecked.count_unchecked(connection, COUNTED)
        facts = read_facts(connection, [row["claim_id"] for row in found])
    rows = []
    for row in found[:PAGE]:
        alert = as_alert({**row, "post_ids": ()})
        view = view_alert(alert, facts.get(row["claim_id"] or ""), desk, now)
        age, raised = _age(row["raised_at"], now), moment(row["raised_at"], desk.zone)
        rows.append(Row(alert.alert_key, view.level, view.severity, view.heading, view.said, view.spread, age, raised))
    return {
        "rows": rows,
        "state": state,
        "states": {one: (STATES[one], counted(counts[one])) for one in STATES},
        "to_check": counted(to_check),
        "behind": rows[-1].key if len(found) > PAGE else "",
        "is_first": place is None,
        "practice": clean(workplace.practice.name, 200),
        "person": clean(person.name, 200),
        "may_act": person.may_act,
        "written": moment(now, desk.zone),
    }


def next_to(workplace: Workplace, person: Person, key: str, state: str) -> tuple[str, str]:
    """The keys of the alerts before and behind one in the queue of a state; "" where there is none."""
    asked = queue.Queue(workplace.practice.practice_id, state, person.sees_own_posts)
    with workplace.engine.begin() as connection:
        place = queue.place_of(connection, key)
        before = queue.read_queue(connection, asked, place, 1, backwards=True)
        behind = queue.read_queue(connection, asked, place, 1)
    return _key_of(before), _key_of(behind)


def counted(number: int) -> str:
    """A number in words that was counted up to COUNTED."""
    return f"{number:,}" if number < COUNTED else f"{COUNTED:,}+"


def _key_of(found: list[dict[str, Any]]) -> str:
    return str(found[0]["alert_key"]) if found else ""


def _readable(key: str) -> str:
    # PostgreSQL takes nothing else in a text.
    return key if key.isprintable() else ""


def _age(raised_at: datetime, now: datetime) -> str:
    minutes = max(int((now - raised_at).total_seconds() // 60), 0)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"
