"""Who we are (`practice.yaml`) and how we listen (`auscult.yaml`), read strictly: an unknown key is an error."""

import hashlib
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from pipeline.errors import ConfigError
from pipeline.receivers import (
    BusinessHours,
    Mailbox,
    Name,
    NoiseBudget,
    Receiver,
    Route,
    Strict,
    Telling,
    check_routes,
    web_address,
)

__all__ = [
    "Clinician",
    "Listening",
    "Location",
    "Mailbox",
    "Name",
    "Practice",
    "Receiver",
    "SourceSettings",
    "read_listening",
    "read_practice",
]

MAX_FILE_BYTES = 256 * 1024


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {name!r}") from error
    return name


Zone = Annotated[str, AfterValidator(_zone)]
WebAddress = Annotated[str, AfterValidator(web_address)]


def _listed(names: object) -> object:
    return (names,) if isinstance(names, str) else names


# One name, or a list of them.
Names = Annotated[tuple[Name, ...], BeforeValidator(_listed)]


class Location(Strict):
    """A place where the practice sees patients."""

    name: Name
    street: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""


class Clinician(Strict):
    """A clinician of the practice, as the public knows them."""

    name: Name
    title: str = ""
    specialty: str = ""


class Practice(Strict):
    """The practice: what it is called, where it is, who works there, and what it is not."""

    name: Name
    aliases: tuple[Name, ...] = ()
    locations: tuple[Location, ...] = ()
    clinicians: tuple[Clinician, ...] = ()
    handles: dict[str, Names] = Field(default_factory=dict)
    specialties: tuple[Name, ...] = ()
    website: str = ""
    phone: str = ""
    not_us: tuple[Name, ...] = ()

    @property
    def practice_id(self) -> str:
        """The name as a slug; the key of this practice's rows in a shared warehouse."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.casefold()).strip("-")[:80]

    @property
    def fingerprint(self) -> str:
        """A 12-digit name of the whole file: a changed practice is screened anew."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]


class SourceSettings(Strict):
    """How one source is read. A source that is not listed is off."""

    enabled: bool = True
    channels: tuple[str, ...] = ()
    search_claims: bool = True
    folder: str = ""
    languages: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    daily_budget_usd: float | None = Field(default=None, ge=0)
    monthly_budget_usd: float | None = Field(default=None, ge=0)
    monthly_calls: int | None = Field(default=None, ge=0)
    max_pages: int = Field(default=50, ge=1, le=10_000)


class Listening(Strict):
    """How we listen: sources, who is told what and when, time zone, and where mail comes from."""

    sources: dict[str, SourceSettings] = Field(default_factory=dict)
    receivers: tuple[Receiver, ...] = ()
    routes: tuple[Route, ...] = ()
    business_hours: BusinessHours | None = None
    telling: Telling = Telling()
    noise_budget: NoiseBudget = NoiseBudget()
    web_address: WebAddress = ""
    mail_from: Mailbox = "auscult@localhost"
    time_zone: Zone = "UTC"
    digest_hour: int = Field(default=8, ge=0, le=23)
    excerpts: Literal[False] = False
    # Shown where somebody may be in danger, in place of the national line of the United States.
    crisis_line: str = Field(default="", max_length=120)

    @model_validator(mode="after")
    def _routes_are_known(self) -> Self:
        check_routes(self.receivers, self.routes)
        return self

    def source(self, name: str) -> SourceSettings:
        """The settings of one source; switched off where the file does not list it."""
        return self.sources.get(name, SourceSettings(enabled=False))


def read_practice(path: Path) -> Practice:
    """The practice file. Raises ConfigError with the file, the key and what is wrong with it."""
    try:
        return Practice.model_validate(_mapping(path))
    except ValidationError as error:
        raise ConfigError(_problems(path, error)) from None


def read_listening(path: Path) -> Listening:
    """The listening file. Raises ConfigError with the file, the key and what is wrong with it."""
    try:
        return Listening.model_validate(_mapping(path))
    except ValidationError as error:
        raise ConfigError(_problems(path, error)) from None


def _mapping(path: Path) -> dict[str, Any]:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file yet; `auscult init` writes one to edit") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    if len(raw) > MAX_FILE_BYTES:
        raise ConfigError(f"{path}: larger than {MAX_FILE_BYTES} bytes")
    try:
        text = raw.decode("utf-8")
        # An alias is how a small file grows without bound, and none of these files needs one.
        if any(isinstance(token, (yaml.AliasToken, yaml.AnchorToken)) for token in yaml.scan(text)):
            raise ConfigError(f"{path}: YAML anchors and aliases are not allowed")
        content = yaml.safe_load(text)
    except (UnicodeDecodeError, yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected keys and values")
    return content


def _problems(path: Path, error: ValidationError) -> str:
    lines = [f"{path}: {'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors(include_url=False)]
    return "\n".join(lines)
