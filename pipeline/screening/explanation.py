"""Why a text matches, for `auscult explain`: scores, the wording that matched, stance with its cues, the decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from models.stance import STANCES
from pipeline.listening import Practice
from pipeline.screening.candidates import Judged, judge_candidates
from pipeline.screening.evidence import Resolution
from pipeline.screening.judges import ClaimWords, Judge, Vectors
from pipeline.screening.matching import Decision
from pipeline.screening.mentions import Mention, find_mentions
from pipeline.screening.resolver import Resolver
from pipeline.screening.triage import Triage, triage_posts

SHOWN_CANDIDATES = 3

_DECISIONS = {
    "alert": "the communications staff would be told",
    "review": "a person would look at it first",
    "counted": "it would be counted, nobody is told",
    "none": "nothing: it is not taken for a match",
}
_REASONS = {
    "promotes_claim": "it spreads the claim, and alerts with such a score are right often enough",
    "unproven_alert": "it spreads the claim by a high score; that such alerts are right often enough is not proven",
    "other_language": "its score is high, but it is not in English, and what it does with the claim is not understood",
    "below_promise": "it may spread the claim, but alerts with so low a score are not proven to be right often enough",
    "unproven": "it may spread the claim, but its score is too low for an alert",
    "too_weak": "it may be about the claim, too weakly to be worth a look",
    "debunks_claim": "it speaks against the claim",
    "asks_about_claim": "it asks about the claim",
    "reports_or_other": "it reports, jokes or says something else",
    "below_match_floor": "the match is too weak",
    "not_read": "going by meaning and words alone it has too little chance to be a match, so that it is not read",
}


@dataclass(frozen=True)
class Explanation:
    """All that was found about one text: candidates best first (floor 0), claims by id, mentions, who is meant, triage.

    `triage` is None where the text does not name the practice.
    """

    candidates: tuple[Judged, ...]
    claims: Mapping[str, ClaimWords]
    mentions: tuple[Mention, ...]
    meant: Resolution
    triage: Triage | None
    text: str = field(repr=False, default="")


def explain(text: str, vectors: Vectors, judge: Judge, practice: Practice) -> Explanation:
    """Judge one text as the screen step would, keeping what it would drop; `vectors` is its vector, shape (1, d)."""
    judged = _with_near_misses(text, vectors, judge)[:SHOWN_CANDIDATES]
    mentions = tuple(find_mentions(text, practice))
    shown = {found.claim_id: judge.words[found.claim_id] for found in judged}
    meant = Resolver(practice).resolve(text)
    triage = triage_posts([text], judge.models.triage)[0] if mentions else None
    return Explanation(tuple(judged), shown, mentions, meant, triage, text)


def reason_words(reason: str) -> str:
    """A named reason of a decision, in words; a reason that later rules no longer know stands as it was written."""
    return _REASONS.get(reason, reason.replace("_", " "))


def _with_near_misses(text: str, vectors: Vectors, judge: Judge) -> list[Judged]:
    # Matches as the screen step has them, whose gate leaves some candidates unread; behind them what it would drop.
    kept = judge_candidates([text], vectors, judge)[0]
    known = {found.claim for found in kept}
    others = [one for one in judge_candidates([text], vectors, judge, floor=0.0)[0] if one.claim not in known]
    dropped = Decision("none", "not_read")
    missed = [one if one.decision.decision == "none" else replace(one, decision=dropped) for one in others]
    return [replace(found, rank=rank) for rank, found in enumerate([*kept, *missed], start=1)]


def in_words(explanation: Explanation) -> str:
    """The explanation as lines of plain text for a person."""
    lines: list[str] = []
    for found in explanation.candidates:
        lines += [*_candidate_lines(found, explanation.claims[found.claim_id], explanation.text), ""]
    if not explanation.candidates:
        lines += ["No claim comes near this text.", ""]
    lines += [_mention_line(mention, explanation.text) for mention in explanation.mentions]
    if explanation.meant.evidence:
        lines.append(f"Is the practice meant: {explanation.meant.in_words()}.")
    else:
        lines.append("It does not name the practice.")
    if explanation.triage:
        lines.append(_triage_line(explanation.triage))
    return "\n".join(lines)


def _candidate_lines(found: Judged, claim: ClaimWords, text: str) -> list[str]:
    stances = ", ".join(f"{name} {getattr(found.stance, name):.2f}" for name in STANCES)
    cues = "; ".join(found.stance.cues) or "none fired"
    whole = found.span_start == 0 and found.span_end == len(text)
    passage = "" if whole else f"\n   read: characters {found.span_start} to {found.span_end}"
    return [
        f"{found.rank}. {claim.claim}  [{found.claim_id}]",
        f"   match: {_sureness(found.p_match)} ({found.p_match:.2f}); similarity {found.similarity:.2f} = meaning "
        f"{found.dense:.2f} plus a share of word overlap {found.sparse:.2f}",
        f"   closest wording ({found.field}): {found.matched_text}{passage}",
        f"   what is so: {found.true_statement or 'the claim says nothing of it'}",
        f"   stance: {found.stance.stance} ({stances})",
        f"   cues: {cues}",
        f"   score: {found.score:.2f} = match {found.p_match:.2f} x promotes {found.stance.promotes:.2f}",
        f"   decision: {found.decision.decision}, {_DECISIONS[found.decision.decision]}: "
        f"{_REASONS[found.decision.reason]} ({found.decision.reason})",
    ]


def _mention_line(mention: Mention, text: str) -> str:
    support = f", supported by {mention.context}" if mention.context else ""
    place = f"{mention.start}-{mention.end}"
    written = text[mention.start : mention.end]
    return f"Names the {mention.kind} {mention.term!r} as {written!r} at {place} (p {mention.p_mention:.2f}{support})."


def _triage_line(triage: Triage) -> str:
    chance = triage.probability
    sorted_as = ", ".join(
        f"{name} {getattr(triage, name)} ({chance[name]:.2f})" for name in ("category", "theme", "tone")
    )
    cue = f", by {triage.urgency_cue.replace('_', ' ')}" if triage.urgency_cue else ""
    return (
        f"Triage: {sorted_as}; urgency {triage.urgency.replace('_', ' ')} (cannot wait: {chance['urgent']:.2f}{cue})."
    )


def _sureness(chance: float) -> str:
    for least, word in ((0.9, "almost certain"), (0.7, "likely"), (0.5, "more likely than not"), (0.3, "possible")):
        if chance >= least:
            return word
    return "unlikely"
