"""Long posts as passages, so that a claim deep in a text is read as closely as a short post."""

import re
from dataclasses import dataclass

from models.folding import fold_text

# A post up to this long is one passage; a longer one is read in windows of about half of it, each half new.
WHOLE_WORDS = 90
WINDOW_WORDS = 60
# Bounds the work that one hostile post can make; beyond it (about 1,500 words) only the beginning is read.
MAX_PASSAGES = 48

_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Passage:
    """Where a passage stands in its post, in characters; `start` and `end` cut it out of the text as written."""

    start: int
    end: int


def split_passages(text: str) -> list[Passage]:
    """The passages of a post in order; they cover it up to MAX_PASSAGES and neighbours overlap by about half."""
    # Counted as it will be read: pictures between words and spaced letters would make a short post a long one.
    if len(_words(fold_text(text))) <= WHOLE_WORDS:
        return [Passage(0, len(text))]
    pieces = [piece for sentence in _SENTENCE.finditer(text) for piece in _cut(sentence.start(), sentence.end(), text)]
    counts = [len(_words(text[start:end])) for start, end in pieces]
    found: list[Passage] = []
    first = 0
    while first < len(pieces) and len(found) < MAX_PASSAGES:
        last, size = first, counts[first]
        while last + 1 < len(pieces) and size + counts[last + 1] <= WINDOW_WORDS:
            last += 1
            size += counts[last]
        found.append(Passage(pieces[first][0], pieces[last][1]))
        if last + 1 == len(pieces):
            break
        first = max(first + 1, (first + last + 1) // 2)
    return found


def _cut(start: int, end: int, text: str) -> list[tuple[int, int]]:
    # A "sentence" without an end, as in a text without punctuation, is cut by its words.
    words = [(start + word.start(), start + word.end()) for word in _WORD.finditer(text[start:end])]
    half = WINDOW_WORDS // 2
    return [(words[at][0], words[min(at + half, len(words)) - 1][1]) for at in range(0, len(words), half)]


def _words(text: str) -> list[str]:
    return _WORD.findall(text)
