"""The candidates of a post: found by meaning and words, read with their claims, weighed and decided."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.folding import sparse_words
from models.language import english_chance
from models.match_probability import MAX_ODDS
from models.reading import Reach, Reading, find_candidates, read_candidates, read_finding
from models.stance import StanceScore
from pipeline.screening.judges import ClaimWords, Judge, Vectors
from pipeline.screening.matching import Decision, decide
from pipeline.screening.thresholds import threshold_of

# Stored scores are rounded, so that a rerun in other batches gives equal rows; decisions are made on the rounded ones.
DIGITS = 4
_UNREAD = StanceScore(0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Judged:
    """One candidate of one post with all its scores, rounded, and what is done about it.

    `span_start` and `span_end` cut the passage that was read out of the post; `true_statement` is what is so, the
    claim's correction or the true neighbour that speaks most of the passage's words; `score` is p_match times promotes.
    """

    claim: int
    claim_id: str
    rank: int
    similarity: float
    dense: float
    sparse: float
    p_match: float
    field: str
    matched_text: str
    span_start: int
    span_end: int
    true_statement: str
    stance: StanceScore
    score: float
    decision: Decision


def judge_candidates(
    texts: Sequence[str],
    vectors: Vectors,
    judge: Judge,
    *,
    top: int | None = None,
    floor: float | None = None,
    searched: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
) -> list[list[Judged]]:
    """The candidates of each text, best first, whose p_match reaches `floor` (default: match_floor), judged.

    `vectors` are those of the texts, or of `searched`, which retrieval reads where it differs; a long text is read in
    passages, encoded here. `top` is how many are looked at (default: the policy's candidates); `sources` are the
    posts' sources, whose own thresholds hold. Where only matches are asked for, what retrieval gives too little chance
    to become one (`read_chance`) is not read.
    """
    policy = judge.policy
    floor = policy["match_floor"] if floor is None else floor
    models = judge.models
    reach = _reach(judge, top)
    if floor < policy["match_floor"]:
        reach = replace(reach, gate=None)
    read = read_candidates(texts, vectors, judge.index, models.encoder, models.reader, reach, searched)
    estimated = models.probability.estimate(read.found, read.related, read.texts)
    chances, order = (np.round(one, DIGITS) for one in estimated)
    kept = [number for number, place in enumerate(read.places) if chances[place] >= floor]
    scores = models.stance.classify([read.pairs[number] for number in kept], read.logits[kept])
    stances = {read.places[number]: _rounded(score) for number, score in zip(kept, scores, strict=True)}
    judged = []
    for post in range(len(texts)):
        # Stable: where nothing was read, similarity keeps its order.
        ranked = [int(at) for at in np.argsort(-order[post], kind="stable") if chances[post, at] >= floor]
        source = sources[post] if sources else ""
        matched = chances[post].max(initial=0.0) >= policy["match_floor"]
        english = not matched or english_chance(texts[post]) >= policy["least_english"]
        own = [
            _judged(
                judge,
                read,
                (post, at),
                rank,
                float(chances[post, at]),
                stances.get((post, at), _UNREAD),
                source,
                english=english,
            )
            for rank, at in enumerate(ranked, start=1)
        ]
        judged.append(own)
    return judged


def may_match(texts: Sequence[str], vectors: Vectors, judge: Judge, claim_ids: Collection[str]) -> list[bool]:
    """Whether `judge_candidates` may match each text with one of these claims; `vectors` are those of the texts.

    Only these claims are read. Of the others the reader is taken to say that they are unrelated, which leaves most
    room: True may turn out not to match, False does not match.
    """
    asked = np.array([claim.claim_id in claim_ids for claim in judge.index.claims], dtype=bool)
    own = find_candidates(texts, vectors, judge.index, judge.models.encoder, _reach(judge))
    near = own.near & asked[own.found.claim]
    read = read_finding(replace(own, near=near), judge.index, judge.models.reader)
    chances, _ = judge.models.probability.estimate(own.found, np.where(near, read.related, -MAX_ODDS), read.texts)
    found: list[bool] = (near & (np.round(chances, DIGITS) >= judge.policy["match_floor"])).any(axis=1).tolist()
    return found


def _reach(judge: Judge, top: int | None = None) -> Reach:
    policy = judge.policy
    return Reach(
        top or int(policy["candidates"]),
        policy["read_floor"],
        policy["read_reach"],
        policy["sparse_weight"],
        judge.models.gate,
        policy["read_chance"],
    )


def _judged(
    judge: Judge,
    read: Reading,
    place: tuple[int, int],
    rank: int,
    chance: float,
    stance: StanceScore,
    source: str,
    *,
    english: bool,
) -> Judged:
    found, position = read.found, int(read.found.claim[place])
    claim_id = judge.index.claims[position].claim_id
    field, wording = judge.index.wordings[found.wording[place]]
    passage = read.passages[read.passage[place]]
    score = round(chance * stance.promotes, DIGITS)
    threshold = threshold_of(judge.calibration, judge.models.promise, judge.policy, source, claim_id)
    return Judged(
        claim=position,
        claim_id=claim_id,
        rank=rank,
        similarity=_round(found.similarity[place]),
        dense=_round(found.dense[place]),
        sparse=_round(found.sparse[place]),
        p_match=chance,
        field=field,
        matched_text=wording,
        span_start=passage.start,
        span_end=passage.end,
        true_statement=_nearest_truth(judge.words[claim_id], wording),
        stance=stance,
        score=score,
        decision=decide(chance, stance, score, threshold, judge.policy, english=english),
    )


def _nearest_truth(words: ClaimWords, text: str) -> str:
    said = set(sparse_words(text))
    true = [one for one in (words.correction, *words.true_neighbours) if one]
    return max(true, key=lambda one: len(said & set(sparse_words(one))), default="")


def _rounded(score: StanceScore) -> StanceScore:
    promotes, debunks, questions = (round(part, DIGITS) for part in (score.promotes, score.debunks, score.questions))
    # The rest, so that the four still sum to 1.
    return StanceScore(promotes, debunks, questions, round(1 - promotes - debunks - questions, DIGITS), score.cues)


def _round(value: np.float32) -> float:
    return round(float(value), DIGITS)
