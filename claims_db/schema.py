"""What a claim is: its fields, their allowed values, and what makes one unfit to serve."""

import datetime
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple, TypeAlias

from claims_db.addresses import find_address_problem
from claims_db.wording import find_breadth_problem, find_keyword_problem, find_text_problem

RATINGS: Final = ("false", "misleading", "unproven")
HARMS: Final = ("low", "medium", "high")
LANGUAGES: Final = ("en",)
AS_OF_PRECISIONS: Final = ("day", "month")
AS_OF_BASES: Final = ("dated-source-note", "address-only", "none")

MAX_VARIANTS: Final = 50
MAX_KEYWORDS: Final = 8
MAX_TRUE_NEIGHBOURS: Final = 50
MAX_EVIDENCE: Final = 20
# No evidence page is older than the web's record of medicine, and none is dated in another century.
EARLIEST_YEAR: Final = 1900
LATEST_YEAR: Final = 2100

KeyPath: TypeAlias = tuple[str | int, ...]

_ID: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
_TOPIC: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class Evidence:
    """One published page or paper that answers a claim."""

    publisher: str
    title: str
    address: str
    verified: bool
    date: datetime.date | None = None
    seen_in: str | None = None


@dataclass(frozen=True)
class Claim:
    """One checkable statement, its rating and harm, and what answers it."""

    id: str
    topic: str
    claim: str
    variants: tuple[str, ...]
    rating: str
    harm: str
    harm_reason: str
    correction: str
    keywords: tuple[str, ...]
    language: str
    true_neighbours: tuple[str, ...] = ()
    spanish_variants: tuple[str, ...] = ()
    as_of: datetime.date | None = None
    as_of_precision: str | None = None
    as_of_basis: str | None = None
    evidence: tuple[Evidence, ...] = ()
    review_note: str | None = None

    @property
    def content_hash(self) -> str:
        """SHA-256 (64 hex digits) over canonical JSON of every field; it is the claim's version."""
        canonical = json.dumps(
            asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=datetime.date.isoformat
        )
        return hashlib.sha256(canonical.encode("ascii")).hexdigest()


class Finding(NamedTuple):
    """What is wrong, and where inside the entry: ('evidence', 0, 'address')."""

    path: KeyPath
    message: str


Check: TypeAlias = Callable[[KeyPath, Any], Iterator[Finding]]


def find_entry_problems(entry: object) -> list[Finding]:
    """All that is wrong with one claim as read from YAML; an empty list means `build_claim` will take it."""
    if not isinstance(entry, dict):
        return [Finding((), "a claim must be a list of 'field: value' lines")]
    findings = list(_check_fields((), entry, _CLAIM_FIELDS, _CLAIM_OPTIONAL))
    if not findings:
        findings.extend(_check_agreement(entry))
    return findings


def build_claim(entry: dict[str, Any]) -> Claim:
    """The claim of an entry in which `find_entry_problems` found nothing."""
    names = ("variants", "keywords", "true_neighbours", "spanish_variants")
    lists = {name: tuple(entry.get(name, ())) for name in names}
    evidence = tuple(Evidence(**source) for source in entry["evidence"])
    return Claim(**{**entry, **lists, "evidence": evidence})


def _check_fields(
    path: KeyPath, entry: dict[str, Any], fields: dict[str, Check], optional: frozenset[str]
) -> Iterator[Finding]:
    for name in entry:
        if name not in fields:
            yield Finding((*path, name), f"unknown field '{name}'; the fields are {', '.join(fields)}")
    for name, check in fields.items():
        if name in entry:
            yield from check((*path, name), entry[name])
        elif name not in optional:
            yield Finding(path, f"the field '{name}' is missing")


def _text(longest: int, extra: Callable[[str], str | None] | None = None) -> Check:
    def check(path: KeyPath, value: object) -> Iterator[Finding]:
        name = _name(path)
        if not isinstance(value, str):
            yield Finding(path, f"{name} must be text, not {_kind(value)}; put it in quotes if it is meant as text")
            return
        problem = find_text_problem(value, longest) or (extra(value) if extra else None)
        if problem:
            yield Finding(path, f"{name} {problem}")

    return check


def _choice(allowed: tuple[str, ...]) -> Check:
    def check(path: KeyPath, value: object) -> Iterator[Finding]:
        if not isinstance(value, str) or value not in allowed:
            shown = repr(value[:60]) if isinstance(value, str) else _kind(value)
            # YAML reads a bare false as a switch, and a reader of the file cannot see why it was refused.
            hint = "; put it in quotes, as in 'false'" if isinstance(value, bool) else ""
            yield Finding(path, f"{_name(path)} must be one of {', '.join(allowed)}, not {shown}{hint}")

    return check


def _optional(check_value: Check) -> Check:
    def check(path: KeyPath, value: object) -> Iterator[Finding]:
        if value is not None:
            yield from check_value(path, value)

    return check


def _list(fewest: int, most: int, check_each: Check) -> Check:
    def check(path: KeyPath, value: object) -> Iterator[Finding]:
        name = _name(path)
        if not isinstance(value, list):
            yield Finding(path, f"{name} must be a list, not {_kind(value)}")
            return
        if not fewest <= len(value) <= most:
            yield Finding(path, f"{name} has {len(value)} entries; between {fewest} and {most} are allowed")
            return
        for index, each in enumerate(value):
            yield from check_each((*path, index), each)

    return check


def _flag(path: KeyPath, value: object) -> Iterator[Finding]:
    if not isinstance(value, bool):
        yield Finding(path, f"{_name(path)} must be true or false, not {_kind(value)}")


def _day(path: KeyPath, value: object) -> Iterator[Finding]:
    if not isinstance(value, datetime.date):
        yield Finding(path, f"{_name(path)} must be a date as YYYY-MM-DD or null, not {_kind(value)}")
    elif not EARLIEST_YEAR <= value.year <= LATEST_YEAR:
        yield Finding(path, f"{_name(path)} has the year {value.year}, which cannot be right")


def _source(path: KeyPath, value: object) -> Iterator[Finding]:
    if not isinstance(value, dict):
        yield Finding(path, "evidence must be a list of entries with publisher, title, address, verified and date")
    else:
        yield from _check_fields(path, value, _EVIDENCE_FIELDS, frozenset({"seen_in"}))


def _check_agreement(entry: dict[str, Any]) -> Iterator[Finding]:
    """Fields that are each well formed and cannot stand together."""
    if entry["harm"] == "high" and not entry["evidence"] and not entry.get("review_note"):
        yield Finding(("evidence",), "a claim of high harm needs evidence, or a review_note that says why it has none")
    as_of = entry["as_of"]
    precision = entry.get("as_of_precision")
    if (as_of is None) != (precision is None):
        yield Finding(("as_of",), "as_of and as_of_precision go together: give both or neither")
    if as_of is not None:
        for index, source in enumerate(entry["evidence"]):
            # A review known only to its month covers all of that month.
            published, reviewed = source["date"], as_of
            if published is not None and precision == "month":
                published, reviewed = published.replace(day=1), as_of.replace(day=1)
            if published is not None and published > reviewed:
                path = ("evidence", index, "date")
                yield Finding(path, f"date {source['date']} is later than as_of {as_of}, when it was last looked at")
    yield from _check_repeats(entry)


def _check_repeats(entry: dict[str, Any]) -> Iterator[Finding]:
    seen: dict[str, str] = {entry["claim"].casefold(): "the claim"}
    for name in ("variants", "spanish_variants", "true_neighbours"):
        for index, text in enumerate(entry.get(name, ())):
            if first := seen.get(text.casefold()):
                yield Finding((name, index), f"{_name((name, index))} repeats {first}")
            seen.setdefault(text.casefold(), _name((name, index)))
    for index, keyword in enumerate(entry["keywords"]):
        if keyword in entry["keywords"][:index]:
            yield Finding(("keywords", index), f"keyword '{keyword}' stands twice")


def _matching(pattern: re.Pattern[str], example: str) -> Callable[[str], str | None]:
    def find_problem(text: str) -> str | None:
        return None if pattern.fullmatch(text) else f"'{text}' must be lower-case words with hyphens, such as {example}"

    return find_problem


def _name(path: KeyPath) -> str:
    if isinstance(path[-1], int):
        return f"{path[-2]} {path[-1] + 1}"
    return path[-1]


def _kind(value: object) -> str:
    kinds = {str: "text", bool: "true or false", list: "a list", dict: "a group of fields", type(None): "nothing"}
    if isinstance(value, datetime.date):
        return "a date"
    return kinds.get(type(value)) or str(getattr(value, "kind", type(value).__name__))


_EVIDENCE_FIELDS: Final[dict[str, Check]] = {
    "publisher": _text(200),
    "title": _text(300),
    "address": _text(500, find_address_problem),
    "verified": _flag,
    "date": _optional(_day),
    "seen_in": _optional(_text(200)),
}
_CLAIM_FIELDS: Final[dict[str, Check]] = {
    "id": _text(60, _matching(_ID, "'vax-mmr-autism'")),
    "topic": _text(60, _matching(_TOPIC, "'mental-health'")),
    "claim": _text(300, find_breadth_problem),
    "variants": _list(1, MAX_VARIANTS, _text(400, find_breadth_problem)),
    "spanish_variants": _list(0, MAX_VARIANTS, _text(400, find_breadth_problem)),
    "rating": _choice(RATINGS),
    "harm": _choice(HARMS),
    "harm_reason": _text(300),
    "correction": _text(1200),
    "keywords": _list(1, MAX_KEYWORDS, _text(60, find_keyword_problem)),
    "language": _choice(LANGUAGES),
    "true_neighbours": _list(0, MAX_TRUE_NEIGHBOURS, _text(400, find_breadth_problem)),
    "as_of": _optional(_day),
    "as_of_precision": _optional(_choice(AS_OF_PRECISIONS)),
    "as_of_basis": _optional(_choice(AS_OF_BASES)),
    "evidence": _list(0, MAX_EVIDENCE, _source),
    "review_note": _optional(_text(600)),
}
_CLAIM_OPTIONAL: Final = frozenset({"spanish_variants", "as_of_precision", "as_of_basis", "review_note"})
