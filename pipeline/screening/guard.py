"""Whether a post of our own lets slip somebody's care or promotes a false claim."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import re2
import yaml

from models.folding import fold_characters
from models.guard import BREACHES, Breach, Fit, Said, sentences_of
from models.passages import Passage

Verdict = Literal["fine", "disclosure", "false_claim"]

WORDS = Path(__file__).with_name("guard_words.yaml")
# From this chance on a claim is named as the one that is promoted.
NAMED_FROM = 0.3


@dataclass(frozen=True, slots=True)
class Pointer:
    """An identifier that was found in a post: its kind (as in docs/privacy.md) and its offsets, end exclusive."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What the judge said of a candidate of a post or of one of its sentences."""

    claim_id: str
    claim: str
    p_match: float
    promotes: float


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a post must not say: the rule, the words as they stand in the post, and why they break it."""

    rule: Breach
    phrase: str
    why: str


@dataclass(frozen=True, slots=True)
class Guarded:
    """What the guard says of a post: not fine where there is a finding, the likeliest one first."""

    verdict: Verdict
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Signs:
    """What was found in a post, as `models.guard.SIGNS` names it, and in words: who it points to, and which care."""

    values: Mapping[str, float]
    who: str = ""
    care: str = ""


def guard_post(text: str, pointers: Sequence[Pointer], heard: Sequence[Heard], said: Said, fit: Fit) -> Guarded:
    """The verdict on one post from what was found in it, what the judge `heard` and what the model `said` of it.

    A post is stopped where the chance of a breach reaches the fit's `stop_from`; both findings are told where both do.
    """
    signs = person_signs(text, pointers)
    values = {**signs.values, **claim_signs(text, heard)}
    chances = {breach: fit.chance(breach, said.read[breach], values) for breach in BREACHES}
    over = sorted((one for one in BREACHES if chances[one] >= fit.stop_from), key=lambda one: -chances[one])
    whys = {"disclosure": _why_disclosure(signs), "false_claim": _why_false(heard)}
    findings = tuple(Finding(breach, _cut(text, said.sentences[breach]), whys[breach]) for breach in over)
    return Guarded(findings[0].rule if findings else "fine", findings)


def person_signs(text: str, pointers: Sequence[Pointer]) -> Signs:
    """What points to a person, which words of care stand by, and whether both stand side by side."""
    words, spans = _words_of_guard(), sentences_of(text)
    folded = [_folded(text[span.start : span.end]) for span in spans]
    named = [next((one for one in pointers if _names(one, span, words.impersonal)), None) for span in spans]
    pointed = [_first(words.person, one) for one in folded]
    cared = [next((name for name, patterns in words.care.items() if _first(patterns, one)), "") for one in folded]
    who = [text[one.start : one.end] if one else found for one, found in zip(named, pointed, strict=True)]
    beside = [place for place in range(len(spans)) if who[place] and any(cared[max(0, place - 1) : place + 2])]
    values = {
        "beside": bool(beside),
        "keyed": any(one.kind in words.keyed for one in pointers),
        "reply": any(_first(words.reply, one) for one in folded),
    }
    care = next((name for place in beside for name in cared[max(0, place - 1) : place + 2] if name), "")
    return Signs({name: float(value) for name, value in values.items()}, who[beside[0]] if beside else "", care)


def claim_signs(text: str, heard: Sequence[Heard]) -> dict[str, float]:
    """How surely a false claim is promoted, and whether there are words that deny one."""
    return {
        "promoted": max((one.p_match * one.promotes for one in heard), default=0.0),
        "denied": float(bool(_first(_words_of_guard().denial, _folded(text)))),
    }


@dataclass(frozen=True)
class _Words:
    keyed: frozenset[str]
    impersonal: frozenset[str]
    person: tuple[Any, ...]
    care: Mapping[str, tuple[Any, ...]]
    reply: tuple[Any, ...]
    denial: tuple[Any, ...]


@lru_cache(maxsize=1)
def _words_of_guard() -> _Words:
    stored = yaml.safe_load(WORDS.read_text(encoding="utf-8"))

    def compiled(patterns: Sequence[str]) -> tuple[Any, ...]:
        found = []
        for pattern in patterns:
            for name, words in stored["words"].items():
                pattern = pattern.replace(f"<{name}>", words)
            found.append(re2.compile(pattern))
        return tuple(found)

    care = {name: compiled(patterns) for name, patterns in stored["care"].items()}
    return _Words(
        frozenset(stored["keyed"]),
        frozenset(stored["impersonal"]),
        compiled(stored["person"]),
        care,
        compiled(stored["reply"]),
        compiled(stored["denial"]),
    )


def _why_disclosure(signs: Signs) -> str:
    if signs.who and signs.care:
        return f"points to a person ({signs.who.strip()}) beside words of care ({signs.care})"
    if signs.values["keyed"]:
        return "holds a number that points to one person"
    if signs.values["reply"]:
        return "a reply that confirms somebody's visit"
    return "reads as if it told of a certain person's care"


def _why_false(heard: Sequence[Heard]) -> str:
    best = max(heard, key=lambda one: one.p_match * one.promotes, default=None)
    if best and best.p_match >= NAMED_FROM:
        return f"promotes a claim that is held to be false, {best.claim_id}: {best.claim}"
    return "reads like a false statement; no claim of the database is near"


def _names(pointer: Pointer, span: Passage, impersonal: frozenset[str]) -> bool:
    return span.start <= pointer.start < span.end and pointer.kind not in impersonal


def _cut(text: str, place: Passage) -> str:
    return text[place.start : place.end]


def _first(patterns: Sequence[Any], folded: str) -> str:
    found = next((match for pattern in patterns if (match := pattern.search(folded))), None)
    return found.group().strip() if found else ""


def _folded(text: str) -> str:
    return fold_characters(text)[0].lower().replace("’", "'")
