"""The daily digest: what was heard, what needs a person, and what could not be read. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pipeline.alerting.alert import Alert, ClaimFacts
from pipeline.alerting.views import AlertView, view_alert
from pipeline.alerting.wording import clean, count, listed, moment, platform_name, slug, slug_words

State = Literal["ok", "partial", "rate_limited", "exhausted", "off", "failed"]
STATE_WORDS = {
    "ok": "Read in full",
    "partial": "Read in part",
    "rate_limited": "Made to wait",
    "exhausted": "Quota or budget used up",
    "off": "Off",
    "failed": "Not read",
}
# How a sentence tells of a source that is not complete.
INCOMPLETE = {
    "partial": "read in part",
    "rate_limited": "made to wait",
    "exhausted": "quota exhausted",
    "failed": "not read",
}
NOT_READ = frozenset({"off", "failed"})


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
    """What was heard between two moments (UTC); `reviews` holds (claim id, posts waiting for a person)."""

    since_at: datetime
    until_at: datetime
    posts_heard: int
    posts_screened: int
    mentions: int
    reviews: tuple[tuple[str, int], ...] = ()
    quarantined: int = 0


@dataclass(frozen=True)
class Section:
    """A headed list of alerts, the first ones shown and the rest counted."""

    title: str
    shown: tuple[AlertView, ...]
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
    """The digest in words. `tiles` are (number, label)."""

    sentence: str
    period: str
    tiles: tuple[tuple[int, str], ...]
    sections: tuple[Section, ...]
    reviews: tuple[Line, ...]
    reviews_rest: int
    coverage: tuple[Line, ...]
    complete: str
    heard: str
    historical: str


def view_digest(
    alerts: Sequence[Alert],
    facts_by_id: Mapping[str, ClaimFacts],
    counts: DigestCounts,
    coverage: Sequence[Coverage],
    zone: ZoneInfo,
    rows: int,
) -> DigestView:
    """The digest in words; each list shows `rows` entries at most and counts the rest."""
    live = [alert for alert in alerts if not alert.historical]
    views = {alert.alert_key: view_alert(alert, facts_by_id.get(alert.claim_id or ""), zone) for alert in live}
    needed = [alert for alert in live if views[alert.alert_key].action == "respond"]
    others = [alert for alert in live if alert not in needed]
    claims = len({alert.claim_id for alert in live if alert.kind == "misinformation"})
    reviews = sorted(counts.reviews, key=lambda review: (-review[1], review[0]))
    waiting = sum(number for _, number in reviews)

    def section(title: str, chosen: list[Alert]) -> Section:
        return Section(title, tuple(views[alert.alert_key] for alert in chosen[:rows]), max(len(chosen) - rows, 0))

    return DigestView(
        sentence=_sentence(len(needed), claims, counts, coverage),
        period=f"{moment(counts.since_at, zone)} to {moment(counts.until_at, zone)}",
        tiles=(
            (len(needed), "needs you today" if len(needed) == 1 else "need you today"),
            (claims, "false claim" if claims == 1 else "false claims"),
            (counts.mentions, "mention" if counts.mentions == 1 else "mentions"),
            (waiting, "to review"),
        ),
        sections=(
            section("Needs you today", needed),
            section("Other false claims", [alert for alert in others if alert.kind == "misinformation"]),
            section("Mentions of the practice", [alert for alert in others if alert.kind == "mention"]),
        ),
        reviews=tuple(_review_line(claim_id, number, facts_by_id) for claim_id, number in reviews[:rows]),
        reviews_rest=sum(number for _, number in reviews[rows:]),
        coverage=tuple(_coverage_line(source, zone) for source in coverage),
        complete=_complete(coverage, zone),
        heard=_heard(counts),
        historical=_historical([alert for alert in alerts if alert.historical]),
    )


def _sentence(needed: int, claims: int, counts: DigestCounts, coverage: Sequence[Coverage]) -> str:
    first = f"{count(needed, 'thing needs', 'things need')} you today" if needed else "Nothing needs you today"
    if not counts.posts_heard:
        heard = "no new post was heard"
    elif not claims and not counts.mentions:
        heard = (
            f"{count(counts.posts_heard, 'new post was', 'new posts were')} heard, and none was found to spread a "
            "known false claim or to name the practice"
        )
    else:
        spread = count(claims, "known false claim")
        heard = f"{spread} and {count(counts.mentions, 'mention')} in {count(counts.posts_heard, 'new post')}"
    silent = [platform_name(source.source) for source in coverage if source.state in NOT_READ]
    if not coverage:
        return f"{first}; {heard}. No source is set up, so this says nothing about what people wrote."
    if not silent:
        return f"{first}; {heard}."
    verb = "was" if len(silent) == 1 else "were"
    return f"{first}; {heard}. {listed(silent)} {verb} not read, so we do not know what was written there."


def _complete(coverage: Sequence[Coverage], zone: ZoneInfo) -> str:
    """Like "9 of 10 sources complete; YouTube quota exhausted from Mon 12 Oct 14:00"; a source that is off is none."""
    on = [source for source in coverage if source.state != "off"]
    if not on:
        return ""
    behind = [source for source in on if source.state != "ok"]
    told = [f"{len(on) - len(behind)} of {count(len(on), 'source')} complete"]
    for source in behind:
        since = f" from {moment(source.since_at, zone)}" if source.since_at else ""
        told.append(f"{platform_name(source.source)} {INCOMPLETE[source.state]}{since}")
    return "; ".join(told) + "."


def _heard(counts: DigestCounts) -> str:
    unread = max(counts.posts_heard - counts.posts_screened, 0)
    parts = [f"{count(counts.posts_heard, 'new post')} heard, {counts.posts_screened:,} screened"]
    if unread:
        parts.append(f"{unread:,} still waiting to be screened")
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
