"""What the words beside a name make of it: our front desk, or a street, a person and a flower of that name."""

from collections.abc import Sequence

from models.wheel import known_words
from pipeline.screening.lexicon import load_lexicon
from pipeline.screening.spelling import Word, joined
from pipeline.screening.terms import ACRONYM, FULL, HEAD, PHRASE

# In a text with so many capitals, a name without one may be a common word.
CASED_WORDS = 2
# How far behind our name the thing may stand that we own: "Marigold's main front desk".
OWNED_WORDS = 3


class Neighbours:
    """Reads what stands beside the names of one practice."""

    def __init__(self, own_words: frozenset[str], place_words: frozenset[str], heads: frozenset[str]) -> None:
        """`own_words` are of our names, `place_words` of our cities and sites; beside our name both are still us."""
        self._own = (own_words | place_words) - load_lexicon().plain
        self._places, self._heads = place_words, heads

    def notes(self, text: str, words: Sequence[Word], first: int, last: int, strength: str) -> set[str]:
        """The notes on the words from `first` to `last`, which are a name of `strength`."""
        after = self._after(text, words, last)
        if strength == FULL:
            other = after is not None and after.capital and after.text in load_lexicon().beside_other - self._own
            return {"other_name"} if other else set()
        if strength not in (HEAD, PHRASE, ACRONYM):
            return set()
        before = words[first - 1] if first and _next_to(text, words[first - 1], words[first]) else None
        notes = self._said_after(after) | self._said_before(before, strength) | self._owned(text, words, last)
        # "St Clements" is one saint.
        if strength == HEAD and words[first].text != "st" and self._is_plural(words[last].text):
            notes.add("plural")
        return notes

    def _is_plural(self, word: str) -> bool:
        return word.endswith("s") and word[:-1] in self._heads

    def _after(self, text: str, words: Sequence[Word], at: int) -> Word | None:
        # The first word behind the name that says more than it: "Monroe County | Central".
        for following in range(at + 1, min(at + 4, len(words))):
            if not _next_to(text, words[following - 1], words[following]):
                return None
            if words[following].text not in load_lexicon().little:
                return words[following]
        return None

    def _said_after(self, after: Word | None) -> set[str]:
        lexicon = load_lexicon()
        if after is None:
            return set()
        if after.text in lexicon.beside_other - self._own:
            return {"other_name"}
        if after.text in self._places or after.text in lexicon.beside_name | (self._own - lexicon.little):
            return {"beside"}
        if after.capital and after.text not in lexicon.plain:
            return {"other_name"}
        return {"acts"} if after.text in lexicon.acts else set()

    def _said_before(self, before: Word | None, strength: str) -> set[str]:
        lexicon = load_lexicon()
        if before is None:
            return set()
        if before.text in (self._places - self._heads) | lexicon.named_by:
            return {"beside"}
        for note, listed in (("article", lexicon.articles), ("inside", lexicon.inside), ("towards", lexicon.towards)):
            if before.text in listed:
                return {note}
        named = before.text in lexicon.given_names or (before.capital and strength == HEAD)
        return {"person"} if named and before.text not in self._own | lexicon.plain else set()

    def _owned(self, text: str, words: Sequence[Word], last: int) -> set[str]:
        if text[words[last].end : words[last].end + 2].lower() not in ("'s", "’s"):
            return set()
        near = words[last + 1 : last + 1 + OWNED_WORDS]
        return {"beside"} if any(word.text in load_lexicon().beside_name for word in near) else set()


def case_notes(words: Sequence[Word], first: int, last: int, cased: bool) -> set[str]:
    """What the capitals of a name say; `cased` tells whether the text uses them at all."""
    span = words[first : last + 1]
    if all(word.capital for word in span):
        # The first word of a text has a capital whatever it is.
        return {"capital"} if first or len(span) > 1 else set()
    notes = {"lower_cased"} if cased and not span[0].tag else set()
    return notes | ({"lower_common"} if all(word.text in known_words() for word in span) else set())


def uses_capitals(words: Sequence[Word]) -> bool:
    """Whether a text is written with capitals."""
    return sum(word.capital for word in words) >= CASED_WORDS


def _next_to(text: str, left: Word, right: Word) -> bool:
    return joined(text, left, right) and not text[left.end : right.start].strip(" -'’s")
