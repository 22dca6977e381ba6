"""What in a mention cannot wait: plain words in plain sight. Crisis words never depend on statistics."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import re2
import yaml

from models.folding import fold_sparse

Kind = Literal[
    "danger_to_life", "threat_to_staff", "adverse_event", "patient_safety", "privacy_breach", "time_critical"
]

CUES = Path(__file__).with_name("urgency.yaml")
# Who says this of themselves is believed, whatever else stands in the text.
_WISH = "wish to die"


@dataclass(frozen=True, slots=True)
class Urgency:
    """What cannot wait, the cue that says so, and `plain`: nothing in the text says that it is over or elsewhere."""

    urgency: Kind
    cue: str
    plain: bool = True

    @property
    def decides(self) -> bool:
        """Whether no model is asked: plain words of danger to life."""
        return self.plain and self.urgency == "danger_to_life"


@dataclass(frozen=True, slots=True)
class _Cue:
    kind: Kind
    name: str
    patterns: tuple[Any, ...]


def find_urgency(text: str) -> Urgency | None:
    """The most urgent kind whose cue stands in the text; None where none does. Linear in the text."""
    folded = fold_sparse(text).replace("’", "'")
    cues, calm = _cues()
    for cue in cues:
        if any(pattern.search(folded) for pattern in cue.patterns):
            return Urgency(cue.kind, cue.name, cue.name == _WISH or not calm.search(folded))
    return None


@lru_cache(maxsize=1)
def _cues() -> tuple[tuple[_Cue, ...], Any]:
    stored = yaml.safe_load(CUES.read_text(encoding="utf-8"))

    def compiled(pattern: str) -> Any:  # noqa: ANN401 - re2 has no types
        for name, words in stored["words"].items():
            pattern = pattern.replace(f"<{name}>", words)
        return re2.compile(pattern)

    cues = tuple(
        _Cue(kind, name, tuple(map(compiled, patterns)))
        for kind in get_args(Kind)
        for name, patterns in stored["cues"][kind].items()
    )
    return cues, compiled(stored["calm"])
