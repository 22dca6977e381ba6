"""Alarms for the operator: what is wrong with listening itself, told once a day and kind until it is mended."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pipeline.alerting.render import render_operator
from pipeline.config import POLICY
from pipeline.notifications import notification_row
from pipeline.warehouse import outbox
from pipeline.warehouse.alarms import Alarm, operator_alarms
from pipeline.workplace import Workplace

_log = logging.getLogger(__name__)


def alarms(workplace: Workplace, now: datetime) -> list[Alarm]:
    """What the operator must look at, as of `now`."""
    with workplace.engine.begin() as connection:
        return operator_alarms(connection, workplace.practice.practice_id, now, POLICY)


def watch(workplace: Workplace, now: datetime) -> dict[str, int]:
    """Log what stands and write mails to each operator: one a day and set of alarms, one for each that is over.

    Returns alarms and mails.
    """
    standing = alarms(workplace, now)
    for alarm in standing:
        _log.error("%s since %s: %s", alarm.kind, alarm.since_at.isoformat(), alarm.words)
    if not standing:
        return {"alarms": 0, "mails_written": 0}
    lasting = [alarm for alarm in standing if not alarm.over]
    rows = _rows(workplace, lasting, f"{now.date().isoformat()}|{'+'.join(sorted({one.kind for one in lasting}))}", now)
    for alarm in standing:
        rows += _rows(workplace, [alarm], f"{alarm.kind}|{alarm.since_at.isoformat()}", now) if alarm.over else []
    with workplace.engine.begin() as connection:
        written = outbox.write_notifications(connection, rows)
    return {"alarms": len(standing), "mails_written": written}


def _rows(workplace: Workplace, told: Sequence[Alarm], key: str, now: datetime) -> list[dict[str, Any]]:
    """One mail about these alarms for each operator; told once for `key`."""
    if not told:
        return []
    practice, listening = workplace.practice, workplace.listening
    words = [(alarm.words, alarm.since_at) for alarm in told]
    rendered = render_operator(words, practice.name, listening.time_zone, now)
    return [
        notification_row(workplace, rendered, "operator", f"operator|{practice.practice_id}|{key}", receiver, now)
        for receiver in listening.receivers
        if receiver.operator
    ]
