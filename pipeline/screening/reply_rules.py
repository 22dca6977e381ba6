"""The wordings that are sure to break a rule for replies, as reply_rules.yaml lists them, and the rules' sources."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import re2
import yaml

from models.folding import fold_characters

RULES_FILE = Path(__file__).with_name("reply_rules.yaml")


@dataclass(frozen=True)
class _Stored:
    """What reply_rules.yaml says: the source of each rule, and its patterns ready to be searched."""

    sources: Mapping[str, str]
    agrees: Any
    objects: Any
    patterns: tuple[tuple[str, Any], ...]


def rule_sources() -> Mapping[str, str]:
    """Where each rule comes from, in words."""
    return _stored().sources


def find_wordings(text: str) -> Iterator[tuple[Any, int, int]]:
    """What is sure to break a rule in a draft: the rule and where it stands, the first place for each. Linear."""
    plain, origins = _plain(text)
    for rule, pattern in _stored().patterns:
        if found := pattern.search(plain):
            yield rule, origins[found.start()], origins[found.end() - 1] + 1


def agrees(text: str) -> bool:
    """Whether a draft agrees in words with the post that it answers, and nothing in it objects."""
    plain, stored = _plain(text)[0], _stored()
    return stored.agrees.search(plain) is not None and stored.objects.search(plain) is None


def _plain(text: str) -> tuple[str, list[int]]:
    folded, origins = fold_characters(text)
    return folded.replace("’", "'"), origins


@cache
def _stored() -> _Stored:
    stored = yaml.safe_load(RULES_FILE.read_text(encoding="utf-8"))

    def compiled(pattern: str) -> Any:  # noqa: ANN401 - re2 has no types
        for name, words in stored["words"].items():
            pattern = pattern.replace(f"<{name}>", words)
        # However words are spaced, and over the end of a line.
        return re2.compile(pattern.replace(" ", r"\s+"))

    pairs = tuple((rule, compiled(one)) for rule, listed in stored["patterns"].items() for one in listed)
    return _Stored(stored["sources"], compiled(stored["agrees"]), compiled(stored["objects"]), pairs)
