"""Runs of figures, written or spoken: telephone numbers and whatever else has six figures or more."""

import re
from collections.abc import Iterator

from pipeline.privacy.identifiers.amounts import count_nouns
from pipeline.privacy.identifiers.find import Find, any_of, word_table
from pipeline.privacy.identifiers.labels import label_of, own_label
from pipeline.privacy.identifiers.surface import Kind, Surface

_WORDS = word_table("codes")
_TENS = frozenset(_WORDS["spoken_tens"])
SPOKEN = rf"(?:{any_of((*_WORDS['spoken_units'], *_WORDS['spoken_tens']))}|double|triple|thousand)"
# Figures, or letters that pass for them beside figures; figures may stand beside number words.
_FIGURES = r"(?:(?=[oil]{0,4}\d)[\doil]+(?![a-z]|(?<=[a-z])\d)|\d+|[oil]{1,4}(?=[\s.-]?\d)|(?<=\d)o(?![a-z]))"
_JOIN = (
    r"(?:\s?[-./:~_()+*|\\]{1,3}\s?(?=[\doil])|,\s?(?=\d{2,4}(?!\d))|\s?[-/:~_()|]{1,2}\s?|,\s?(?=[a-z])"
    r"|\s{1,2}|\s?dash\s|\s?dot\s|\s?hyphen\s)?"
)
_EXTENSION = re.compile(r"\s?(?:x|ext\.?|extension|anexo)\s?\d{1,6}")
_RUN = re.compile(
    rf"(?<![a-z.])[(+#]{{0,2}}(?:{_FIGURES}|{SPOKEN}|(?<=\d)o)(?:{_JOIN}(?:{_FIGURES}|{SPOKEN}"
    rf"|(?<![a-z])o(?![a-z])))*+"
)
_WORD_OF_RUN = re.compile(rf"\d|[oil](?![a-z])|{SPOKEN}")
# The line of an office, unless it is somebody's.
_OFFICE_LINE = re.compile(
    r"\b(?:clinic|hotline|help ?line|hospital|front desk|nurse line|poison control|crisis line|pharmacy"
    r"|(?:the|main|new) office|own|health department|county health|scheduling|wic|red cross|lifeline)"
    r"(?:'s)?(?: (?:main|new|own|old|the|after-?hours|scheduling|billing))*(?: (?:line|number|phone|desk"
    r"|fax|hotline|no\.?))?(?: (?:is|at|on|now|:))*[:,]? ?\(?\+?$"
)
# From so many figures on a run points to somebody, label or none; spoken ones from a ZIP code on.
LONG, _ZIP_LENGTH = 6, 5


def find_runs(surface: Surface, blanked: str) -> Iterator[Find]:
    """Long runs of figures in `blanked`, shorter ones where they are spoken and labelled; office lines stay."""
    for match in _RUN.finditer(blanked):
        found = match.group()
        size = _digits(found)
        if size < 3:
            continue
        start, end = match.start(), match.start() + len(found.rstrip(" -.,:(*/|\\+_~"))
        spoken = bool(re.search(r"[a-z]{2}", found))
        if _OFFICE_LINE.search(surface.lower[max(0, start - 60) : start]):
            continue
        if (
            size >= 7
            or (spoken and label_of(surface.lower, start))
            or (size == LONG and not _counts(blanked, end))
            or (spoken and size >= _ZIP_LENGTH)
        ):
            kind = label_of(surface.lower, start) or _kind_of_run(found, size)
            more = _EXTENSION.match(surface.lower, end)
            start -= _capitals(surface.plain, start)
            starred = surface.plain[end : end + 1] == "*"
            yield Find(
                kind, start - (surface.plain[start - 1 : start] in tuple("*-#")), more.end() if more else end + starred
            )


def is_spoken(found: str) -> bool:
    """Whether a code holds three figures or more in words."""
    return sum(2 if word in _TENS else 1 for word in re.findall(SPOKEN, found.lower())) >= 3


def _capitals(plain: str, start: int) -> int:
    # The letters before the figures of a code: "H 5520 001 77".
    letters = re.search(r"(?<![\w])([A-HJ-Z]{1,4}) $", plain[max(0, start - 6) : start])
    return (
        len(letters.group())
        if letters
        and not own_label(letters.group() + "000")
        and letters.group(1) not in ("FAX", "TEL", "CALL", "TEXT", "CELL", "AT", "IS", "TO")
        else 0
    )


def _counts(text: str, end: int) -> bool:
    return bool(count_nouns().match(text, end))


def _kind_of_run(found: str, size: int) -> Kind:
    if re.fullmatch(r"\d{3}\D\d{2}\D\d{4}", found.strip()):
        return "ssn"
    return "phone" if size in (7, 10, 11) or found.lstrip().startswith("+") else "other_code"


def _digits(found: str) -> int:
    count = 0
    for match in _WORD_OF_RUN.finditer(found):
        word = match.group()
        count += 2 if word in _TENS else 0 if word in ("double", "triple", "thousand") else 1
    return count
