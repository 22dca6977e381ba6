"""Names that stay: clinicians, people in public roles, the famous, firms and offices."""

import re
from collections.abc import Iterator, Sequence

from pipeline.privacy.identifiers.find import any_of
from pipeline.privacy.identifiers.surface import Surface
from pipeline.privacy.identifiers.tokens import SETS, Token, base_of

_CLINICIAN = re.compile(r"(?:^|[^\w'])" + any_of(SETS["clinician_titles"]) + r"\.? ?$")
_OFFICE = re.compile(r"(?:^|[^\w'])" + any_of(SETS["public_titles"]) + r"\.?,? $")
_FAMOUS = tuple(name for name in SETS["famous"] if " " in name)
_OFFICE_AFTER = re.compile(r",? (?:" + any_of(SETS["public_roles_after"]) + ")")


def spared_places(surface: Surface, tokens: Sequence[Token]) -> set[int]:
    """The places among `tokens` of clinicians, public roles, firms and the famous."""
    spared: set[int] = set()
    words: set[str] = set()
    for run in _large_runs(surface.plain, tokens):
        whole = " ".join(base_of(tokens[place].lower) for place in run)
        before = surface.lower[max(0, tokens[run[0]].start - 24) : tokens[run[0]].start]
        titled = _titled(surface, tokens, run, before)
        if titled:
            spared |= titled
            words |= {base_of(tokens[place].lower) for place in titled if not tokens[place].known}
        elif whole in SETS["famous"] or (len(run) > 1 and any(name in whole for name in _FAMOUS)):
            spared |= set(run)
        elif len(run) > 1 and _is_organisation(tokens, run):
            spared |= set(run)
            words |= {
                base_of(tokens[place].lower) for place in run if not tokens[place].known and not tokens[place].given
            }
    return spared | {place for place, token in enumerate(tokens) if base_of(token.lower) in words}


def _titled(surface: Surface, tokens: Sequence[Token], run: Sequence[int], before: str) -> set[int]:
    after = surface.lower[tokens[run[-1]].end : tokens[run[-1]].end + 24]
    if _CLINICIAN.search(before) or _OFFICE.search(before) or _OFFICE_AFTER.match(after):
        return set(run)
    for number, place in enumerate(run[:-1]):
        if tokens[place].lower in SETS["clinician_titles"] | SETS["public_titles"] and tokens[place].lower not in (
            "general",
        ):
            return set(run[number:])
    return set()


def _is_organisation(tokens: Sequence[Token], run: Sequence[int]) -> bool:
    # "Bill" and "Hall" are names as well, and a name is not risked for a firm.
    return any(base_of(tokens[place].lower) in SETS["organisation"] and not tokens[place].given for place in run[1:])


def _large_runs(plain: str, tokens: Sequence[Token]) -> Iterator[list[int]]:
    run: list[int] = []
    for place, token in enumerate(tokens):
        gap = plain[tokens[place - 1].end : token.start] if place else ""
        if token.large and run and _same_name(tokens[place - 1], gap):
            run.append(place)
            continue
        if run:
            yield run
        run = [place] if token.large else []
    if run:
        yield run


def _same_name(before: Token, gap: str) -> bool:
    # A full stop parts two sentences, but not a title or an initial from its name.
    if gap == ". ":
        return len(before.text) <= 3 or base_of(before.lower) in SETS["public_titles"]
    return gap in (" ", "-", " & ")
