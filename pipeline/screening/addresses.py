"""Where a text has the practice's handles, website or telephone number: terms that can mean nobody else."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from models.folding import fold_characters
from pipeline.listening import Practice
from pipeline.screening.finds import MAX_FINDS, Find
from pipeline.screening.spelling import Word

_PHONE = re.compile(r"(?<!\d)(?:\+?1[ .-]?)?\(?\d{3}\)?[ .-]{0,2}\d{3}[ .-]?\d{4}(?!\d)")
# As it is said aloud, so that no link is made of it: "marigoldderm dot example".
_SPOKEN_DOT = re.compile(r"\s+(?:dot|\[dot\]|\(dot\))\s+")


class AddressScanner:
    """The handles, the website and the number of one practice, ready to be found in many texts."""

    def __init__(self, practice: Practice) -> None:
        """Reads them as the file has them, with or without @, https:// and www."""
        self._website_term = practice.website
        self._website = re.sub(r"^(?:https?://)?(?:www\.)?", "", practice.website.casefold()).strip("/")
        self._phone_term, self._phone = practice.phone, re.sub(r"\D", "", practice.phone)[-10:]
        handles = {
            re.sub(r"^(?:@|/?u/|/?r/)", "", handle.casefold()): handle
            for names in practice.handles.values()
            for handle in names
        }
        self._handles = {handle: term for handle, term in handles.items() if handle}
        spelt = "|".join(re.escape(handle) for handle in sorted(self._handles, key=len, reverse=True))
        self._handle = re.compile(rf"(?<![\w.])(?:@|/?u/|#)?({spelt})(?![\w]|\.\w)") if spelt else None
        self._site = re.compile(rf"(?<![\w-]){re.escape(self._website)}(?![\w-])") if self._website else None

    def may_find(self, text: str) -> bool:
        """Whether a look is worth its time."""
        lowered = text.lower()
        return (
            any(handle in lowered for handle in self._handles)
            or bool(self._website and self._website.split(".")[0] in lowered)
            or bool(self._phone and self._phone[-4:] in lowered)
            or not text.isascii()
        )

    def find(self, text: str, words: Sequence[Word]) -> list[Find]:
        """All finds in order of their place."""
        folded, origins = (text.lower(), range(len(text))) if text.isascii() else fold_characters(text)
        spans: list[tuple[str, str, int, int]] = []
        if self._handle:
            spans += [
                ("handle", self._handles[m.group(1)], m.start(1), m.end(1)) for m in self._handle.finditer(folded)
            ]
        if self._site:
            spans += [("website", self._website_term, m.start(), m.end()) for m in self._site.finditer(folded)]
            said = _SPOKEN_DOT.search(folded)
            if said and _SPOKEN_DOT.sub(".", folded).find(self._website) >= 0:
                start = folded.find(self._website.split(".")[0])
                spans.append(("website", self._website_term, start, said.end()))
        for match in _PHONE.finditer(folded) if len(self._phone) == 10 else ():
            if re.sub(r"\D", "", match.group())[-10:] == self._phone:
                spans.append(("practice", self._phone_term, match.start(), match.end()))
        starts = [word.start for word in words]
        spans = [(kind, term, origins[start], origins[end - 1] + 1) for kind, term, start, end in spans[:MAX_FINDS]]
        return [
            Find(
                kind,
                term,
                "site",
                _at_or_behind(words, starts, start),
                bisect_left(starts, end) - 1,
                place=(start, end),
            )
            for kind, term, start, end in spans
        ]


def _at_or_behind(words: Sequence[Word], starts: Sequence[int], start: int) -> int:
    at = bisect_right(starts, start) - 1
    return at if at >= 0 and words[at].end > start else at + 1
