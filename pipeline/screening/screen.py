"""The pure heart of the screen step: posts and claims in, matches and mentions out."""

from collections.abc import Collection
from dataclasses import asdict, dataclass

import pandas as pd

from models.stance import STANCES
from pipeline.listening import Practice
from pipeline.screening.candidates import Judged, judge_candidates
from pipeline.screening.judges import Judge, Vectors
from pipeline.screening.mentions import Mention, MentionFinder
from pipeline.screening.triage import Triage, triage_posts

MATCH_COLUMNS = (
    "post_id", "claim_id", "rank", "similarity", "dense", "sparse", "p_match", "field", "matched_text", "span_start",
    "span_end", "true_statement", *STANCES, "stance", "cues", "score", "decision", "reason",
)  # fmt: skip
MENTION_COLUMNS = (
    "post_id", "kind", "term", "term_start", "term_end", "p_mention", "context", "category", "theme", "tone", "urgency",
    "urgency_cue", "p_urgent",
)  # fmt: skip


@dataclass(frozen=True)
class Screened:
    """The rows of a shard: `matches` has MATCH_COLUMNS, `mentions` has MENTION_COLUMNS; both may be empty."""

    matches: pd.DataFrame
    mentions: pd.DataFrame


def screen_posts(posts: pd.DataFrame, vectors: Vectors, judge: Judge, practice: Practice) -> Screened:
    """Judge posts (columns post_id, source, channel and text) whose unit vectors are the rows of `vectors` (posts, d).

    A post's rows do not depend on the other posts. Matches are the candidates at or above `match_floor`; mentions those
    at or above `mention_floor`, one triage for a whole post.
    """
    texts, post_ids = posts["text"].tolist(), posts["post_id"].tolist()
    judged = judge_candidates(texts, vectors, judge, sources=posts["source"].tolist())
    matches = [
        _match_row(post_id, found)
        for post_id, candidates in zip(post_ids, judged, strict=True)
        for found in candidates
        if found.decision.decision != "none"
    ]
    finder, floor = MentionFinder(practice), judge.policy["mention_floor"]
    channels = [f"{source}:{channel or ''}" for source, channel in zip(posts["source"], posts["channel"], strict=True)]
    found_in = [
        [mention for mention in finder.find(text, channel) if mention.p_mention >= floor]
        for text, channel in zip(texts, channels, strict=True)
    ]
    named = [number for number, found in enumerate(found_in) if found]
    sorted_as = triage_posts([texts[number] for number in named], judge.models.triage)
    mentions = [
        _mention_row(post_ids[number], mention, triage)
        for number, triage in zip(named, sorted_as, strict=True)
        for mention in found_in[number]
    ]
    return Screened(
        pd.DataFrame(matches, columns=list(MATCH_COLUMNS)), pd.DataFrame(mentions, columns=list(MENTION_COLUMNS))
    )


def without_tone(mentions: pd.DataFrame, post_ids: Collection[object]) -> pd.DataFrame:
    """Mentions (columns post_id, category, theme and tone among them) with none of the three for these posts.

    What cannot wait (`urgency`) stays: it is no sentiment, and somebody may be in danger.
    """
    untold = mentions["post_id"].isin(list(post_ids))
    return mentions.assign(**{name: mentions[name].mask(untold, None) for name in ("category", "theme", "tone")})


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


def _mention_row(post_id: object, mention: Mention, triage: Triage) -> dict[str, object]:
    return {
        "post_id": post_id,
        "kind": mention.kind,
        "term": mention.term,
        "term_start": mention.start,
        "term_end": mention.end,
        "p_mention": mention.p_mention,
        "context": mention.context,
        "category": triage.category,
        "theme": triage.theme,
        "tone": triage.tone,
        "urgency": triage.urgency,
        "urgency_cue": triage.urgency_cue,
        "p_urgent": triage.probability["urgent"],
    }
