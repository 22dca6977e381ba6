"""What the names of a post and the signs around them come to: which belong together, and what they are signs of."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.screening.finds import AGAINST, Find
from pipeline.screening.lexicon import load_lexicon
from pipeline.screening.spelling import Word
from pipeline.screening.surroundings import Sign

# A sign further away than this speaks of something else.
CONTEXT_CHARACTERS = 500
# How many words before our street "the clinic on" may stand.
NOUN_WORDS = 4
# The better of two names of one post; the rest is ranked behind.
_BY_RANK = (
    *("site", "full", "beside", "doctor_named", "phrase", "doctor_full", "head", "acronym", "doctor_titled"),
    *("address", "doctor_bare", "street"),
)
RANK = {strength: rank for rank, strength in enumerate(_BY_RANK)}
_STREETS = frozenset(("address", "street"))
_ABOUT_CARE = frozenset(("visit", "health", "field", "wanted", "other_field"))
# Our street counts beside one of these.
_OF_CARE = frozenset(("visit", "field", "wanted"))
_COUNTED = {"world": ("world", "worlds", "many_worlds"), "visit": ("visit", "visits")}


def longest_finds(finds: Sequence[Find]) -> list[Find]:
    """Of finds that overlap the longest, in order; a name with a word of ours beside it is as good as a full one."""
    kept: list[Find] = []
    for find in sorted(finds, key=lambda find: (find.first, -find.last, RANK[find.strength])):
        if not kept or find.first > kept[-1].last:
            kept.append(find)
        elif find.last - find.first > kept[-1].last - kept[-1].first:
            kept[-1] = find
    return [replace(find, strength="beside") if _stands_beside(find) else find for find in kept]


def settle_finds(finds: Sequence[Find], signs: Sequence[Sign], words: Sequence[Word]) -> list[Find]:
    """The finds once the signs are known: streets without a place of our kind go, refused names are noted as such."""
    return _refuse(_without_towns(_placed(finds, signs, words), signs), signs)


def group_finds(finds: Sequence[Find], words: Sequence[Word]) -> Iterator[tuple[Find, ...]]:
    """Finds that stand near each other, together."""
    together: list[Find] = []
    for find in finds:
        if together and words[find.first].start - words[together[-1].last].end > CONTEXT_CHARACTERS:
            yield tuple(together)
            together = []
        together.append(find)
    if together:
        yield tuple(together)


def best_strength(ranked: Sequence[Find]) -> str:
    """How the practice is named at its best; `ranked` by RANK."""
    # A clinician of ours and our name in one breath: either alone would leave a doubt.
    doctor = any(find.kind == "clinician" and find.strength != "doctor_bare" for find in ranked)
    name = any(find.kind != "clinician" for find in ranked)
    sound = not any(find.notes & AGAINST for find in ranked)
    return "both" if doctor and name and sound and ranked[0].strength not in ("site", "full") else ranked[0].strength


def count_signs(signs: Sequence[Sign]) -> set[str]:
    """The kinds of signs, worlds and visits by how many there are."""
    kinds = {sign.kind for sign in signs if ":" not in sign.kind}
    kinds |= {"silent"} if kinds.isdisjoint(_ABOUT_CARE) else set()
    counts = {
        "world": len({sign.term for sign in signs if sign.kind.startswith("world:")}),
        "visit": len({sign.term for sign in signs if sign.kind == "visit"}),
    }
    for name, steps in _COUNTED.items():
        kinds -= set(steps)
        kinds |= set(steps[: counts[name]])
    return kinds


def find_companions(sound: Sequence[Find]) -> set[str]:
    """What the finds say of each other: a clinician beside the name, two clinicians, the name beside a clinician."""
    doctors = {find.term for find in sound if find.kind == "clinician" and find.strength != "doctor_bare"}
    bare = {find.term for find in sound if find.strength == "doctor_bare"}
    names = {find.strength for find in sound if find.kind != "clinician"}
    kinds = {"clinician"} if doctors else {"bare_clinician"} if bare else set()
    kinds |= {"two_clinicians"} if len(doctors | bare) > 1 else set()
    kinds |= {"practice"} if names - _STREETS else set()
    kinds |= {"place"} if len({find.strength for find in sound}) > 1 and names & _STREETS else set()
    return kinds | ({"practice_full"} if names & {"site", "full", "beside"} else set())


def _stands_beside(find: Find) -> bool:
    return "beside" in find.notes and find.strength in ("head", "phrase") and not find.notes & AGAINST


def _without_towns(finds: Sequence[Find], signs: Sequence[Sign]) -> list[Find]:
    # "The CMC in Concord": where another name stands, the town of ours is the town.
    towns = {(sign.first, sign.last) for sign in signs if sign.kind == "place"}
    left = [find for find in finds if find.strength != "head" or (find.first, find.last) not in towns]
    return left or list(finds)


def _placed(finds: Sequence[Find], signs: Sequence[Sign], words: Sequence[Word]) -> list[Find]:
    # "The birth center on Cooper Lane": our street counts where a place of our kind stands on it.
    nouns = load_lexicon().beside_name
    ends = {sign.last for sign in signs if sign.kind == "field"}
    ends |= (
        {at for at, word in enumerate(words) if word.text in nouns}
        if any(f.strength == "street" for f in finds)
        else set()
    )
    kinds = {sign.kind for sign in signs if not sign.term.startswith("street: ")}
    told = not kinds.isdisjoint(_OF_CARE) or kinds >= {"health", "place"}
    kept = []
    for find in finds:
        if find.strength != "street":
            kept.append(find)
        elif ends.intersection(range(find.first - NOUN_WORDS, find.first)):
            kept.append(replace(find, strength="address"))
        elif told:
            kept.append(find)
    return kept


def _refuse(finds: Sequence[Find], signs: Sequence[Sign]) -> list[Find]:
    refused = [sign for sign in signs if sign.kind in ("refused_name", "rival")]
    # "Larkspur, CA": a town in another state, whatever else it is.
    abroad = {sign.first for sign in signs if sign.kind == "elsewhere"}
    spans = {at for sign in refused for at in range(sign.first, sign.last + 1)}
    lengths = {at: sign.last - sign.first for sign in refused for at in range(sign.first, sign.last + 1)}
    return [
        replace(find, notes=find.notes | {"refused"})
        if (find.first in spans and lengths[find.first] >= find.last - find.first)
        or (find.last + 1 in abroad and find.strength == "head")
        else find
        for find in finds
    ]
