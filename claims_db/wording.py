"""What text a claim may carry: visible characters only, and enough words to mean one thing."""

import re
import unicodedata
from typing import Final

MIN_CONTENT_WORDS: Final = 3
MIN_KEYWORD_LENGTH: Final = 3

_STOP_WORDS: Final = """
a about actually after again all also always am an and any anyone anything are aren't arent as at be because
been before being but by can could did do does doesn't doesnt doing don't dont even ever
every everyone everything for from get gets give go got had has hasn't hasnt have having he her here hers
him his how i i'm if im in into is isn't isnt it it's its just know let like literally lol make makes may me
might more most much must my never no not nothing now of off on one only or other our out over own really
same say says she should so some someone something still such than that that's thats the their them then
there these they theyre thing things this those to too truth under up us very wake was wasn't we were what
when where which while who why will with won't would you you're your youre
"""

# Each of these alone, as a search term, brings in a whole field of posts and not one claim's.
_BROAD_WORDS: Final = """
abortion alcohol allergies allergy antibiotic antibiotics autism babies baby biopsy blood body brain cancer
cannabis chemo child children clinic cold covid covid-19 cure dentist deodorant depression detox diabetes
diet disease doctor doctors drug drugs emergency fever flu fluoride food gluten health healthy heart herpes
hiv hospice hospital hospitals illness infection infections insulin insurance jab jabs kids mask masks
measles medical medication medications medicine medicines mercury milk mold mom moms natural nurse nurses
nutrition patient patients pfizer pharma phone phones pill pills plastic pregnancy pregnant radiation rash
remedy salt science sex shot shots sick skin sleep smoking soy stroke sugar sun sunscreen supplement
supplements surgery symptom symptoms teeth test tests tooth toxic toxins treatment tumor vaccinated
vaccination vaccine vaccines vaping virus viruses vitamin vitamins water weed women
"""

STOP_WORDS: Final = frozenset(_STOP_WORDS.split())
BROAD_WORDS: Final = frozenset(_BROAD_WORDS.split())

_WORD: Final = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_KEYWORD: Final = re.compile(r"[^\W_]+(?:[ '-][^\W_]+)*")
# Cc control, Cf format (bidi overrides, zero width), Cs surrogate, Co private, Cn unassigned, Zl and Zp breaks.
_REFUSED_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def content_words(text: str) -> frozenset[str]:
    """The distinct words of `text`, case folded, less the stop words."""
    words = (word.replace("’", "'") for word in _WORD.findall(text.casefold()))
    return frozenset(word for word in words if word not in STOP_WORDS)


def first_hidden_character(text: str, allowed: str = "") -> int | None:
    """Index of the first control, invisible, surrogate or unassigned character not in `allowed`, or None."""
    # Nearly every text: what is printable has none of these categories.
    if text.isprintable():
        return None
    for index, character in enumerate(text):
        if unicodedata.category(character) in _REFUSED_CATEGORIES and character not in allowed:
            return index
    return None


def name_character(character: str) -> str:
    """A character as a reader can look it up, such as 'U+202E RIGHT-TO-LEFT OVERRIDE'."""
    return f"U+{ord(character):04X} {unicodedata.name(character, 'control character')}"


def find_text_problem(text: str, longest: int) -> str | None:
    """Why `text` may not stand in a claim (at most `longest` characters), or None where it may."""
    if not text.strip():
        return "is empty"
    hidden = first_hidden_character(text)
    if hidden is not None:
        if text[hidden] == "\n":
            return "has a line break inside; write it as one paragraph"
        return f"has a hidden character ({name_character(text[hidden])}); retype it without"
    if text != text.strip():
        return "begins or ends with a space"
    if len(text) > longest:
        return f"has {len(text)} characters; at most {longest} are allowed"
    return None


def find_breadth_problem(text: str) -> str | None:
    """Why a claim's wording would match far too many posts, or None where it is specific enough."""
    words = content_words(text)
    if len(words) >= MIN_CONTENT_WORDS:
        return None
    found = ", ".join(sorted(words)) or "none"
    return f"is too broad: it needs {MIN_CONTENT_WORDS} different content words and has {len(words)} ({found})"


def find_keyword_problem(keyword: str) -> str | None:
    """Why `keyword` may not become a search term, or None where it may."""
    if len(keyword) < MIN_KEYWORD_LENGTH:
        return f"'{keyword}' is too short; a keyword has at least {MIN_KEYWORD_LENGTH} characters"
    if keyword != keyword.lower():
        return f"'{keyword}' must be lower case"
    # Quotes, colons, brackets and a leading minus are operators in the platforms' query languages.
    if not _KEYWORD.fullmatch(keyword):
        return f"'{keyword}' may hold only letters, digits, and single spaces, hyphens or apostrophes between them"
    if keyword in STOP_WORDS or keyword in BROAD_WORDS:
        return f"'{keyword}' is too broad to search for by itself; add the word that makes it this claim"
    if not content_words(keyword):
        return f"'{keyword}' holds only stop words"
    return None
