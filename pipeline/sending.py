"""From the outbox to who is told: each notification that is due, handed over once, with its outcome recorded."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.alerting.relay import Outcome, deliver
from pipeline.alerting.services import Service, deliver_to_service, service_from
from pipeline.alerting.smtp import SmtpSettings
from pipeline.config import POLICY, Settings
from pipeline.errors import ConfigError
from pipeline.warehouse import outbox
from pipeline.warehouse.leases import held_lease
from pipeline.workplace import Workplace

# A service that left this many untaken in one run is asked again in the next: mail must not wait for it. More than
# one, or a message that it cannot bear would hold up all others.
PATIENCE = 2

FindRelay = Callable[[Settings], SmtpSettings]


@dataclass
class _Ways:
    """How each receiver is reached; `problems` says why some are not."""

    smtp: SmtpSettings | None = None
    services: dict[str, Service] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)

    def asked(self) -> list[str]:
        """The services that are still asked in this run."""
        return [name for name in self.services if self.failures[name] < PATIENCE]


def send_due(workplace: Workplace, now: datetime, find_relay: FindRelay) -> dict[str, int]:
    """Hand every notification that is due to the relay or its service; returns how many ended in each state.

    One whose answer was lost is sent again, with the same bytes, until `send_attempts`; one that was put off, until
    `deferred_attempts`; then it is parked and a person must look. Raises ConfigError, once all else is sent, where a
    notification waits for a relay or a service that is not configured: it stays as it is.
    """
    ways = _find_ways(workplace, find_relay)
    outcomes: Counter[str] = Counter()
    with held_lease(workplace.engine) as lease:
        while due := _lease_next(workplace, lease, ways, now):
            answer = _hand_over(due, ways)
            state = _state_after(answer, due.attempts)
            with workplace.engine.begin() as connection:
                outbox.record_outcome(connection, due, lease, state, answer.code, answer.detail, now)
            outcomes[state] += 1
    if ways.problems:
        raise ConfigError("; ".join(ways.problems))
    return dict(outcomes)


def _find_ways(workplace: Workplace, find_relay: FindRelay) -> _Ways:
    ways = _Ways()
    with workplace.engine.begin() as connection:
        waiting = outbox.waiting_receivers(connection)
    if waiting.get("mail"):
        try:
            ways.smtp = find_relay(workplace.settings)
        except ConfigError as error:
            ways.problems.append(str(error))
    for variable in sorted(waiting.get("service", ())):
        try:
            ways.services[variable] = service_from(workplace.settings, variable)
        except ConfigError as error:
            ways.problems.append(str(error))
    return ways


def _lease_next(workplace: Workplace, lease: int, ways: _Ways, now: datetime) -> outbox.Due | None:
    seconds, mail = POLICY["lease_seconds"], ways.smtp is not None
    with workplace.engine.begin() as connection:
        return outbox.lease_next(connection, lease, seconds, now, mail=mail, services=ways.asked())


def _hand_over(due: outbox.Due, ways: _Ways) -> Outcome:
    if ways.smtp and due.channel == "mail":
        return deliver(due.message, due.sender, due.receiver, ways.smtp)
    answer = deliver_to_service(due.message, ways.services[due.receiver])
    ways.failures[due.receiver] += answer.state in {"deferred", "unknown"}
    return answer


def _state_after(answer: Outcome, attempts: int) -> str:
    limit = POLICY["send_attempts"] if answer.state == "unknown" else POLICY["deferred_attempts"]
    tried_out = answer.state in {"unknown", "deferred"} and attempts + 1 >= limit
    return "parked" if tried_out else answer.state
