"""What a mention needs: category, theme, tone and urgency. Crisis words decide before any model is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.triage import ROUTINE, URGENT, Readings, TriageModel
from pipeline.screening.urgency import Urgency, find_urgency

# The cue of a post that is urgent by what the model reads in it, without words that are known.
READ = "reading"
_LIFE = "danger_to_life"


@dataclass(frozen=True, slots=True)
class Triage:
    """What a post needs. `urgency_cue` names the words that say so, or READ; None where it is routine.

    `crisis`: somebody may be in danger, and whoever reads it is shown the guidance of crisis lines. `probability` has
    the calibrated chance of each of the four answers, and `urgent`: that the post cannot wait, of whatever kind.
    """

    category: str
    theme: str
    tone: str
    urgency: str
    urgency_cue: str | None
    crisis: bool
    probability: Mapping[str, float]


def triage_posts(texts: Sequence[str], model: TriageModel) -> list[Triage]:
    """One triage a post, in order; it depends on its text alone."""
    cues = [find_urgency(text) for text in texts]
    read = model.read(texts, [cue is not None and cue.plain for cue in cues])
    answers = zip(*(read.best(question) for question in ("category", "theme", "tone")), strict=True)
    return [
        _triage(found, *_urgency(number, cue, read, model.urgent_from), float(read.urgent[number]))
        for number, (found, cue) in enumerate(zip(answers, cues, strict=True))
    ]


def _triage(
    answers: tuple[tuple[str, float], ...], urgency: str, chance: float, cue: str | None, urgent: float
) -> Triage:
    (category, *_), (theme, *_), (tone, *_) = answers
    names = ("category", "theme", "tone")
    probability = {name: round(share, 4) for name, (_, share) in zip(names, answers, strict=True)}
    probability |= {"urgency": round(chance, 4), "urgent": round(urgent, 4)}
    return Triage(category, theme, tone, urgency, cue, urgency == _LIFE, probability)


def _urgency(number: int, cue: Urgency | None, read: Readings, urgent_from: float) -> tuple[str, float, str | None]:
    # The urgency, its chance, and what says so.
    urgent = float(read.urgent[number])
    kinds = read.shares["urgency"][number, : len(URGENT)]
    chances = dict(zip(URGENT, (urgent * kinds / kinds.sum()).tolist(), strict=True))
    if cue and cue.decides:
        return cue.urgency, chances[cue.urgency], cue.cue
    if urgent < urgent_from:
        return ROUTINE, 1 - urgent, None
    best = max(chances, key=chances.__getitem__)
    return best, chances[best], cue.cue if cue and cue.urgency == best else READ
