"""Where a post names the practice: names, clinicians, locations, handles, website and telephone number."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.listening import Practice
from pipeline.screening.finds import AGAINST, Find
from pipeline.screening.resolver import Naming, Resolver

MAX_MENTIONS = 50
# A name that its neighbours make another's ("Marigold Street") means us at most so often.
UNSUPPORTED = 0.3


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a text names the practice; start and end are offsets into the text as it was written.

    `kind` is practice, clinician, location, handle or website; `term` is the term of practice.yaml; `p_mention` is the
    calibrated chance that the practice is meant; `context` is what supports or speaks against it, or empty.
    """

    kind: str
    term: str
    start: int
    end: int
    p_mention: float
    context: str = ""


class MentionFinder:
    """The terms of one practice, ready to be found; build it once and ask it for many texts."""

    def __init__(self, practice: Practice) -> None:
        self._resolver = Resolver(practice)

    def find(self, text: str, channel: str = "") -> list[Mention]:
        """All mentions in order of their place, at most MAX_MENTIONS; see `find_mentions`."""
        found: list[Mention] = []
        for naming in self._resolver.namings(text, channel):
            found += _mentions(naming)
            if len(found) >= MAX_MENTIONS:
                break
        return found[:MAX_MENTIONS]


def find_mentions(text: str, practice: Practice, channel: str = "") -> list[Mention]:
    """Where `text` names the practice, in order; for many texts build a MentionFinder once.

    `channel` is where the post stood ("google_reviews:Name"); a post on the practice's own page that names nothing has
    no mention, as it has no place for one: `Resolver.resolve` says what it is. Linear in the text.
    """
    return MentionFinder(practice).find(text, channel)


def _mentions(naming: Naming) -> Iterator[Mention]:
    for find, (start, end) in zip(naming.finds, naming.spans, strict=True):
        chance = min(naming.probability, UNSUPPORTED) if find.notes & AGAINST else naming.probability
        yield Mention(find.kind, find.term, start, end, chance, _context(find, naming))


def _context(find: Find, naming: Naming) -> str:
    # The first piece of evidence that is not the find itself, in the order in which it counts.
    return next((one.named() for one in naming.evidence if one.term != find.term), "")
