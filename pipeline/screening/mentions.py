"""Where a post names the practice: names, clinicians, locations, handles, website and telephone number."""

import re
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from models.folding import fold_characters
from pipeline.listening import Clinician, Practice

MAX_MENTIONS = 50
# A supporting word further away than this speaks of something else.
CONTEXT_CHARACTERS = 300
# Misspellings are forgiven in long words only: a short one is too near to another name.
FUZZY_LETTERS = 7
MAX_WORD = 40
TITLES = frozenset(("dr", "doctor", "doc", "doctora", "md", "do", "np", "pa", "nurse", "dds", "dmd", "rn", "phd"))

# Rule scores, not calibrated: how surely a find of this sort means this practice.
SURE, FULL_NAME, SUPPORTED, MISSPELT, AMONG_CARE, UNSUPPORTED = 0.97, 0.9, 0.85, 0.7, 0.6, 0.3

# Words of going to see a clinician; beside one a bare name of ours is more likely us than a town or a flower.
CARE_WORDS = (
    *("appointment", "appointments", "clinic", "check up", "checkup", "physical", "physicals", "new patient", "nurse"),
    *("nurses", "doctor", "doctors", "my doc", "provider", "providers", "waiting room", "refill", "refills", "copay"),
    *(
        "prescription",
        "billing",
        "no show fee",
        "flu shot",
        "shots",
        "vaccine",
        "vaccines",
        "mmr",
        "well child",
        "labs",
    ),
    *("on hold", "phone line", "nurse line", "after hours", "portal", "epi", "allergy", "staff", "cita", "clinica"),
)

_WORD = re.compile(r"[^\W_]+(?:_[^\W_]+)*")
# What may stand between two words of one name; a line feed or the end of a sentence may not.
_GAP = re.compile(r"[ \t.,'’&/|()\-–—]{0,4}")
_PHONE = re.compile(r"(?<!\d)(?:\+?1[ .-]?)?\(?\d{3}\)?[ .-]{0,2}\d{3}[ .-]?\d{4}(?!\d)")


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a text names the practice; start and end are offsets into the text as it was written.

    `kind` is practice, clinician, location, handle or website; `term` is the term of practice.yaml; `context` is what
    supports an ambiguous name, or empty.
    """

    kind: str
    term: str
    start: int
    end: int
    p_mention: float
    context: str = ""


@dataclass(frozen=True, slots=True)
class _Term:
    kind: str
    term: str
    words: tuple[str, ...]
    p_mention: float
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Find:
    term: _Term
    start: int
    end: int


class MentionFinder:
    """The terms of one practice, ready to be found; build it once and ask it for many texts."""

    def __init__(self, practice: Practice) -> None:
        self._practice = practice
        self._website = re.sub(r"^(?:https?://)?(?:www\.)?", "", practice.website.casefold()).strip("/")
        self._phone = re.sub(r"\D", "", practice.phone)[-10:]
        self._terms = _by_first_word(_terms(practice))
        self._excluded = _by_first_word(_Term("not_us", name, _split(name), 0.0) for name in practice.not_us)
        self._support = _by_first_word(_support(practice))

    def find(self, text: str) -> list[Mention]:
        """All mentions in order of their place, at most MAX_MENTIONS; see `find_mentions`."""
        folded, origins = fold_characters(text)
        words = [_Word(m.group(), m.start(), m.end()) for m in _WORD.finditer(folded)]
        finds = list(_scan(folded, words, self._terms, fuzzy=self._fuzzy))
        finds += self._addresses(folded)
        excluded = list(_scan(folded, words, self._excluded))
        starts = [find.start for find in excluded]
        finds = [find for find in _longest(finds) if not _refused(folded, find, _around(find, excluded, starts))]
        support = list(_scan(folded, words, self._support))
        mentions = [self._mention(find, finds, support) for find in finds[:MAX_MENTIONS]]
        return [replace(m, start=origins[m.start], end=origins[m.end - 1] + 1) for m in mentions]

    @cached_property
    def _fuzzy(self) -> dict[str, str]:
        # Spelling with one letter left out -> the word; two words are one edit apart if they share one.
        long = {w for terms in self._terms.values() for t in terms if len(t.words) > 1 for w in t.words}
        return {short: word for word in sorted(long) if len(word) >= FUZZY_LETTERS for short in _shortened(word)}

    def _addresses(self, folded: str) -> Iterator[_Find]:
        website = _Term("website", self._practice.website, (), SURE)
        for match in re.finditer(rf"(?<![\w-]){re.escape(self._website)}(?![\w-])", folded) if self._website else ():
            yield _Find(website, match.start(), match.end())
        phone = _Term("practice", self._practice.phone, (), SURE)
        for match in _PHONE.finditer(folded):
            if len(self._phone) == 10 and re.sub(r"\D", "", match.group())[-10:] == self._phone:
                yield _Find(phone, match.start(), match.end())

    def _mention(self, find: _Find, finds: Sequence[_Find], support: Sequence[_Find]) -> Mention:
        term = find.term
        if not term.ambiguous:
            return Mention(term.kind, term.term, find.start, find.end, term.p_mention)
        sure = [f for f in finds if not f.term.ambiguous]
        # Two weak finds of different terms: a town has no Dr. Lee, and another Dr. Lee does not work at ours.
        weak = [f for f in finds if f.term.ambiguous and f.term.term != term.term]
        near = [f for f in support if f.end <= find.start or f.start >= find.end]
        ranked = sorted((*sure, *weak, *near), key=lambda f: f.term.kind == "care")
        context = next((f for f in ranked if _distance(f, find) <= CONTEXT_CHARACTERS), None)
        if context is None or (context.term.kind == "care" and term.kind != "practice"):
            return Mention(term.kind, term.term, find.start, find.end, UNSUPPORTED)
        named = f"{context.term.kind}: {context.term.term}"
        p_mention = AMONG_CARE if context.term.kind == "care" else term.p_mention
        return Mention(term.kind, term.term, find.start, find.end, p_mention, named)


def find_mentions(text: str, practice: Practice) -> list[Mention]:
    """Where `text` names the practice, in order; for many texts build a MentionFinder once.

    A one-word name or a bare surname ("Dr. Lee") needs support near it (city, specialty, a surer find), else its
    p_mention is UNSUPPORTED. A find inside or beside a phrase of `not_us` is left out. Linear in the text.
    """
    return MentionFinder(practice).find(text)


def _terms(practice: Practice) -> Iterator[_Term]:
    for name in (practice.name, *practice.aliases):
        yield from _name("practice", name)
    for location in practice.locations:
        yield from _name("location", location.name)
        if re.match(r"\d", location.street) and len(_split(location.street)) > 2:
            yield _Term("location", location.street, _split(location.street), SUPPORTED)
    for clinician in practice.clinicians:
        yield from _clinician(clinician)
    for handles in practice.handles.values():
        for handle in handles:
            word = re.sub(r"^(?:@|/?u/|/?r/)", "", handle.casefold())
            yield _Term("handle", handle, (word,), SURE)


def _clinician(clinician: Clinician) -> Iterator[_Term]:
    name = clinician.name.split(",")[0]
    words = tuple(word for word in _split(name) if word not in TITLES)
    surname = _split(name.split()[-1])
    if len(surname) > 1:
        # A double surname is as good as a full name, with a title or without.
        yield _Term("clinician", clinician.name, surname, SUPPORTED)
    if len(words) > 1:
        yield _Term("clinician", clinician.name, words, FULL_NAME)
        yield _Term("clinician", clinician.name, ("".join(words),), FULL_NAME)
    for title in ("dr", "doctor", "doc", "doctora", "nurse"):
        if len(words) > 1:
            yield _Term("clinician", clinician.name, (title, *words), FULL_NAME)
        for own in dict.fromkeys((words[-1:], words[:1])):
            yield _Term("clinician", clinician.name, (title, *own), SUPPORTED, ambiguous=True)
            yield _Term("clinician", clinician.name, ("".join((title, *own)),), SUPPORTED, ambiguous=True)


def _name(kind: str, name: str) -> Iterator[_Term]:
    words = _split(name)
    if len(words) == 1:
        yield _Term(kind, name, words, SUPPORTED, ambiguous=True)
    elif words:
        yield _Term(kind, name, words, FULL_NAME)
        # As in a hashtag: #LarkspurFamilyHealth.
        yield _Term(kind, name, ("".join(words),), FULL_NAME)


def _support(practice: Practice) -> Iterator[_Term]:
    yield from (_Term("care", word, _split(word), 0.0) for word in CARE_WORDS)
    ours = set(_split(practice.name))
    for location in practice.locations:
        for kind, words in (("city", location.city), ("zip", location.zip), ("street", location.street)):
            yield _Term(kind, words, _split(words), 0.0)
        # Of "Larkspur Family Health Mill Creek" the part that says which of our places it is.
        site = tuple(word for word in _split(location.name) if word not in ours)
        yield _Term("site", location.name, site, 0.0)
    specialties = (*practice.specialties, *(clinician.specialty for clinician in practice.clinicians))
    for specialty in dict.fromkeys(specialties):
        yield _Term("specialty", specialty, _split(specialty), 0.0)
        for word in _split(specialty):
            # pediatrics -> pediatrician, cardiology -> cardiologist: people name the person, not the field.
            if word.endswith(("ics", "logy", "try")):
                stem = {"ics": word[:-1] + "ian", "logy": word[:-1] + "ist", "try": word[:-2] + "rist"}
                person = next(form for ending, form in stem.items() if word.endswith(ending))
                yield _Term("specialty", specialty, (person,), 0.0)


def _split(name: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(fold_characters(name)[0]))


def _by_first_word(terms: Iterable[_Term]) -> dict[str, list[_Term]]:
    found: dict[str, list[_Term]] = defaultdict(list)
    for term in terms:
        if term.words:
            found[term.words[0]].append(term)
    return dict(found)


def _scan(
    folded: str, words: Sequence[_Word], terms: dict[str, list[_Term]], fuzzy: dict[str, str] | None = None
) -> Iterator[_Find]:
    for place, word in enumerate(words):
        for first in dict.fromkeys((word.text, _respelt(word.text, fuzzy or {}))):
            for term in terms.get(first, ()):
                spelt = _matches(folded, words, place, term, fuzzy or {})
                if spelt is not None:
                    found = term if spelt else replace(term, p_mention=MISSPELT)
                    yield _Find(found, word.start, words[place + len(term.words) - 1].end)


def _matches(folded: str, words: Sequence[_Word], place: int, term: _Term, fuzzy: dict[str, str]) -> bool | None:
    # True: as it is spelt; False: with one word misspelt; None: not here.
    run = words[place : place + len(term.words)]
    if len(run) < len(term.words):
        return None
    if not all(_GAP.fullmatch(folded, left.end, right.start) for left, right in pairwise(run)):
        return None
    wrong = [word.text for word, wanted in zip(run, term.words, strict=True) if word.text != wanted]
    right = [_respelt(word.text, fuzzy) for word in run]
    if not wrong:
        return True
    if len(wrong) > 1 or len(run) == 1 or any(a.text != b != c for a, b, c in zip(run, term.words, right, strict=True)):
        return None
    return False


def _respelt(word: str, fuzzy: dict[str, str]) -> str:
    if not fuzzy or not FUZZY_LETTERS - 1 <= len(word) <= MAX_WORD:
        return word
    return next((fuzzy[short] for short in (word, *_shortened(word)) if short in fuzzy), word)


def _shortened(word: str) -> list[str]:
    return [word, *(word[:at] + word[at + 1 :] for at in range(len(word)))]


def _longest(finds: Iterable[_Find]) -> list[_Find]:
    kept: list[_Find] = []
    for find in sorted(finds, key=lambda f: (f.start, -f.end, -f.term.p_mention, f.term.kind, f.term.term)):
        if not kept or find.start >= kept[-1].end:
            kept.append(find)
    return kept


def _around(find: _Find, excluded: Sequence[_Find], starts: Sequence[int]) -> Sequence[_Find]:
    # A window, so that a text of nothing but such phrases is not compared all with all.
    return excluded[bisect(starts, find.start - CONTEXT_CHARACTERS) : bisect(starts, find.end + CONTEXT_CHARACTERS)]


def _refused(folded: str, find: _Find, excluded: Sequence[_Find]) -> bool:
    for other in excluded:
        inside = (
            find.start <= other.start and other.end <= find.end and (other.end - other.start < find.end - find.start)
        )
        beside = _GAP.fullmatch(folded, min(find.end, other.end), max(find.start, other.start))
        if not inside and (_distance(find, other) < 0 or beside):
            return True
    return False


def _distance(one: _Find, other: _Find) -> int:
    return max(one.start, other.start) - min(one.end, other.end)
