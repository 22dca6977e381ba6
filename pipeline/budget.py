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


@dataclass(frozen=True)
class Room:
    """What was set aside for the next page: posts and calls. `calls_left`: what the caps leave in all; None: no cap."""

    posts: int
    calls: int
    calls_left: int | None


def room(
    connection: Connection, source: Source, rules: SourceSettings, mode: str, now: datetime, most: int, calls: int
) -> Room | Cap:
    """How much of `most` posts and `calls` requests there is room for, or the cap that one more would pass.

    Asked before each page, so that a cap is never learned from a platform's refusal or a bill.
    """
    day, month = _day_start(now, "UTC"), month_start(now)
    next_day, next_month = day + timedelta(days=1), (month + timedelta(days=32)).replace(day=1)
    today = ledger.spent_between(connection, source.name, day, next_day)
    of_month = ledger.spent_between(connection, source.name, month, next_month)
    left: list[int] = []
    if rules.monthly_calls is not None:
        left.append(rules.monthly_calls - of_month.calls)
        if left[0] < 1:
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
    of_quotas = _left_of_quotas(connection, source, mode, now)
    if isinstance(of_quotas, Cap):
        return of_quotas
    left += of_quotas
    return Room(posts, min(calls, *left), min(left)) if left else Room(posts, calls, None)


def set_aside(
    workplace: Workplace, source: Source, mode: str, now: datetime, run_id: int, most: int, calls: int = 1
) -> Room | Cap:
    """Take room for one more page of `most` posts at most out of what is left, or say which cap has none.

    Listening, backfill and recheck take one after the other, so no two spend the same room. What a killed run had set
    aside stays spent.
    """
    with workplace.engine.begin() as connection:
        ledger.lock_spending(connection, source.name)
        found = room(connection, source, workplace.listening.source(source.name), mode, now, most, calls)
        if isinstance(found, Room):
            ledger.add_calls(connection, run_id, found.calls, found.posts * source.cost_per_post_usd)
    return found


def settle(connection: Connection, source: Source, run_id: int, aside: Room, calls: int, posts: int) -> None:
    """Write what a page really took in place of what was set aside for it."""
    ledger.add_calls(connection, run_id, calls - aside.calls, (posts - aside.posts) * source.cost_per_post_usd)


def month_start(now: datetime) -> datetime:
    """When the month of a moment began, in its own zone."""
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def has_budget(rules: SourceSettings) -> bool:
    """Whether the operator caps this source, so that it matters what is read first."""
    return any(cap is not None for cap in (rules.daily_budget_usd, rules.monthly_budget_usd, rules.monthly_calls))


def quota_of(source: Source, mode: str) -> str:
    """The quota that queries of this mode share, by the modes it is for; "" for that of all others."""
    return next((" ".join(sorted(quota.modes)) for quota in source.quotas if mode in quota.modes), "")


def _left_of_quotas(connection: Connection, source: Source, mode: str, now: datetime) -> list[int] | Cap:
    left = []
    for quota in source.quotas:
        if quota.modes and mode not in quota.modes:
            continue
        day = _day_start(now, quota.zone)
        spent = ledger.spent_between(connection, source.name, day, day + timedelta(days=1), quota.modes)
        left.append(quota.calls - spent.calls)
        if left[-1] < 1:
            what = f"{quota.calls:,} calls a day" + (f" for {mode}" if quota.modes else "")
            return Cap(f"the platform's quota of {what} is used up", day + timedelta(days=1))
    return left


def _day_start(now: datetime, zone: str) -> datetime:
    return now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(now.tzinfo)
