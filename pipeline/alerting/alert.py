"""What an alert is, and what the claims database knows about the claim it is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

Kind = Literal["misinformation", "mention", "canary"]
Severity = Literal["urgent", "high", "normal"]

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
    """One group of posts: practice + claim (or mention category) + time bucket. Times are UTC.

    `alert_key` names the group and holds our own ids only; `posts` counts posts, `voices` distinct authors (all
    unknown authors are one voice). A historical alert holds old posts only and is never mailed by itself.
    `evidence` is JSON-able. `post_ids` are warehouse ids and change when posts are stored anew.
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


def alert_key(
    practice_id: str, kind: Kind, subject: str, bucket_start_at: datetime, historical: bool, apart: str = ""
) -> str:
    """The group's key: practice, kind, claim id or category, bucket start.

    Behind it stand the platform whose posts may not be counted with others', and "historical" for old posts.
    """
    parts = [practice_id, kind, subject, bucket_start_at.isoformat(), apart, "historical" if historical else ""]
    return "|".join(filter(None, parts))
