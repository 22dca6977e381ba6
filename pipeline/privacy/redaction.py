"""The redacted copy of a post: what points to a person is replaced by its kind, so that analysts can read the rest."""

import re
from collections.abc import Iterable, Iterator, Sequence

from models.folding import fold_characters
from pipeline.privacy.identifiers.addresses import find_addresses
from pipeline.privacy.identifiers.ages import find_ages
from pipeline.privacy.identifiers.amounts import BLANK, blank_amounts
from pipeline.privacy.identifiers.codes import find_codes
from pipeline.privacy.identifiers.contacts import contact_places, find_contacts
from pipeline.privacy.identifiers.dates import date_places, find_dates
from pipeline.privacy.identifiers.find import Find
from pipeline.privacy.identifiers.names import find_names
from pipeline.privacy.identifiers.surface import Identifier, Kind, Surface, read_surface

__all__ = ["Identifier", "Kind", "find_identifiers", "redact"]

PLACEHOLDERS: dict[Kind, str] = {
    "name": "[name]",
    "street_address": "[address]",
    "zip": "[zip]",
    "date": "[date]",
    "age_over_89": "[age over 89]",
    "phone": "[phone]",
    "fax": "[fax]",
    "email": "[email]",
    "url": "[link]",
    "ip_address": "[address]",
    "handle": "[handle]",
    "photo_reference": "[picture]",
    "biometric": "[biometric]",
}
CODE = "[number]"
# A part of what a post was screened with: raise it where copies come out differently, and all are made anew.
REDACTED_AS = "1"
# Most posts are one window; a longer text is read window by window.
WINDOW = 1_500
# What is gone can lay bare what stood beside it, so a copy is read again until nothing is found.
MAX_ROUNDS = 8
# Without a figure, a number word or a sign between two streets there is no address: most posts need no look.
_FIGURE = re.compile(
    r"\d|&|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    r"|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|oh|corner|intersection|unit|apt|flat"
    r"|apartment|lot|trailer|condo|apto|depto|address|direccion|domicilio|st|street|ave|avenue|rd|road|esquina|zip)\b"
)
_CUT = re.compile(r"[.!?\n]\s|\n")
_PLACEHOLDER = re.compile(
    r"\[(?:name|address|zip|date|age over 89|phone|fax|email|link|handle|picture|biometric|number)\]"
)


def find_identifiers(text: str, keep: Iterable[str] = ()) -> list[Identifier]:
    """What in `text` points to a person, in order and without overlap; see docs/privacy.md for the kinds.

    `keep` holds what stays wherever it stands: the practice's own names, clinicians, addresses and numbers. Linear in
    the length of the text; never raises.
    """
    terms = [folded for term in keep if (folded := fold_characters(term)[0].strip())]
    return [one for start, end in _windows(text) for one in _identifiers(text[start:end], start, terms)]


def redact(text: str, keep: Iterable[str] = ()) -> str:
    """The text with each identifier replaced by its kind ("[name]", "[phone]"). The same text gives the same copy."""
    terms = tuple(keep)
    for _ in range(MAX_ROUNDS):
        found = find_identifiers(text, terms)
        if not found:
            break
        text = _replaced(text, found)
    return text


def _replaced(text: str, found: Iterable[Identifier]) -> str:
    parts, done = [], 0
    for one in found:
        parts += [text[done : one.start], PLACEHOLDERS.get(one.kind, CODE)]
        done = one.end
    return "".join((*parts, text[done:]))


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """Where to cut a long text, at the end of a sentence where there is one: the work stays linear in its length."""
    start = 0
    while len(text) - start > WINDOW:
        cuts = [cut.end() for cut in _CUT.finditer(text, start + WINDOW // 2, start + WINDOW)]
        end = cuts[-1] if cuts else start + WINDOW
        yield start, end
        start = end
    yield start, len(text)


def _identifiers(text: str, offset: int, terms: Sequence[str]) -> list[Identifier]:
    surface = read_surface(text)
    kept = _kept(surface, terms)
    found = [find for find in _finds(surface) if not _inside(find, kept)]
    placed = (surface.identifier(*find) for find in _merged(found))
    return [Identifier(one.kind, one.start + offset, one.end + offset) for one in placed]


def _finds(surface: Surface) -> list[Find]:
    blanked = blank_amounts(surface.lower)
    contacts = list(find_contacts(surface))
    places = list(contact_places(surface))
    blanked = _without(blanked, places)
    dates = list(find_dates(surface, blanked))
    return [
        *contacts,
        *dates,
        *(find_addresses(surface, blanked) if _FIGURE.search(surface.lower) else ()),
        *find_codes(surface, _without(blanked, date_places(surface))),
        *find_ages(surface),
        *find_names(surface, places),
    ]


def _without(blanked: str, places: Iterable[tuple[int, int]]) -> str:
    letters = list(blanked)
    for start, end in places:
        letters[start:end] = BLANK * (end - start)
    return "".join(letters)


def _kept(surface: Surface, terms: Sequence[str]) -> list[tuple[int, int]]:
    kept = [match.span() for match in _PLACEHOLDER.finditer(surface.lower)]
    for term in terms:
        kept += [match.span() for match in re.finditer(rf"(?<!\w){re.escape(term)}(?!\w)", surface.lower)]
    return sorted(kept)


def _inside(find: Find, kept: Sequence[tuple[int, int]]) -> bool:
    return any(start <= find.start and find.end <= end for start, end in kept)


def _merged(found: list[Find]) -> list[Find]:
    """The union of the finds; a merged one has the kind of its longest part."""
    merged: list[tuple[Find, int]] = []
    for find in sorted(found, key=lambda find: (find.start, -find.end)):
        if find.start >= find.end:
            continue
        if merged and find.start < merged[-1][0].end:
            last, longest = merged[-1]
            longer = find.end - find.start > longest
            kind = find.kind if longer else last.kind
            merged[-1] = (Find(kind, last.start, max(last.end, find.end)), max(longest, find.end - find.start))
        else:
            merged.append((find, find.end - find.start))
    return [find for find, _ in merged]
