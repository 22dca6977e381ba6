"""The word lists that the resolver reads: care, other worlds, places, given names, and what stands for what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.screening.spelling import split_name

FOLDER = Path(__file__).parent / "words"

Phrase = tuple[str, ...]
# First word of a phrase -> the phrases that begin with it, each with the kind of thing it is a sign of.
Phrases = Mapping[str, Sequence[tuple[Phrase, str]]]


@dataclass(frozen=True)
class Lexicon:
    """Words by what they are signs of; every word is in the spelling of `split_name`."""

    visit: tuple[str, ...]
    spam: tuple[str, ...]
    health: tuple[str, ...]
    beside_name: frozenset[str]
    beside_other: frozenset[str]
    named_by: frozenset[str]
    little: frozenset[str]
    articles: frozenset[str]
    inside: frozenset[str]
    towards: frozenset[str]
    acts: frozenset[str]
    plain: frozenset[str]
    generic: frozenset[str]
    naming: frozenset[str]
    fields: Mapping[str, tuple[str, ...]]
    wanted: Mapping[str, tuple[str, ...]]
    worlds: Mapping[str, tuple[str, ...]]
    states: Mapping[str, str]
    elsewhere: tuple[str, ...]
    not_places: frozenset[str]
    given_names: frozenset[str]


@lru_cache
def load_lexicon() -> Lexicon:
    """The lists that ship in pipeline/screening/words."""
    care, worlds, places = (_read(name) for name in ("care", "worlds", "places"))
    names = (FOLDER / "given_names.txt").read_text(encoding="utf-8").split()
    return Lexicon(
        visit=tuple(care["visit"]),
        spam=tuple(care["spam"]),
        health=tuple(care["health"]),
        **{name: _words(words) for name, words in _read("beside").items()},
        generic=_words(care["generic"]),
        naming=_words(care["naming"]),
        fields={name: tuple(lists["field"]) for name, lists in care["specialties"].items()},
        wanted={name: tuple(lists["words"]) for name, lists in care["specialties"].items()},
        worlds={name: tuple(words) for name, words in worlds.items()},
        states=places["states"],
        elsewhere=(*places["cities"], *places["countries"]),
        not_places=_words(places["not_places"]),
        given_names=frozenset(names),
    )


def index_phrases(phrases: Iterable[tuple[str, str]]) -> Phrases:
    """Pairs of a phrase and its kind, by their first word; a plural is read as its singular."""
    found: dict[str, list[tuple[Phrase, str]]] = {}
    for phrase, kind in phrases:
        if words := tuple(singular(word) for word in split_name(phrase)):
            found.setdefault(words[0], []).append((words, kind))
    return {first: sorted(set(rest), key=lambda pair: (-len(pair[0]), pair)) for first, rest in found.items()}


def singular(word: str) -> str:
    """A word without the s of its plural."""
    return word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] not in "su" else word


def _read(name: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return content


def _words(names: Iterable[str]) -> frozenset[str]:
    return frozenset(word for name in names for word in split_name(name))
