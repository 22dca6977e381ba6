"""Where a person lives: houses, units, boxes, crossings and ZIP codes."""

import re
from collections.abc import Iterator

from pipeline.privacy.identifiers.find import Find, any_of, of_matches, word_table
from pipeline.privacy.identifiers.surface import Surface

_WORDS = word_table("addresses")
_SURE = any_of(_WORDS["sure"])
_CAPITAL = any_of(word.capitalize() for word in _WORDS["capital"])
_ANY_END = rf"(?:(?i:{_SURE})|{_CAPITAL}|{any_of(word.upper() for word in _WORDS['capital'])})\b\.?"
_UNIT_WORD = rf"(?i:{any_of(_WORDS['units'])})"
_SPOKEN = rf"(?i:{any_of(_WORDS['spoken'])})"
_UNIT = rf"(?:[\s,]{{1,3}}(?:\b{_UNIT_WORD}\.?\s?#?|#\s?)\s?(?:[A-Za-z]?-?\d+-?[A-Za-z]?|[A-Z]\b|{_SPOKEN}\b)(?!\w))"
_HOUSE = (
    r"(?:(?<![\w$.,:/-])#?\d{1,6}(?:\s?-\s?(?:\d{1,4}|[A-Za-z]\b))?(?:\s?[A-Za-z]\b)?(?:\s\d/\d)?"
    rf"|(?<!\w){_SPOKEN}(?:[\s-]{_SPOKEN}){{0,3}})"
)
_HEAD = r"(?:(?:[NSEW]|[NS][EW]|North|South|East|West|north|south|east|west|Old|Upper|Lower|Saint|St)\b\.?\s)?"
_LARGE = r"[A-Z][\w'-]*"
_CARDINAL = r"(?:\s(?:[NSEW]|[NS][EW])\b\.?)?"
_NOT = rf"(?!(?i:{any_of(_WORDS['not_streets'])})\b)"
_PATTERNS = (
    # 2218 Quince Hollow Rd, Apt 4 · Three Mill Race · 12 b Larch Rd · 412 5th Ave
    re.compile(
        rf"(?:(?<!\w){_UNIT_WORD}\.?\s?#?\w{{1,5}},?\s)?{_HOUSE},?\s{_NOT}{_HEAD}(?:(?:{_LARGE}"
        rf"|\d{{1,3}}(?:st|nd|rd|th))\s){{1,4}}{_ANY_END}{_CARDINAL}{_UNIT}{{0,2}}"
    ),
    # 14 elm st
    re.compile(
        rf"(?<![\w$.,:/-])\d{{1,6}}\s?[a-z]?\s{_NOT}(?:[\w'.-]{{1,24}}\s){{1,3}}(?i:{_SURE})\b\.?(?!'"
        rf"|-?\s?(?:clinic|hospital|pharmacy)){_CARDINAL}{_UNIT}{{0,2}}"
    ),
    # Elm Street 12 · Lot 14, Heron Trailer Court
    re.compile(
        rf"(?<!\w)(?:{_LARGE}\s){{1,3}}(?:Street|Avenue|Road|Lane|Drive|Court|St|Ave|Rd|Ln|Dr"
        rf"|Blvd)\b\.?,?\s(?:(?:no|number|house|num)\b\.?\s)?#?\d{{1,5}}[A-Za-z]?(?!\w|\s?(?:am|pm|years|minutes))"
    ),
    re.compile(
        rf"(?<!\w)(?:Lot|lot|Space|Unit|Apt|apt|Apartment|apartment|unit|Flat|flat|Trailer"
        rf"|trailer)\.?\s?#?\w{{1,5}},?\s(?:of\s|at\s|in\s|the\s)*(?:{_LARGE}\s){{1,4}}{_ANY_END}"
    ),
    re.compile(
        r"(?i:\b(?:p\.?\s?o\.?|post(?:al)?\soffice|apartado(?:\spostal)?)\s?(?:box|drawer"
        r"|bin)?\s?#?\s?\d[\d\s-]{0,8})"
    ),
    re.compile(
        r"(?i:\b(?:rural\sroute|county\sroad|rr|r\.r\.|hc|star\sroute|state\sroad|cr|fm"
        r"|highway\scontract)\s?#?\d{1,5}[a-z]?,?\s?(?:box\s?#?\d{1,6}(?:-?[a-z]\b)?)?)(?=\W|$)"
    ),
    re.compile(r"(?i:\bbox\s#?\d{2,6}\b)"),
    # Crossings
    re.compile(
        rf"(?:(?i:corner|intersection|crossroads|esquina)\s(?i:of|de)\s(?i:the\s)?)((?:{_LARGE}"
        rf"|\d{{1,3}}(?:st|nd|rd|th))(?:\s{_LARGE})?\s(?:and|&|y|at|/)\s(?:{_LARGE}|\d{{1,3}}(?:st|nd|rd"
        rf"|th))(?:\s{_LARGE})?)"
    ),
    re.compile(
        rf"(?<!\w)((?:{_LARGE}|\d{{1,3}}(?:st|nd|rd|th))(?:\s(?:{_ANY_END}))?\s(?:and|&|y|@)\s(?:{_LARGE}"
        rf"|\d{{1,3}}(?:st|nd|rd|th))\s(?:St|Street|Ave|Avenue|Rd|Road|Ln|Lane|Blvd|Dr|Drive)\b\.?)"
    ),
    re.compile(
        rf"(?:\b(?i:on|near|by|off|corner|live|lives|stay|staying)\s)((?:{_LARGE}|\d{{1,3}}(?:st|nd|rd"
        rf"|th))\s(?:&|@)\s"
        rf"(?:{_LARGE}|\d{{1,3}}(?:st|nd|rd|th))(?=\W|$))"
    ),
    # calle Sauce 14, 3 B
    re.compile(
        rf"(?i:\b{any_of(_WORDS['spanish'])})\.?\s(?:(?:de|del|la|las|los|el|san"
        rf"|santa)\s)*[A-Za-z][\w'-]*(?:\s(?:de|del|la|las|los|y|[A-Z][\w'-]*)){{0,4}}\s?,?\s(?:(?i:no|num"
        rf"|numero|n|nro|#)[.\s]{{0,2}})?#?\d{{1,5}}(?:\s?[-,]\s?\d{{1,4}}\s?(?:[A-Za-z]\b"
        rf"|-\s?\d+)?)?(?:,?\s(?:piso|apto|depto|puerta|int)\.?\s?\w{{1,4}})?"
    ),
    re.compile(
        r"(?<![\w$.,:/-])\d{1,5},?\s(?:bis\s)?(?i:rue|avenue|boulevard|calle|avenida|via|place|chemin"
        r"|allee|impasse)\s(?:(?:de|des|du|la|le|les|del|los|las|l')[\s'])*[A-Z][\w'-]*(?:\s[A-Z][\w'-]*){0,3}"
    ),
    # at 5 Foxglove: after a word of place any large word will do
    re.compile(
        rf"\b(?i:at|of|to|from|on|live|lives|living|reside[sd]?|address|addy|adress|adres|behind|near"
        rf"|opposite|in|home|house|outside|past|is|drop|visit|knock|not|or|and|deliver|mail|door|moved?"
        rf"|direccion|en|vivo en|domicilio)[\s:]{{1,2}}(?:is\s|the\s|my\s)?((?:#?\d{{1,5}}[A-Za-z]?"
        rf"|{_SPOKEN}(?:[\s-]{_SPOKEN})*)\s{_NOT}{_HEAD}{_LARGE}(?:\s{_LARGE}){{0,3}}{_UNIT}?)"
    ),
    # 33 Milstone Cresent: two large words, an end unknown or misspelt
    re.compile(
        rf"((?<![\w$.,:/-])\d{{1,5}}[A-Za-z]?\s{_NOT}{_LARGE}\s{_NOT}[A-Z][a-z]+(?:\s[A-Z][a-z]+)?{_UNIT}?)(?=[\s,.;!?)]|$)"
    ),
    re.compile(
        r"(?<!\w)((?:apt|apartment|flat|unit|trailer|condo|apto|depto)\b\.?\s?(?:no\.?\s"
        r"|number\s)?#?\s?(?:\d{1,5}-?[A-Za-z]?|[A-Z]-?\d{1,4}|(?-i:[A-HJ-Z])))(?!\w|\s?(?:mg|ml|%))",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:address|addy|adress|direccion|domicilio|live at|lives at|i'm at|staying at"
        r"|home is)\b[\s:]{1,3}(?:is\s|at\s)?(#?\d{1,6}\s?[a-z]?(?:\s[\w'.-]{2,24}){1,4}?)(?=[,.;!?)]|$"
        r"|\s(?:and|come|so|in|please|if|with|or|the))",
        re.IGNORECASE,
    ),
)
_ZIPS = (
    re.compile(r"(?<![\w$.,:/#-])(?:\d{5}|\d{4}o)(?:\s?[-–+]\s?\d{4})?(?![\w-]|[.,:/]\d|\s?%)"),
    re.compile(
        r"\b(?:zip|zips|zipcode|postal|postcode|codigo postal|cp|c\.p\.)(?:'s)?\s?(?:codes?"
        r"|no\.?)?[\s:=#]{0,3}(?:(?:is|of|es|at|patient|in|was|now|my|the"
        r"|here)[\s:]{1,2}){0,3}((?:[a-z]{1,2}\d[a-z\d]?\s?\d[a-z]{2})|\d[\d\s.-]{2,14}\d|\d{3}(?:xx|\*\*)?)(?![\w])"
    ),
    # A British or Canadian postcode.
    re.compile(r"(?<![\w-])(?:[a-z]{1,2}\d{1,2}[a-z]?\s\d[a-z]{2}|[a-z]\d[a-z]\s?\d[a-z]\d)(?![\w-])"),
)
_COUNTED = re.compile(
    r"\s?(?:steps|people|patients|units|calories|iu|mg|miles|votes|times|deaths|cases|residents"
    r"|signatures|words|followers|dollars|bucks|members|feet|hours|days|participants|shots|doses"
    r"|subscribers|fans|views|likes|others|of (?:us|them)|more|km|kcal|or so|years|volts|employees|kids"
    r"|americans|women|men|children)\b"
)


def find_addresses(surface: Surface, blanked: str) -> Iterator[Find]:
    """Streets, boxes, units and crossings in the text as it is; ZIP codes in `blanked`."""
    for pattern in _PATTERNS:
        for match in pattern.finditer(surface.plain):
            group = 1 if pattern.groups and match.group(1) else 0
            end = match.start(group) + len(match.group(group).rstrip(" ,-"))
            yield Find("street_address", match.start(group), end)
    for match in _ZIPS[0].finditer(blanked):
        if not _COUNTED.match(blanked, match.end()):
            yield Find("zip", match.start(), match.end())
    yield from of_matches("zip", _ZIPS[1].finditer(surface.lower), 1)
    yield from of_matches("zip", _ZIPS[2].finditer(blanked))
