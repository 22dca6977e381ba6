"""The words of a text as the search for names sees them: large or small, known to a dictionary, a given name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pipeline.privacy.identifiers.find import word_list, word_table

_TABLE = word_table("names")
_GIVEN, _WORDS, PROPER = word_list("given_names"), word_list("words"), word_list("proper_nouns")
SETS = {name: frozenset(str(word) for word in words) for name, words in _TABLE.items()}
PUBLIC = SETS["public_words"]
_WORD = re.compile(r"[^\W\d_](?:[^\W_]|['&](?=[^\W\d_]))*+(?:-[^\W\d_][^\W_']*+)*+")
_ENDINGS = (
    ("ies", "y"),
    ("es", ""),
    ("es", "e"),
    ("s", ""),
    ("ied", "y"),
    ("ed", ""),
    ("ed", "e"),
    ("ing", ""),
    ("ing", "e"),
    ("ly", ""),
)
_PREFIXES = ("un", "re", "non", "pre", "mis", "over", "under", "anti", "post", "super", "self")
_SENTENCE_END = re.compile(r"(?:^|[.!?\n:;>*•\"(\[=/|]|[-~]|\.\.\.)[\s\"'(*_-]*$")


@dataclass(frozen=True, slots=True)
class Token:
    """A word at its place; `large` is written with a capital, `opens` begins a sentence, `listed` follows a comma."""

    text: str
    start: int
    end: int
    large: bool
    opens: bool
    known: bool
    given: bool
    public: bool
    listed: bool

    @property
    def lower(self) -> str:
        """The word without case."""
        return self.text.lower()


def read_tokens(plain: str) -> list[Token]:
    """The words of a text, with what the lexicons know of them."""
    tokens = []
    for match in _WORD.finditer(plain):
        text = match.group()
        base = base_of(text.lower())
        large = text[0].isupper()
        opens = bool(_SENTENCE_END.search(plain, max(0, match.start() - 12), match.start()))
        public = base in PUBLIC or text.lower() in PUBLIC or base in PROPER
        tokens.append(
            Token(
                text,
                match.start(),
                match.end(),
                large,
                opens,
                is_known(base),
                is_given(base),
                public,
                plain[max(0, match.start() - 2) : match.start()] == ", ",
            )
        )
    return tokens


def base_of(lower: str) -> str:
    """A word without its possessive ending."""
    return lower[:-2] if lower.endswith("'s") else lower.rstrip("'")


def without_s(text: str) -> str:
    """The part of a word that is the name: of "Soraya's" what stands before the apostrophe."""
    return text[:-2] if text.lower().endswith("'s") and len(text) > 3 else text


@cache
def is_known(lower: str) -> bool:
    """Whether a dictionary has the word or what it is made from."""
    if "-" in lower:
        return all(len(part) < 2 or is_known(part) for part in lower.split("-"))
    if "'" in lower:
        return is_known(lower.replace("'", "")) or lower.split("'")[0] in _WORDS
    return lower in _WORDS or any(stem in _WORDS for stem in _stems(lower))


def _stems(lower: str) -> Iterator[str]:
    for ending, instead in _ENDINGS:
        stem = lower[: -len(ending)]
        if lower.endswith(ending) and len(stem) >= 3:
            yield stem + instead
            if stem[-1] == stem[-2]:
                yield stem[:-1]
    for prefix in _PREFIXES:
        if lower.startswith(prefix) and len(lower) - len(prefix) >= 4:
            yield lower[len(prefix) :]


@cache
def is_given(lower: str) -> bool:
    """Whether it is a given name, or a double one with such a part."""
    return lower in _GIVEN or any(part in _GIVEN for part in lower.split("-") if "-" in lower)
