"""Search words: names as quoted phrases, keywords as words that stand together, packed into queries of a limit."""

import re
from collections.abc import Iterable, Sequence

from pipeline.errors import ConfigError

# Quotes, brackets, backslashes and control characters would change the query's meaning.
_SYNTAX = re.compile(r"[\"“”„\\()\[\]{}\x00-\x1f\x7f]+")

# A keyword's words; an operator of the platforms is written in capitals, so that ours are not.
_WORDS = re.compile(r"[@#]?\w+")


def phrases(terms: Iterable[str], limit: int) -> list[str]:
    """Each term once, in the given order, as a search phrase of at most `limit` characters.

    A phrase that is too long keeps its first words: it then finds more posts, never fewer.
    """
    made: dict[str, None] = {}
    for term in terms:
        words = _SYNTAX.sub(" ", term).split()
        while words and len(_phrase(words)) > limit:
            words.pop()
        if words:
            made.setdefault(_phrase(words))
    return list(made)


def together(terms: Iterable[str], limit: int, conjunction: str) -> list[str]:
    """Each term once, in the given order, as words that a post must all hold, wherever they stand in it.

    People put "ivermectin" and "covid" into one post far oftener than next to each other. `conjunction` is what the
    platform writes between words that must all be there. A term that is too long keeps its first words.
    """
    made: dict[str, None] = {}
    for term in terms:
        words = _WORDS.findall(term.lower())
        while words and len(conjunction.join(words)) + 2 > limit:
            words.pop()
        if words:
            made.setdefault(words[0] if len(words) == 1 else f"({conjunction.join(words)})")
    return list(made)


def packed(parts: Sequence[str], limit: int, suffix: str = "") -> list[str]:
    """`(a OR b OR c) suffix` queries of at most `limit` characters that hold every part once.

    Order is kept, so a keyword added at the end changes the last query only and the others keep their watermarks.
    Raises ConfigError where a part and the suffix together are longer than a query may be.
    """
    queries: list[list[str]] = []
    for part in parts:
        if len(_joined([part], suffix)) > limit:
            raise ConfigError(f"languages and exclusions leave no room for words in a query of {limit} characters")
        if queries and len(_joined([*queries[-1], part], suffix)) <= limit:
            queries[-1].append(part)
        else:
            queries.append([part])
    return [_joined(query, suffix) for query in queries]


def _phrase(words: Sequence[str]) -> str:
    text = " ".join(words)
    return text if re.fullmatch(r"[@#]\w+", text) else f'"{text}"'


def _joined(parts: Sequence[str], suffix: str) -> str:
    return f"({' OR '.join(parts)}) {suffix}".strip()
