"""Words in a picture: what can be printed, lines that fit, dates, numbers and lengths of time."""

import textwrap
from datetime import date, timedelta

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Longer words of others are cut before they are looked at.
_MOST_CHARACTERS = 2_000
_CLAIM_CHARACTERS = 150
_HOUR, _DAY = 60, 24 * 60


def printable(text: object) -> str:
    """One line of `text`: no controls, surrogates or marks that turn the reading direction."""
    kept = (character if character.isprintable() else " " for character in str(text or "")[:_MOST_CHARACTERS])
    return " ".join("".join(kept).split())


def fit(text: object, characters: int, lines: int = 1) -> list[str]:
    """`text` in at most so many lines of so many characters; an ellipsis says that some is left out."""
    return textwrap.wrap(printable(text), characters, max_lines=lines, placeholder=" …") or ["…"]


def rated_claim(rating: object, claim: object) -> str:
    """`False: “a claim”`: the rating stands first, or a hurried reader takes the claim for our own statement."""
    said = fit(rating, 20)[0].capitalize() if isinstance(rating, str) else "Claim"
    return f"{said}: “{fit(claim, _CLAIM_CHARACTERS)[0]}”"


def short_day(day: date) -> str:
    """`2 Nov`."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def plain_day(day: date) -> str:
    """`2 Nov 2026`."""
    return f"{short_day(day)} {day.year}"


def number(value: float) -> str:
    """`1,240`."""
    return f"{value:,.0f}"


def count(amount: float, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 post`, `1,240 posts`, `2 stories`."""
    return f"{number(amount)} {one if amount == 1 else many or one + 's'}"


def hidden_words(cells: int) -> str:
    """A sentence, with a space before it, on numbers that may not be shown; "" where there are none."""
    if not cells:
        return ""
    left_out = "number is left out because" if cells == 1 else "numbers are left out because"
    return f" {cells} {left_out} fewer than five people stand behind {'it' if cells == 1 else 'each'}."


def length(minutes: float) -> str:
    """A length of time as people say it: `under 1 min`, `40 min`, `2 h 10 min`, `3 d 4 h`."""
    whole = round(minutes)
    if minutes < 1:
        return "under 1 min"
    if whole < _HOUR:
        return f"{whole} min"
    if whole < 2 * _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR} min".removesuffix(" 0 min")
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h".removesuffix(" 0 h")


def every_day(first: date, last: date) -> list[date]:
    """All days from the first to the last, both included."""
    return [first + timedelta(days=days) for days in range((last - first).days + 1)]
