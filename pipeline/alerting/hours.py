"""Business hours and digest hours on the wall clock of the practice, and their moments in UTC. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pipeline.receivers import DAYS, BusinessHours

# Business hours name at least one day of the week.
_WEEK = 8


def is_open(hours: BusinessHours | None, zone: ZoneInfo, moment: datetime) -> bool:
    """Whether people are at work at a moment; without business hours they always are."""
    if hours is None:
        return True
    local = moment.astimezone(zone)
    minute = local.hour * 60 + local.minute
    return DAYS[local.weekday()] in hours.days and hours.from_minute <= minute < hours.until_minute


def next_open_at(hours: BusinessHours | None, zone: ZoneInfo, moment: datetime) -> datetime:
    """The moment itself where people are at work, else when they come next, UTC."""
    if hours is None or is_open(hours, zone, moment):
        return moment
    today = moment.astimezone(zone).date()
    starts = (wall_at(day, hours.from_minute, zone) for day in _days(hours, today, 1))
    return min(start for start in starts if start > moment)


def last_close_at(hours: BusinessHours | None, zone: ZoneInfo, moment: datetime) -> datetime:
    """When people last went home, at the latest at the moment itself, UTC; without business hours the moment."""
    if hours is None:
        return moment
    today = moment.astimezone(zone).date()
    ends = (wall_at(day, hours.until_minute, zone) for day in _days(hours, today, -1))
    return max(end for end in ends if end <= moment)


def next_digest_at(digest_hour: int, zone: ZoneInfo, now: datetime, written_at: datetime | None) -> datetime:
    """When the next digest is written, UTC: `now` where today's is due and was not (the last was at `written_at`)."""
    today = now.astimezone(zone).date()
    due_at = wall_at(today, digest_hour * 60, zone)
    if written_at is None or written_at < due_at:
        return max(now, due_at)
    return wall_at(today + timedelta(days=1), digest_hour * 60, zone)


def wall_at(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """A minute of a local day as UTC; one that daylight saving leaves out is as many minutes later."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _days(hours: BusinessHours, first: date, step: int) -> list[date]:
    days = (first + timedelta(days=step * number) for number in range(_WEEK))
    return [day for day in days if DAYS[day.weekday()] in hours.days]
