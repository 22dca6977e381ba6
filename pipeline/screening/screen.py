"""The pure heart of the screen step: posts and claims in, matches and mentions out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.match_probability import MatchProbability
from models.matcher import ClaimIndex, nearest_claims
from models.stance import StanceClassifier, StancePair, StanceScore
from pipeline.config import Policy
from pipeline.listening import Practice
from pipeline.screening.matching import Decision, decide
from pipeline.screening.mentions import MentionFinder
from pipeline.screening.urgency import find_urgency

# Stored scores are rounded, so that a rerun in other batches gives equal rows; decisions are made on the rounded ones.
DIGITS = 4
STANCES = ("promotes", "debunks", "questions", "neutral")

MATCH_COLUMNS = (
    "post_id", "claim_id", "rank", "similarity", "dense", "sparse", "p_match", "field", "matched_text",
    *STANCES, "stance", "cues", "decision", "reason",
)  # fmt: skip
MENTION_COLUMNS = (
    "post_id", "kind", "term", "term_start", "term_end", "p_mention", "context", "urgency", "urgency_cue",
)  # fmt: skip

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ClaimWords:
    """What stance reads of a claim beside the post."""

    claim: str
    correction: str = ""


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


@dataclass(frozen=True)
class Screened:
    """The rows of a shard: `matches` has MATCH_COLUMNS, `mentions` has MENTION_COLUMNS; both may be empty."""

    matches: pd.DataFrame
    mentions: pd.DataFrame


def screen_posts(
    posts: pd.DataFrame,
    vectors: Vectors,
    index: ClaimIndex,
    words: Mapping[str, ClaimWords],
    stance: StanceClassifier,
    probability: MatchProbability,
    practice: Practice,
    policy: Policy,
) -> Screened:
    """Judge posts (columns post_id and text) whose unit vectors are the rows of `vectors` (posts, d).

    `words` holds every claim of the index by id. A post's rows do not depend on the other posts. Matches are the
    candidates at or above `match_floor`; mentions those at or above `mention_floor`, one urgency for a whole post.
    """
    texts, post_ids = posts["text"].tolist(), posts["post_id"].tolist()
    judged = judge_candidates(texts, vectors, index, words, stance, probability, policy)
    matches = [
        _match_row(post_id, found)
        for post_id, candidates in zip(post_ids, judged, strict=True)
        for found in candidates
        if found.decision.decision != "none"
    ]
    finder = MentionFinder(practice)
    mentions = [
        row
        for post_id, text in zip(post_ids, texts, strict=True)
        for row in _mention_rows(post_id, text, finder, policy["mention_floor"])
    ]
    return Screened(
        pd.DataFrame(matches, columns=list(MATCH_COLUMNS)), pd.DataFrame(mentions, columns=list(MENTION_COLUMNS))
    )


def judge_candidates(
    texts: Sequence[str],
    vectors: Vectors,
    index: ClaimIndex,
    words: Mapping[str, ClaimWords],
    stance: StanceClassifier,
    probability: MatchProbability,
    policy: Policy,
    *,
    top: int | None = None,
    floor: float | None = None,
    searched: Sequence[str] | None = None,
) -> list[list[Judged]]:
    """The candidates of each text, best first, that reach `floor` (default: match_floor), judged.

    `top` is how many are looked at (default: the policy's candidates); `searched` is what retrieval reads where that
    differs from the text that stance reads.
    """
    floor = policy["match_floor"] if floor is None else floor
    read = texts if searched is None else searched
    found = nearest_claims(index, vectors, read, top or int(policy["candidates"]), policy["sparse_weight"])
    chances = np.round(probability.estimate(found, read), DIGITS)
    places = [(int(post), int(rank)) for post, rank in zip(*np.nonzero(chances >= floor), strict=True)]
    pairs = []
    for post, rank in places:
        claim = words[index.claims[found.claim[post, rank]].claim_id]
        wording = index.wordings[found.wording[post, rank]][1]
        pairs.append(StancePair(claim.claim, claim.correction, texts[post], wording if wording != claim.claim else ""))
    judged: list[list[Judged]] = [[] for _ in texts]
    for (post, rank), score in zip(places, stance.classify(pairs), strict=True):
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


def _match_row(post_id: object, found: Judged) -> dict[str, object]:
    scores = {name: getattr(found.stance, name) for name in STANCES}
    return {
        "post_id": post_id,
        **{name: getattr(found, name) for name in MATCH_COLUMNS[1:9]},
        **scores,
        "stance": found.stance.stance,
        "cues": list(found.stance.cues),
        **asdict(found.decision),
    }


def _mention_rows(post_id: object, text: str, finder: MentionFinder, floor: float) -> list[dict[str, object]]:
    found = [mention for mention in finder.find(text) if mention.p_mention >= floor]
    urgency = find_urgency(text) if found else None
    return [
        {
            "post_id": post_id,
            "kind": mention.kind,
            "term": mention.term,
            "term_start": mention.start,
            "term_end": mention.end,
            "p_mention": mention.p_mention,
            "context": mention.context,
            "urgency": urgency.urgency if urgency else None,
            "urgency_cue": urgency.cue if urgency else None,
        }
        for mention in found
    ]


def _rounded(score: StanceScore) -> StanceScore:
    promotes, debunks, questions = (round(part, DIGITS) for part in (score.promotes, score.debunks, score.questions))
    # The rest, so that the four still sum to 1.
    return StanceScore(promotes, debunks, questions, round(1 - promotes - debunks - questions, DIGITS), score.cues)


def _round(value: np.float32) -> float:
    return round(float(value), DIGITS)
