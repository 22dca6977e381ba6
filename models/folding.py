"""Fold a text to what a reader sees: look-alikes, invisible marks, links and hashtags undone. The one copy."""

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from itertools import chain

from models.wheel import known_words

FOLDING_VERSION = 3
# A post is 64 KiB at most; compatibility forms expand up to eighteen-fold, so the folded text is cut as well.
MAX_CHARACTERS = 64 * 1024
# A post is folded by the encoder, the matcher and the reader: short ones of a shard are remembered in between.
REMEMBERED_CHARACTERS, REMEMBERED_TEXTS = 2_000, 4_096

# Latin letter -> Cyrillic, Greek, Armenian and IPA letters that pass for it (after Unicode TR39; the common ones).
_LOOK_ALIKES = {
    "a": "аαɑ", "b": "Ьʙ", "c": "сϲ", "d": "ԁ", "e": "еєёε", "g": "ɡ", "h": "һհ", "i": "іїιɩı", "j": "јϳ", "k": "кκ",
    "l": "ӏ", "m": "м", "n": "пηո", "o": "оοօσ", "p": "рρ", "q": "ԛ", "r": "г", "s": "ѕ", "t": "тτ", "u": "υսц",
    "v": "νѵ", "w": "ԝωш", "x": "хχ", "y": "уγү", "z": "ᴢ",
    "A": "АΑ", "B": "ВΒ", "C": "СϹ", "E": "ЕΕЁ", "G": "Ԍ", "H": "НΗ", "I": "ІΙӀЇ", "J": "Ј", "K": "КΚ", "M": "МΜ",
    "N": "Ν", "O": "ОΟ", "P": "РΡ", "Q": "Ԛ", "S": "Ѕ", "T": "ТΤ", "V": "Ѵ", "W": "Ԝ", "X": "ХΧ", "Y": "УΥҮ", "Z": "Ζ",
}  # fmt: skip
_TO_LATIN = str.maketrans({twin: letter for letter, twins in _LOOK_ALIKES.items() for twin in twins})
_TWIN = re.compile("[" + "".join(chain.from_iterable(_LOOK_ALIKES.values())) + "]")
_FOREIGN = re.compile("[\u0370-\u03ff\u0400-\u052f\u0531-\u0587]")
_LATIN = re.compile("[A-Za-z]")
_WORD = re.compile(r"\w+")

_SCANNED = chain(range(0x20000), range(0xE0000, 0xE0200))
_INVISIBLE = dict.fromkeys(
    code for code in _SCANNED if unicodedata.category(chr(code)) in ("Cf", "Cs") or code in (0x115F, 0x3164, 0x2800)
)
_MARKS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]+")
_ANY_MARK = "".join(chr(code) for code in range(0x300, 0x1F000) if unicodedata.combining(chr(code)))
# Normalisation sorts a run of marks in quadratic time, so a long run is cut first, in whatever script.
# The class stands first and alone, which lets the search leap from mark to mark.
_MARK_RUN = re.compile(f"[{_ANY_MARK}][{_ANY_MARK}]{{4,}}")

_LINK = re.compile(r"(?:https?://|www\.|pic\.twitter\.com/|t\.co/)\S+|\bHTTPURL\b", re.IGNORECASE)
_MAY_LINK = re.compile(r"https?:|www\.|t\.co|pic\.|url", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w@.])@(\w{1,40})")
_HASHTAG = re.compile(r"[#＃](\w{1,100})")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_+")
_SPACED = re.compile(r"(?<![\w'’])\w(?:([ .*_-])\w(?![\w'’]))(?:\1\w(?![\w'’])){2,}")
# Tokens of bounded length are found first and looked at one by one: the shape alone would backtrack without end.
# Only those with a sign in them, for few have one.
_TOKEN = re.compile(r"(?<![\w@$])(?=[^\W013457]{0,39}[013457@$])[\w@$]{5,40}(?![\w@$])")
# A sign between letters makes a disguise, wherever the others stand; so does "caus3", while "omega3" is a name.
_LEET_WORD = re.compile(
    r"(?=\w*[a-z][013457@$]{1,2}[a-z])[a-z][a-z013457@$]+|[a-z]{3,}[bcfghjklmnpqrstvwxz]3", re.IGNORECASE
)
_LEET = str.maketrans("013457@$", "oieastas")
# Pictures between words; where they stand at nearly every word they say nothing and only part what belongs together.
_PICTURES = re.compile(r"[\u2190-\u2bff\u3030-\u303d\U0001f000-\U0001faff]+")
_FEW_PICTURES, _PICTURES_PER_WORD = 4, 0.4
# English words of one letter.
_LONE = frozenset("aAiI")
_SPARSE_WORD = re.compile(r"\w+")
_STOP_WORDS = """
a an and are as at be been but by for from had has have he her his how i if in into is it its me my of on or our she so
that the their them they this to was we were what when which who will with you your
de del el en es la las lo los que un una y
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())


def fold_text(text: str) -> str:
    """The text as the encoder should read it: same words, case and accents kept, disguises undone.

    Links go, a hashtag becomes its words, a handle loses its @, pictures between all words go. Linear in the length of
    the text, which is cut at `MAX_CHARACTERS`. Text in Cyrillic or Greek stays as it is: only words that mix alphabets
    are folded, or all of them where nearly every such letter has a Latin twin.
    """
    return _fold_short(text) if len(text) <= REMEMBERED_CHARACTERS else _fold(text)


def fold_sparse(text: str) -> str:
    """`fold_text`, then without case and accents: the form in which words are compared."""
    plain = unicodedata.normalize("NFKD", fold_text(text).casefold())
    return _MARKS.sub("", plain)


def sparse_words(text: str) -> list[str]:
    """The words of `fold_sparse(text)`, stop words left out and English plurals undone."""
    return [_singular(word) for word in _SPARSE_WORD.findall(fold_sparse(text)) if word not in STOP_WORDS]


def fold_characters(text: str) -> tuple[str, list[int]]:
    """The text letter by letter, without case, accents, marks and look-alikes, and where each letter stood in `text`.

    For searching names: words stay where they are, so that a find can be shown in the text as it was written.
    """
    known: dict[str, str] = {}
    folded: list[str] = []
    origins: list[int] = []
    for place, character in enumerate(text):
        letters = known.get(character)
        if letters is None:
            letters = known[character] = _fold_character(character)
        folded.append(letters)
        origins += [place] * len(letters)
    return "".join(folded), origins


@lru_cache(REMEMBERED_TEXTS)
def _fold_short(text: str) -> str:
    return _fold(text)


def _fold(text: str) -> str:
    text = text[:MAX_CHARACTERS]
    if not text.isascii():
        text = _MARK_RUN.sub(lambda run: run.group()[:4], text.translate(_INVISIBLE))
        text = _MARKS.sub("", unicodedata.normalize("NFKC", text))[:MAX_CHARACTERS]
        text = _fold_look_alikes(text)
    # Each pattern costs more than a look whether it could be there at all.
    if _MAY_LINK.search(text):
        text = _LINK.sub(" ", text)
    if "#" in text:
        text = _HASHTAG.sub(lambda tag: " " + _CAMEL.sub(" ", tag.group(1)) + " ", text)
    if "@" in text:
        text = _HANDLE.sub(lambda handle: " " + _CAMEL.sub(" ", handle.group(1)) + " ", text)
    text = _SPACED.sub(_join_letters, text)
    text = _TOKEN.sub(_undo_leet, text)
    if not text.isascii():
        text = _part_from_pictures(text)
    return " ".join(text.split())


def _fold_character(character: str) -> str:
    plain = unicodedata.normalize("NFKD", character.translate(_INVISIBLE).translate(_TO_LATIN)).casefold()
    return _MARKS.sub("", plain)


def _fold_look_alikes(text: str) -> str:
    foreign = len(_FOREIGN.findall(text))
    if not foreign and not _TWIN.search(text):
        return text
    if len(_TWIN.findall(text)) >= 0.9 * foreign and _LATIN.search(text):
        return text.translate(_TO_LATIN)
    return _WORD.sub(lambda word: _fold_mixed(word.group()), text)


def _fold_mixed(word: str) -> str:
    return word.translate(_TO_LATIN) if _LATIN.search(word) else word


def _join_letters(run: re.Match[str]) -> str:
    joined = run.group().replace(run.group(1), "")
    # Beside spaced letters a word of one letter looks like one of them: "a f e v e r" is not "afever".
    if run.group(1) != " " or joined.lower() in known_words():
        return joined
    first, last = joined[0] in _LONE, joined[-1] in _LONE or (joined[-1].isupper() and joined[-2].islower())
    size = len(joined)
    for start, end, fits in ((1, size, first), (0, size - 1, last), (1, size - 1, first and last)):
        if fits and joined[start:end].lower() in known_words():
            return " ".join(filter(None, (joined[:start], joined[start:end], joined[end:])))
    return joined


def _undo_leet(match: re.Match[str]) -> str:
    word = match.group()
    # Shorter words are names of things (h1n1, p53), and so are words with other digits (covid19vaccine).
    return word.translate(_LEET) if _LEET_WORD.fullmatch(word) else word


def _part_from_pictures(text: str) -> str:
    found = Counter(_PICTURES.findall(text))
    if found.total() < _FEW_PICTURES or found.total() < _PICTURES_PER_WORD * len(_WORD.findall(text)):
        return text
    # A disguise repeats one picture, and an author's own beside it still say something; several take turns otherwise.
    ((most, count),) = found.most_common(1)
    return text.replace(most, " ") if 2 * count > found.total() else _PICTURES.sub(" ", text)


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
