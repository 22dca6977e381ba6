"""`auscult explain`: scores in words, the wording, the stance with its cues, the decision and the mentions."""

from models.encoder import Encoder
from models.match_probability import MatchProbability
from models.matcher import ClaimIndex
from models.stance import load_stance
from pipeline.config import POLICY
from pipeline.listening import Practice
from pipeline.screening.explanation import _DECISIONS, _REASONS, explain, in_words
from pipeline.screening.screen import ClaimWords


def told(
    text: str,
    encoder: Encoder,
    index: ClaimIndex,
    words: dict[str, ClaimWords],
    probability: MatchProbability,
    practice: Practice,
) -> str:
    found = explain(text, encoder.encode([text]), index, words, load_stance(), probability, practice, POLICY)
    return in_words(found)


def test_an_alert_is_explained(encoder, index, words, probability, practice) -> None:
    text = "Dr. Raman of Larkspur Family Health won't say it: the MMR vaccine causes autism"
    lines = told(text, encoder, index, words, probability, practice)
    assert "The MMR vaccine causes autism.  [vax-mmr-autism]" in lines
    assert "closest wording (claim)" in lines
    assert "stance: promotes" in lines
    assert "promote:repeats the claim" in lines
    assert "alert, the communications staff would be told" in lines
    assert "as 'Dr. Raman' at 0-9 (p 0.85, supported by practice: Larkspur Family Health)" in lines


def test_what_is_dropped_is_explained_too(encoder, index, words, probability, practice) -> None:
    lines = told("a picnic by the river", encoder, index, words, probability, practice)
    assert "unlikely" in lines
    assert "below_match_floor" in lines
    assert "It does not name the practice." in lines


def test_every_decision_and_reason_has_words() -> None:
    assert set(_DECISIONS) == {"alert", "review", "counted", "none"}
    assert all(_REASONS.values())
