"""A text as its sentences, so that each can be read by itself and shown as it stands."""

import re
from itertools import pairwise

from models.passages import Passage

# A "sentence" that is longer, as in a text without punctuation, is read in parts of so many words.
PART_WORDS = 45
# How far before a space is looked for what ends a sentence.
_LOOKED_BACK = 8
_SPACE = re.compile(r"\s+")
_END = re.compile(r"[.!?…][\"”’')\]]*$")
_SHORT_FORM = re.compile(r"\b(?:Drs?|Mrs?|Ms|St|No|Jr|Sr|vs|U\.S|[ap]\.m|[A-Z])\.$")
_WORD = re.compile(r"\S+")
_LETTER = re.compile(r"\w")


def split_sentences(text: str) -> list[Passage]:
    """Where the sentences of a text stand, in order; a line ends one, a title or an initial does not. Linear.

    What has neither letter nor digit is no sentence, and there is none in a text without either.
    """
    starts = [0, *(space.end() for space in _SPACE.finditer(text) if _ends(text, space)), len(text)]
    return [
        part for start, end in pairwise(starts) if _LETTER.search(text, start, end) for part in _parts(text, start, end)
    ]


def _ends(text: str, space: re.Match[str]) -> bool:
    before = text[max(0, space.start() - _LOOKED_BACK) : space.start()]
    return "\n" in space.group() or (_END.search(before) is not None and _SHORT_FORM.search(before) is None)


def _parts(text: str, start: int, end: int) -> list[Passage]:
    words = list(_WORD.finditer(text, start, end))
    return [
        Passage(words[at].start(), words[min(at + PART_WORDS, len(words)) - 1].end())
        for at in range(0, len(words), PART_WORDS)
    ]
