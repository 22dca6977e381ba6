"""What an alert is, and what the claims database knows about the claim it is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

Kind = Literal["misinformation", "mention", "surge", "canary"]
Severity = Literal["urgent", "high", "normal"]
State = Literal["open", "acknowledged", "resolved"]

# Posts that the evidence lists one by one; the rest of a group is counted.
EVIDENCE_POSTS = 20


@dataclass(frozen=True)
class ClaimFacts:
    """What the claims database says of one claim version.

    `evidence` holds mappings of publisher, title, address, date (a date, an ISO string or None) and verified.
    """

    claim_id: str
    version: int
    claim: str
    rating: str
    harm: str
    correction: str
    evidence: tuple[Mapping[str, Any], ...] = ()
    as_of: date | None = None
    review_note: str | None = None
    harm_reason: str = ""


@dataclass(frozen=True)
class Alert:
    """One group of posts: practice + claim (or narrative, or mention category) + time bucket. Times are UTC.

    `alert_key` names the group and holds our own ids only; `posts` counts posts, `voices` distinct authors (all
    unknown authors are one voice). A historical alert holds old posts only and is never mailed by itself.
    `evidence` is JSON-able. `post_ids` are warehouse ids and change when posts are stored anew. `state` and `raised_at`
    are what the warehouse says; an alert that was only computed is open and was never raised.
    """

    alert_key: str
    practice_id: str
    kind: Kind
    claim_id: str | None
    claim_version: int | None
    category: str | None
    bucket_start_at: datetime
    severity: Severity
    reasons: tuple[str, ...]
    posts: int
    voices: int
    platforms: tuple[str, ...]
    first_post_at: datetime | None
    last_post_at: datetime | None
    historical: bool
    evidence: dict[str, Any] = field(repr=False)
    post_ids: tuple[int, ...] = field(repr=False)
    narrative_id: str | None = None
    state: State = "open"
    raised_at: datetime | None = None

    @property
    def wordings(self) -> int:
        """Different wordings among its posts: copies say nothing new."""
        return int(self.evidence.get("wordings") or self.posts)


def alert_key(
    practice_id: str, kind: Kind, subject: str, bucket_start_at: datetime, historical: bool, apart: str = ""
) -> str:
    """The group's key: practice, kind, claim id or category, bucket start.

    Behind it stand the platform whose posts may not be counted with others', and "historical" for old posts.
    """
    parts = [practice_id, kind, subject, bucket_start_at.isoformat(), apart, "historical" if historical else ""]
    return "|".join(filter(None, parts))


def apart_of(alert: Alert) -> str:
    """The platform whose posts may not be counted with others' and make up this alert; empty for the others."""
    behind_bucket = alert.alert_key.partition(f"|{alert.bucket_start_at.isoformat()}")[2]
    return behind_bucket.removesuffix("|historical").removeprefix("|")
