"""When something is due: so many hours of people at work after a moment, on the wall clock of the practice. Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pipeline.alerting.hours import next_open_at, wall_at
from pipeline.receivers import BusinessHours


def due_at(hours: BusinessHours | None, zone: ZoneInfo, start_at: datetime, open_hours: float) -> datetime:
    """The moment `open_hours` hours of work after `start_at`, UTC; without business hours every hour counts."""
    left = timedelta(hours=open_hours)
    if hours is None:
        return start_at + left
    moment = next_open_at(hours, zone, start_at)
    while (until_close := wall_at(moment.astimezone(zone).date(), hours.until_minute, zone) - moment) < left:
        left -= until_close
        moment = next_open_at(hours, zone, moment + until_close)
    return moment + left
