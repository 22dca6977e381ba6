"""Ages over 89, in figures and in words."""

import re
from collections.abc import Iterator

from pipeline.privacy.identifiers.find import Find
from pipeline.privacy.identifiers.surface import Surface

_UNITS = "one|two|three|four|five|six|seven|eight|nine"
_SPOKEN = (
    rf"(?:ninety(?:[\s-]?(?:{_UNITS}))?|(?:a|one)[\s-]hundred(?:[\s-](?:and[\s-])?(?:{_UNITS}|ten|eleven"
    rf"|twelve|thirteen|fourteen|fifteen))?"
    r"|noventa(?: y (?:uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve))?|cien|ciento (?:uno|dos|tres|cuatro|cinco))"
)
_AGE = rf"(?:9\d|1[01]\d|12[0-2]|{_SPOKEN})(?:[.,]\d|\s?1/2| and (?:a half|three quarters)|yo\b|y/o\b|yrs?\b)?"
_OLD = (
    r"(?:\s?-?\s?(?:yo|y/o|y\.o\.?|yr|yrs|year|years)\b(?:[\s-]?(?:old|young|of age))?"
    r"|\s?(?:años|anos)\b|\s?(?:th|st|nd|rd)\s(?:birthday|bday|year\b))"
)
_PATTERNS = (
    # In words it is an age more often than anything else.
    re.compile(
        rf"(?<!\w)(ninety[\s-](?:{_UNITS})|hundred and (?:first|second|third|fourth|fifth|sixth))"
        r"(?!\s?(?:percent|per cent|degrees|days|minutes|hours|weeks|months|dollars|bucks|cents|pounds"
        r"|miles|times|mg|ml|people|pages|calls|units)\b)"
    ),
    re.compile(rf"(?<![\w$.:/#-])({_AGE}(?<=yo|/o))"),
    re.compile(
        rf"(?<![\w$.:/#-])({_AGE}){_OLD}(?!\s(?:ago|later|experience|sentence|since|in|of (?:service"
        rf"|experience|smoking|work)))"
    ),
    re.compile(
        rf"\b(?:age|aged|ages|edad(?: de)?|turn(?:s|ed|ing)?|at age|reached|hit|cumpl[eio]\w*|tiene|nearly"
        rf"|almost|young|is now|still)\s?(?:of\s|is\s|:\s?|the\sage\sof\s|a\s)?({_AGE})(?![\w%]"
        rf"|\s?(?:degrees|%|percent|on (?:the|my) (?:scale|test|exam|thermo)|lbs?|pounds|people|minutes"
        rf"|days|hours|times|calls|over)|[./:]\d)"
    ),
    re.compile(
        rf"\b(?:mom|mum|mother|dad|father|gran\w*|grand\w*|nana|nan|nonna|abuel\w*|papa|he|she|they|who"
        rf"|husband|wife|aunt|uncle|auntie|patient|lady|woman|man|neighbou?r|i|and|person|[a-z]+)"
        rf"(?:'s|'m|\sis|\sam|\swas|\sare)\s(?:also\s|now\s|only\s|just\s|nearly\s|almost\s|already\s"
        rf"|about\s|over\s)?({_AGE})(?=$|[\s.,;:!?)\"'](?!\s?(?:degrees|%|percent|\d|on (?:the|my) |over"
        rf"|lbs?|pounds|mg|ml|minutes|days|hours|miles|people|calls|and (?:it|hum)|out of|in (?:here"
        rf"|the room|there))))"
    ),
    re.compile(
        rf"\bat\s({_AGE})(?![\w%]|[./:-]\d|\s?(?:degrees|percent|mph|lbs?|pounds|bpm|over|mg|ml|miles"
        rf"|\w+\s(?:st|street|road|rd|ave|avenue|ln|lane|dr|drive|court|ct)\b))"
    ),
    re.compile(rf"[(,]\s?(?:age\s?|f|m|male|female|now\s)?({_AGE})\s?(?:f|m|yrs?)?\s?[),](?!\d)"),
    re.compile(rf"\bhappy\s({_AGE})(?:th|st|nd|rd)?\b"),
    re.compile(rf"(?<![\w$.:/#-])({_AGE})(?:th|st|nd|rd)?\sbirthday"),
    re.compile(rf"(?<![\w$.:/#-])({_AGE})\s?(?:f|m|female|male)\b(?!\w)"),
    re.compile(rf"\b({_SPOKEN})[\s-](?:and[\s-])?(?:\w+[\s-])?(?:years?|yrs?)?[\s-]?(?:old|young)"),
    re.compile(
        r"\b(?:in|into|well into)\s(?:his|her|their|my|the|its)\s((?:late |early |mid |mid-)?(?:nineties|90'?s))\b"
    ),
    re.compile(r"\b(centenarian|nonagenarian|supercentenarian|centenaria|centenario)\b"),
)
_MAY_AGE = re.compile(r"9\d|1[0-2]\d|ninet|hundred|noventa|cien|centen|nonagen")
_MEASURED = re.compile(
    r"\b(?:temp\w*|fever|sats?|oxygen|o2|pulse|heart|rate|pressure|sugar|glucose|weigh\w*|score|bpm|bp"
    r"|room|degrees|percent|it|this|that|line|bus|wait|traffic)(?:'s|\sis|\swas)?\s(?:\w+\s)?$"
)


def find_ages(surface: Surface) -> Iterator[Find]:
    """Ages over 89, without the words around them."""
    if not _MAY_AGE.search(surface.lower):
        return
    for pattern in _PATTERNS:
        for match in pattern.finditer(surface.lower):
            start = match.start(1)
            if not _MEASURED.search(surface.lower[max(0, start - 24) : start]):
                yield Find("age_over_89", start, match.end(1))
