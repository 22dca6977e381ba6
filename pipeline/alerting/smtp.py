"""How to reach the mail relay, from the environment or from an Airflow connection; TLS fails closed."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from pipeline.config import Settings
from pipeline.errors import ConfigError

Tls = Literal["starttls", "ssl", "none"]

PORTS: dict[Tls, int] = {"starttls": 587, "ssl": 465, "none": 25}
# RFC 5321, 4.5.3.2.6: ten minutes for the answer to a message; less makes doubles.
ANSWER_TIMEOUT_S = 600.0


@dataclass(frozen=True)
class SmtpSettings:
    """How to reach the relay. `ca_file` replaces the system's certificate authorities. Secrets stay out of repr."""

    host: str
    port: int
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    tls: Tls = "starttls"
    timeout_s: float = ANSWER_TIMEOUT_S
    ca_file: str | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9.:_-]{1,253}", self.host):
            raise ConfigError("the SMTP host is not a host name or an address")
        if not 0 < self.port < 65536:
            raise ConfigError("the SMTP port must be between 1 and 65535")
        if self.tls not in PORTS:
            raise ConfigError(f"SMTP TLS must be one of {', '.join(PORTS)}")
        if self.timeout_s <= 0:
            raise ConfigError("the SMTP time-out must be above 0 seconds")
        if bool(self.user) != bool(self.password):
            raise ConfigError("the SMTP user and password go together: set both or neither")
        # smtplib encodes them as ASCII, and its error would quote the password.
        if not all(value is None or (value.isascii() and value.isprintable()) for value in (self.user, self.password)):
            raise ConfigError("the SMTP user and password must be printable ASCII")
        if self.ca_file and not Path(self.ca_file).is_file():
            raise ConfigError("the SMTP certificate file (AUSCULT_SMTP_CA_FILE, extra ca_file) cannot be read")


def smtp_from_environment(settings: Settings) -> SmtpSettings:
    """The relay named by AUSCULT_SMTP_HOST, _PORT, _USER, _PASSWORD, _TLS and _CA_FILE.

    TLS is `starttls` unless set; `none` is for loopback hosts, or for all with AUSCULT_SMTP_ALLOW_PLAIN=1. Raises
    ConfigError where the host is missing or a value is wrong.
    """
    host = settings.secret("AUSCULT_SMTP_HOST")
    if not host:
        raise ConfigError(
            "AUSCULT_SMTP_HOST is not set: no mail can leave. Set it with AUSCULT_SMTP_PORT, AUSCULT_SMTP_USER and "
            "AUSCULT_SMTP_PASSWORD (docs/mail.md); alerts wait in the outbox until then."
        )
    tls = _tls_named(settings.secret("AUSCULT_SMTP_TLS") or "starttls")
    relay = SmtpSettings(
        host=host,
        port=_whole_number("AUSCULT_SMTP_PORT", settings.secret("AUSCULT_SMTP_PORT") or PORTS[tls]),
        user=settings.secret("AUSCULT_SMTP_USER"),
        password=settings.secret("AUSCULT_SMTP_PASSWORD"),
        tls=tls,
        ca_file=settings.secret("AUSCULT_SMTP_CA_FILE"),
    )
    _check_plain(relay, settings.secret("AUSCULT_SMTP_ALLOW_PLAIN") == "1")
    return relay


def smtp_from_connection(
    host: str | None, port: int | None, login: str | None, password: str | None, extra: Mapping[str, Any]
) -> SmtpSettings:
    """The relay of an Airflow SMTP connection, read as its SMTP provider reads it.

    Extras: `disable_ssl` (default false: implicit TLS) and, behind it, `disable_tls` (default false: STARTTLS). Our
    own: `ca_file`, and `allow_plain` to send in the clear to another host. `ssl_context: none`, which checks no
    certificate, is refused. The sender stays `mail_from` of auscult.yaml; the provider's other extras do not apply.
    """
    if not host:
        raise ConfigError("the SMTP connection has no host")
    if extra.get("ssl_context") == "none":
        raise ConfigError("ssl_context 'none' checks no certificate; name a private authority with the extra ca_file")
    tls: Tls = "ssl"
    if _flag(extra.get("disable_ssl")):
        tls = "none" if _flag(extra.get("disable_tls")) else "starttls"
    relay = SmtpSettings(
        host=host,
        port=_whole_number("the SMTP connection's port", port or PORTS[tls]),
        user=login or None,
        password=password or None,
        tls=tls,
        ca_file=extra.get("ca_file") or None,
    )
    _check_plain(relay, _flag(extra.get("allow_plain")))
    return relay


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name or address; nothing is looked up."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _tls_named(name: str) -> Tls:
    if name.lower() not in PORTS:
        raise ConfigError(f"AUSCULT_SMTP_TLS must be one of {', '.join(PORTS)}")
    return cast(Tls, name.lower())


def _whole_number(name: str, value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise ConfigError(f"{name} must be a whole number") from None


def _flag(value: object) -> bool:
    return value is True or str(value).strip().lower() in {"1", "true", "yes", "on"}


def _check_plain(relay: SmtpSettings, allowed: bool) -> None:
    if relay.tls == "none" and not allowed and not is_loopback(relay.host):
        raise ConfigError(
            "SMTP without TLS is allowed to loopback hosts only: use starttls or ssl, or set "
            "AUSCULT_SMTP_ALLOW_PLAIN=1 (connection extra allow_plain) where the network itself is protected."
        )
