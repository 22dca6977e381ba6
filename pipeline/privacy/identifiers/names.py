"""Names of people: large words that no dictionary knows, given names, and what follows "my name is" or "my son"."""

import re
from collections.abc import Iterator, Sequence

from pipeline.privacy.identifiers.find import Find, any_of, of_matches
from pipeline.privacy.identifiers.grown import NOT_IN_NAMES, grow_names
from pipeline.privacy.identifiers.roles import spared_places
from pipeline.privacy.identifiers.surface import Surface
from pipeline.privacy.identifiers.tokens import PROPER, PUBLIC, SETS, Token, base_of, is_known, read_tokens, without_s

_BETWEEN = re.compile(r"[ .,/\"'()-]{1,3}")
_STRONG = re.compile(r"(?:^|[^\w'])" + any_of(SETS["strong_introducers"]) + r"[\s:\"'(]{1,3}$")
_KIN = re.compile(
    r"(?:^|[^\w'])"
    + any_of(re.escape(word) for word in SETS["kin"])
    + r"(?:,|:| is| named| called|'s name is|s)?[\s\"'(]{1,2}$"
)
_CIVIL = re.compile(r"(?:^|[^\w'])" + any_of(SETS["civil_titles"]) + r"\.? $")
_PLACED = re.compile(r"\b(?:at|in|near|to|from|inside|outside|the|of|through|via|around|than|called|town of) $")
_DRUGGED = re.compile(
    r"\b(?:take|took|takes|taking|on|dose of|mg of|of|prescribed|start(?:ed|ing)?|stopped|some|my"
    r"|swallow(?:ed)?|tried|the|bought|sells?|selling|try|use|using|an?|brand|model|device|app|called"
    r"|with|drug|supplement|and|or|recalled?) $"
)
_THING_AFTER = re.compile(
    r" ?(?:'s )?(?: \d{1,3}(?![\d.-])|[' ]{1,2}(?:mg\b|ml\b|tablets?|pills?|cream|drops|pumps?|recall"
    r"|meter|app\b|inhaler|vaccine|shots?|insurance|plan\b|users?|brand|capsules|gummies|supplements?"
    r"|device|monitor|syrup|trial|study|hotline|line\b|portal|staff|front desk|clinic|hospital|practice"
    r"|pharmacy|office|parking|er\b|billing|nurse|website|waiting|lobby|campus|health|appointment|spray"
    r"|serum|patch|test\b|kits?|machine|powder|tea|oil|diet|method|syndrome|disease|disorder|protocol"
    r"|virus|variant|fever|palsy|sign|stage|scale|score|'s (?:disease|syndrome|palsy|lymphoma|sarcoma"
    r"|sign|esophagus)))(?![a-z])"
)
_PERSON_AFTER = re.compile(
    r"(?:'s (?:name|mom|mum|dad|mother|father|wife|husband|son|daughter|results?|test|chart|surgery|room"
    r"|bed|kidney|birthday|page|feeding|stroke|due)| (?:here|says|said|is my|was my|got|had|has|is|was"
    r"|died|passed|needs|isn't|wasn't|and i\b|if you|who|carries|lost|went|came|can|family|household"
    r"|something)\b|[,:!?](?=\s|!|\?|$)| \(|$|'s wife| ')"
)
_MAY_INITIALS = re.compile(r"\b[A-Z](?:\.|[A-Z]\b)")
_INITIALS = re.compile(
    rf"(?:^|[^\w'])(?i:initials(?: are| is|:)?"
    rf"|{any_of(SETS['civil_titles'] - {'sr', 'sister', 'brother', 'father'})}\.?"
    rf"|{any_of(re.escape(word) for word in SETS['kin'])})"
    r"\s\(?((?:[A-Z]\.\s?|[A-Z](?=[\s,.;)])){2,4}|[A-Z]\.(?=[\s,;)]))"
)
# "M. K.-B.", but no country, hour or degree.
_ONLY_INITIALS = re.compile(
    r"(?<![\w.])(?!U\.|A\.M|P\.M|D\.C|P\.O|P\.S|M\.D|D\.O|N\.P|R\.N|I\.V|E\.R|I\.D|L\.A|N\.Y|S\.O|Q\.|R\.I\.P|M\.R)"
    r"(?:[A-Z]\. ?){1,3}-?[A-Z]\.(?![\w])"
)
_SMALL_INITIALS = re.compile(r"(?<![\w.])(?:[a-z]\. ?){1,3}([a-z]{4,24})(?![\w])")
_GREETED = re.compile(
    r"\b(?:thanks|thank you|thx|ty|hey|hi|hello|hiya|dear|tell|ask|call|ring|rip|miss|love you|bye|for|with) $"
)
_SLANG = SETS["slang"]
_HOUSEHOLD = re.compile(r" (?:family|household|residence|kids|boys|girls|twins|brothers|sisters|clan|home|house)\b")
_HASHTAG = re.compile(r"#(\w{4,60})")
_PIECES = re.compile(r"[A-Z][a-z]+|[A-Z]+(?![a-z])|[a-z]+")
_ACTS = re.compile(
    r"'s\b(?! (?:a|the|not|been|my|going|so)\b)| \(?\d{3}[ .)-]| or (?:her|his|my)\b| here\b|,? (?:if you"
    r"|from (?:bed|room))|!|: (?:call|ring|text)|, it's"
    r"| (?:got|had|says|said|needs|died|passed|lost|went|came|told|called|carries|turned|goes|takes|wants"
    r"|has|is my|was my|and i|lives|can't|cannot|won't|didn't|doesn't|isn't|wasn't|couldn't|hasn't|will"
    r"|asked|thinks|loves|sends|texted|gave|took|who|turns)\b"
)
_TITLES = SETS["kin"] | SETS["civil_titles"] | SETS["public_titles"] | SETS["clinician_titles"] | SETS["suffixes"]
_VERBS = SETS["not_after_kin"]


def find_names(surface: Surface, places: Sequence[tuple[int, int]] = ()) -> Iterator[Find]:
    """Names of people but clinicians and public roles; once found, a name is found wherever it stands.

    `places` are links, handles and files: nothing in them is looked at.
    """
    taken = bytearray(len(surface.plain))
    for start, end in places:
        taken[start:end] = b"\1" * (end - start)
    tokens = [token for token in read_tokens(surface.plain) if not taken[token.start]]
    spared = spared_places(surface, tokens)
    named: dict[int, Token] = {}
    for place, token in enumerate(tokens):
        if place not in spared and _is_name(surface, tokens, place):
            named[place] = token
    grow_names(surface, tokens, named, spared)
    small = {token.text for token in named.values() if not token.large}
    again = {token.lower for token in named.values() if len(token.text) > 2 and not (token.known and not token.given)}
    yield from _tagged(surface.plain)
    if _MAY_INITIALS.search(surface.plain):
        yield from of_matches("name", _INITIALS.finditer(surface.plain), 1)
    yield from of_matches("name", _ONLY_INITIALS.finditer(surface.plain))
    for match in _SMALL_INITIALS.finditer(surface.lower):
        if not is_known(match.group(1)):
            yield Find("name", match.start(), match.end())
    found = [
        token
        for place, token in enumerate(tokens)
        if place in named
        or (
            place not in spared
            and base_of(token.lower) in again
            and (token.large or not token.known or token.text in small)
        )
    ]
    yield from _joined(surface.plain, found)


def _tagged(plain: str) -> Iterator[Find]:
    """Names inside of hashtags: "#TeamOkonjo"."""
    for match in _HASHTAG.finditer(plain):
        pieces = [piece for piece in _PIECES.finditer(plain, match.start(1), match.end(1)) if len(piece.group()) > 2]
        if any(piece.group().lower() in SETS["organisation"] for piece in pieces):
            continue
        for piece in pieces:
            base = piece.group().lower()
            if piece.group().istitle() and not is_known(base) and base not in PUBLIC and base not in PROPER:
                yield Find("name", piece.start(), piece.end())


def _joined(plain: str, found: Sequence[Token]) -> Iterator[Find]:
    """Names of several words as one find."""
    start = end = 0
    for token in found:
        if end and not _BETWEEN.fullmatch(plain, end, token.start):
            yield Find("name", start, end)
            start = token.start
        elif not end:
            start = token.start
        end = token.start + len(without_s(token.text))
        if (len(token.text) <= 2 or token.lower in SETS["suffixes"]) and plain[end : end + 1] == ".":
            end += 1
    if end:
        yield Find("name", start, end)


def _is_name(surface: Surface, tokens: Sequence[Token], place: int) -> bool:
    token = tokens[place]
    if not token.large and token.known and not token.given:
        return False
    before = surface.lower[max(0, token.start - 32) : token.start]
    base = base_of(token.lower)
    if len(token.text) < 2 or base in SETS["particles"] or any(letter.isdigit() for letter in token.text):
        return False
    if surface.plain[token.start - 1 : token.start] in ("@", "#", "_"):
        return False
    if not token.large:
        return _is_small_name(token, before, surface.lower[token.end : token.end + 24])
    if token.text.isupper() and len(token.text) > 1:
        return _is_shouted_name(token, before)
    if base in _TITLES:
        return False
    if (
        token.public
        and _leads_name(tokens, place)
        and not _leads_name(tokens[place + 1 :], 0)
        and tokens[place + 1].public
    ):
        return False
    if (
        token.public
        and not _leads_name(tokens, place)
        and not (_STRONG.search(before) or _KIN.search(before) or _CIVIL.search(before))
    ):
        return False
    return _is_large_name(surface, tokens, place, before)


def _is_small_name(token: Token, before: str, after: str) -> bool:
    base = base_of(token.lower)
    if len(base) < 2 or token.public:
        return False
    introduced = bool(_STRONG.search(before) or _KIN.search(before) or _CIVIL.search(before))
    if token.opens and token.given and _ACTS.match(after):
        return base not in _VERBS and base not in SETS["never_small"]
    if not token.known:
        if base in SETS["never_small"] and not introduced:
            return False
        if introduced and len(base) >= (2 if _STRONG.search(before) else 3):
            return base not in _SLANG
        return token.given and (len(base) >= 4 or bool(_GREETED.search(before)))
    return introduced and token.given and base not in _VERBS


def _is_shouted_name(token: Token, before: str) -> bool:
    base = base_of(token.lower)
    if token.public or (token.known and not token.given):
        return False
    if token.known:
        return bool(_STRONG.search(before) or _KIN.search(before) or _CIVIL.search(before))
    return (
        (token.given and len(base) >= 3)
        or len(base) >= 6
        or bool((_STRONG.search(before) or _CIVIL.search(before)) and len(base) >= 3)
    )


def _is_large_name(surface: Surface, tokens: Sequence[Token], place: int, before: str) -> bool:
    token = tokens[place]
    after = surface.lower[token.end - (2 if token.lower.endswith("'s") else 0) :][:24]
    introduced = bool(_STRONG.search(before) or _KIN.search(before) or _CIVIL.search(before))
    if _HOUSEHOLD.match(after) and not token.known:
        return True
    if introduced:
        return not token.known or token.given or bool(_CIVIL.search(before) or _STRONG.search(before))
    if token.known:
        return token.given and _is_worded_name(tokens, place, before, after)
    if _is_brand(token.text) or _THING_AFTER.match(after):
        return token.given and not _is_brand(token.text)
    if token.given:
        return True
    if before.endswith("the ") and token.text.endswith("s") and token.text[1:].islower():
        # "the Hendersons"
        return True
    if _DRUGGED.search(before) and not _PERSON_AFTER.match(after):
        return False
    return not (_PLACED.search(before) and not token.lower.endswith("'s") and not _in_name(tokens, place))


def _is_worded_name(tokens: Sequence[Token], place: int, before: str, after: str) -> bool:
    token = tokens[place]
    if not token.opens:
        return token.text[1:].islower()
    if _leads_name(tokens, place):
        return True
    return bool(_ACTS.match(after)) and len(token.text) > 2


def _leads_name(tokens: Sequence[Token], place: int) -> bool:
    # Two large words at the start of a sentence, the first of them a given name: "Will Frost".
    token, follows = tokens[place], tokens[place + 1] if place + 1 < len(tokens) else None
    return bool(
        follows
        and token.given
        and follows.start == token.end + 1 + follows.listed
        and follows.text[1:].islower()
        and follows.large
        and follows.lower not in NOT_IN_NAMES
        and (not follows.public or follows.given)
    )


def _in_name(tokens: Sequence[Token], place: int) -> bool:
    for other in (place - 1, place + 1):
        if (
            0 <= other < len(tokens)
            and tokens[other].large
            and tokens[other].given
            and abs(tokens[other].start - tokens[place].start) < 24
        ):
            return True
    return False


def _is_brand(text: str) -> bool:
    return bool(
        re.search(r"[a-z][A-Z]", re.sub(r"^(?:Mc|Mac|O'|D'|La|De|Di|Le|Van|Fitz|Du)(?=[A-Z])|-[A-Z]", "", text))
    )
