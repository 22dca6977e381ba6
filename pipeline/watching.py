"""Alarms for the operator: what is wrong with listening itself, told once a day and kind until it is mended."""

import logging
from datetime import datetime

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
    """Log what stands and write a mail to each operator, one a day and set of alarms; returns alarms and mails."""
    standing = alarms(workplace, now)
    for alarm in standing:
        _log.error("%s since %s: %s", alarm.kind, alarm.since_at.isoformat(), alarm.words)
    if not standing:
        return {"alarms": 0, "mails_written": 0}
    practice, listening = workplace.practice, workplace.listening
    told = [(alarm.words, alarm.since_at) for alarm in standing]
    rendered = render_operator(told, practice.name, listening.time_zone, now)
    kinds = "+".join(sorted({alarm.kind for alarm in standing}))
    key = f"operator|{practice.practice_id}|{now.date().isoformat()}|{kinds}"
    rows = [
        notification_row(workplace, rendered, "operator", key, [], receiver.address, now)
        for receiver in listening.receivers
        if receiver.operator
    ]
    with workplace.engine.begin() as connection:
        written = outbox.write_notifications(connection, rows)
    return {"alarms": len(standing), "mails_written": written}
