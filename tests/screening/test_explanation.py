"""`auscult explain`: scores in words, the wording, the stance with its cues, the decision and the mentions."""

import re

from pipeline.listening import Practice
from pipeline.screening.explanation import _DECISIONS, _REASONS, explain, in_words
from pipeline.screening.judges import Judge


def told(text: str, judge: Judge, practice: Practice) -> str:
    return in_words(explain(text, judge.models.encoder.encode([text]), judge, practice))


def test_an_alert_is_explained(judge, practice) -> None:
    text = "Dr. Raman of Larkspur Family Health won't say it: the MMR vaccine causes autism"
    lines = told(text, judge, practice)
    assert "The MMR vaccine causes autism.  [vax-mmr-autism]" in lines
    assert "closest wording (claim)" in lines
    assert "stance: promotes" in lines
    assert "promote:repeats the claim" in lines
    assert "what is so: Large studies found the same rates with and without it." in lines
    assert re.search(r"as 'Dr. Raman' at 0-9 \(p 0.9\d, supported by practice: Larkspur Family Health\)", lines)


def test_what_is_dropped_is_explained_too(judge, practice) -> None:
    lines = told("a picnic by the river", judge, practice)
    assert "unlikely" in lines
    assert "below_match_floor" in lines
    assert "It does not name the practice." in lines


def test_every_decision_and_reason_has_words() -> None:
    assert set(_DECISIONS) == {"alert", "review", "counted", "none"}
    assert all(_REASONS.values())
