"""What a mail says of one alert, as plain words for the templates. Nothing of a post's text or author comes in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.alerting.alert import Alert, ClaimFacts
from pipeline.alerting.card import Card, Desk, build_card, order_evidence
from pipeline.alerting.growth import size_words, subject_words
from pipeline.alerting.links import Link, evidence_link, page_link, permalink
from pipeline.alerting.severity import DOUBTFUL, HISTORICAL, MEANINGS
from pipeline.alerting.wording import (
    ACTION,
    HARM,
    RATING,
    SEVERITY,
    clean,
    count,
    evidence_date,
    listed,
    mention_words,
    moment,
    platform_names,
    slug,
    sure,
)
from pipeline.charts.words import plain_day

# An alert mail holds three links at most (reliability note, section 5: three permalinks), whatever they lead to.
MAIL_LINKS = 3
PAGE_WORDS = "Open this alert"
# How a deadline begins.
DUE = {"respond": "Answer by", "watch": "Look again by", "leave": ""}
AT_ONCE = "Act now, at the latest by"

# What the evidence of a surge says of its size.
_SURGE_SIZE = ("window_posts", "expected", "window_hours")

UNPROVEN = "It is not proven that alerts with such a score are right often enough: read a post before you act."
PATIENT_LINE = (
    "Never confirm, deny or hint that anyone is or was a patient, not even to thank them. "
    "Do not quote a record, a visit or a date."
)


@dataclass(frozen=True)
class EvidenceView:
    """One evidence entry: what it is, its date in words, and where it is."""

    name: str
    date: str
    link: Link


@dataclass(frozen=True)
class MailLinks:
    """What of an alert a mail links to: its page, the first evidence that can be followed, and posts for the rest."""

    page: Link | None
    evidence: tuple[EvidenceView, ...]
    posts: tuple[Link, ...]
    more_posts: str


@dataclass(frozen=True)
class CardView:
    """The response card in words; `due` is empty where nothing is due, `late` where there is time left."""

    facts: tuple[str, ...]
    draft: str
    channel: str
    due: str
    late: str
    steps: tuple[str, ...]
    is_for_today: bool


@dataclass(frozen=True)
class AlertView:
    """One alert in words. Lists are capped; what was left out is counted beside them."""

    severity: str
    level: str
    heading: str
    said: str
    bad: str
    reasons: str
    sure: str
    spread: str
    seen: str
    beside: str
    correction: str
    evidence: tuple[EvidenceView, ...]
    more_evidence: int
    as_of: str
    review_note: str
    action: str
    action_words: str
    why: str
    card: CardView
    links: tuple[Link, ...]
    more_links: int
    key: str


def view_alert(alert: Alert, facts: ClaimFacts | None, desk: Desk, now: datetime) -> AlertView:
    """The alert in words, times in the desk's zone; `facts` is None for a mention or a claim no longer known."""
    card, zone = build_card(alert, facts, desk), desk.zone
    listed_posts = alert.evidence.get("posts", ())
    links = tuple(permalink(post.get("platform"), post.get("platform_id"), post.get("url")) for post in listed_posts)
    links = tuple(dict.fromkeys(links))[:MAIL_LINKS]
    return AlertView(
        severity=SEVERITY[alert.severity],
        level=alert.severity,
        heading=_heading(alert, facts),
        said=_said(alert, facts),
        bad=_bad(facts),
        reasons="; ".join(MEANINGS[reason] for reason in alert.reasons if reason in MEANINGS and reason != HISTORICAL),
        sure=_sure(alert),
        spread=_spread(alert),
        seen=_seen(alert, zone),
        beside=_beside(alert.evidence),
        correction=clean(facts.correction) if facts else "",
        evidence=tuple(_view_evidence(source) for source in card.sources),
        more_evidence=len(order_evidence(facts)) - len(card.sources),
        as_of=plain_day(facts.as_of) if facts and facts.as_of else "",
        review_note=clean(facts.review_note, 600) if facts and facts.review_note else "",
        action=card.action,
        action_words=ACTION[card.action],
        why=card.why,
        card=_view_card(card, alert, zone, now),
        links=links,
        more_links=max(alert.posts - len(links), 0),
        key=clean(alert.alert_key, 200),
    )


def choose_links(alert: Alert, view: AlertView, address: str | None) -> MailLinks:
    """At most MAIL_LINKS links: the alert's page where there is one, one evidence, then posts; the rest as words."""
    page = page_link(address, PAGE_WORDS)
    evidence, left = [], MAIL_LINKS - (page is not None)
    for number, source in enumerate(view.evidence):
        follows = number == 0 and source.link.address is not None
        left -= follows
        evidence.append(source if follows else replace(source, link=Link(source.link.words)))
    # What can be followed comes first; "id 17" helps only where there is nothing to follow.
    posts = tuple(sorted(view.links, key=lambda link: link.address is None))[:left]
    more = max(alert.posts - len(posts), 0)
    return MailLinks(page, tuple(evidence), posts, f"and {more:,} more in the warehouse" if more else "")


def _heading(alert: Alert, facts: ClaimFacts | None) -> str:
    if alert.kind == "mention":
        return f"the practice is named ({mention_words(alert.category)})"
    if alert.kind == "surge":
        return _surge_heading(alert, facts)
    rating = RATING.get(facts.rating, "known").lower() if facts else "known"
    return f"{rating} health claim" + (" is spreading" if alert.voices > 1 else "")


def _surge_heading(alert: Alert, facts: ClaimFacts | None) -> str:
    if alert.category:
        return "far more mentions of the practice than usual"
    if facts is not None:
        rating = RATING.get(facts.rating, "known").lower()
        return f"{rating} health claim is spreading faster than usual"
    return "a story is spreading faster than usual"


def _said(alert: Alert, facts: ClaimFacts | None) -> str:
    if alert.kind == "surge" and (alert.category or facts is None):
        kind = "mention" if alert.category else "claim" if alert.claim_id else "narrative"
        return subject_words(kind, alert.category or alert.claim_id or alert.narrative_id, None)
    if alert.kind == "mention":
        named = listed([clean(term, 60) for term in alert.evidence.get("terms", ())][:3])
        words = mention_words(alert.category)
        words = f"Perhaps {words}" if DOUBTFUL in alert.reasons else words.capitalize()
        return f"{words}: named as {named}" if named else words
    if facts is None:
        return f"Claim {slug(alert.claim_id) or 'without a readable id'}"
    # The rating stands first, or a hurried reader takes the claim for our own statement.
    return f"{RATING.get(facts.rating, 'Claim')}: “{clean(facts.claim, 300)}”"


def _bad(facts: ClaimFacts | None) -> str:
    if facts is None:
        return ""
    reason = clean(facts.harm_reason, 300)
    return f"{HARM.get(facts.harm, 'Harm not rated')}. {reason}".strip()


def _sure(alert: Alert) -> str:
    if alert.kind == "mention":
        words, share = sure(alert.evidence.get("p_mention"))
        return f"The posts {words} mean this practice ({share})."
    if alert.kind == "surge":
        return _sure_of_surge(alert.evidence)
    match_words, match_share = sure(alert.evidence.get("p_match"))
    stance_words, stance_share = sure(alert.evidence.get("promotes"))
    words = (
        f"The clearest post is {match_words} about this claim ({match_share}) and "
        f"{stance_words} spreads it instead of refuting it ({stance_share})."
    )
    # Alerts that were stored before this was asked do not say it.
    return words if alert.evidence.get("proven", True) else f"{words} {UNPROVEN}"


def _sure_of_surge(evidence: dict[str, Any]) -> str:
    chance = evidence.get("chance")
    if not isinstance(chance, float) or not 0 < chance < 1:
        return "The rise is measured against the same hours of the weeks before."
    rare = min(round(1 / chance, -3), 10_000) if chance < 0.001 else round(1 / chance)
    return (
        "Measured against the same hours of the weeks before, so many posts come by chance on fewer than "
        f"1 in {rare:,.0f} days."
    )


def _spread(alert: Alert) -> str:
    people = count(alert.voices, "person", "people")
    wordings = alert.wordings
    words = f", in {count(wordings, 'wording')}" if wordings != alert.posts else ""
    size = f"{count(alert.posts, 'post')} by {people} on {platform_names(alert.platforms)}{words}"
    counted = alert.evidence
    if alert.kind != "surge" or not all(isinstance(counted.get(name), int | float) for name in _SURGE_SIZE):
        return size
    return f"{size}. Lately {size_words(*(counted[name] for name in _SURGE_SIZE))}"


def _seen(alert: Alert, zone: ZoneInfo) -> str:
    if alert.first_post_at is None or alert.last_post_at is None:
        return f"Platforms gave no dates; read in the period from {moment(alert.bucket_start_at, zone)}"
    if alert.first_post_at == alert.last_post_at:
        return f"Written {moment(alert.first_post_at, zone)}"
    return f"First {moment(alert.first_post_at, zone)}; latest {moment(alert.last_post_at, zone)}"


def _beside(evidence: dict[str, Any]) -> str:
    decisions, stances = evidence.get("decisions", {}), evidence.get("unalarmed_stances", {})
    parts = []
    if against := stances.get("debunks"):
        parts.append(f"{count(against, 'post')} refuting it")
    if asking := stances.get("questions"):
        parts.append(f"{count(asking, 'post')} asking about it")
    if waiting := decisions.get("review"):
        parts.append(f"{count(waiting, 'unclear post')} waiting for a person")
    return listed(parts)


def _view_card(card: Card, alert: Alert, zone: ZoneInfo, now: datetime) -> CardView:
    known = card.facts or (f"{_spread(alert)}.", f"{_seen(alert, zone)}.")
    begins = AT_ONCE if card.at_once else DUE[card.action]
    is_late = card.deadline_at is not None and card.deadline_at < now and alert.state == "open"
    return CardView(
        facts=known,
        draft=card.draft,
        channel=card.channel,
        due=f"{begins} {moment(card.deadline_at, zone)}" if card.deadline_at else "",
        late="That has passed." if is_late else "",
        steps=card.steps,
        is_for_today=card.is_for_today,
    )


def _view_evidence(source: Mapping[str, Any]) -> EvidenceView:
    name = f"{clean(source.get('publisher'), 80)}: {clean(source.get('title'), 160)}"
    return EvidenceView(name=name, date=evidence_date(source), link=evidence_link(source))
