"""Numbers that point to nobody: doses, prices, counts, times, lab values, helplines. No code is sought in them."""

import re
from functools import cache

from pipeline.privacy.identifiers.find import any_of, word_table

BLANK = "\x00"
_WORDS = word_table("amounts")
_N = r"\d+(?:[.,]\d+)*"
_MANY = rf"(?:{_N}(?:\s?(?:-|to|or|x|by|/|and)\s?{_N})?)"
_UNIT = any_of(_WORDS["units"])
_NOUN = any_of(_WORDS["counted"])
_NUMBERED = any_of(_WORDS["numbered"])
_MEASURED = any_of(_WORDS["measured"])
_TIME = r"\d{1,2}(?::\d{2}){0,2}"
_HALF_DAY = r"(?:\s?[ap]\.?\s?m\b\.?|\s?o'?clock|\s?hrs\b|\s?noon)"
_PATTERNS = (
    # Money, shares, thousands.
    rf"[$£€]\s?{_N}(?:\s?-\s?[$£€]?{_N})?\s?(?:k|m|bn|million|billion)?\b",
    rf"(?<![\w.]){_N}\s?(?:%|percent|per cent|dollars?|bucks|cents?|usd|euros?|pounds|grand)(?!\w)",
    r"(?<![\w.,-])\d{1,3}(?:,\d{3})+(?![\w-])",
    # Times of the day and of the week.
    rf"(?<![\w.:/-]){_TIME}{_HALF_DAY}?\s?(?:-|to|until|till|and)\s?{_TIME}{_HALF_DAY}",
    rf"(?<![\w.:/-]){_TIME}{_HALF_DAY}",
    r"(?<![\w.:/-])(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?(?:\s?-\s?(?:[01]?\d|2[0-4]):[0-5]\d)?(?![\w:]|\.\d)",
    r"(?<![\w./-])24/7(?:/365)?(?![\w/-])",
    # Blood pressure, eyesight, ratings.
    r"(?<![\w./-])(?:[6-9]\d|1\d\d|2[0-4]\d)/(?:[3-9]\d|1[0-4]\d)(?=\s?(?:mm|bp|over|and|vision|$"
    r"|[.,!?;:)]| [a-z]))(?<!/20\d\d)(?![\w./-]\d)",
    r"(?<![\w./-])20/\d{2,3}(?![\w/-])",
    # Counts and measures with their unit or noun.
    rf"(?<![\w./:#-])(?<!\d ){_MANY}(?:-|\s)?{_UNIT}(?![\w])",
    r"(?<![\w./:#-])(?<!\d )\d{1,3}(?:\.\d+)?\s?[fcglhmkxwvd](?![\w-])",
    rf"(?<![\w./:#-])(?<!\d )(?!0\d)(?:(?:\d{{1,5}}(?:\s?(?:-|to|or|and)\s?\d{{1,5}})? {_NOUN})"
    rf"|(?:\d{{1,4}}(?: [a-z]+){{1,2}}? {_NOUN}))(?!\w)",
    rf"(?<![\w./:#-])\d{{1,3}}(?:st|nd|rd|th)? (?:{_NOUN})(?!\w)",
    # Places inside a building or a book; routes.
    rf"\b{_NUMBERED}[ #.:]{{1,2}}(?:no\.? ?)?\d{{1,4}}(?:-?[a-z]\b)?(?:[.-]\d{{1,2}}[a-z]?)?(?![\w-]|/\d"
    rf"|\s?[.-]?\s?\d)",
    # What was measured: "TSH 9.1", "A1C went from 11.2 to 7.0".
    rf"\b{_MEASURED}\b[^\d\n.;]{{0,20}}(?<![\w-]){_N}(?:/{_N})?(?:\s?(?:-|to|and|,)\s?{_N}(?:/{_N})?)?(?![\w-]|/\d)",
    # Diseases, genes, vitamins, drugs with their strength, rooms of trials and codes of bills.
    r"\b(?:covid|sars|cov|mers)[ -]?(?:cov)?[ -]?\d{1,2}\b",
    r"\b(?:nct|isrctn|chictr|eudract|doi|pmid|isbn|issn|npi|cpt|hcpcs|icd(?:-?1[01])?|drg|ndc|trial|protocol"
    r"|executive order|rfc|version|ver|ein|clia)[ :#.-]{0,2}(?:no\.? |number |code |id )?[a-z]{0,6}-?\d[\w.-]*",
    r"\b(?:lot|batch|hb|sb|h\.?r\.?)\.?[ #]?\d{1,4}[a-z]?(?![\w-])",
    r"\b\d{0,2} ?(?:cfr|u\.?s\.?c\.?|usc)\b ?(?:part |section )?[\d.]+",
    r"\border \d{4}-\d{1,3}(?![\w-])|(?<!\w)v\.?\d{1,2}(?:\.\d{1,3}){0,3}(?![\w-])",
    rf"\b(?:{any_of(_WORDS['helplines_after'])})\s(?:\d{{3}})(?!\d)",
)
_STAYS = tuple(re.compile(pattern) for pattern in _PATTERNS)
_HELPLINES = re.compile(r"(?<![\w-])(?:\+?1[-. ]?)?" + any_of(_WORDS["helplines"]) + r"(?![\w-]|\.\d)")
_TOLL_FREE = re.compile(
    r"(?<![\w-])\(?(?:\+?1[-. ]?)?\(?8(?:00|33|44|55|66|77|88)\)?[-. ]?(?:[\da-z]{3}[-. ]?[\da-z]{4,8}"
    r"|[\da-z]{4}-[\da-z]{3})(?![\w-])"
)
_FIGURE = re.compile(r"\d")
_LABEL_AHEAD = re.compile(
    r"(?:\bssn|\bsocial|\bmrn|\bchart|\bzip|\baccount|\bacct|\bpin|\bdob|\bborn|\bcall me|\bmy (?:cell"
    r"|phone|number))\W{0,3}(?:\w{0,7}\W{0,3})$"
)


def blank_amounts(lower: str) -> str:
    """The text with such numbers blanked, at the same length."""
    cut = lower
    if not _FIGURE.search(lower):
        return cut
    for pattern in (_HELPLINES, _TOLL_FREE, *_STAYS):
        cut = pattern.sub(_blank, cut)
    return cut


def _blank(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 30) : match.start()]
    if _LABEL_AHEAD.search(before):
        return match.group()
    return re.sub(r"\w", BLANK, match.group())


@cache
def count_nouns() -> re.Pattern[str]:
    """The nouns that follow a count, and units."""
    return re.compile(rf"\s?-?\s?(?:{_UNIT}|{_NOUN})\b")
