"""What is told to whom now, and what is held back, why and until when. Pure.

The words and their meaning are Alertmanager's (docs/alerting/latest/alertmanager and configuration): group_wait,
group_interval, repeat_interval, silence, inhibition, and a route tree of one level in which the first that fits wins.
Unlike there, a worse alert is told at once, an acknowledged one no more, and one that nobody takes on is escalated.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pipeline.alerting.alert import Alert, apart_of
from pipeline.alerting.hours import is_open, last_close_at, next_digest_at, next_open_at
from pipeline.alerting.notices import DIGEST, ESCALATIONS, Held, HeldWhy, Noise, Notice, Plan, Silence, Told, Why
from pipeline.alerting.severity import LEVELS, is_own_post
from pipeline.config import Policy
from pipeline.listening import Listening
from pipeline.receivers import Receiver

__all__ = ["DIGEST", "Held", "HeldWhy", "Noise", "Notice", "Plan", "Silence", "Told", "Why", "plan_notifications"]


def plan_notifications(
    alerts: Sequence[Alert],
    told: Sequence[Told],
    silences: Sequence[Silence],
    listening: Listening,
    policy: Policy,
    now: datetime,
    *,
    digest_at: datetime | None = None,
) -> Plan:
    """Notices that are due at `now`, and a reason for each alert and receiver that hears nothing.

    `alerts` are those of one practice with their state, and surges that ended lately (resolved); `told` is what earlier
    notifications said of them, at least of the last `same_subject_days`; `digest_at` when the last digest was written.
    The daily cap counts from there, or over 24 hours: what is over it waits for the next digest. A mention that cannot
    wait (danger to people) is held by a silence or an acknowledgement only. Planned again with what it told, it tells
    nothing.
    """
    scene = _Scene(alerts, told, silences, listening, policy, now, digest_at)
    notices: list[Notice] = []
    held: list[Held] = []
    for alert in sorted(alerts, key=_pressing):
        for receiver, escalated in _receivers(alert, listening):
            found = scene.decide(alert, receiver, escalated)
            if isinstance(found, Notice):
                notices.append(found)
            elif found:
                held.append(found)
    return Plan(tuple(notices), tuple(held))


def receivers_of(alert: Alert, listening: Listening) -> tuple[Receiver, ...]:
    """Who is told of an alert at once: the first route that fits decides, else its severity and `urgent`.

    What the guard stopped among our own posts is told to the owner alone, and where nobody is one, to the `urgent`.
    """
    owners = tuple(receiver for receiver in listening.receivers if receiver.owner)
    if is_own_post(alert) and owners:
        return owners
    for route in listening.routes if not is_own_post(alert) else ():
        if alert.kind in route.kinds and alert.severity in route.severities:
            return tuple(receiver for receiver in listening.receivers if receiver.name in route.receivers)
    if alert.severity != "urgent":
        return ()
    return tuple(receiver for receiver in listening.receivers if receiver.urgent)


def is_danger(alert: Alert) -> bool:
    """Whether the practice is named by a post that cannot wait, whatever the hour."""
    return alert.kind == "mention" and alert.severity == "urgent"


def _receivers(alert: Alert, listening: Listening) -> Iterator[tuple[Receiver, bool]]:
    """Who may be told, each place once, and whether as an escalation."""
    if alert.kind == "canary" or alert.state == "resolved":
        return
    routed = receivers_of(alert, listening)
    if routed and alert.severity == "urgent" and not is_own_post(alert):
        yield from ((receiver, True) for receiver in listening.receivers if receiver.escalation)
    places: set[str] = set()
    for receiver in routed:
        if receiver.place not in places:
            places.add(receiver.place)
            yield receiver, False


def _pressing(alert: Alert) -> tuple[bool, int, float, int, str]:
    level = LEVELS.index(alert.severity)
    return not is_danger(alert), -level, -alert.bucket_start_at.timestamp(), -alert.posts, alert.alert_key


def _subject(alert: Alert) -> tuple[str | None, ...]:
    return alert.kind, alert.claim_id, alert.narrative_id, alert.category, apart_of(alert)


def _inhibits(surge: Alert, alert: Alert) -> bool:
    """Whether a surge that is no less severe speaks for this alert; one that is over does so for its posts."""
    if alert.kind == "surge" or is_danger(alert) or surge.historical:
        return False
    names = ("claim_id", "narrative_id", "category")
    same = any(getattr(surge, name) and getattr(surge, name) == getattr(alert, name) for name in names)
    no_less = LEVELS.index(surge.severity) >= LEVELS.index(alert.severity)
    return same and no_less and apart_of(surge) == apart_of(alert)


@dataclass
class _Scene:
    """All that a decision looks at; what is decided is remembered as told."""

    alerts: Sequence[Alert]
    told: Sequence[Told]
    silences: Sequence[Silence]
    listening: Listening
    policy: Policy
    now: datetime
    digest_at: datetime | None
    history: dict[tuple[str, str], list[Told]] = field(default_factory=lambda: defaultdict(list))
    by_alert: dict[str, list[Told]] = field(default_factory=lambda: defaultdict(list))
    by_subject: dict[tuple[object, str], list[Told]] = field(default_factory=lambda: defaultdict(list))
    mails: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        self.zone = ZoneInfo(self.listening.time_zone)
        self.surges = [alert for alert in self.alerts if alert.kind == "surge"]
        self.states = {alert.alert_key: alert.state for alert in self.alerts}
        self.subjects = {alert.alert_key: _subject(alert) for alert in self.alerts}
        since = self.digest_at or self.now - timedelta(days=1)
        for telling in self.told:
            self._remember(telling)
            self.mails[telling.receiver] += telling.why != DIGEST and since < telling.at <= self.now

    def decide(self, alert: Alert, receiver: Receiver, escalated: bool) -> Notice | Held | None:
        """A notice, why there is none, or None where nobody would expect one."""
        why = self._why_escalated(alert, receiver) if escalated else self._why(alert, receiver)
        if why is None:
            return None
        held = self._held(alert, receiver, why)
        if held:
            return held
        if isinstance(why, datetime):
            return Held(alert.alert_key, receiver.name, "waiting", why)
        self._remember(
            Told(alert.alert_key, receiver.place, self.now, alert.severity, alert.posts, why, alert.wordings)
        )
        self.mails[receiver.place] += 1
        return Notice(alert, receiver, why)

    def _remember(self, telling: Told) -> None:
        self.history[telling.alert_key, telling.receiver].append(telling)
        self.by_alert[telling.alert_key].append(telling)
        if telling.alert_key in self.subjects:
            self.by_subject[self.subjects[telling.alert_key], telling.receiver].append(telling)

    def _held(self, alert: Alert, receiver: Receiver, why: Why | datetime) -> Held | None:
        """What holds the alert back whatever is due, then what holds back a notice that is due."""
        found = self._held_alert(alert, why)
        if found is None and not is_danger(alert) and not isinstance(why, datetime):
            found = self._held_notice(receiver)
        return Held(alert.alert_key, receiver.name, *found) if found else None

    def _held_alert(self, alert: Alert, why: Why | datetime) -> tuple[HeldWhy, datetime | None] | None:
        silenced = [one.ends_at for one in self.silences if one.is_active(self.now) and one.matches(alert)]
        lasting = timedelta(days=self.policy["surge_lasts_days"])
        ends = (surge.bucket_start_at + lasting for surge in self.surges if _inhibits(surge, alert))
        inhibited = [end for end in ends if end > self.now]
        checks: tuple[tuple[HeldWhy, bool, datetime | None], ...] = (
            ("historical", alert.historical, None),
            ("silenced", bool(silenced), max(silenced, default=None)),
            ("acknowledged", alert.state == "acknowledged" and why != "worse", None),
            ("stale", alert.bucket_start_at < self._fresh_since(alert, why), None),
            ("inhibited", bool(inhibited), max(inhibited, default=None)),
        )
        return next(((name, until_at) for name, holds, until_at in checks if holds), None)

    def _held_notice(self, receiver: Receiver) -> tuple[HeldWhy, datetime | None] | None:
        hours = self.listening.business_hours
        if not is_open(hours, self.zone, self.now):
            return "out_of_hours", next_open_at(hours, self.zone, self.now)
        if self.mails[receiver.place] >= self.listening.telling.daily_mails:
            return "cap", next_digest_at(self.listening.digest_hour, self.zone, self.now, self.digest_at)
        return None

    def _why(self, alert: Alert, receiver: Receiver) -> Why | datetime | None:
        """Why it is due, or when it will be."""
        times, base = self.listening.telling, self._base(alert, receiver)
        if not base:
            ready_at = (alert.raised_at or self.now) + timedelta(minutes=times.group_wait_minutes)
            return "new" if is_danger(alert) or ready_at <= self.now else ready_at
        last_at = max(telling.at for telling in base)
        if last_at > self.now:
            # A run of an earlier clock is repeated: what a later one told stands.
            return None
        if LEVELS.index(alert.severity) > max(LEVELS.index(telling.severity) for telling in base):
            return "worse"
        many = alert.posts >= self.policy["grown_factor"] * max(telling.posts for telling in base)
        if is_danger(alert):
            # Another wording may be another person in need.
            many = alert.wordings > max(alert.posts if one.wordings is None else one.wordings for one in base)
        if many and self.now >= last_at + timedelta(minutes=times.group_interval_minutes):
            return "grew"
        repeat_at = max(telling.at + self._pause(alert, telling) for telling in base)
        if repeat_at > self.now:
            return repeat_at
        # Who only read of it in a digest would ask: a repeat of what?
        return "new" if all(telling.why == DIGEST for telling in base) else "repeat"

    def _base(self, alert: Alert, receiver: Receiver) -> list[Told]:
        """What this receiver was told of the alert, and lately of the same subject in another time bucket.

        Without the second, a new bucket would begin the telling anew, at an hour that nobody chose.
        """
        mine = self.history[alert.alert_key, receiver.place]
        if is_danger(alert):
            return mine
        others = [
            telling
            for telling in self.by_subject[self.subjects[alert.alert_key], receiver.place]
            if telling.alert_key != alert.alert_key
        ]
        return mine + [telling for telling in others if telling.at + self._pause(alert, telling) > self.now]

    def _pause(self, alert: Alert, telling: Told) -> timedelta:
        """For how long a telling is enough: longer where a person has taken on its subject."""
        taken_on = self.states[telling.alert_key] == "acknowledged" and telling.why != DIGEST
        if taken_on and telling.alert_key != alert.alert_key:
            return timedelta(days=self.policy["same_subject_days"])
        return timedelta(hours=self.listening.telling.repeat_hours)

    def _why_escalated(self, alert: Alert, receiver: Receiver) -> Why | datetime | None:
        if alert.state != "open":
            return None
        of_alert = self.by_alert[alert.alert_key]
        urgent = [telling.at for telling in of_alert if telling.severity == "urgent" and telling.why != DIGEST]
        if not urgent or any(one.why in ESCALATIONS and one.receiver == receiver.place for one in of_alert):
            return None
        due_at = min(urgent) + timedelta(hours=self.listening.telling.escalate_hours)
        return "escalation" if due_at <= self.now else None

    def _fresh_since(self, alert: Alert, why: Why | datetime) -> datetime:
        """From when on a bucket is young enough to be told by itself.

        A new claim is matched against the whole window: its old buckets go into one digest, not into thirty mails. What
        came while nobody was at work does not age, and danger that is found late is still danger.
        """
        if is_danger(alert):
            return self.now - (timedelta(days=self.policy["quiet_days"]) if why == "new" else self._fresh_for())
        return min(self.now, last_close_at(self.listening.business_hours, self.zone, self.now)) - self._fresh_for()

    def _fresh_for(self) -> timedelta:
        return timedelta(hours=self.policy["urgent_hours"])
