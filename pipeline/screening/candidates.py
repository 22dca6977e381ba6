"""The candidates of a post: found by meaning and words, weighed, read for their stance, and decided."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.matcher import nearest_claims
from models.stance import StancePair, StanceScore
from pipeline.screening.judges import Judge, Vectors
from pipeline.screening.matching import Decision, decide

# Stored scores are rounded, so that a rerun in other batches gives equal rows; decisions are made on the rounded ones.
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Judged:
    """One candidate of one post with all its scores, rounded, and what is done about it."""

    claim: int
    claim_id: str
    rank: int
    similarity: float
    dense: float
    sparse: float
    p_match: float
    field: str
    matched_text: str
    stance: StanceScore
    decision: Decision


def judge_candidates(
    texts: Sequence[str],
    vectors: Vectors,
    judge: Judge,
    *,
    top: int | None = None,
    floor: float | None = None,
    searched: Sequence[str] | None = None,
) -> list[list[Judged]]:
    """The candidates of each text, best first, that reach `floor` (default: match_floor), judged.

    `top` is how many are looked at (default: the policy's candidates); `searched` is what retrieval reads where that
    differs from the text that stance reads.
    """
    policy, index = judge.policy, judge.index
    floor = policy["match_floor"] if floor is None else floor
    read = texts if searched is None else searched
    found = nearest_claims(index, vectors, read, top or int(policy["candidates"]), policy["sparse_weight"])
    chances = np.round(judge.models.probability.estimate(found, read), DIGITS)
    places = [(int(post), int(rank)) for post, rank in zip(*np.nonzero(chances >= floor), strict=True)]
    pairs = []
    for post, rank in places:
        claim = judge.words[index.claims[found.claim[post, rank]].claim_id]
        wording = index.wordings[found.wording[post, rank]][1]
        pairs.append(StancePair(claim.claim, claim.correction, texts[post], wording if wording != claim.claim else ""))
    judged: list[list[Judged]] = [[] for _ in texts]
    for (post, rank), score in zip(places, judge.models.stance.classify(pairs), strict=True):
        score = _rounded(score)
        chance = float(chances[post, rank])
        field, wording = index.wordings[found.wording[post, rank]]
        position = int(found.claim[post, rank])
        judged[post].append(
            Judged(
                claim=position,
                claim_id=index.claims[position].claim_id,
                rank=rank + 1,
                similarity=_round(found.similarity[post, rank]),
                dense=_round(found.dense[post, rank]),
                sparse=_round(found.sparse[post, rank]),
                p_match=chance,
                field=field,
                matched_text=wording,
                stance=score,
                decision=decide(chance, score, policy),
            )
        )
    return judged


def _rounded(score: StanceScore) -> StanceScore:
    promotes, debunks, questions = (round(part, DIGITS) for part in (score.promotes, score.debunks, score.questions))
    # The rest, so that the four still sum to 1.
    return StanceScore(promotes, debunks, questions, round(1 - promotes - debunks - questions, DIGITS), score.cues)


def _round(value: np.float32) -> float:
    return round(float(value), DIGITS)
