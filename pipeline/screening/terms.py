"""What a practice may be called: every term of practice.yaml in the shapes in which people write it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from models.wheel import known_words
from pipeline.listening import Practice
from pipeline.screening.lexicon import load_lexicon
from pipeline.screening.spelling import split_name, split_words

# How much a term says by itself. full: two words or more, and not all of them common; phrase: such as could be ordinary
# words ("prompt care"); head: the one telling word of the name; acronym; address: a street with its number; street:
# a street alone, which counts behind "the clinic on" only.
FULL, PHRASE, HEAD, ACRONYM, ADDRESS, STREET = "full", "phrase", "head", "acronym", "address", "street"
ACRONYM_LETTERS = 6
# Run together ("larkspurfamilyhealth"), a name of fewer letters is too near to a word.
JOINED_LETTERS = 7
_AND = re.compile(r"\s*&\s*|\s+and\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the practice file: its words in order, which of them tells, and what it is a name of."""

    kind: str
    term: str
    words: tuple[str, ...]
    strength: str
    anchor: int = 0


@dataclass(frozen=True)
class Terms:
    """All terms of a practice: `parted` by their telling word, `joined` by how they look run together."""

    parted: dict[str, list[Term]]
    joined: dict[str, Term]
    heads: frozenset[str]
    own_words: frozenset[str]


def practice_terms(practice: Practice) -> Terms:
    """The terms of a practice file but its clinicians', handles and numbers."""
    heads = frozenset(_heads(practice))
    parted: dict[str, list[Term]] = {}
    joined: dict[str, Term] = {}
    for term in dict.fromkeys(_all_terms(practice, heads)):
        parted.setdefault(term.words[term.anchor], []).append(term)
        run = "".join(term.words)
        if len(term.words) > 1 and len(run) >= JOINED_LETTERS and term.strength in (FULL, PHRASE):
            joined.setdefault(run, Term(term.kind, term.term, (run,), FULL))
    for terms in parted.values():
        terms.sort(key=lambda term: (-len(term.words), term.words))
    names = (practice.name, *practice.aliases, *(place.name for place in practice.locations))
    return Terms(parted, joined, heads, frozenset(word for name in names for word in split_name(name)))


def name_head(name: str) -> tuple[str, ...]:
    """The telling words of a name: the first run of words that not every second practice has in its own."""
    generic = load_lexicon().generic
    head: list[str] = []
    for word in split_name(name):
        if word not in generic and not word.isdigit():
            head.append(word)
        elif head and head != ["st"]:
            break
    return tuple(head)


def street_name(street: str) -> str:
    """A street without its number, suite or floor."""
    return re.sub(r"^\s*\d+\w?\s+", "", street.split(",")[0])


def _all_terms(practice: Practice, heads: frozenset[str]) -> Iterator[Term]:
    head = name_head(practice.name)
    for name in (practice.name, *practice.aliases):
        words = split_name(name)
        # "Doc Frost's" names a clinician, and is read as one.
        if words and (len(words) != 2 or words[0] != "dr"):
            yield Term("practice", name, words, _strength(name, words, head), _anchor(words))
            yield from _shorter(name, words, head)
            yield from _with_and(name, head)
    for place in practice.locations:
        words = split_name(place.name)
        if len(words) > 1:
            yield Term("location", place.name, words, _strength(place.name, words, head), _anchor(words))
        yield from _addresses(place.name, place.street)
    if head and head != split_name(practice.name):
        partners = len(head) > 1 and _AND.search(practice.name)
        yield Term("practice", practice.name, head, PHRASE if partners else HEAD, _anchor(head))
    for word in sorted(heads - set(head[:1])):
        yield Term("practice", practice.name, (word,), HEAD)


def _shorter(name: str, words: tuple[str, ...], head: tuple[str, ...]) -> Iterator[Term]:
    # "Concord Multispecialty" for "Concord Multispecialty Clinic": a name without its last word that says nothing.
    short = words[:-1]
    if len(short) > len(head) and len(words) > 2 and words[-1] in load_lexicon().generic and short[: len(head)] == head:
        yield Term("practice", name, short, _strength(name, short, head), _anchor(short))


def _with_and(name: str, head: tuple[str, ...]) -> Iterator[Term]:
    # "Lee & Hart" is also written "Lee and Hart", "lee n hart" and "LeeandHart".
    said = [word.text for word in split_words(_AND.sub(" and ", name)) if word.text != "the"]
    if "and" in said[1:-1]:
        plain = tuple(word for word in said if word != "and")
        for spelt in ("and", "n"):
            words = tuple(spelt if word == "and" else word for word in said)
            yield Term("practice", name, words, _strength(name, plain, head), _anchor(words))


def _heads(practice: Practice) -> Iterator[str]:
    # Only what the practice's own name begins with: of an alias every word may be a common one.
    head = name_head(practice.name)
    if head and len(head) == 1:
        yield head[0]
    if len(head) == 2 and head[0] == "st":
        # "Ambrose's cafeteria", "stambrose": a saint without his title, and run together with it.
        yield from (head[1], "".join(head))
    for name in practice.aliases:
        words = split_name(name)
        if len(words) == 1 and not _is_acronym(name):
            yield words[0]


def _strength(name: str, words: tuple[str, ...], head: tuple[str, ...]) -> str:
    if len(words) == 1:
        return ACRONYM if _is_acronym(name) else HEAD
    if words == head:
        # Two partners together name little else; "Mill Creek" names a creek.
        return PHRASE if _AND.search(name) else HEAD
    lexicon, common = load_lexicon(), known_words()
    telling = [word for word in words if word not in lexicon.generic and word != "st"]
    # "Burke Dental" is nobody's phrase; "prompt care" is.
    named = lexicon.naming.intersection(words) or len(telling) > 1 or len(words) > 3 - (words[0] == "st")
    return FULL if telling and (named or not all(word in common for word in telling)) else PHRASE


def _anchor(words: tuple[str, ...]) -> int:
    generic = load_lexicon().generic
    return min(range(len(words)), key=lambda at: (words[at] in generic, -min(len(words[at]), 5), at))


def _is_acronym(name: str) -> bool:
    return name.isupper() and name.isalnum() and len(name) <= ACRONYM_LETTERS


def _addresses(name: str, street: str) -> Iterator[Term]:
    # "412 Orchard Row" is as good as "412 Orchard"; of a suite or a floor nobody speaks.
    found, words = re.match(r"\s*(\d+[a-z]?)\s", street, re.IGNORECASE), split_name(street_name(street))
    if found and words:
        number = found.group(1).lower()
        yield Term("location", name, (number, words[0]), ADDRESS, 1)
        yield Term("location", name, (number, *words), ADDRESS, 1)
        if len(words) > 1:
            yield Term("location", name, words, STREET, _anchor(words))
