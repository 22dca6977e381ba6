"""Whether a post of our own lets slip somebody's care or promotes a false claim. Pure: identifiers and scores come in."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import re2
import yaml

from models.folding import fold_characters
from models.guard import BREACHES, Fit, Said

Verdict = Literal["fine", "disclosure", "false_claim"]
Rule = Literal["disclosure", "false_claim"]

WORDS = Path(__file__).with_name("guard_words.yaml")
# Sentences of a post that are read one by one. Of a longer post they are taken together, up to so many words.
MOST_SENTENCES, GROUP_WORDS = 48, 110
# A shorter piece is no sentence: "Dr.", "Wow!"
FEWEST_WORDS = 4
# From this chance on a claim is named as the one that is promoted.
NAMED_FROM = 0.3

_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*[\"'”’)\]]*\s*")
_WORD = re.compile(r"\S+")


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
    similarity: float
    p_match: float
    promotes: float
    debunks: float


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a post must not say: the rule, the words as they stand in the post, and why they break it."""

    rule: Rule
    phrase: str
    why: str


@dataclass(frozen=True, slots=True)
class Guarded:
    """What the guard says of a post: not fine where there is a finding, the likeliest one first."""

    verdict: Verdict
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """Where a sentence stands in its post; `start` and `end` cut it out of the text as written."""

    start: int
    end: int


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
    spans = split_sentences(text)
    signs, claims = person_signs(text, spans, pointers), claim_signs(text, heard)
    values = {**signs.values, **claims}
    chances = {breach: fit.chance(breach, said.read[breach], values) for breach in BREACHES}
    over = sorted((one for one in BREACHES if chances[one] >= fit.stop_from), key=lambda one: -chances[one])
    whys = {"disclosure": lambda: _why_disclosure(signs), "false_claim": lambda: _why_false(heard)}
    findings = tuple(
        Finding(_rule(breach), text[spans[at].start : spans[at].end].strip(), whys[breach]())
        for breach in over
        for at in (said.sentences[breach],)
    )
    return Guarded(findings[0].rule if findings else "fine", findings)


def split_sentences(text: str) -> list[Span]:
    """The sentences of a post in order, one at least and MOST_SENTENCES at most. Linear in the text.

    Very short ones go with the next; of a long post they are taken together, and what is left over is not read.
    """
    spans = list(_joined(text, ((one.start(), one.end()) for one in _SENTENCE.finditer(text)), FEWEST_WORDS))
    if len(spans) > MOST_SENTENCES or any(_words(text, *span) > GROUP_WORDS for span in spans):
        spans = list(_grouped(text))[:MOST_SENTENCES]
    return [Span(start, end) for start, end in spans] or [Span(0, len(text))]


def person_signs(text: str, spans: Sequence[Span], pointers: Sequence[Pointer]) -> Signs:
    """What points to a person, which words of care stand by, and whether both stand side by side."""
    words = _words_of_guard()
    folded = [_folded(text[span.start : span.end]) for span in spans]
    named = [next((one for one in pointers if _names(one, span, words.keyed)), None) for span in spans]
    pointed = [_first(words.person, one) for one in folded]
    cared = [next((name for name, patterns in words.care.items() if _first(patterns, one)), "") for one in folded]
    who = [text[one.start : one.end] if one else found for one, found in zip(named, pointed, strict=True)]
    beside = [place for place in range(len(spans)) if who[place] and any(cared[max(0, place - 1) : place + 2])]
    values = {
        "named": any(named),
        "pointed": any(pointed),
        "cared": min(3, sum(map(bool, cared))),
        "beside": bool(beside),
        "keyed": any(one.kind in words.keyed for one in pointers),
        "reply": any(_first(words.reply, one) for one in folded),
    }
    care = next((name for place in beside for name in cared[max(0, place - 1) : place + 2] if name), "")
    return Signs({name: float(value) for name, value in values.items()}, who[beside[0]] if beside else "", care)


def claim_signs(text: str, heard: Sequence[Heard]) -> dict[str, float]:
    """How near a false claim is, how surely it is the claim, and whether the post promotes, debunks or denies it."""
    return {
        "similar": max((one.similarity for one in heard), default=0.0),
        "matched": max((one.p_match for one in heard), default=0.0),
        "promoted": max((one.p_match * one.promotes for one in heard), default=0.0),
        "debunked": max((one.p_match * one.debunks for one in heard), default=0.0),
        "denied": float(bool(_first(_words_of_guard().denial, _folded(text)))),
    }


@dataclass(frozen=True)
class _Words:
    keyed: frozenset[str]
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
        compiled(stored["person"]),
        care,
        compiled(stored["reply"]),
        compiled(stored["denial"]),
    )


def _why_disclosure(signs: Signs) -> str:
    if signs.who and signs.care:
        return f"points to a person ({signs.who.strip()}) beside words of care ({signs.care})"
    return "reads as if it told of a certain person's care"


def _why_false(heard: Sequence[Heard]) -> str:
    best = max(heard, key=lambda one: one.p_match * one.promotes, default=None)
    if best and best.p_match >= NAMED_FROM:
        return f"promotes a claim held to be false: {best.claim} ({best.claim_id})"
    return "reads like a false statement; no claim of the database is near"


def _rule(breach: str) -> Rule:
    return "disclosure" if breach == "disclosure" else "false_claim"


def _names(pointer: Pointer, span: Span, keyed: frozenset[str]) -> bool:
    # A date alone points to nobody.
    return span.start <= pointer.start < span.end and (pointer.kind != "date" or pointer.kind in keyed)


def _first(patterns: Sequence[Any], folded: str) -> str:
    found = next((match for pattern in patterns if (match := pattern.search(folded))), None)
    return found.group().strip() if found else ""


def _folded(text: str) -> str:
    return fold_characters(text)[0].lower().replace("’", "'")


def _words(text: str, start: int, end: int) -> int:
    return sum(1 for _ in _WORD.finditer(text, start, end))


def _joined(text: str, pieces: Iterator[tuple[int, int]], fewest: int) -> Iterator[tuple[int, int]]:
    """Pieces that follow each other, each of `fewest` words at least but the last."""
    begun, words, last = None, 0, 0
    for start, end in pieces:
        begun, last = start if begun is None else begun, end
        words += _words(text, start, end)
        if words >= fewest:
            yield begun, end
            begun, words = None, 0
    if begun is not None and words:
        yield begun, last


def _grouped(text: str) -> Iterator[tuple[int, int]]:
    words = [(one.start(), one.end()) for one in _WORD.finditer(text)]
    for at in range(0, len(words), GROUP_WORDS):
        part = words[at : at + GROUP_WORDS]
        yield part[0][0], part[-1][1]
