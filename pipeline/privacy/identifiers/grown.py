"""The rest of a name: large words, initials and unknown words beside a word that is one."""

from collections.abc import Sequence

from pipeline.privacy.identifiers.surface import Surface
from pipeline.privacy.identifiers.tokens import PUBLIC, SETS, Token, base_of

_LEADING = frozenset(("van", "von", "der", "den", "bin", "ibn", "al", "di", "da", "dos"))
NOT_IN_NAMES = SETS["kin"] | SETS["civil_titles"] | SETS["public_titles"] | SETS["organisation"] | SETS["not_in_names"]


def grow_names(surface: Surface, tokens: Sequence[Token], named: dict[int, Token], spared: set[int]) -> None:
    """Add to the names the large words, initials and unknown words beside them."""
    for step in (1, -1):
        for place in sorted(named, reverse=step < 0):
            other = place + step
            while 0 <= other < len(tokens) and other not in named and other not in spared:
                if not _belongs(surface, tokens, other, other - step, step):
                    break
                named[other] = tokens[other]
                other += step


def _belongs(surface: Surface, tokens: Sequence[Token], place: int, beside: int, step: int) -> bool:
    token, first = tokens[place], tokens[min(place, beside)]
    gap = surface.plain[first.end : tokens[max(place, beside)].start]
    if gap not in (" ", ". ", ".", "-", ' "', '" ', " ('", ' ("', ", ", "/") or (gap == ". " and len(first.text) > 2):
        return False
    base = base_of(token.lower)
    if token.lower in SETS["suffixes"] and step > 0:
        return True
    if gap == ", ":
        # "PRUITT, MARISOL": the surname first.
        return (
            step < 0
            and token.large
            and (not token.known or token.text.isupper())
            and not token.public
            and tokens[beside].text.isupper() == token.text.isupper()
            and tokens[beside].large
        )
    if first.lower.endswith("'s") or (token.text.isupper() and len(token.text) > 1 and token.known):
        return False
    if token.large:
        if len(token.text) == 1:
            return token.text != "I" or step > 0 or gap == ". "
        return (
            base not in PUBLIC
            and not (token.opens and token.known and step < 0 and not token.given)
            and base not in NOT_IN_NAMES
        )
    if base in SETS["particles"] and step > 0 and not token.large:
        return place + 1 < len(tokens) and tokens[place + 1].large and tokens[place + 1].start - token.end == 1
    if step < 0:
        return (base in _LEADING and (tokens[beside].large or tokens[beside].lower in _LEADING)) or (
            token.given and not tokens[beside].large and base not in SETS["not_after_kin"] and len(base) > 3
        )
    if len(base) == 1:
        return not tokens[beside].large and (surface.plain[token.end : token.end + 1] == "." or base not in "aiunwryxo")
    return (
        not token.known
        and not token.public
        and len(base) > 2
        and not tokens[beside].large
        and base not in SETS["slang"]
    )
