"""What the practice is not: the sentences of `not_us` read for names, places and kinds, and shown before they count."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from models.wheel import known_words
from pipeline.listening import Practice
from pipeline.screening.lexicon import load_lexicon, singular
from pipeline.screening.spelling import split_name
from pipeline.screening.terms import name_head, practice_terms, street_name

# A run of words with capitals: "St. Clement's Church", "Monroe County Memorial Hospital".
_CAPITALISED = re.compile(
    r"(?:St\. |Dr\. |Mt\. )?[A-Z][\w'’]*"
    r"(?:(?:[ -]|,? ?& ?| of (?=[A-Z])| and (?=[A-Z]))(?:(?:St|Dr|Mt)\. )?(?:[A-Z][\w'’]*|\d+))*"
)
_LONE_NAME = (
    "counts only beside a city, street, clinician or specialty of yours; refused as a street, a school, a shop or a "
    "person, and beside words of films, music, sport, gardens and the like"
)
_LONE_DOCTOR = (
    "goes to review unless your name, a city or a specialty of yours stands beside it; refused with another first "
    "name, town or profession"
)
# A sentence of so few words ("larkspur flowers") is itself the name that is not ours.
SHORT_SENTENCE = 4
_STOP = frozenset(
    (
        "a",
        "an",
        "the",
        "of",
        "in",
        "on",
        "and",
        "or",
        "other",
        "than",
        "for",
        "at",
        "to",
        "with",
        "from",
        "by",
        "is",
        "are",
        "not",
        "our",
        "us",
        "we",
        "any",
        "called",
        "named",
        "elsewhere",
        "another",
        "which",
        "that",
        "who",
        "its",
        "their",
        "no",
        "nor",
        "also",
        "all",
        "different",
        "same",
        "name",
        "states",
        "based",
        "unrelated",
        "s",
        "day",
        "home",
        "department",
        "office",
        "offices",
        "solo",
        "online",
        "hospital",
        "new",
        "old",
        *("next", "building", "across", "near", "nearby", "door", "behind", "beside", "between", "former", "formerly"),
        *("run", "owned", "both", "there", "here", "people", "place", "county", "street", "road", "avenue", "whose"),
        "local",
        "town",
        "city",
    )
)


@dataclass(frozen=True)
class Namesake:
    """One sentence of `not_us`: names that are not ours, places where it is, and words of what it is."""

    sentence: str
    names: tuple[str, ...]
    places: tuple[str, ...]
    kinds: tuple[str, ...]
    # Another clinic whose name is not like ours: our patients compare us with it.
    is_rival: bool = False


def read_namesakes(practice: Practice) -> tuple[Namesake, ...]:
    """The sentences of `not_us`. A name that is ours too ("Tether, the cryptocurrency") gives places and kinds only."""
    ours = _ours(practice)
    return tuple(_read(sentence, ours) for sentence in practice.not_us)


def shown_homonyms(practice: Practice) -> list[str]:
    """One line for each thing of our name that will be refused, for a person who sets the practice up."""
    lines = [_told(namesake) for namesake in read_namesakes(practice)]
    lines += [f"“{head}” alone{_also(head)}: {_LONE_NAME}" for head in sorted(practice_terms(practice).heads)]
    surnames = sorted({split_name(one.name.split(",")[0])[-1] for one in practice.clinicians})
    return lines + [f"“Dr. {surname.title()}” alone{_also(surname)}: {_LONE_DOCTOR}" for surname in surnames]


def _also(word: str) -> str:
    lexicon = load_lexicon()
    known = {
        "a first name": word in lexicon.given_names,
        "a city or a country": word in lexicon.elsewhere,
        "a common word": word in known_words(),
    }
    kinds = [kind for kind, is_so in known.items() if is_so]
    return f" (also {', '.join(kinds)})" if kinds else ""


@dataclass(frozen=True)
class _Ours:
    """What a sentence of `not_us` may name without refusing it: our names, our places, and the words of both."""

    names: frozenset[tuple[str, ...]]
    homes: frozenset[tuple[str, ...]]
    words: frozenset[str]
    telling: frozenset[str]


def _ours(practice: Practice) -> _Ours:
    terms, states = practice_terms(practice), load_lexicon().states
    named = (practice.name, *practice.aliases, *(place.name for place in practice.locations))
    names = {split_name(name) for name in named} | {(head,) for head in terms.heads} | {name_head(practice.name)}
    homes = {
        split_name(name)
        for place in practice.locations
        for name in (place.city, place.state, states.get(place.state.upper(), ""), street_name(place.street))
    }
    telling = terms.own_words - load_lexicon().generic - {"st"} | terms.heads
    return _Ours(frozenset(names), frozenset(homes), terms.own_words, telling)


def _read(sentence: str, ours: _Ours) -> Namesake:
    known, names, places, used = _known_places(), list[str](), list[str](), set[str]()
    for phrase in _phrases(sentence):
        words = split_name(phrase)
        if not words or words in ours.homes or words in ours.names:
            used |= set(words)
        elif words in known:
            places.append(known[words])
            used |= set(words)
        elif _after_in(sentence, phrase) and not ours.words.intersection(words):
            places.append(phrase)
        else:
            names.append(phrase)
            # The other words of a name tell what it is: the housing of "Monroe County Housing Authority".
            used |= ours.words.intersection(words)
            if head := _rival(phrase, words, ours):
                names.append(head)
                used |= set(words)
    if names and ours.telling.isdisjoint(split_name(sentence)):
        return Namesake(sentence, tuple(names), (), (), is_rival=True)
    if not names and not places and len(sentence.split()) <= SHORT_SENTENCE:
        names.append(sentence)
    lexicon = load_lexicon()
    silent = _STOP | ours.words | used | {word for home in ours.homes for word in home}
    silent |= lexicon.generic - lexicon.beside_other
    kinds = [singular(word) for word in split_name(sentence) if word not in silent and not word.isdigit()]
    elsewhere = {word for place in places for word in split_name(place)}
    kinds = [kind for kind in dict.fromkeys(kinds) if kind not in elsewhere]
    return Namesake(sentence, tuple(names), tuple(dict.fromkeys(places)), tuple(kinds))


def _rival(phrase: str, words: tuple[str, ...], ours: _Ours) -> str | None:
    # "St. Anselm" for "St. Anselm Medical Center": a clinic whose name is not like ours is also named in short.
    head = name_head(phrase)
    clinic = load_lexicon().generic.intersection(words)
    told = [word for word in head if word != "st"]
    return " ".join(head) if told and clinic and ours.telling.isdisjoint(told) and len(head) < len(words) else None


@lru_cache
def _known_places() -> dict[tuple[str, ...], str]:
    lexicon = load_lexicon()
    letters = {split_name(letters): name for letters, name in lexicon.states.items()}
    return letters | {split_name(name): name for name in (*lexicon.states.values(), *lexicon.elsewhere)}


def _after_in(sentence: str, phrase: str) -> bool:
    return sentence[: sentence.find(phrase)].lower().rstrip().endswith((" in", " near"))


def _phrases(sentence: str) -> Sequence[str]:
    return [match.group().strip() for match in _CAPITALISED.finditer(sentence) if match.group() not in ("A", "The")]


def _told(namesake: Namesake) -> str:
    parts = [f"“{name}”" for name in namesake.names]
    parts += [f"your name with {place.title()}" for place in namesake.places]
    if namesake.kinds:
        parts.append(f"your name with {', '.join(namesake.kinds[:6])}")
    return f"{namesake.sentence}: refuses {'; '.join(parts) or 'nothing that could be read from it'}"
