"""The daily digest: what was heard, what needs a person, and what could not be read. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from pipeline.alerting.alert import Alert, ClaimFacts
from pipeline.alerting.card import Desk
from pipeline.alerting.growth import TrendView, view_trend
from pipeline.alerting.links import Link
from pipeline.alerting.severity import is_own_post
from pipeline.alerting.trends import Trend
from pipeline.alerting.views import AlertView, choose_links, view_alert
from pipeline.alerting.wording import clean, count, moment, platform_name, slug, slug_words

State = Literal["ok", "partial", "rate_limited", "exhausted", "off", "failed"]
STATE_WORDS = {
    "ok": "Read in full",
    "partial": "Read in part",
    "rate_limited": "Made to wait",
    "exhausted": "Quota or budget used up",
    "off": "Off",
    "failed": "Not read",
}
NOT_READ = frozenset({"off", "failed"})
NO_PAGES: Mapping[str, str] = MappingProxyType({})
# Trends shown with a chart before the rest is counted: together with the top, one screen.
TREND_ROWS = 3


@dataclass(frozen=True)
class Coverage:
    """How far one source is read, and since when it has been so. `reason` is a slug such as `no_credentials`."""

    source: str
    state: State
    posts: int = 0
    last_read_at: datetime | None = None
    reason: str = ""
    since_at: datetime | None = None


@dataclass(frozen=True)
class DigestCounts:
    """What was heard between two moments (UTC); `reviews` holds (claim id, posts waiting for a person).

    `tones` counts the mentions whose tone is known; the others' is not judged yet. `unsure_mentions` are posts that may
    mean the practice, for a person to say.
    """

    since_at: datetime
    until_at: datetime
    posts_heard: int
    posts_screened: int
    mentions: int
    reviews: tuple[tuple[str, int], ...] = ()
    quarantined: int = 0
    tones: Mapping[str, int] = field(default_factory=dict)
    unsure_mentions: int = 0


@dataclass(frozen=True)
class Entry:
    """One alert of a list: its words, and the links that the digest gives it."""

    alert: AlertView
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Section:
    """A headed list of alerts, the first ones shown and the rest counted."""

    title: str
    shown: tuple[Entry, ...]
    rest: int


@dataclass(frozen=True)
class TrendSection:
    """Trends of one direction, the first ones shown and the rest counted."""

    shown: tuple[TrendView, ...]
    rest: int


@dataclass(frozen=True)
class Line:
    """One row of a plain table: what, its state or count in words, and more about it."""

    name: str
    words: str
    more: str = ""
    level: str = "normal"


@dataclass(frozen=True)
class DigestView:
    """The digest in words. `tiles` are (number, label): what a subject has room for."""

    needed: int
    rising: TrendSection
    falling: TrendSection
    period: str
    tiles: tuple[tuple[int, str], ...]
    sections: tuple[Section, ...]
    waiting: int
    reviews: tuple[Line, ...]
    reviews_rest: int
    coverage: tuple[Line, ...]
    heard: str
    historical: str


def view_digest(
    alerts: Sequence[Alert],
    facts_by_id: Mapping[str, ClaimFacts],
    counts: DigestCounts,
    coverage: Sequence[Coverage],
    desk: Desk,
    rows: int,
    now: datetime,
    trends: Sequence[Trend] = (),
    pages: Mapping[str, str] = NO_PAGES,
) -> DigestView:
    """The digest in words; each list shows `rows` entries at most and counts the rest.

    `pages` holds the address of an alert's page by its key. What the guard found in our own posts is the owner's alone
    and in no digest.
    """
    zone = desk.zone
    live = [alert for alert in alerts if not alert.historical and not is_own_post(alert)]
    views = {alert.alert_key: view_alert(alert, facts_by_id.get(alert.claim_id or ""), desk, now) for alert in live}
    needed = [alert for alert in live if views[alert.alert_key].card.is_for_today]
    others = [alert for alert in live if alert not in needed]
    claims = len({alert.claim_id for alert in live if alert.kind == "misinformation"})
    reviews = sorted(counts.reviews, key=lambda review: (-review[1], review[0]))
    waiting = sum(number for _, number in reviews)

    def section(title: str, chosen: list[Alert]) -> Section:
        shown = tuple(
            Entry(views[alert.alert_key], _entry_links(alert, views[alert.alert_key], pages)) for alert in chosen[:rows]
        )
        return Section(title, shown, max(len(chosen) - rows, 0))

    def of_direction(chosen: list[Trend]) -> TrendSection:
        shown = tuple(view_trend(trend, facts_by_id.get(trend.subject), now) for trend in chosen[:TREND_ROWS])
        return TrendSection(shown, max(len(chosen) - TREND_ROWS, 0))

    return DigestView(
        needed=len(needed),
        rising=of_direction([trend for trend in trends if trend.surge or trend.direction == "rising"]),
        falling=of_direction([trend for trend in trends if not trend.surge and trend.direction == "falling"]),
        period=f"{moment(counts.since_at, zone)} to {moment(counts.until_at, zone)}",
        tiles=(
            (len(needed), "needs you today" if len(needed) == 1 else "need you today"),
            (claims, "false claim" if claims == 1 else "false claims"),
            (counts.mentions, "mention" if counts.mentions == 1 else "mentions"),
        ),
        sections=(
            section("Needs you today", needed),
            section("Growing faster than usual", [alert for alert in others if alert.kind == "surge"]),
            section("Other false claims", [alert for alert in others if alert.kind == "misinformation"]),
            section("Mentions of the practice", [alert for alert in others if alert.kind == "mention"]),
        ),
        waiting=waiting,
        reviews=tuple(_review_line(claim_id, number, facts_by_id) for claim_id, number in reviews[:rows]),
        reviews_rest=sum(number for _, number in reviews[rows:]),
        coverage=tuple(_coverage_line(source, zone) for source in coverage),
        heard=_heard(counts),
        historical=_historical([alert for alert in alerts if alert.historical]),
    )


def _entry_links(alert: Alert, view: AlertView, pages: Mapping[str, str]) -> tuple[Link, ...]:
    """The alert's page and its clearest post; without a page, as many posts as a mail may link to."""
    links = choose_links(alert, view, pages.get(alert.alert_key))
    return (links.page, *view.links[:1]) if links.page else view.links


def _heard(counts: DigestCounts) -> str:
    unread = max(counts.posts_heard - counts.posts_screened, 0)
    parts = [f"{count(counts.posts_heard, 'new post')} heard, {counts.posts_screened:,} screened"]
    if unread:
        parts.append(f"{unread:,} still waiting to be screened")
    if counts.unsure_mentions:
        parts.append(f"{count(counts.unsure_mentions, 'post')} that may mean the practice, for a person to say")
    if counts.quarantined:
        parts.append(f"{count(counts.quarantined, 'unreadable record')} set aside")
    return "; ".join(parts) + "."


def _review_line(claim_id: str, posts: int, facts_by_id: Mapping[str, ClaimFacts]) -> Line:
    facts = facts_by_id.get(claim_id)
    name = f"“{clean(facts.claim, 160)}”" if facts else f"claim {slug(claim_id) or 'without a readable id'}"
    return Line(name, count(posts, "post"))


def _coverage_line(source: Coverage, zone: ZoneInfo) -> Line:
    words = STATE_WORDS[source.state]
    if source.reason:
        words = f"{words}: {slug_words(source.reason, 'see the run ledger')}"
    if source.state in NOT_READ:
        more = "Not the same as no posts."
        if source.last_read_at:
            more = f"{more} Last read {moment(source.last_read_at, zone)}."
    else:
        more = f"{count(source.posts, 'new post')}."
    level = {"ok": "normal", "failed": "urgent"}.get(source.state, "high")
    return Line(platform_name(source.source), words, more, level)


def _historical(old: list[Alert]) -> str:
    if not old:
        return ""
    posts = sum(alert.posts for alert in old)
    return (
        f"{count(len(old), 'group')} of old posts ({count(posts, 'post')}) came in late. They are in the warehouse; "
        "no mail was sent about them."
    )
