"""What a chart is: pictures for a wide and a narrow screen, words for both, and the numbers behind them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pandas as pd

from pipeline.charts.words import count, every_day, number, plain_day

# marts.mart_coverage holds 31 days; of these the first may be cut.
MOST_DAYS = 28


@dataclass(frozen=True)
class Chart:
    """One chart. `wide` and `narrow` are `svg` elements, both "" where there is nothing to draw.

    `caption` says unit, period, time zone and number; `rows` are the numbers as words under `columns`.
    """

    name: str
    title: str
    caption: str
    wide: str
    narrow: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def empty(self) -> bool:
        """Whether there was nothing to draw: the caption says so."""
        return not self.wide


@dataclass(frozen=True)
class Period:
    """What a report is about: whole UTC weeks from a Monday on, the last one up to `now`."""

    first: date
    now: datetime

    @classmethod
    def of_weeks(cls, weeks: int, now: datetime) -> "Period":
        """The week of `now` and those before it, `weeks` in all."""
        today = now.astimezone(UTC).date()
        return cls(today - timedelta(days=today.weekday() + 7 * (weeks - 1)), now)

    @property
    def last(self) -> date:
        """Today, in UTC."""
        return self.now.astimezone(UTC).date()

    @property
    def weeks(self) -> list[date]:
        """The Mondays, oldest first."""
        return every_day(self.first, self.last)[::7]

    @property
    def days(self) -> list[date]:
        """The days that are drawn one by one, oldest first: the whole period, or the last of it."""
        return every_day(self.first, self.last)[-MOST_DAYS:]

    @property
    def words(self) -> str:
        """`26 Oct to 23 Nov 2026 (UTC)`, the last day so far."""
        return f"{plain_day(self.first)} to {plain_day(self.last)} so far (UTC)"

    @property
    def days_words(self) -> str:
        """Likewise, of the days that are drawn one by one."""
        return f"{plain_day(self.days[0])} to {plain_day(self.last)} so far (UTC)"


def posts_words(posts: "pd.Series[float]", kept_apart: "pd.Series[str]") -> str:
    """The sum of `posts` in words, and beside it that of each platform that may not be counted with others.

    `kept_apart` names the platform of each, "" for those that are added up. Example: `140 posts (and counted apart: 16
    of YouTube)`.
    """
    sums = {str(platform): float(amount) for platform, amount in posts.groupby(kept_apart).sum().items()}
    together = sums.pop("", 0.0)
    apart = [f"{number(amount)} of {platform}" for platform, amount in sorted(sums.items()) if amount]
    said = count(together, "post")
    return f"{said} (and counted apart: {', '.join(apart)})" if apart else said
