"""A text as its patterns read it: disguises folded, case kept, pictures turned into blanks, and offsets kept."""

from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from models.folding import fold_characters

Kind = Literal[
    "name",
    "street_address",
    "zip",
    "date",
    "age_over_89",
    "phone",
    "fax",
    "email",
    "url",
    "ip_address",
    "handle",
    "ssn",
    "mrn",
    "health_plan_number",
    "account_number",
    "license_number",
    "vehicle",
    "device_serial",
    "biometric",
    "photo_reference",
    "other_code",
]
# Dashes, dots and quotes that stand for the plain ones; what is no letter, digit or sign is a blank.
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("·•∙⋅․", "."),
        **dict.fromkeys("’‘ʼ´`", "'"),
        **dict.fromkeys("“”«»„", '"'),
        "⁄": "/",
    }
)


_NOTHING = ""


@dataclass(frozen=True, slots=True)
class Identifier:
    """Something that points to a person: its kind, and its offsets in the text as it was written (end exclusive)."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True)
class Surface:
    """`plain` is the folded text with its case; letter `n` of it stood at `origins[n]` of `text`."""

    text: str = field(repr=False)
    plain: str = field(repr=False)
    origins: list[int] = field(repr=False)

    @cached_property
    def lower(self) -> str:
        """`plain` without case, of the same length."""
        return self.plain.lower()

    def identifier(self, kind: Kind, start: int, end: int) -> Identifier:
        """An identifier of the written text from offsets into `plain`."""
        return Identifier(kind, self.origins[start], self._end(end))

    def place(self, offset: int) -> int:
        """Where in `plain` the letter at `offset` of the written text stands, or the next one that is left."""
        return bisect_left(self.origins, offset)

    def _end(self, end: int) -> int:
        last = self.origins[end - 1] + 1
        # Marks that belong to the last letter (a keycap, an accent) go with it.
        until = self.origins[end] if end < len(self.origins) else len(self.text)
        while last < until and not self.text[last].isspace() and not self.text[last].isalnum():
            last += 1
        return last


def read_surface(text: str) -> Surface:
    """The surface of a text. Linear in its length."""
    if text.isascii():
        return Surface(text, text, list(range(len(text))))
    folded, origins = fold_characters(text)
    letters = []
    for letter, origin in zip(folded, origins, strict=True):
        written = text[origin]
        sign = letter.translate(_SIGNS)
        if sign.isspace() or sign.isalnum() or sign.isascii():
            letters.append(sign.upper() if written.isupper() and len(sign.upper()) == 1 else sign)
        else:
            letters.append(_instead(text, origin))
    return Surface(text, *_without_pictures(letters, origins, text))


def _instead(text: str, place: int) -> str:
    # A picture inside of a word parts nothing, between figures it is a sign, elsewhere a blank.
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if before.isdigit() and after.isdigit():
        return "/"
    return _NOTHING if before.islower() and after.islower() else " "


def _without_pictures(letters: list[str], origins: list[int], text: str) -> tuple[str, list[int]]:
    # One blank for a picture and the blanks around it: "7 (tulip) Tulip Ct" is read as "7 Tulip Ct".
    kept = [
        place
        for place, letter in enumerate(letters)
        if letter not in (" ", _NOTHING)
        or (letter == " " and not place)
        or (letter == " " and letters[place - 1] != " ")
        or (letter == " " and text[origins[place]] == " " and text[origins[place - 1]] == " ")
    ]
    return "".join(letters[place] for place in kept), [origins[place] for place in kept]
