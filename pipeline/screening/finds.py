"""Where a text has a term of the practice, and what the words beside it make of that."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from models.wheel import known_words
from pipeline.screening.neighbours import Neighbours, case_notes, uses_capitals
from pipeline.screening.spelling import Word, joined, shortened, slips
from pipeline.screening.terms import ACRONYM, HEAD, PHRASE, Term, Terms

# Notes by which a find is somebody else's name.
AGAINST = frozenset(("other_name", "person", "refused"))
# More of one text are not looked at.
MAX_FINDS = 200
# A name may have a letter wrong in every so many.
LETTERS_PER_SLIP = 6
# A word of so many, beside another word of the name, may have one letter changed, the first excepted: "Teel Dental".
SHORT_LETTERS = 4
# Initials of fewer letters stand for many things.
RARE_LETTERS = 4


@dataclass(frozen=True, slots=True)
class Find:
    """A term found: the words from `first` to `last` of the text; `notes` are what its neighbours say of it.

    `place` is where it stands where that is not just the words: a telephone number has brackets.
    """

    kind: str
    term: str
    strength: str
    first: int
    last: int
    notes: frozenset[str] = frozenset()
    place: tuple[int, int] | None = None


class TermScanner:
    """The terms of one practice, ready to be found in many texts."""

    def __init__(self, terms: Terms, place_words: frozenset[str]) -> None:
        """`place_words` are of our cities and sites: beside our name they are still us."""
        self._terms = terms
        self._neighbours = Neighbours(terms.own_words, place_words, terms.heads)
        self._near: dict[str, list[str]] = {}
        for anchor in terms.parted:
            for key in shortened(anchor):
                self._near.setdefault(key, []).append(anchor)

    def may_find(self, words: Sequence[str]) -> bool:
        """Whether any of these words could begin a find."""
        joined_terms = self._terms.joined
        return any(self._anchors(word) or word in joined_terms or _tail(word, joined_terms) for word in set(words))

    def find(self, text: str, words: Sequence[Word]) -> list[Find]:
        """All finds in order of their place, the longest of those that overlap."""
        found = [find for at in range(len(words)) for find in self._at(text, words, at)]
        found.sort(key=lambda find: (find.first, -find.last, find.strength))
        kept: list[Find] = []
        for find in found:
            if not kept or find.first > kept[-1].last:
                kept.append(find)
        cased = uses_capitals(words)
        return [self._noted(text, words, find, cased) for find in kept[:MAX_FINDS]]

    def _anchors(self, word: str) -> Sequence[str]:
        if word in self._terms.parted:
            return (word,)
        found = [anchor for key in shortened(word) for anchor in self._near.get(key, ())]
        if not found and word.endswith("s"):
            return (word[:-1],) if word[:-1] in self._terms.parted else ()
        return tuple(dict.fromkeys(found))

    def _at(self, text: str, words: Sequence[Word], at: int) -> Iterator[Find]:
        word = words[at]
        run = self._terms.joined.get(word.text) or _tail(word.text, self._terms.joined)
        if run:
            yield Find(run.kind, run.term, run.strength, at, at, frozenset({"joined"}))
        for anchor in self._anchors(word.text):
            for term in self._terms.parted[anchor]:
                first = at - term.anchor
                wrong = _wrong_letters(text, words, first, term)
                if wrong is not None:
                    notes = {"misspelt"} if wrong else set()
                    yield Find(
                        term.kind, term.term, term.strength, first, first + len(term.words) - 1, frozenset(notes)
                    )

    def _noted(self, text: str, words: Sequence[Word], find: Find, cased: bool) -> Find:
        notes = find.notes | self._neighbours.notes(text, words, find.first, find.last, find.strength)
        if find.strength in (HEAD, PHRASE, ACRONYM):
            notes |= case_notes(words, find.first, find.last, cased)
        if find.strength == ACRONYM and len(words[find.first].text) >= RARE_LETTERS:
            notes |= {"rare"}
        return replace(find, notes=notes)


def _wrong_letters(text: str, words: Sequence[Word], first: int, term: Term) -> int | None:
    if first < 0 or first + len(term.words) > len(words):
        return None
    wrong = 0
    for step, wanted in enumerate(term.words):
        word = words[first + step]
        if step and not joined(text, words[first + step - 1], word):
            return None
        found = 0 if word.text == wanted + "s" else slips(word.text, wanted)
        if found is None and len(term.words) > 1 and len(wanted) == len(word.text) == SHORT_LETTERS:
            found = 1 if word.text[0] == wanted[0] and _letters_apart(word.text, wanted) == 1 else None
        if found is None:
            return None
        wrong += found
    if len(term.words) == 1 and wrong and (term.strength != HEAD or words[first].text in known_words()):
        return None
    return wrong if wrong * LETTERS_PER_SLIP <= sum(map(len, term.words)) else None


def _letters_apart(written: str, wanted: str) -> int:
    return sum(one != other for one, other in zip(written, wanted, strict=True))


def _tail(word: str, joined_terms: dict[str, Term]) -> Term | None:
    # #LarkspurFamilyHealthHarborview and "larkspurfamilyhealths": our run of letters with something behind it.
    if len(word) < 9:
        return None
    return next((term for run, term in joined_terms.items() if len(run) > 8 and word.startswith(run)), None)
