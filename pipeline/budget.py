"""What a source may still spend: the operator's caps in money and calls, and the platform's own quotas."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from pipeline.listening import SourceSettings
from pipeline.sources import Source
from pipeline.warehouse import ledger
from pipeline.workplace import Workplace


@dataclass(frozen=True)
class Cap:
    """A cap that the next request would pass, in words, and when it is renewed (UTC)."""

    words: str
    renewed_at: datetime


def room(
    connection: Connection, source: Source, rules: SourceSettings, mode: str, now: datetime, most: int
) -> int | Cap:
    """How many posts, of `most`, one more request may bring, or the cap that it would pass.

    Asked before each request, so that a cap is never learned from a platform's refusal or a bill.
    """
    day, month = _day_start(now, "UTC"), month_start(now)
    next_day, next_month = day + timedelta(days=1), (month + timedelta(days=32)).replace(day=1)
    today = ledger.spent_between(connection, source.name, day, next_day)
    of_month = ledger.spent_between(connection, source.name, month, next_month)
    if rules.monthly_calls is not None and of_month.calls + 1 > rules.monthly_calls:
        return Cap(f"the monthly budget of {rules.monthly_calls:,} calls is used up", next_month)
    posts = most
    for budget, spent, words, renewed_at in (
        (rules.daily_budget_usd, today, "daily", next_day),
        (rules.monthly_budget_usd, of_month, "monthly", next_month),
    ):
        if budget is None or not source.cost_per_post_usd:
            continue
        # A hundredth of a post: sums of prices are not exact.
        posts = min(posts, int((budget - spent.cost_usd) / source.cost_per_post_usd + 0.01))
        if posts < min(source.least_page_posts, most):
            return Cap(f"the {words} budget of ${budget:.2f} has no room for another page", renewed_at)
    return _reached_quota(connection, source, mode, now) or posts


def ask_room(workplace: Workplace, source: Source, mode: str, now: datetime, most: int) -> int | Cap:
    """`room` by the source's own settings, in a transaction of its own."""
    with workplace.engine.begin() as connection:
        return room(connection, source, workplace.listening.source(source.name), mode, now, most)


def month_start(now: datetime) -> datetime:
    """When the month of a moment began, in its own zone."""
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def has_budget(rules: SourceSettings) -> bool:
    """Whether the operator caps this source, so that it matters what is read first."""
    return any(cap is not None for cap in (rules.daily_budget_usd, rules.monthly_budget_usd, rules.monthly_calls))


def quota_of(source: Source, mode: str) -> str:
    """The quota that queries of this mode share, by the modes it is for; "" for that of all others."""
    return next((" ".join(sorted(quota.modes)) for quota in source.quotas if mode in quota.modes), "")


def _reached_quota(connection: Connection, source: Source, mode: str, now: datetime) -> Cap | None:
    for quota in source.quotas:
        if quota.modes and mode not in quota.modes:
            continue
        day = _day_start(now, quota.zone)
        spent = ledger.spent_between(connection, source.name, day, day + timedelta(days=1), quota.modes)
        if spent.calls + 1 > quota.calls:
            what = f"{quota.calls:,} calls a day" + (f" for {mode}" if quota.modes else "")
            return Cap(f"the platform's quota of {what} is used up", day + timedelta(days=1))
    return None


def _day_start(now: datetime, zone: str) -> datetime:
    return now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(now.tzinfo)
