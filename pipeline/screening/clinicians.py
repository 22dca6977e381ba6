"""Where a text names one of the practice's clinicians, and whether it is rather somebody of the same name."""

from collections.abc import Sequence

from models.wheel import known_words
from pipeline.listening import Practice
from pipeline.screening.finds import Find
from pipeline.screening.lexicon import load_lexicon
from pipeline.screening.neighbours import uses_capitals
from pipeline.screening.spelling import Word, joined, slips, split_name

TITLES = frozenset(("dr", "drs", "nurse", "np", "pa", "pac", "rn", "md", "do"))
CREDENTIALS = frozenset(
    (
        "md",
        "do",
        "np",
        "pa",
        "pac",
        "rn",
        "dds",
        "dmd",
        "phd",
        "psyd",
        "od",
        "dpm",
        "lcsw",
        "lmsw",
        "lpc",
        "fnp",
        "pmhnp",
        "dnp",
        "cnm",
        "pt",
        "dpt",
        "crnp",
        "c",
    )
)
# Named in full, with a title or a credential; in full; by title and one name; by one name alone.
NAMED, IN_FULL, TITLED, BARE = "doctor_named", "doctor_full", "doctor_titled", "doctor_bare"


class ClinicianScanner:
    """The clinicians of one practice, ready to be found in many texts."""

    def __init__(self, practice: Practice) -> None:
        """Reads their names: titles and what stands behind a comma are no part of one."""
        self._surnames: dict[str, list[tuple[str, str]]] = {}
        self._firsts: dict[str, str] = {}
        for clinician in practice.clinicians:
            words = [word for word in split_name(clinician.name.split(",")[0]) if word not in TITLES]
            if words:
                self._surnames.setdefault(words[-1], []).append((words[0], clinician.name))
            if len(words) > 1:
                self._firsts.setdefault(words[0], clinician.name)
        self._doubles: dict[str, tuple[str, str]] = {}
        for clinician in practice.clinicians:
            last = split_name(clinician.name.split(",")[0].split()[-1])
            if len(last) == 2:
                self._doubles[last[1]] = (last[0], clinician.name)
        self._joined = {
            "".join(split_name(one.name.split(",")[0])): one.name
            for one in practice.clinicians
            if len(split_name(one.name.split(",")[0])) > 1
        }
        heads = split_name(practice.name)[:1]
        self._head = heads[0] if heads else ""

    def may_find(self, words: Sequence[str]) -> bool:
        """Whether any of these words is a name of one of them."""
        return any(word in self._surnames or word in self._firsts or word in self._joined for word in words)

    def find(self, text: str, words: Sequence[Word]) -> list[Find]:
        """All finds in order of their place."""
        found: list[Find] = []
        for at, word in enumerate(words):
            run = self._joined.get(word.text)
            find = Find("clinician", run, IN_FULL, at, at, frozenset({"joined"})) if run else None
            if word.text in self._surnames:
                find = self._by_surname(text, words, at)
            if find is None and word.text in self._firsts:
                find = self._by_first_name(text, words, at)
            if find is not None and (not found or find.first > found[-1].last):
                found.append(find)
        return found

    def _by_surname(self, text: str, words: Sequence[Word], at: int) -> Find | None:
        before = _before(text, words, at)
        double = self._doubles.get(words[at].text)
        if double is not None:
            # A double surname is as good as a full name; half of one is somebody else's.
            own = before is not None and before.text == double[0]
            return Find("clinician", double[1], NAMED, at - 1, at, frozenset({"rare"})) if own else None
        owners = self._surnames[words[at].text]
        if before is None:
            return self._bare(text, words, at, owners[0][1])
        for first, name in owners:
            if before.text == first or slips(before.text, first) is not None or _initial(before, first):
                ahead = _before(text, words, at - 1)
                titled = ahead is not None and ahead.text in TITLES
                behind = words[at + 1] if at + 1 < len(words) and joined(text, words[at], words[at + 1]) else None
                titled = titled or (behind is not None and behind.text in CREDENTIALS - {"do", "c"})
                if titled or words[at].capital or first not in ("", words[at].text):
                    start = at - 1 - int(ahead is not None and ahead.text in TITLES)
                    return Find("clinician", name, NAMED if titled else IN_FULL, start, at, self._rarity(words[at]))
        if before.text in TITLES and before.text != "do":
            other = self._followed_by_name(text, words, at)
            return Find(
                "clinician",
                owners[0][1],
                TITLED,
                at - 1,
                at,
                frozenset({"person"}) if other else self._rarity(words[at]),
            )
        if before.text in ("ms", "mr", "mrs", "miss", "coach", "officer", "professor", "judge", "chef"):
            return Find("clinician", owners[0][1], BARE, at, at, frozenset({"person"}))
        ahead = _before(text, words, at - 1)
        if ahead is not None and ahead.text in TITLES and before.capital:
            return Find("clinician", owners[0][1], TITLED, at - 2, at, frozenset({"person"}))
        if before.text in load_lexicon().given_names or (before.capital and before.text not in load_lexicon().plain):
            return None
        return self._bare(text, words, at, owners[0][1])

    def _rarity(self, surname: Word) -> frozenset[str]:
        return frozenset(() if surname.text in known_words() else ("rare",))

    def _followed_by_name(self, text: str, words: Sequence[Word], at: int) -> bool:
        # "Dr. Lee Wong": the surname of ours is a first name there.
        behind = words[at + 1] if at + 1 < len(words) and joined(text, words[at], words[at + 1]) else None
        if behind is None or not behind.capital or behind.text in load_lexicon().plain:
            return False
        return behind.text not in load_lexicon().beside_name and behind.text != self._head

    def _by_first_name(self, text: str, words: Sequence[Word], at: int) -> Find | None:
        before = _before(text, words, at)
        name = self._firsts[words[at].text]
        behind = words[at + 1] if at + 1 < len(words) and joined(text, words[at], words[at + 1]) else None
        if behind is not None and (
            behind.text in self._surnames or (behind.capital and behind.text not in load_lexicon().plain)
        ):
            return None
        role = words[at + 2] if behind is not None and behind.text == "the" and at + 2 < len(words) else None
        if role is not None and role.text in TITLES:
            return Find("clinician", name, TITLED, at, at + 2)
        if before is not None and before.text in TITLES:
            return Find("clinician", name, TITLED, at - 1, at)
        return Find("clinician", name, BARE, at, at, frozenset({"first"})) if words[at].capital else None

    def _bare(self, text: str, words: Sequence[Word], at: int, name: str) -> Find | None:
        behind = words[at + 1] if at + 1 < len(words) and joined(text, words[at], words[at + 1]) else None
        if behind is not None and behind.capital and behind.text in load_lexicon().beside_other:
            return None
        if words[at].capital:
            return Find("clinician", name, BARE, at, at)
        # "lopez fused my spine": where nothing has a capital, a surname need not have one.
        lower = {"lower_cased"} | ({"lower_common"} if words[at].text in known_words() else set())
        return None if uses_capitals(words) else Find("clinician", name, BARE, at, at, frozenset(lower))


def _before(text: str, words: Sequence[Word], at: int) -> Word | None:
    return words[at - 1] if at > 0 and joined(text, words[at - 1], words[at]) else None


def _initial(word: Word, first: str) -> bool:
    return len(word.text) == 1 and word.text == first[:1] and word.capital
