"""The pure heart of the screen step: posts and claims in, matches and mentions out."""

from collections.abc import Collection
from dataclasses import asdict, dataclass

import pandas as pd

from models.stance import STANCES
from pipeline.listening import Practice
from pipeline.screening.candidates import Judged, judge_candidates
from pipeline.screening.judges import Judge, Vectors
from pipeline.screening.mentions import MentionFinder
from pipeline.screening.urgency import find_urgency

MATCH_COLUMNS = (
    "post_id", "claim_id", "rank", "similarity", "dense", "sparse", "p_match", "field", "matched_text", "span_start",
    "span_end", "true_statement", *STANCES, "stance", "cues", "score", "decision", "reason",
)  # fmt: skip
MENTION_COLUMNS = (
    "post_id", "kind", "term", "term_start", "term_end", "p_mention", "context", "urgency", "urgency_cue",
)  # fmt: skip


@dataclass(frozen=True)
class Screened:
    """The rows of a shard: `matches` has MATCH_COLUMNS, `mentions` has MENTION_COLUMNS; both may be empty."""

    matches: pd.DataFrame
    mentions: pd.DataFrame


def screen_posts(posts: pd.DataFrame, vectors: Vectors, judge: Judge, practice: Practice) -> Screened:
    """Judge posts (columns post_id, source and text) whose unit vectors are the rows of `vectors` (posts, d).

    A post's rows do not depend on the other posts. Matches are the candidates at or above `match_floor`; mentions those
    at or above `mention_floor`, one urgency for a whole post.
    """
    texts, post_ids = posts["text"].tolist(), posts["post_id"].tolist()
    judged = judge_candidates(texts, vectors, judge, sources=posts["source"].tolist())
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
        for row in _mention_rows(post_id, text, finder, judge.policy["mention_floor"])
    ]
    return Screened(
        pd.DataFrame(matches, columns=list(MATCH_COLUMNS)), pd.DataFrame(mentions, columns=list(MENTION_COLUMNS))
    )


def without_tone(mentions: pd.DataFrame, post_ids: Collection[object]) -> pd.DataFrame:
    """Mentions (columns post_id, category and tone among them) with neither category nor tone for these posts.

    What cannot wait (`urgency`) stays: it is no sentiment, and somebody may be in danger.
    """
    untold = mentions["post_id"].isin(list(post_ids))
    return mentions.assign(**{name: mentions[name].mask(untold, None) for name in ("category", "tone")})


def _match_row(post_id: object, found: Judged) -> dict[str, object]:
    scores = {name: getattr(found.stance, name) for name in STANCES}
    return {
        "post_id": post_id,
        **{name: getattr(found, name) for name in MATCH_COLUMNS[1:12]},
        **scores,
        "stance": found.stance.stance,
        "cues": list(found.stance.cues),
        "score": found.score,
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
