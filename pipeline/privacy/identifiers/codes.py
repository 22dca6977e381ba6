"""Numbers and codes given to one person or thing: labelled ones of any length, long ones without a label."""

import re
from collections.abc import Iterator

from pipeline.privacy.identifiers.figures import LONG, SPOKEN, find_runs, is_spoken
from pipeline.privacy.identifiers.find import Find, any_of, of_matches, word_table
from pipeline.privacy.identifiers.labels import label_inside, label_of, own_label
from pipeline.privacy.identifiers.surface import Kind, Surface

_PUBLIC = re.compile(
    rf"\b{any_of(word_table('codes')['public_labels'])}\W{{0,3}}(?:(?:no|number|code|is|the)\W{{1,2}})?$"
)
_SECRET = re.compile(
    r"(?i:\b(?:password|passcode|pass ?word|pwd|pw|clave|contrasena)\b)(?:\s(?:is|es"
    r"|was))?[\s:=\"']{1,3}((?=[^\s\"]*[\d!@#$%&*])[^\s\"]{4,40})"
)
# "KITE-HARBOR-19", "SUBJ-114-QZ"
_HYPHENATED = re.compile(
    r"(?<![\w-])(?!COVID|SARS|ISO-)(?=[A-Z-]{0,20}\d)[A-Z0-9]{2,12}-[A-Z0-9]{2,12}-[A-Z0-9]{1,12}(?![\w-])"
)
_BRITISH_PLATE = re.compile(r"(?<![\w-])[A-Z]{2}\d{2} ?[A-Z]{3}(?![\w-])")
_BRACKETED = re.compile(r"(?:\(\d{2,4}\)[A-Za-z0-9]+){2,}")
# Letters and figures in one piece, or pieces joined by signs or by blanks before figures.
_PIECE = r"[A-Za-z0-9]"
_MIXED = re.compile(
    rf"(?<![\w@.])#?(?:[A-Z]{{1,4}}[ ](?=\d))?(?=[\w#./:-]{{0,24}}\d){_PIECE}++(?:(?:[-./:#_~*]{{1,2}}"
    rf"|[ ](?=\d)|(?<=\d)[ ](?=[A-Z]{{1,3}}\d|[A-Z]{{1,2}}\b)){_PIECE}++)*+"
)
_LOOSE = re.compile(
    rf"#?(?<![A-Za-z0-9])(?:(?=[A-Za-z]{{0,24}}\d){_PIECE}{{1,64}}|(?<![\w-])[a-z]{{1,4}}(?=-\d)"
    rf"|[A-Z]{{1,6}}(?![a-z])|{SPOKEN}(?![a-z]))"
    rf"(?:(?:[-./:#_~*]{{1,2}}|[ ]-[ ]|,[ ](?={SPOKEN})|[ ]|)(?:(?=[A-Za-z]{{0,24}}\d){_PIECE}{{1,64}}"
    rf"|[A-Z]{{1,6}}(?![a-z])|(?<![a-z]){SPOKEN}(?![a-z])|(?<=[-_])[A-Za-z]{{1,10}}(?=[-_ ]\d)"
    rf"|(?<=\d-)[a-z]{{1,4}}(?![a-z])))*+"
)
_LEAST = {"phone": 4, "vehicle": 3, "device_serial": 4, "fax": 4, "biometric": 3, "mrn": 3, "ssn": 3}
_PLATE = re.compile(
    r"\b(?:plates?|tag|vin|matricula|placas?|license plate)\b(?:\s(?:is|reads|said|says|number|no\.?"
    r"|#))?[\s:,=]{1,3}[\"'(]{0,2}([A-Z][A-Z0-9]{1,3}[ -]?[A-Z0-9]{2,6}|[A-Z]{2,8})(?![\w])"
)


def find_codes(surface: Surface, blanked: str) -> Iterator[Find]:
    """Codes in the text; `blanked` is its lower form without amounts, at the same length."""
    yield from find_runs(surface, blanked)
    yield from _mixed(surface, blanked)
    yield from _labelled(surface, blanked)
    yield from _quoted_plates(surface)
    yield from of_matches("other_code", _SECRET.finditer(surface.plain), 1)
    yield from of_matches("other_code", _HYPHENATED.finditer(surface.plain))
    yield from of_matches("vehicle", _BRITISH_PLATE.finditer(surface.plain))
    yield from of_matches("device_serial", _BRACKETED.finditer(surface.plain))


def _mixed(surface: Surface, blanked: str) -> Iterator[Find]:
    for match in _MIXED.finditer(surface.plain):
        found = match.group()
        figures = sum(1 for place in range(match.start(), match.end()) if blanked[place].isdigit())
        letters = sum(letter.isalpha() for letter in found)
        size = figures + letters
        if (
            figures >= 3
            and letters
            and size >= LONG
            and not _PUBLIC.search(surface.lower[max(0, match.start() - 24) : match.start()])
        ):
            yield _trimmed(surface, label_of(surface.lower, match.start()) or "other_code", match.start(), found)


def _labelled(surface: Surface, blanked: str) -> Iterator[Find]:
    for match in _LOOSE.finditer(surface.plain):
        found = match.group()
        spoken = is_spoken(blanked[match.start() : match.end()])
        if not spoken and not any(blanked[place].isdigit() for place in range(match.start(), match.end())):
            continue
        kind = label_of(surface.lower, match.start())
        if kind is None:
            kind = label_inside(found)
        if kind is None and spoken and re.match(r"[A-Z]\b|(?:[A-Z]-){2}", found):
            kind = "other_code"
        if (kind and _is_code(kind, found)) or (kind and spoken):
            yield _trimmed(surface, kind, match.start(), found)


def _trimmed(surface: Surface, kind: Kind, start: int, found: str) -> Find:
    # The label stays outside, a sign or a prefix that hangs on the code goes with it.
    end = start + len(found.rstrip(" -.,:/*~_"))
    if label := own_label(found):
        start += label
    elif prefix := re.search(
        r"(?:[A-Z][\w]{0,9}[-_#]|[-#*])(?:[a-z]{1,12} ?)?$", surface.plain[max(0, start - 24) : start]
    ):
        start -= len(prefix.group())
    if surface.plain[end : end + 1] == "*":
        end += 1
    return Find(kind, start, end)


def _is_code(kind: Kind, found: str) -> bool:
    signs = sum(letter.isalnum() for letter in found)
    figures = sum(letter.isdigit() for letter in found)
    if is_spoken(found) or re.fullmatch(r"(?=\D*\d)(?=.*[A-Z])[A-Z0-9-]{5,}", found):
        return True
    return signs >= _LEAST.get(kind, 3) and (figures >= 3 or (figures >= 2 and signs >= 5))


def _quoted_plates(surface: Surface) -> Iterator[Find]:
    for match in _PLATE.finditer(surface.plain):
        yield Find("vehicle", match.start(1), match.end(1))
