"""The words of a post and how a name may be spelt in it: folded, abbreviated, run together, or a letter wrong."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import yaml

from models.folding import fold_characters

# Misspellings are forgiven in longer words only: a short one is too near to another word.
FUZZY_LETTERS = 5
# From so many letters on two slips may be one word.
LONG_LETTERS = 9
MAX_WORD = 40
# Between the words of one name: a few marks or pictures, never a line feed or the end of a sentence.
MAX_GAP = 12

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['’]s$|['’]$")
_APOSTROPHE = re.compile(r"['’]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ENDS_NAME = re.compile(r"[\n!?;:]")
_STOP = re.compile(r"\.\s")
# Letter by letter: "C.M.C.", "s.t. a.m.b.r.o.s.e.".
_SPELT = re.compile(r"(?<![^\W_])[^\W\d_](?:[ .*_-][^\W\d_](?![^\W_]))+")
# What is left out of a name when it is said: "Skin & Surgery", "the Smith Clinic".
_LEFT_OUT = frozenset(("and", "the"))
_BETWEEN_LETTERS = frozenset(" .*_-")
# Fewer letters with blanks between them are words: "plan b a".
_SPACED_LETTERS = 3
# These are written with a full stop inside a name.
_SHORTENED = frozenset(("dr", "st", "mt", "ft", "ste", "ave", "no", "jr", "sr"))


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: folded and with abbreviations undone, where it stands, and whether it begins with a capital."""

    text: str
    start: int
    end: int
    capital: bool
    tag: bool = False


def split_words(text: str) -> list[Word]:
    """The words of a text in order, possessives undone and hashtags parted. Offsets are into `text` as it is."""
    folded, origins = _fold(text)
    return _spelt_out(text, [word for match in _WORD.finditer(folded) for word in _parts(text, match, origins)])


def plain_words(text: str) -> list[str]:
    """The words of a text as `split_words` has them before hashtags are parted; for a quick look."""
    folded = _fold(text)[0]
    spelt = ("".join(_WORD.findall(run)) for run in _SPELT.findall(folded))
    return [*(_unposs(word) for word in _WORD.findall(folded)), *map(_canonical, spelt)]


def split_name(name: str) -> tuple[str, ...]:
    """The words of a name in the spelling in which words are compared."""
    words = (word.text for word in split_words(name))
    return tuple(word for word in words if word not in _LEFT_OUT)


def joined(text: str, left: Word, right: Word) -> bool:
    """Whether nothing but a few marks or pictures stands between two words."""
    if not 0 <= right.start - left.end <= MAX_GAP:
        return False
    gap = text[left.end : right.start]
    return not _ENDS_NAME.search(gap) and (not _STOP.search(gap) or left.text in _SHORTENED)


@lru_cache(4096)
def slips(written: str, wanted: str) -> int | None:
    """How many letters of `wanted` are wrong in `written`: 0, 1, in long words 2; None where it is another word."""
    if written == wanted:
        return 0
    if min(len(written), len(wanted)) < FUZZY_LETTERS - 1 or len(wanted) < FUZZY_LETTERS or len(written) > MAX_WORD:
        return None
    allowed = 2 if len(wanted) >= LONG_LETTERS else 1
    if abs(len(written) - len(wanted)) > allowed:
        return None
    found = _distance(written, wanted)
    return found if found <= allowed else None


def shortened(word: str) -> Iterator[str]:
    """The word, and the word with each letter left out: two words are a slip apart where they share one of these."""
    yield word
    if FUZZY_LETTERS - 1 <= len(word) <= MAX_WORD:
        yield from (word[:at] + word[at + 1 :] for at in range(len(word)))


def _parts(text: str, match: re.Match[str], origins: Sequence[int] | None) -> Iterator[Word]:
    # The s of a possessive is no part of the name.
    length = len(_POSSESSIVE.sub("", match.group()))
    start = match.start() if origins is None else origins[match.start()]
    end = start + length if origins is None else origins[match.start() + length - 1] + 1
    written = text[start:end]
    tag = start > 0 and text[start - 1] in "#＃@"
    cuts = [0, *(cut.start() for cut in _CAMEL.finditer(written)), len(written)] if _is_camel(written) else []
    whole = Word(_canonical(_unposs(match.group())), start, end, written[:1].isupper(), tag)
    if len(cuts) < 3 or origins is not None:
        yield whole
        return
    for left, right in pairwise(cuts):
        part = _canonical(_unposs(written[left:right].casefold()))
        yield Word(part, start + left, start + right, True, tag)


def _spelt_out(text: str, words: list[Word]) -> list[Word]:
    # Letters with one mark between them are one word; texts without any are left as they are.
    found: list[Word] = []
    letters: list[Word] = []
    for word in words:
        lone = len(word.text) == 1 and word.text.isalpha()
        if letters and not (lone and text[letters[-1].end : word.start] in _BETWEEN_LETTERS):
            found += _one_word(text, letters)
            letters = []
        if lone:
            letters.append(word)
        else:
            found.append(word)
    return [*found, *_one_word(text, letters)] if letters else found


def _one_word(text: str, letters: list[Word]) -> list[Word]:
    spaced = len(letters) < _SPACED_LETTERS and " " in text[letters[0].start : letters[-1].end]
    if len(letters) == 1 or spaced:
        return letters
    spelt = "".join(letter.text for letter in letters)
    end = letters[-1].end + text.startswith(".", letters[-1].end)
    return [Word(_canonical(spelt), letters[0].start, end, letters[0].capital)]


def _is_camel(written: str) -> bool:
    return written.isalnum() and not written.islower() and not written.isupper() and not written.istitle()


def _fold(text: str) -> tuple[str, Sequence[int] | None]:
    # Most posts are plain, and then a letter stands where it stood.
    return (text.lower(), None) if text.isascii() else fold_characters(text)


def _unposs(word: str) -> str:
    return _APOSTROPHE.sub("", _POSSESSIVE.sub("", word)) if "'" in word or "’" in word else word


def _canonical(word: str) -> str:
    return _abbreviations().get(word, word)


@lru_cache
def _abbreviations() -> dict[str, str]:
    return dict(yaml.safe_load((Path(__file__).parent / "words" / "abbreviations.yaml").read_text(encoding="utf-8")))


def _distance(one: str, other: str) -> int:
    # Optimal string alignment: letters changed, left out, added or swapped. Words are short, so the square is small.
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, start=1):
        older, before, row = before, row, [i]
        for j, right in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]
