"""Who is told what, where and when: receivers, routes, business hours, intervals and the noise budget."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Kind = Literal["misinformation", "mention", "surge"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

KINDS: tuple[Kind, ...] = ("misinformation", "mention", "surge")
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _mailbox(address: str) -> str:
    # ASCII and one line: the address becomes a header.
    if not re.fullmatch(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}", address):
        raise ValueError("not a plain mail address")
    return address


def _name(text: str) -> str:
    if not text.strip():
        raise ValueError("empty")
    return " ".join(text.split())


def _variable(name: object) -> object:
    # Says nothing of the value: people put the address itself here, which is a secret.
    if name is not None and not (isinstance(name, str) and re.fullmatch(r"AUSCULT_[A-Z0-9_]{1,60}", name)):
        raise ValueError("names an environment variable that begins with AUSCULT_ and holds the address")
    return name


def _minute_of_day(clock: object) -> object:
    # YAML 1.1 reads 18:00 without quotation marks as sixty times 18.
    if isinstance(clock, int) and not isinstance(clock, bool):
        return clock
    found = re.fullmatch(r"(\d{1,2}):([0-5]\d)", clock) if isinstance(clock, str) else None
    if found is None:
        raise ValueError("write a time of day like 08:00")
    return int(found[1]) * 60 + int(found[2])


Name = Annotated[str, Field(max_length=200), AfterValidator(_name)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
Variable = Annotated[str, BeforeValidator(_variable)]
MinuteOfDay = Annotated[int, BeforeValidator(_minute_of_day), Field(ge=0, le=24 * 60)]


class Strict(BaseModel):
    """A part of a file of ours: an unknown key is an error, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Receiver(Strict):
    """Who is told, where (a mail address, or the variable that holds a service's address), and of what."""

    name: Name
    address: Mailbox | None = None
    service: Variable | None = None
    urgent: bool = True
    digest: bool = True
    operator: bool = False
    escalation: bool = False
    owner: bool = False

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.address is None) == (self.service is None):
            raise ValueError("give it either an address or a service")
        return self

    @property
    def place(self) -> str:
        """The mail address, or the name of the variable that holds a service's address."""
        return self.address or self.service or ""

    @property
    def channel(self) -> Literal["mail", "service"]:
        """Which way a notification goes to it."""
        return "service" if self.service else "mail"


class Route(Strict):
    """Alerts of these kinds and severities are told at once to these receivers, whatever their `urgent` says."""

    kinds: tuple[Kind, ...] = KINDS
    severities: tuple[Literal["urgent", "high", "normal"], ...] = ("urgent",)
    receivers: tuple[Name, ...] = Field(min_length=1)


class BusinessHours(Strict):
    """When people are at work, in the practice's time zone: minutes of the local day, [from, until)."""

    days: tuple[Day, ...] = Field(default=DAYS[:5], min_length=1)
    from_minute: MinuteOfDay = Field(default=8 * 60, alias="from")
    until_minute: MinuteOfDay = Field(default=18 * 60, alias="until")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_minute >= self.until_minute:
            raise ValueError("from must be before until")
        return self


class Telling(Strict):
    """How often an alert is told; Alertmanager's group_wait, group_interval and repeat_interval, and more."""

    group_wait_minutes: float = Field(default=0, ge=0, le=24 * 60)
    group_interval_minutes: float = Field(default=60, ge=0, le=24 * 60)
    repeat_hours: float = Field(default=24, gt=0, le=24 * 30)
    escalate_hours: float = Field(default=4, gt=0, le=24 * 30)
    daily_mails: int = Field(default=10, ge=1, le=1000)


class NoiseBudget(Strict):
    """How many urgent mails a week are bearable; reported against, never enforced."""

    weekly_urgent: int = Field(default=3, ge=1, le=1000)


def check_routes(receivers: tuple[Receiver, ...], routes: tuple[Route, ...]) -> None:
    """Raise ValueError where two receivers have one name, or a route names a receiver that is not listed."""
    names = [receiver.name for receiver in receivers]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two receivers are called {doubled[0]!r}")
    unknown = [name for route in routes for name in route.receivers if name not in names]
    if unknown:
        raise ValueError(f"a route names the receiver {unknown[0]!r}, who is not listed")


def web_address(address: str) -> str:
    """A plain http(s) address without a slash at its end. Raises ValueError otherwise."""
    if address and not re.fullmatch(r"https?://[A-Za-z0-9.-]{1,190}(:\d{1,5})?(/[A-Za-z0-9._~/-]{0,190})?", address):
        raise ValueError("not a plain address like https://auscult.yourpractice.example")
    return address.rstrip("/")
