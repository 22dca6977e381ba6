"""A trend in words and as a picture: how much, against what was to be expected, and day by day. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from pipeline.alerting.alert import ClaimFacts
from pipeline.alerting.charts import Picture, draw_days
from pipeline.alerting.trends import Trend
from pipeline.alerting.wording import RATING, clean, count, mention_words, platform_names, slug
from pipeline.charts.words import plain_day, short_day
from pipeline.config import POLICY

# Below this many posts "n times as many" says more than is known.
LEAST_FOR_RATIO = 1.0


@dataclass(frozen=True)
class TrendView:
    """One trend in words. `numbers` are the posts of each day; `key` explains the chart's colours, if need be."""

    said: str
    size: str
    platforms: str
    period: str
    most: str
    numbers: str
    key: str
    picture: Picture


def view_trend(trend: Trend, facts: ClaimFacts | None, now: datetime) -> TrendView:
    """The trend in words; `facts` of its claim, if any. Its days are UTC days, the newest maybe not over."""
    days = list(zip(trend.days, trend.counts, trend.covered, strict=True))
    numbers = ", ".join(_number(posts, heard) for _, posts, heard in days)
    period = f"Posts a day, {_period(trend.days, now)}"
    began = trend.began_at.date() if trend.surge and trend.began_at else None
    surging = [began is not None and day >= began for day in trend.days]
    gaps = "" if all(trend.covered) else " (? and + mark days that were not fully heard)"
    key = " Orange: the surge." if any(surging) else ""
    key += "" if all(trend.covered) else " Striped: not fully heard."
    return TrendView(
        said=subject_words(trend.kind, trend.subject, facts),
        size=size_words(trend.posts, trend.expected),
        platforms=platform_names(trend.platforms) if trend.platforms else "",
        period=period,
        most=_most(days),
        numbers=numbers,
        key=key.strip(),
        picture=draw_days(trend.counts, trend.covered, surging, f"{period}: {numbers}{gaps}."),
    )


def subject_words(kind: str, subject: object, facts: ClaimFacts | None) -> str:
    """A subject in our own words: the claim, the mentions' category, or a story by its number."""
    if kind == "mention":
        return f"Mentions of the practice: {mention_words(subject)}"
    if facts is not None:
        # The rating stands first, or a hurried reader takes the claim for our own statement.
        return f"{RATING.get(facts.rating, 'Claim')}: “{clean(facts.claim, 160)}”"
    if kind == "narrative":
        name = slug(subject)
        return f"A story about no claim that we hold ({name})" if name else "A story about no claim that we hold"
    return f"Claim {slug(subject) or 'without a readable id'}"


def size_words(posts: int, expected: float, hours: float | None = None) -> str:
    """How many posts, and how many were to be expected by the baseline."""
    length = int(hours or POLICY["surge_hours"])
    usual = f"about {expected:.0f}" if expected >= LEAST_FOR_RATIO else "fewer than 1"
    verb = "is" if expected < 1.5 else "are"
    return f"{count(posts, 'post')} in {length} hours, where {usual} {verb} usual"


def _number(posts: int, heard: bool) -> str:
    if heard:
        return f"{posts:,}"
    return f"{posts:,}+" if posts else "?"


def _period(days: tuple[date, ...], now: datetime) -> str:
    if not days:
        return "no days"
    first, last = days[0], days[-1]
    start = f"{first.day}" if (first.month, first.year) == (last.month, last.year) else short_day(first)
    so_far = " so far" if last == now.astimezone(UTC).date() else ""
    return f"{start} to {plain_day(last)}{so_far}"


def _most(days: list[tuple[date, int, bool]]) -> str:
    heard = [(posts, day) for day, posts, covered in days if covered]
    posts, day = max(heard, default=(0, None))
    return f"most: {posts:,} on {short_day(day)}" if day and posts else "none on a day that was fully heard"
