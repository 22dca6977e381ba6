"""What stands around a name: our places and specialties, care, other towns and worlds, and what `not_us` refuses."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.listening import Practice
from pipeline.screening.homonyms import Namesake
from pipeline.screening.lexicon import Lexicon, Phrase, index_phrases, load_lexicon, singular
from pipeline.screening.spelling import Word, joined, slips, split_name
from pipeline.screening.terms import name_head, street_name

# Only long names of places are read with a slip: "Tamber Fals".
FUZZY_PLACE_LETTERS = 6
_NEAR = frozenset(("in", "near", "outside", "around", "of", "en"))
_BRACKETS = re.compile(r"[,\[(]\s?$")


@dataclass(frozen=True, slots=True)
class Sign:
    """Words around a name that speak for or against it: `kind` as in models.resolver.SIGNS, `term` what they are of."""

    kind: str
    term: str
    first: int
    last: int


class Surroundings:
    """The signs that count for one practice, ready to be found in many texts."""

    def __init__(self, practice: Practice, namesakes: Sequence[Namesake], own_words: frozenset[str]) -> None:
        """`own_words` are the words of our names: by themselves they are no sign of anything."""
        lexicon = load_lexicon()
        self._places = dict(_own_places(practice, own_words))
        self._states = {place.state.upper() for place in practice.locations if place.state}
        self._state_names = {split_name(lexicon.states.get(state, "")) for state in self._states} - {()}
        self._own = own_words
        self._own_place_words = frozenset(word for words in self._places for word in words)
        self.specialties = frozenset(_own_specialties(practice, lexicon))
        self._by_letter: dict[str, list[tuple[Phrase, tuple[str, str]]]] = {}
        for words, place in self._places.items():
            self._by_letter.setdefault(words[0][:1], []).append((words, place))
        self._signs = index_phrases(self._all_signs(lexicon, namesakes))
        self._joined_places = {"".join(words): term for words, (term, _) in self._places.items() if len(words) > 1}
        self._joined_places |= {
            words[0]: term for words, (term, kind) in self._places.items() if kind == "city" and len(words) == 1
        }
        self._namesake_towns = {
            split_name(place.city): place.city for place in practice.locations if _is_named_after(practice, place.city)
        }
        self.place_words = frozenset(
            word for words, (_, kind) in self._places.items() if kind in ("city", "site") for word in words
        )

    def find(self, text: str, words: Sequence[Word]) -> list[Sign]:
        """All signs in order of their place."""
        found: list[Sign] = []
        stems = [singular(word.text) for word in words]
        lower = not any(word.capital for word in words)
        for at, word in enumerate(words):
            found += [sign for sign in self._listed(words, stems, at) if _is_name(sign, words, lower)]
            found += self._place(text, words, at)
            if (town := self._namesake_town(words, at)) and self._tells_town(text, words, at, len(split_name(town))):
                found.append(Sign("place", f"city: {town}", at, at + len(split_name(town)) - 1))
            if (state := self._state(text, word)) is not None:
                found.append(Sign("state" if state in self._states else "elsewhere", state, at, at))
            elif self._is_away(text, words, at):
                found.append(Sign("away", text[word.start : word.end], at, at))
        return found

    def _is_away(self, text: str, words: Sequence[Word], at: int) -> bool:
        # "in Lisbon": a place that no list of ours has.
        word, before = words[at], words[at - 1] if at else None
        if before is None or not word.capital or before.text not in _NEAR or not joined(text, before, word):
            return False
        return word.text not in load_lexicon().not_places | self._own | self._own_place_words

    def of_channel(self, words: Sequence[Word]) -> set[str]:
        """The signs that the name of a channel gives."""
        joined_words = "".join(word.text for word in words)
        kinds: set[str] = set()
        stems = [singular(word.text) for word in words]
        for at in range(len(words)):
            for sign in self._listed(words, stems, at):
                kinds |= {"channel_away"} if sign.kind in ("elsewhere", "refused_place") else set()
                kinds |= {"world_channel"} if sign.kind.startswith("world") or sign.kind == "other_field" else set()
                kinds |= {sign.kind} if sign.kind in ("state", "field", "wanted", "refused_name") else set()
            kinds |= {"local"} if any(True for _ in self._own_place_at(words, at)) else set()
            kinds |= {"local"} if self._namesake_town(words, at) else set()
        if any(place in joined_words for place in self._joined_places):
            kinds.add("local")
        return kinds - {"channel_away"} if "local" in kinds else kinds

    def _listed(self, words: Sequence[Word], stems: Sequence[str], at: int) -> Iterator[Sign]:
        length = 0
        for phrase, kind in self._signs.get(stems[at], ()):
            if len(phrase) < length:
                return
            if phrase == tuple(stems[at : at + len(phrase)]):
                length = len(phrase)
                yield Sign(kind, " ".join(word.text for word in words[at : at + length]), at, at + length - 1)

    def _place(self, text: str, words: Sequence[Word], at: int) -> Iterator[Sign]:
        for length, kind, term in self._own_place_at(words, at):
            yield Sign("place", f"{kind}: {term}", at, at + length - 1)
        if words[at].text in self._joined_places:
            yield Sign("place", f"city: {self._joined_places[words[at].text]}", at, at)

    def _own_place_at(self, words: Sequence[Word], at: int) -> Iterator[tuple[int, str, str]]:
        for place, (term, kind) in self._by_letter.get(words[at].text[:1], ()):
            if abs(len(words[at].text) - len(place[0])) > 1:
                continue
            run = words[at : at + len(place)]
            # A street of one word counts with a capital only.
            telling = kind != "street" or len(place) > 1 or words[at].capital
            if telling and len(run) == len(place) and all(map(_same, (word.text for word in run), place)):
                yield len(place), kind, term

    def _namesake_town(self, words: Sequence[Word], at: int) -> str | None:
        for town, name in self._namesake_towns.items():
            if town == tuple(word.text for word in words[at : at + len(town)]):
                return name
        return None

    def _tells_town(self, text: str, words: Sequence[Word], at: int, length: int) -> bool:
        # A practice called after its town: "in Concord" and "Concord, IA" are the town.
        if at and words[at - 1].text in _NEAR and joined(text, words[at - 1], words[at]):
            return True
        behind = tuple(word.text for word in words[at + length : at + length + 2])
        if any(behind[: len(name)] == name for name in self._state_names):
            return True
        return bool(behind) and self._state(text, words[at + length]) in self._states

    def _state(self, text: str, word: Word) -> str | None:
        if word.end - word.start != 2 or not text:
            return None
        letters = text[word.start : word.end]
        if letters not in load_lexicon().states or not _BRACKETS.search(text, max(0, word.start - 2), word.start):
            return None
        return letters

    def _all_signs(self, lexicon: Lexicon, namesakes: Sequence[Namesake]) -> Iterator[tuple[str, str]]:
        own = self._own | self._own_place_words
        yield from ((phrase, "visit") for phrase in lexicon.visit)
        yield from ((phrase, "health") for phrase in lexicon.health)
        yield from ((phrase, "spam") for phrase in lexicon.spam)
        for name in lexicon.fields:
            ours = name in self.specialties
            yield from ((phrase, "field" if ours else "other_field") for phrase in lexicon.fields[name])
            if ours:
                yield from ((phrase, "wanted") for phrase in lexicon.wanted[name])
        for world, phrases in lexicon.worlds.items():
            yield from ((phrase, f"world:{world}") for phrase in phrases if not set(split_name(phrase)) <= own)
        for letters, name in lexicon.states.items():
            yield name, "state" if letters in self._states else "elsewhere"
        for name in lexicon.elsewhere:
            if split_name(name) not in self._places:
                yield name, "elsewhere"
        for namesake in namesakes:
            yield from ((name, "rival" if namesake.is_rival else "refused_name") for name in namesake.names)
            kinds = set(namesake.kinds) - own
            yield from ((kind, "refused_kind") for kind in kinds)
            for phrases in lexicon.worlds.values():
                # "the cryptocurrency" refuses coins and wallets as well.
                if kinds.intersection(singular(phrase) for phrase in phrases):
                    yield from ((phrase, "refused_kind") for phrase in phrases if not set(split_name(phrase)) <= own)
            yield from ((place, "refused_place") for place in namesake.places)


def _is_name(sign: Sign, words: Sequence[Word], lower: bool) -> bool:
    # "Salem" is a place and "new jerseys" are none.
    if sign.kind not in ("elsewhere", "state"):
        return True
    return sign.term in _place_names() and (lower or all(word.capital for word in words[sign.first : sign.last + 1]))


@lru_cache
def _place_names() -> frozenset[str]:
    lexicon = load_lexicon()
    return frozenset(" ".join(split_name(name)) for name in (*lexicon.elsewhere, *lexicon.states.values()))


def _own_places(practice: Practice, own_words: frozenset[str]) -> Iterable[tuple[Phrase, tuple[str, str]]]:
    name = set(split_name(practice.name))
    generic = load_lexicon().generic
    for location in practice.locations:
        street = split_name(street_name(location.street))
        # Of "Larkspur Family Health Mill Creek" the part that says which of our places it is.
        site = tuple(word for word in split_name(location.name) if word not in name and word not in generic)
        for words, kind in ((site, "site"), (street[:-1], "street"), (street, "street"), ((location.zip,), "zip")):
            if words and words != ("",) and not set(words) <= name | generic:
                yield words, (" ".join(words), kind)
        city = split_name(location.city)
        # A practice called after its town is not supported by the name of the town.
        if city and not _is_named_after(practice, location.city):
            yield city, (location.city, "city")


def _is_named_after(practice: Practice, city: str) -> bool:
    words = split_name(city)
    return bool(words) and set(words) <= set(name_head(practice.name))


def _own_specialties(practice: Practice, lexicon: Lexicon) -> Iterator[str]:
    said = [practice.name, *practice.aliases, *practice.specialties, *(one.specialty for one in practice.clinicians)]
    stems = {tuple(singular(word) for word in split_name(name)) for name in said}
    for specialty, phrases in lexicon.fields.items():
        keys = [tuple(singular(word) for word in split_name(phrase)) for phrase in (*phrases, specialty)]
        if any(key == words[at : at + len(key)] for key in keys if key for words in stems for at in range(len(words))):
            yield specialty


def _same(written: str, own: str) -> bool:
    return written == own or (len(own) >= FUZZY_PLACE_LETTERS and slips(written, own) == 1)
