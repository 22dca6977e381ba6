"""One message to one service (Slack, Teams, a webhook), and what became of it; the service's address is a secret.

apprise speaks to the services. What it did is read from the record that it returns, never from a log.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from apprise import Apprise, AppriseAsset, NotifyFormat
from apprise.exception import AppriseException
from apprise.plugins.base import NotifyBase
from apprise.plugins.custom_json import NotifyJSON
from apprise.plugins.slack import NotifySlack
from apprise.plugins.workflows import NotifyWorkflows
from apprise.result import AppriseResult

from pipeline.alerting.chat import ChatMessage, build_service_message, read_service_message
from pipeline.alerting.relay import Outcome
from pipeline.alerting.smtp import is_loopback
from pipeline.config import POLICY, Settings
from pipeline.errors import ConfigError

# What a sender needs, in one import.
__all__ = ["Service", "build_service_message", "deliver_to_service", "service_from"]

Kind = Literal["slack", "teams", "webhook"]

CONNECT_TIMEOUT_S = 10.0

# RFC 9110, 15: answers about the address, its key or the way there, all of which an operator can mend.
ADDRESS_CODES = frozenset({301, 302, 303, 307, 308, 401, 403, 404, 405, 407, 410})
# Try again: too many at once, too early, or out of order for the moment.
LATER_CODES = frozenset({408, 425, 429, 500, 503})
# A gateway that lost the answer of what is behind it knows no more than we do.
GATEWAY_CODES = frozenset({502, 504})

ALLOWED = (
    "a Slack incoming webhook (https://hooks.slack.com/services/… or slack://A/B/C), a Teams workflow "
    "(https://…/workflows/…/triggers/manual/paths/invoke?…) or a webhook (jsons://…, json:// on this machine)"
)

_SLACK = re.compile(
    r"(?:slack://|https://hooks\.slack(?P<gov>-gov)?\.com/services/)"
    r"(?P<token_a>[A-Za-z0-9]{1,64})/(?P<token_b>[A-Za-z0-9]{1,64})/(?P<token_c>[A-Za-z0-9]{1,64})/?"
)
_TEAMS = re.compile(r"https://[^/]+/(?:[A-Za-z0-9_-]+/)*workflows/[A-Za-z0-9_-]+/triggers/manual/paths/invoke/?\?.+")
_TEAMS_KEYS = frozenset({"api-version", "sp", "sv", "sig"})
# Of a webhook's address: `+Name=value` is a header, `-name=value` a query parameter. apprise's own options (another
# method, a template file, no certificate check, its own retries) would each break a promise.
_WEBHOOK_KEY = re.compile(r"[+-][A-Za-z0-9_-]{1,64}")

# How requests and urllib3 tell of a request that was never sent; whatever else went wrong may have been stored.
_NEVER_SENT = re.compile(
    r"Caused by (?:ProxyError\(.*)?(?:NewConnectionError|NameResolutionError|ConnectTimeoutError)\("
)
_NOT_TRUSTED = re.compile(r"Caused by SSLError\(.*(?:CERTIFICATE_VERIFY_FAILED|WRONG_VERSION_NUMBER|HANDSHAKE_FAILURE)")
_CODE = re.compile(r"\berror=(\d{3})\b")

# Sent once, as it is: no retries (the outbox repeats, and counts), no redirects, nothing remembered, no waiting in a
# thread that would go on sending after its lease.
_ONCE: Mapping[str, Any] = {
    "verify": True,
    "redirect": False,
    "overflow": "upstream",
    "retry": 0,
    "optional": False,
    "store": "no",
    "cto": CONNECT_TIMEOUT_S,
    "rto": POLICY["service_seconds"],
    "include_image": False,
    "include_footer": False,
    "targets": None,
    "template": None,
    "emojis": False,
}
_ASSET = AppriseAsset(app_id="Auscult", service_timeout=0, async_mode=False, http_redirects=False)

_delivering: ContextVar[bool] = ContextVar("auscult_delivering", default=False)


@dataclass(frozen=True)
class Service:
    """One service that is told. Its address is a secret: only `kind` may be shown."""

    kind: Kind
    plugin: type[NotifyBase] = field(repr=False)
    settings: Mapping[str, Any] = field(repr=False)


def service_from(settings: Settings, variable: str) -> Service:
    """The service whose address the environment variable holds (or, under Airflow, the variable of that name).

    Raises ConfigError, which names the variable and quotes nothing of its value.
    """
    address = settings.secret(variable) or settings.secret(f"AIRFLOW_VAR_{variable}")
    if not address:
        raise ConfigError(
            f"{variable} is not set: its receivers cannot be told. It holds {ALLOWED} (docs/channels.md); "
            "what is due waits in the outbox until then."
        )
    with _quiet():
        service = _read(address.strip())
    if service is None:
        raise ConfigError(f"{variable} holds no address that is allowed; it must be {ALLOWED} (docs/channels.md)")
    return service


def deliver_to_service(message: bytes, service: Service) -> Outcome:
    """Hand the message to the service and say what is known of it, in the words of `relay.deliver`.

    sent: the service accepted it. failed: it refused this message for good. deferred: it cannot have the message, so
    another try makes no double. unknown: the message may have gone out and no answer was understood.
    """
    told = read_service_message(message)
    with _quiet():
        box = Apprise(asset=_ASSET)
        box.add(_built(service, told))
        result = box.notify(
            title=told.title,
            body=_body(service, told),
            body_format=NotifyFormat.MARKDOWN if service.kind == "teams" else NotifyFormat.TEXT,
            log_level=logging.DEBUG,
        )
    return Outcome("sent", None, "sent") if result else _judge(result)


def _read(address: str) -> Service | None:
    try:
        parts = urlsplit(address)
        keys = [key for key, _ in parse_qsl(parts.query.replace("+", "%2B"), keep_blank_values=True)]
        if not parts.hostname or parts.port == 0:
            return None
        service = _read_slack(address) or _read_teams(address, keys) or _read_webhook(address, parts.scheme, keys)
        # Built once here, so that a part which the service would refuse is found before anything is due.
        return service if service and service.plugin(**service.settings, asset=_ASSET) else None
    except (AppriseException, ValueError, TypeError, KeyError):
        # The library's words quote the address.
        return None


def _read_slack(address: str) -> Service | None:
    found = _SLACK.fullmatch(address)
    if not found:
        return None
    tokens = {name: found[name] for name in ("token_a", "token_b", "token_c")}
    return Service("slack", NotifySlack, {**tokens, **_ONCE, "mode": "gov-hook" if found["gov"] else "hook"})


def _read_teams(address: str, keys: list[str]) -> Service | None:
    if not _TEAMS.fullmatch(address) or not _TEAMS_KEYS.issuperset(keys):
        return None
    found = NotifyWorkflows.parse_native_url(address)  # type: ignore[no-untyped-call]
    return Service("teams", NotifyWorkflows, {**found, **_ONCE}) if found else None


def _read_webhook(address: str, scheme: str, keys: list[str]) -> Service | None:
    if scheme not in {"json", "jsons"} or not all(map(_WEBHOOK_KEY.fullmatch, keys)):
        return None
    found = NotifyJSON.parse_url(address)  # type: ignore[no-untyped-call]
    if not found or not found.get("host") or (scheme == "json" and not is_loopback(found["host"])):
        return None
    return Service("webhook", NotifyJSON, {**found, **_ONCE, "method": "POST"})


def _built(service: Service, told: ChatMessage) -> NotifyBase:
    settings = dict(service.settings)
    if service.kind == "webhook":
        # A program can drop a repeat by it; a person sees that two messages are the same.
        settings["payload"] = {"message_id": told.message_id}
    plugin = service.plugin(**settings, asset=_ASSET)
    # A logger that belongs to no tree: its lines reach the record of this delivery, and nothing else.
    plugin.logger = logging.Logger("service", logging.DEBUG)
    plugin.logger.addHandler(logging.NullHandler())
    return plugin


def _body(service: Service, told: ChatMessage) -> str:
    if not told.link:
        return told.body
    # A card shows a link only where it is written as one; Slack makes one of any address.
    link = f"[Open the alert]({told.link})" if service.kind == "teams" else told.link
    return f"{told.body}\n\n{link}"


def _judge(result: AppriseResult) -> Outcome:
    entries = [entry for one in result.results for entry in one.logs()]
    warned = " ".join(entry.message for entry in entries if entry.level == "WARNING")
    if answered := _CODE.search(warned):
        return _judge_code(int(answered[1]))
    broken = " ".join(entry.message for entry in entries if entry.message.startswith("Socket Exception:"))
    if _NEVER_SENT.search(broken):
        return Outcome("deferred", None, "connection")
    if _NOT_TRUSTED.search(broken):
        return Outcome("deferred", None, "tls")
    return Outcome("unknown", None, "answer_lost")


def _judge_code(code: int) -> Outcome:
    if code in ADDRESS_CODES:
        return Outcome("deferred", code, "address_refused")
    if code in LATER_CODES:
        return Outcome("deferred", code, "message_deferred")
    if code // 100 == 4:
        return Outcome("failed", code, "message_refused")
    if code // 100 == 5 and code not in GATEWAY_CODES:
        return Outcome("deferred", code, "message_deferred")
    # A gateway that gave up, or a 2xx whose words are not those of the service.
    return Outcome("unknown", code, "answer_lost")


class _NotWhileDelivering(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return not _delivering.get()


# Their lines hold the path of a request, which for a service is its key. A filter of the logger itself stops a line
# before any handler, whoever has put one there.
_TALKATIVE = (
    "apprise",
    "urllib3.connectionpool",
    "urllib3.connection",
    "urllib3.util.retry",
    "requests",
    "charset_normalizer",
)
for _name in _TALKATIVE:
    logging.getLogger(_name).addFilter(_NotWhileDelivering())


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing that these libraries say in this block, and in this thread, reaches a log."""
    token = _delivering.set(True)
    try:
        yield
    finally:
        _delivering.reset(token)
