"""What the weekly report is made of: rows of schema marts only, so that a role sees what it may."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

_NUMBERS = re.compile(r"(?:\w+_)?posts|reactions|views|minutes_\w+")

_CLAIMS = """
select
    weekly.claim_id, weekly.claim, claims.rating, weekly.kept_apart, weekly.week_on, weekly.posts,
    weekly.promoting_posts, weekly.debunking_posts, weekly.questioning_posts, weekly.neutral_posts,
    weekly.reactions, weekly.views
from marts.mart_claims_weekly as weekly
left join marts.mart_claims as claims on weekly.claim_id = claims.claim_id
where weekly.week_on between :first and :last
order by weekly.claim_id, weekly.week_on, weekly.platform
"""
_MENTIONS = """
select theme, tone, kept_apart, mentioning_posts
from marts.mart_mentions_daily
where practice_id = :practice_id and published_on between :first and :last
order by theme, tone, kept_apart, published_on, platform
"""
_COVERAGE = """
select source, hour_at, state
from marts.mart_coverage
where hour_at >= :start and hour_at < :end
order by source, hour_at
"""
_READ_WEEKS = """
select distinct date_trunc('week', read_on)::date as week_on
from marts.mart_reads_daily
where complete_reads > 0 and read_on between :first and :last
"""
_RESPONSES = """
select
    severity, state, resolution, minutes_to_alert, minutes_to_tell, minutes_to_acknowledge, minutes_to_resolve
from marts.mart_response_times
where practice_id = :practice_id and raised_at >= :start and raised_at < :end
order by raised_at, alert_key
"""
_NARRATIVES = """
select
    hourly.narrative_id, (hourly.hour_at at time zone 'UTC')::date as day, hourly.posts,
    narratives.claim, claims.rating, narratives.kept_apart, narratives.platforms
from marts.mart_narrative_posts_hourly as hourly
inner join marts.mart_narratives as narratives on hourly.narrative_id = narratives.narrative_id
left join marts.mart_claims as claims on narratives.claim_id = claims.claim_id
where hourly.hour_at >= :start and hourly.hour_at < :end
order by hourly.narrative_id, hourly.hour_at, hourly.platform
"""


def claim_rows(connection: Connection, first: date, last: date) -> pd.DataFrame:
    """Posts and reach of each claim, platform and week (UTC) that begins from `first` to `last`."""
    return _read(connection, _CLAIMS, first=first, last=last)


def mention_rows(connection: Connection, practice_id: str, first: date, last: date) -> pd.DataFrame:
    """Columns theme, tone, kept_apart and mentioning_posts of the UTC days from `first` to `last`."""
    return _read(connection, _MENTIONS, practice_id=practice_id, first=first, last=last)


def coverage_rows(connection: Connection, first: date, last: date) -> pd.DataFrame:
    """Columns source, hour_at and state; mart_coverage goes back 31 days."""
    return _read(connection, _COVERAGE, **_hours(first, last))


def read_weeks(connection: Connection, first: date, last: date) -> set[date]:
    """The Mondays of the weeks in which any read of any source was complete."""
    return set(_read(connection, _READ_WEEKS, first=first, last=last)["week_on"])


def response_rows(connection: Connection, practice_id: str, first: date, last: date) -> pd.DataFrame:
    """One row per alert raised on the UTC days from `first` to `last`: severity, state, resolution and minutes."""
    return _read(connection, _RESPONSES, practice_id=practice_id, **_hours(first, last))


def narrative_rows(connection: Connection, first: date, last: date) -> pd.DataFrame:
    """Columns narrative_id, day, posts, claim, rating, kept_apart and platforms, by platform and hour."""
    return _read(connection, _NARRATIVES, **_hours(first, last))


def _hours(first: date, last: date) -> dict[str, Any]:
    start, end = (datetime.combine(day, time(), UTC) for day in (first, last + timedelta(days=1)))
    return {"start": start, "end": end}


def _read(connection: Connection, query: str, **words: Any) -> pd.DataFrame:  # noqa: ANN401  # whatever it binds
    result = connection.execute(sa.text(query), words)
    frame = pd.DataFrame(result.all(), columns=list(result.keys()))
    # Where all is hidden or nothing was found, pandas cannot tell that these are numbers.
    return frame.astype({name: float for name in frame.columns if _NUMBERS.fullmatch(name)})
