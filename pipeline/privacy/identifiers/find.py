"""What a family of identifiers gives: finds, as offsets into the plain text of a surface."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from re import Match
from typing import NamedTuple

import yaml

from pipeline.privacy.identifiers.surface import Kind

LEXICONS = Path(__file__).parent / "lexicons"


class Find(NamedTuple):
    """Something that points to a person; start and end are offsets into `Surface.plain`."""

    kind: Kind
    start: int
    end: int


def of_matches(kind: Kind, matches: Iterable[Match[str]], group: int | str = 0) -> Iterator[Find]:
    """A find for each match, at one of its groups; a group that took no part makes none."""
    for match in matches:
        if match.group(group):
            yield Find(kind, match.start(group), match.end(group))


@cache
def word_list(name: str) -> frozenset[str]:
    """The words of a list beside this module, one a line, in lower case."""
    lines = (LEXICONS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


@cache
def word_table(name: str) -> dict[str, tuple[str, ...]]:
    """The named lists of a YAML table beside this module; a list is one text, its words parted by commas."""
    table: dict[str, str] = yaml.safe_load((LEXICONS / f"{name}.yaml").read_text(encoding="utf-8"))
    return {key: tuple(word for word in words.split(", ") if word) for key, words in table.items()}


def any_of(words: Iterable[str]) -> str:
    """A pattern of one of some words (each itself a pattern), the longest first."""
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"
