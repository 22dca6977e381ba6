"""What a plan of notifications is made of: notices, what is held back, what was told before, silences and noise."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pipeline.alerting.alert import Alert, Severity
from pipeline.receivers import Receiver

Why = Literal["new", "worse", "grew", "repeat", "escalation", "handed_on"]
HeldWhy = Literal["silenced", "inhibited", "acknowledged", "waiting", "out_of_hours", "cap", "stale", "historical"]
# Told further: because nobody took it on, or because a person said so.
ESCALATIONS = ("escalation", "handed_on")
# Why a digest told of an alert.
DIGEST = "digest"


@dataclass(frozen=True)
class Notice:
    """One alert that is told to one receiver now."""

    alert: Alert
    receiver: Receiver
    why: Why


@dataclass(frozen=True)
class Held:
    """One alert that is not told to one receiver (its name) now; `until_at` (UTC) is None where no time ends it."""

    alert_key: str
    receiver: str
    why: HeldWhy
    until_at: datetime | None = None


@dataclass(frozen=True)
class Plan:
    """What is told, the most pressing first, and what is held back."""

    notices: tuple[Notice, ...]
    held: tuple[Held, ...]


@dataclass(frozen=True)
class Told:
    """One alert as a notification of before told it: to which place (`Receiver.place`), when, and what it said.

    `why` is that of the notice, or "digest"; `wordings` is None where the telling did not note it.
    """

    alert_key: str
    receiver: str
    at: datetime
    severity: Severity
    posts: int
    why: str
    wordings: int | None = None


@dataclass(frozen=True)
class Silence:
    """Alerts that fit every field that is not None are not told in [starts_at, ends_at), UTC."""

    practice_id: str
    owner: str
    reason: str
    starts_at: datetime
    ends_at: datetime
    alert_key: str | None = None
    kind: str | None = None
    claim_id: str | None = None
    narrative_id: str | None = None
    category: str | None = None
    ended_at: datetime | None = None
    silence_id: int | None = None

    @property
    def is_wide(self) -> bool:
        """Whether it names a kind or category alone, so that it holds back alerts about different things."""
        return not (self.alert_key or self.claim_id or self.narrative_id)

    def is_active(self, now: datetime) -> bool:
        """Whether it lasts at a moment."""
        return self.starts_at <= now < min(self.ends_at, self.ended_at or self.ends_at)

    def matches(self, alert: Alert) -> bool:
        """Whether it is about this alert; one that names nothing is about none."""
        names = ("alert_key", "kind", "claim_id", "narrative_id", "category")
        wanted = {name: value for name in names if (value := getattr(self, name)) is not None}
        fits = all(getattr(alert, name) == value for name, value in wanted.items())
        return bool(wanted) and fits and self.practice_id == alert.practice_id


@dataclass(frozen=True)
class Noise:
    """The noise budget: urgent mails a week that are bearable, and the most that one receiver got in the last seven."""

    weekly_limit: int
    sent_this_week: int
