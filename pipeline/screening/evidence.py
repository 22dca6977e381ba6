"""The evidence for a decision: what spoke for or against, of which term, and where it stands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.screening.finds import Find
from pipeline.screening.spelling import Word
from pipeline.screening.surroundings import Sign

Decision = Literal["mention", "ambiguous", "not"]
MOST_NAMES, MOST_SIGNS = 4, 6
# Sign -> what it is called in evidence, in the order of what it tells.
_KINDS = {
    "place": "place",
    "refused_name": "not_us",
    "refused_kind": "not_us",
    "rival": "not_us",
    "refused_place": "not_us",
    "elsewhere": "other_place",
    "field": "specialty",
    "state": "state",
    "other_field": "other_specialty",
    "world": "other_world",
    "spam": "spam",
    "away": "other_place",
    "wanted": "care",
    "visit": "care",
    "health": "care",
}
_ORDER = {kind: rank for rank, kind in enumerate(_KINDS)}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that spoke for or against: what kind, which term, and where it stands (offsets; None for a channel)."""

    kind: str
    term: str
    start: int | None
    end: int | None

    def named(self) -> str:
        """What it is: "city: Port Alder"."""
        return f"{self.kind.replace('_', ' ')}: {self.term}"

    def in_words(self) -> str:
        """What it is and where."""
        return f"{self.named()} ({'the channel' if self.start is None else f'{self.start}-{self.end}'})"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What became of a post: the decision, its probability, who is meant, and the evidence."""

    decision: Decision
    probability: float
    entity: str | None
    evidence: tuple[Evidence, ...]

    def in_words(self) -> str:
        """One line for a person."""
        return f"{self.decision} ({self.probability:.2f}): " + (
            "; ".join(one.in_words() for one in self.evidence) or "not named"
        )


def gather_evidence(ranked: Sequence[Find], signs: Sequence[Sign], words: Sequence[Word]) -> Iterator[Evidence]:
    """The best names, then the signs around them that tell most."""
    for find in ranked[:MOST_NAMES]:
        start, end = find_span(find, words)
        yield Evidence(find.kind, find.term, start, end)
    seen: dict[tuple[str, str], Sign] = {}
    for sign in signs:
        seen.setdefault((sign.kind, sign.term), sign)
    for sign in sorted(seen.values(), key=lambda sign: _ORDER[sign.kind.split(":")[0]])[:MOST_SIGNS]:
        kind, _, world = sign.kind.partition(":")
        where = words[sign.first].start, words[sign.last].end
        if kind == "place":
            # "city: Port Alder", as Surroundings names it.
            place, _, term = sign.term.partition(": ")
            yield Evidence(place, term, *where)
        else:
            yield Evidence(_KINDS[kind], f"{sign.term} ({world})" if world else sign.term, *where)


def find_span(find: Find, words: Sequence[Word]) -> tuple[int, int]:
    """Where a find stands in its text."""
    return find.place or (words[find.first].start, words[find.last].end)
