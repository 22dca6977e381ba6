"""Disguises of plain text, so that a disguised post can be compared with itself undisguised."""

from collections.abc import Callable, Sequence

Disguise = Callable[[str], str]

_TWINS = str.maketrans({"a": "а", "e": "е", "o": "о", "c": "с", "p": "р", "i": "і"})
_FULL = {ord(c): ord(c) + 0xFEE0 for c in map(chr, range(0x21, 0x7F))}
_LEET = str.maketrans("aeiost", "431057")


def _each_word(change: Disguise, least: int = 4) -> Disguise:
    return lambda text: " ".join(
        change(word) if len(word) >= least and word.isalpha() else word for word in text.split(" ")
    )


def _every(change: Disguise, nth: int) -> Disguise:
    def disguise(text: str) -> str:
        return " ".join(change(word) if number % nth == 0 else word for number, word in enumerate(text.split(" ")))

    return disguise


DISGUISES: dict[str, Disguise] = {
    "plain": lambda text: text,
    "homoglyphs": _each_word(lambda word: word.translate(_TWINS)),
    "zero width": _each_word(lambda word: "\u200b".join(word)),
    "full width": lambda text: text.translate(_FULL),
    "leet": _every(_each_word(lambda word: word[0] + word[1:].translate(_LEET), 5), 2),
    "spaced letters": _every(_each_word(lambda word: " ".join(word), 5), 3),
    "dotted letters": _every(_each_word(lambda word: ".".join(word), 5), 3),
    "combining marks": _each_word(lambda word: "".join(letter + "\u0336" for letter in word)),
    "emoji between words": lambda text: " 🔥 ".join(text.split(" ")),
    "hashtags": _each_word(lambda word: f"#{word}"),
    "upper case": str.upper,
    "doubled letters": _every(_each_word(lambda word: word[:2] + word[1:], 5), 2),
    "dropped vowels": _every(_each_word(lambda word: word[0] + "".join(c for c in word[1:] if c not in "aeiou"), 6), 3),
}
# What folding is meant to undo; the others are listed as they are.
FOLDED = frozenset(
    (
        "homoglyphs",
        "zero width",
        "full width",
        "leet",
        "emoji between words",
        "spaced letters",
        "dotted letters",
        "combining marks",
        "hashtags",
        "upper case",
    )
)


def disguised(texts: Sequence[str], name: str) -> list[str]:
    """The texts in one disguise."""
    return [DISGUISES[name](text) for text in texts]
