"""From subjects that surge to alerts: one for one story, under one key while the surge lasts. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from pipeline.alerting.alert import Alert, ClaimFacts, alert_key
from pipeline.alerting.rules import listed_posts, moment, voices
from pipeline.alerting.severity import GroupFacts, decide_severity
from pipeline.alerting.trends import Trend, TrendKind
from pipeline.config import Policy

SURGE_COLUMNS = (
    *("kind", "subject", "apart", "post_id", "platform", "platform_id", "url", "created_at", "author_hash"),
    *("content_hash", "at", "claim_id", "p_match", "promotes", "p_mention", "tone", "names_practice"),
)
# Where two subjects surge with the same posts, the first of these is told.
_ORDER: tuple[TrendKind, ...] = ("claim", "narrative", "mention")
# This share of its posts in another surge makes a surge the same story.
_SAME_STORY_SHARE = 0.5
# The onset is a day; posts that come late may move it by as much.
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Raised:
    """A surge alert that was raised before: its subject as of today, the day of its onset, and its key."""

    subject: str
    apart: str
    bucket_start_at: datetime
    alert_key: str


def surge_alerts(
    trends: Sequence[Trend],
    posts: pd.DataFrame,
    claims: Mapping[str, ClaimFacts],
    practice_id: str,
    policy: Policy,
    raised: Iterable[Raised] = (),
) -> list[Alert]:
    """One alert for each surge among `trends`, by key; where two share most of their posts, the earlier alone.

    `posts` has SURGE_COLUMNS: one row per post and surging subject, those of `surge_start` and later; the order of the
    rows does not matter. The key holds the day of the onset; where a `raised` alert of the subject has a day next to
    it, the key is that one's, so that posts that come late and narratives that merge make no second alert. A claim that
    is not in `claims` raises nothing, for there would be nothing to say of it. Raises ValueError where a column is
    missing.
    """
    if missing := [column for column in SURGE_COLUMNS if column not in posts.columns]:
        raise ValueError(f"posts lack {', '.join(missing)}")
    before = list(raised)
    groups = {str_key(key): group for key, group in posts.groupby(["kind", "subject", "apart"])}
    surging = [(trend, _group(groups[trend.key])) for trend in trends if trend.surge and trend.key in groups]
    earlier = {trend.key: _earlier(trend, before) for trend, _ in surging}

    def first(pair: tuple[Trend, pd.DataFrame]) -> tuple[Any, ...]:
        trend = pair[0]
        known = earlier[trend.key]
        onset = known.bucket_start_at if known else _onset(trend)
        return known is None, onset, _ORDER.index(trend.kind), trend.key

    alerts, told = [], set[int]()
    for trend, group in sorted(surging, key=first):
        post_ids = set(group["post_id"])
        if trend.kind == "claim" and trend.subject not in claims:
            continue
        if len(post_ids & told) >= _SAME_STORY_SHARE * len(post_ids):
            continue
        told |= post_ids
        alerts.append(_alert(trend, group, earlier[trend.key], claims, practice_id, policy))
    return sorted(alerts, key=lambda alert: alert.alert_key)


def surge_start(trend: Trend, policy: Policy) -> datetime:
    """From when on posts belong to a surge: the window in which it was first seen. Raises ValueError without one."""
    if trend.began_at is None:
        raise ValueError("the subject does not surge")
    return trend.began_at - timedelta(hours=policy["surge_hours"] - 1)


def surge_subject(trend: Trend) -> str:
    """The subject as an alert's key holds it."""
    return f"{trend.kind}:{trend.subject}"


def str_key(key: Any) -> tuple[str, str, str]:  # noqa: ANN401 - what groupby calls a group
    """The name of a group of three columns."""
    kind, subject, apart = map(str, key)
    return kind, subject, apart


def _group(group: pd.DataFrame) -> pd.DataFrame:
    best = ["p_match", "promotes", "p_mention", "platform", "platform_id", "post_id"]
    ascending = [name.startswith(("plat", "post")) for name in best]
    return group.sort_values(best, ascending=ascending, kind="stable").drop_duplicates("post_id")


def _onset(trend: Trend) -> datetime:
    if trend.began_at is None:
        raise ValueError("the subject does not surge")
    return trend.began_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _earlier(trend: Trend, raised: Iterable[Raised]) -> Raised | None:
    """The alert of this very surge, where there is one."""
    subject, onset = surge_subject(trend), _onset(trend)
    same = [
        one
        for one in raised
        if (one.subject, one.apart) == (subject, trend.apart) and abs(one.bucket_start_at - onset) <= _DAY
    ]
    return min(same, key=lambda one: (one.bucket_start_at, one.alert_key), default=None)


def _alert(
    trend: Trend,
    group: pd.DataFrame,
    earlier: Raised | None,
    claims: Mapping[str, ClaimFacts],
    practice_id: str,
    policy: Policy,
) -> Alert:
    claim_id = trend.subject if trend.kind == "claim" else _common_claim(group)
    facts = claims.get(claim_id) if claim_id else None
    naming = int(group["names_practice"].sum())
    growth = trend.posts / max(trend.expected, 1.0)
    severity, reasons = decide_severity(
        GroupFacts(
            kind="surge",
            voices=voices(group),
            harm=facts.harm if facts else None,
            negative_voices=voices(group[group["tone"] == "negative"]),
            posts_naming_practice=naming,
            growth=growth,
        ),
        policy,
    )
    bucket = earlier.bucket_start_at if earlier else _onset(trend)
    key = alert_key(practice_id, "surge", surge_subject(trend), bucket, False, trend.apart)
    first_post_at, last_post_at = moment(group["created_at"].min()), moment(group["created_at"].max())
    return Alert(
        alert_key=earlier.alert_key if earlier else key,
        practice_id=practice_id,
        kind="surge",
        claim_id=facts.claim_id if facts else None,
        claim_version=facts.version if facts else None,
        category=trend.subject if trend.kind == "mention" else None,
        bucket_start_at=bucket,
        severity=severity,
        reasons=reasons,
        posts=len(group),
        voices=voices(group),
        platforms=tuple(sorted(set(group["platform"].astype(str)))),
        first_post_at=first_post_at,
        last_post_at=last_post_at,
        historical=False,
        evidence=_evidence(trend, group, growth, naming, policy),
        post_ids=tuple(sorted(int(post_id) for post_id in group["post_id"])),
        narrative_id=trend.subject if trend.kind == "narrative" else None,
    )


def _evidence(trend: Trend, group: pd.DataFrame, growth: float, naming: int, policy: Policy) -> dict[str, Any]:
    days = zip(trend.days, trend.counts, trend.covered, strict=True)
    scores = {"claim": ("p_match", "promotes"), "mention": ("p_mention",), "narrative": ()}[trend.kind]
    return {
        "policy_version": policy.version,
        "window_hours": int(policy["surge_hours"]),
        "window_posts": trend.posts,
        "window_voices": trend.voices,
        "expected": round(trend.expected, 2),
        # Below a billionth it says no more.
        "chance": max(float(f"{trend.chance:.2g}"), 1e-9),
        "growth": round(growth, 1),
        "began_at": trend.began_at.isoformat() if trend.began_at else None,
        "per_day": [{"day": day.isoformat(), "posts": posts, "covered": covered} for day, posts, covered in days],
        "platform_posts": {str(name): int(count) for name, count in sorted(group["platform"].value_counts().items())},
        "posts_naming_practice": naming,
        "wordings": int(group["content_hash"].nunique()),
        "posts": listed_posts(group, scores),
    }


def _common_claim(group: pd.DataFrame) -> str | None:
    """The claim that at least half of the posts spread, if any."""
    counts = group["claim_id"].dropna().value_counts()
    if counts.empty or counts.iloc[0] < len(group) / 2:
        return None
    return min(str(claim_id) for claim_id, count in counts.items() if count == counts.iloc[0])
