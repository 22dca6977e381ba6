"""Dates about a person, in figures and in words; dates of events that are open to all stay."""

import re
from collections.abc import Iterator

from pipeline.privacy.identifiers.find import Find, any_of, of_matches, word_table
from pipeline.privacy.identifiers.surface import Surface

_WORDS = word_table("dates")
_MONTH = any_of(_WORDS["months"]) + r"\b\.?"
# "may" and "mar" are words as well: such a month counts beside a number only.
_WEEKDAY = rf"(?:{any_of(_WORDS['weekdays'])}\b\.?,?\s+(?:the\s+)?)?"
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?:\s?(?:st|nd|rd|th|º|ro))?"
_SPOKEN_DAY = any_of(_WORDS["ordinals"])
_SPOKEN_YEAR = (
    rf"(?:(?:nineteen|twenty)[\s-](?:hundred|oh[\s-]\w+|{any_of(_WORDS['tens'])}(?:[\s-]\w+)?|\w+teen|ten"
    rf"|eleven|twelve)"
    r"|two\sthousand(?:\s(?:and\s)?[a-z]+(?:[\s-](?:one|two|three|four|five|six|seven|eight|nine))?)?)"
)
_YEAR = r"(?:(?:18|19|20)\d\d|'\s?\d\d|\d\d(?!\d|[:/.%]|\s?(?:am|pm|mg|%|st|nd|rd|th)\b))"
_SEP = r"(?:\s?[/.\-–~·_|\\]\s?|\s)"
_M, _D = r"(?:1[0-2]|0?[1-9])", r"(?:[12]\d|3[01]|0?[1-9])"
_DIGITS = r"(?:\d\s){1,2}"
_EDGE, _END = r"(?<![\w$./:#-])", r"(?![\w/]|[.:-]\d)"
_CERTAIN = tuple(
    re.compile(pattern)
    for pattern in (
        # 2026-04-18, 20260418
        rf"{_EDGE}(?:18|19|20)\d\d\s?[-/._]\s?{_M}\s?[-/._]\s?{_D}(?!\d)",
        r"(?<!\w)(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\w)",
        # 4/18/26, 18.4.1926, 4-18-26
        rf"(?<![\w$/:#])(?:{_M}\s?([-/._~|\\])\s?{_D}|{_D}\s?([-/._~|\\])\s?{_M})\s?(?:\1|\2"
        rf"|[-/._])\s?(?:(?:18|19|20)\d\d|'?\d\d)(?!\w|-\d)",
        # 03JUL1979, 05-MAY-26, 18 apr 1926
        rf"(?<![\w$])\d{{1,2}}[\s/.-]?{_MONTH}[\s/.,-]{{0,2}}(?:(?:18|19|20)\d\d|'?\d\d)(?!\w)",
        # 0 4 . 0 4 . 4 4
        r"(?<!\w)\d(?: \d)? ?[./-] ?\d(?: \d)? ?[./-] ?\d(?: \d){1,3}(?![ ]?\d)",
        rf"\b(?:{_SPOKEN_DAY})\s(?:of\s)?{_MONTH},?\s(?:of\s)?{_SPOKEN_YEAR}",
        rf"\b{_MONTH}\s(?:the\s)?(?:{_SPOKEN_DAY}|{_DAY}),?\s(?:of\s)?{_SPOKEN_YEAR}",
    )
)
_DAYS = tuple(
    re.compile(pattern)
    for pattern in (
        # May 18th, 2026; May the 18th; May 18-21
        rf"(?<![\w-]){_MONTH}[\s-]?(?:the\s|,\s)?(?:{_DAY}(?!\d|:\d|\s?(?:am|pm|mg|%))|{_SPOKEN_DAY}\b)"
        rf"(?:\s?(?:-|to|and|&|through|thru)\s?{_DAY}(?!\d|:|\s?(?:am|pm)))?(?:(?:\s?,\s?|\s|/"
        rf"|-)(?:of\s)?{_YEAR})?(?!\w)",
        # 18th of May, 18 de mayo de 1980, the eighteenth of May
        rf"(?<![\w$.:/-])(?:(?:18|19|20)\d\d, ?)?(?:the\s|el\s)?(?:{_DAY}"
        rf"|{_SPOKEN_DAY})[\s/-]?(?:day\s)?(?:of\s|de\s|del\s)?{_MONTH}(?:(?:,\s?|\s|-|/)(?:of\s|de\s"
        rf"|del\s)?{_YEAR})?(?!\w)",
        rf"(?<![\w-])(?:la\s)?{_MONTH}(?:,?\s|\sof\s|\sde\s|\sdel\s|-|/|\s?')(?:(?:18|19|20)\d\d"
        rf"|'?\s?\d\d(?=$|[\s,.;:!?)]))(?!\w|:\d)",
    )
)
_HOLIDAY = re.compile(rf"(?<![\w$./:#-]){any_of(_WORDS['holidays'])}(?:\s(?:(?:19|20)\d\d|'\d\d))?(?!\w)")
# Month and day alone; "1/2" is also a half.
_SHORT = re.compile(
    rf"(?<![\w$./:#-])({_M}|(?:1[3-9]|2\d|3[01])(?=/(?:0?[1-9]|1[0-2])(?!\d)))/({_D})(?![\w/]|\.\d|-\d\d\d|\s?%)"
)
_SHORT_DASH = re.compile(rf"(?<![\w$./:#-])({_M})[-.]({_D})(?![\w/]|[.-]\d|\s?%)")
_ORDINAL = re.compile(
    rf"\b(?:on|by|since|until|till|before|after|from|for"
    rf"|{any_of(_WORDS['weekdays'])},?)\s((?:the\s)?{_D}(?:st|nd|rd|th))\b(?!\s+[a-z]+(?<!and)(?<!at)(?<!to)(?<!for))"
)
_LABELLED = re.compile(
    rf"\b{any_of(_WORDS['labels'])}\b[^\w\n]{{0,4}}(?:(?:is|was|on|the|date|number|code|in|de|el"
    rf"|of)[^\w\n]{{1,3}}){{0,3}}(\d[\d\s./-]{{2,14}}\d|{_MONTH})"
)
_TIME = re.compile(r",? (?:at |@ ?)\d{1,2}(?::\d\d)?(?: ?[ap]\.?m\b\.?)?|,? \d{1,2}(?::\d\d(?: ?[ap]m\b)?| ?[ap]m\b)")
_PART = any_of(_WORDS["fraction_nouns"])
_FRACTION = re.compile(rf"\s?(?:of\b|an?\b|-?\s?{_PART}\b|$|[.!])")
_BEFORE_DATE = re.compile(
    r"(?:\b(?:on|by|since|from|until|till|before|after|date|dated|dos|appt|appointment|seen|visit|due|dob"
    r"|born|b\.|birthday|bday|in|and|to|of|admitted|discharged|died|surgery|the|was|for|started|between)"
    r"|[,;(:&-])[\s(:]*$"
)
_RATED = re.compile(
    r"\b(?:pain|rate|rated|rating|score|scored|solid|give|gave|level|was a|like a|of|a|an|took|cut|about)\s*$"
)
_OPEN = re.compile(r"\b" + any_of(_WORDS["event_cues"]) + r"\b")
_PERSONAL = re.compile(r"\b" + any_of(_WORDS["person_cues"]) + r"\b")
_SENTENCE = re.compile(r"[.!?\n](?=\s)")


def date_places(surface: Surface) -> Iterator[tuple[int, int]]:
    """Where dates stand that are written out, a person's or not: no code is sought in them."""
    for pattern in (*_CERTAIN, *_DAYS):
        for match in pattern.finditer(surface.lower):
            yield match.span()


def find_dates(surface: Surface, blanked: str) -> Iterator[Find]:
    """Dates in `blanked` (the lower text without amounts) that are about a person."""
    for pattern in _CERTAIN:
        yield from of_matches("date", pattern.finditer(surface.lower))
    yield from _written(surface)
    yield from _short(surface, blanked)
    for match in _HOLIDAY.finditer(surface.lower):
        if _PERSONAL.search(_sentence(surface.lower, match)):
            yield Find("date", match.start(), match.end())
    for pattern in (_ORDINAL, _LABELLED):
        for match in pattern.finditer(surface.lower):
            bare = re.fullmatch(r"(?:18|19|20)\d\d|[a-z.]+", match.group(1))
            if not bare and (pattern is _LABELLED or not _of_event(surface.lower, match)):
                yield Find("date", match.start(1), match.end(1))


def _written(surface: Surface) -> Iterator[Find]:
    for pattern in _DAYS:
        for match in pattern.finditer(surface.lower):
            if not _is_word(match.group()) and not _of_event(surface.lower, match):
                time = _TIME.match(surface.lower, match.end())
                yield Find("date", match.start(), time.end() if time else match.end())


def _short(surface: Surface, blanked: str) -> Iterator[Find]:
    for match in _SHORT.finditer(blanked):
        if match.group() == "9/11" and not _PERSONAL.search(_sentence(surface.lower, match)):
            continue
        if not _is_fraction(blanked, match) and not _of_event(surface.lower, match):
            yield Find("date", match.start(), match.end())
    for match in _SHORT_DASH.finditer(blanked):
        if _PERSONAL.search(_sentence(surface.lower, match)) and _BEFORE_DATE.search(
            blanked[max(0, match.start() - 14) : match.start()]
        ):
            yield Find("date", match.start(), match.end())


def _is_word(found: str) -> bool:
    # "may 5 people": the verb.
    return not re.search(r"\d|[a-z]{4}", found)


def _is_fraction(text: str, match: re.Match[str]) -> bool:
    before, after = text[max(0, match.start() - 16) : match.start()], text[match.end() : match.end() + 16]
    small = int(match.group(1)) <= int(match.group(2)) and int(match.group(2)) in (2, 3, 4, 5, 8, 10)
    if not small:
        return False
    if re.match(rf"\s?(?:of\b|-?\s?{_PART}\b)", after) or re.search(r"\d\s$", before) or _RATED.search(before):
        return True
    return match.group(2) in ("5", "10") and not _BEFORE_DATE.search(before)


def _of_event(text: str, match: re.Match[str]) -> bool:
    sentence = _sentence(text, match)
    return bool(_OPEN.search(sentence)) and not _PERSONAL.search(sentence)


def _sentence(text: str, match: re.Match[str]) -> str:
    before = text[max(0, match.start() - 80) : match.start()]
    after = text[match.end() : match.end() + 60]
    begins = [cut.end() for cut in _SENTENCE.finditer(before)]
    ends = _SENTENCE.search(after)
    return before[begins[-1] if begins else 0 :] + match.group() + after[: ends.start() if ends else None]
