"""What a person does with an alert: take it on, resolve it, open it again, silence it. Each act is one transaction."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

from pipeline.alerting.alert import Alert, ClaimFacts
from pipeline.alerting.plan import Held, Silence
from pipeline.errors import AuscultError
from pipeline.planning import as_alert, plan_at, read_facts, window_start
from pipeline.planning import read_silences as silences_after
from pipeline.receivers import KINDS
from pipeline.warehouse import alerts as alert_rows
from pipeline.warehouse import events
from pipeline.workplace import Workplace

NAME_CHARACTERS = 200
NOTE_CHARACTERS = 1000
# A longer one is forgotten by who asked for it.
LONGEST_SILENCE = timedelta(days=366)
# Alerts that a list shows at most.
LISTED = 200


class NotPossible(AuscultError):
    """What was asked for cannot be done; the message says why and quotes no post."""


class UnknownAlert(NotPossible):
    """No alert of this practice has this key."""


@dataclass(frozen=True)
class AlertEvent:
    """One thing that happened to an alert; `by` is "auscult" where a step did it."""

    event: str
    at: datetime
    by: str
    note: str = ""


Known = tuple[Alert, ClaimFacts | None, tuple[AlertEvent, ...]]


def acknowledge(workplace: Workplace, alert_key: str, by: str, now: datetime, note: str = "") -> None:
    """Take an open alert on: it is told no more, unless it becomes worse. Raises NotPossible where it is not open."""
    doer = _name(by, "who")
    taken = {"state": "acknowledged", "acknowledged_at": now, "acknowledged_by": doer}
    _change(workplace, alert_key, ("open",), taken, "acknowledged", (doer, note), now)


def resolve(workplace: Workplace, alert_key: str, by: str, now: datetime, note: str = "") -> None:
    """Close an alert; only a person opens it again. Raises NotPossible where it is resolved already."""
    closed = {"state": "resolved", "resolution": "person", "resolved_at": now}
    _change(workplace, alert_key, ("open", "acknowledged"), closed, "resolved", (_name(by, "who"), note), now)


def reopen(workplace: Workplace, alert_key: str, by: str, now: datetime, note: str = "") -> None:
    """Open an alert again that was acknowledged or resolved. Raises NotPossible where it is open."""
    opened = {
        **{"state": "open", "resolution": None, "resolved_at": None},
        **{"acknowledged_at": None, "acknowledged_by": None},
    }
    _change(workplace, alert_key, ("acknowledged", "resolved"), opened, "reopened", (_name(by, "who"), note), now)


def add_silence(workplace: Workplace, silence: Silence, now: datetime, *, about: str = "") -> int:
    """Hold back what fits `silence`; returns its id. The alerts that it fits, and the one it is `about`, note it.

    Raises NotPossible where it fits everything, ends in the past or too late, names an unknown kind or no owner or
    reason.
    """
    owner, reason = _name(silence.owner, "owner"), _note(silence.reason)
    if not reason:
        raise NotPossible("a silence needs a reason, so that others understand why no mail came")
    wanted = _checked(replace(silence, owner=owner, reason=reason, silence_id=None, ended_at=None), now)
    practice_id = workplace.practice.practice_id
    row = {name: value for name, value in asdict(wanted).items() if name not in ("silence_id", "ended_at")}
    with workplace.engine.begin() as connection:
        keys = _fitting(connection, wanted, now, about)
        events.add_events(connection, practice_id, "silenced", keys, now, owner, reason)
        return events.add_silence(connection, row, now)


def end_silence(workplace: Workplace, silence_id: int, by: str, now: datetime, *, about: str = "") -> None:
    """End a silence before its time. The alerts that it fits, and the one it is `about`, note it.

    Raises NotPossible where none of this id lasts.
    """
    doer, practice_id = _name(by, "who"), workplace.practice.practice_id
    with workplace.engine.begin() as connection:
        lasting = {one.silence_id: one for one in silences_after(connection, practice_id, now)}
        silence = lasting.get(silence_id)
        # Two who end it at once: the second finds no row that lasts.
        if silence is None or not events.end_silence(connection, practice_id, silence_id, now):
            raise NotPossible(f"no silence {silence_id} lasts")
        keys = _fitting(connection, silence, now, about)
        events.add_events(connection, practice_id, "unsilenced", keys, now, doer)


def read_alert(workplace: Workplace, alert_key: str) -> Known:
    """An alert, what is known of its claim, and its events, the oldest first. Raises UnknownAlert."""
    with workplace.engine.begin() as connection:
        alert = _read(connection, workplace, alert_key)
        facts = read_facts(connection, [alert.claim_id])
        happened = tuple(
            AlertEvent(row["event"], row["at"], row["by"], row["note"])
            for row in events.events_of(connection, alert_key)
        )
    return alert, facts.get(alert.claim_id or ""), happened


def list_alerts(workplace: Workplace, now: datetime, *, live: bool = True) -> list[tuple[Alert, list[Held]]]:
    """The newest alerts, all or those that are not resolved, each with why it is held back at `now`."""
    with workplace.engine.begin() as connection:
        rows = alert_rows.read_newest(connection, workplace.practice.practice_id, live, LISTED)
        held = plan_at(connection, workplace, now).held
    alerts = [as_alert(row) for row in rows]
    return [(alert, [one for one in held if one.alert_key == alert.alert_key]) for alert in alerts]


def held_back(workplace: Workplace, alert_key: str, now: datetime) -> list[Held]:
    """Why an alert is not told now, receiver by receiver."""
    with workplace.engine.begin() as connection:
        return [one for one in plan_at(connection, workplace, now).held if one.alert_key == alert_key]


def list_silences(workplace: Workplace, now: datetime) -> list[Silence]:
    """The silences that last at `now` or are yet to begin, the first to end first."""
    with workplace.engine.begin() as connection:
        return silences_after(connection, workplace.practice.practice_id, now)


def active_silences(workplace: Workplace, alert: Alert, now: datetime) -> list[Silence]:
    """The silences that hold an alert back at `now`."""
    return [one for one in list_silences(workplace, now) if one.is_active(now) and one.matches(alert)]


def _fitting(connection: Connection, silence: Silence, now: datetime, about: str) -> list[str]:
    live = [as_alert(row) for row in alert_rows.read_live(connection, silence.practice_id, window_start(now))]
    fitting = {alert.alert_key for alert in live if alert.state != "resolved" and silence.matches(alert)}
    return sorted(fitting | ({about} if about else set()))


def _change(
    workplace: Workplace,
    alert_key: str,
    states: tuple[str, ...],
    values: dict[str, Any],
    event: str,
    told: tuple[str, str],
    now: datetime,
) -> None:
    doer, note = told[0], _note(told[1])
    with workplace.engine.begin() as connection:
        state = _read(connection, workplace, alert_key).state
        if not alert_rows.change_state(connection, alert_key, states, values):
            raise NotPossible(f"the alert is {state}: it cannot be {event}")
        events.add_events(connection, workplace.practice.practice_id, event, [alert_key], now, doer, note)


def _read(connection: Connection, workplace: Workplace, alert_key: str) -> Alert:
    # PostgreSQL takes neither in a text.
    readable = "\0" not in alert_key and alert_key.isprintable()
    rows = alert_rows.read_keys(connection, workplace.practice.practice_id, [alert_key]) if readable else []
    if not rows:
        raise UnknownAlert("there is no alert with this key: auscult alerts --all lists them")
    return as_alert(rows[0])


def _checked(silence: Silence, now: datetime) -> Silence:
    names = ("alert_key", "kind", "claim_id", "narrative_id", "category")
    given = {name: value for name in names if (value := getattr(silence, name)) is not None}
    if not given:
        raise NotPossible("a silence must name an alert, a kind, a claim, a narrative or a category")
    if any(not value.strip() or not value.isprintable() or len(value) > 500 for value in given.values()):
        raise NotPossible("what a silence names must be plain words of one line")
    if silence.kind is not None and silence.kind not in KINDS:
        raise NotPossible(f"the kind of an alert is one of {', '.join(KINDS)}")
    if not max(now, silence.starts_at) < silence.ends_at <= silence.starts_at + LONGEST_SILENCE:
        raise NotPossible(f"a silence must end in the future, after {LONGEST_SILENCE.days} days at most")
    return silence


def _name(text: str, what: str) -> str:
    name = _note(text)[:NAME_CHARACTERS]
    if not name:
        raise NotPossible(f"say {what} it is, by name")
    return name


def _note(text: str) -> str:
    """One line of plain words: no control characters, and nothing that PostgreSQL cannot hold."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text[: 4 * NOTE_CHARACTERS])
    return " ".join(plain.split())[:NOTE_CHARACTERS]
