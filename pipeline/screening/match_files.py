"""The match contract: a file of claims and a file of posts in, a file of candidates and decisions out. No database."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from models.matcher import ClaimText
from models.stance import STANCES
from pipeline.config import POLICY, Policy
from pipeline.errors import ConfigError
from pipeline.screening.candidates import Judged, judge_candidates
from pipeline.screening.judges import Judge, Models, build_judge, load_models
from pipeline.screening.lines import (
    MAX_NAMED_PROBLEMS,
    BadLineError,
    LineId,
    Progress,
    TextLine,
    answer_file,
    id_of,
    numbered_lines,
    object_of,
    text_of,
)


def match_files(
    claims_path: Path,
    posts_path: Path,
    out_path: Path,
    top: int,
    progress: Progress = lambda _: None,
    *,
    models: Models | None = None,
    policy: Policy = POLICY,
) -> dict[str, Any]:
    """Match every post with `top` claims and write one line a post, in order; returns the counts.

    Claims: `{id, claim, title?, subtitle?, variants? | paraphrases?, correction?}`; posts: `{id, text, author?}`; ids
    are text or integers and come back as given; other keys are ignored. Written: `{id, candidates: [{claim_id,
    similarity, p_match, stance}], decision}`, candidates best first, decision alert, review or none. Raises
    ConfigError naming the bad lines of the claims file; bad lines of the posts file and the rest as in `answer_file`.
    """
    if top < 1:
        raise ConfigError(f"top must be 1 or more, not {top}")
    claims = _read_claims(claims_path)
    judge = build_judge(models or load_models(), [text for _, text in claims.values()], policy=policy)
    counts = {"claims": len(claims), "posts": 0, "alert": 0, "review": 0, "none": 0}
    ids = [line_id for line_id, _ in claims.values()]

    def answer(posts: Sequence[TextLine]) -> Iterator[dict[str, Any]]:
        for line in _matched(posts, ids, judge, top):
            counts["posts"] += 1
            counts[line["decision"]] += 1
            yield line

    told = answer_file(posts_path, out_path, answer, progress, optional=("author",))
    return {**counts, "bad_lines": told["bad_lines"], "problems": told["problems"]}


def read_claims_file(path: Path) -> list[ClaimText]:
    """The claims of a file as `match` takes them, under their ids as text. Raises ConfigError naming the bad lines."""
    return [ClaimText(str(line_id), text.fields) for line_id, text in _read_claims(path).values()]


def _matched(posts: Sequence[TextLine], ids: Sequence[LineId], judge: Judge, top: int) -> Iterator[dict[str, Any]]:
    # Fact checks quote people by name, so retrieval reads the author; stance does not.
    searched = [f"{post.text} {post.get('author')}".strip() for post in posts]
    vectors = judge.models.encoder.encode(searched)
    texts = [post.text for post in posts]
    judged = judge_candidates(texts, vectors, judge, top=top, floor=0.0, searched=searched)
    for post, candidates in zip(posts, judged, strict=True):
        found = [
            {
                "claim_id": ids[one.claim],
                "similarity": one.similarity,
                "p_match": one.p_match,
                "stance": {name: getattr(one.stance, name) for name in STANCES},
            }
            for one in candidates
        ]
        yield {"id": post.line_id, "candidates": found, "decision": _verdict(candidates)}


def _verdict(candidates: list[Judged]) -> str:
    decisions = {one.decision.decision for one in candidates}
    return next((verdict for verdict in ("alert", "review") if verdict in decisions), "none")


def _read_claims(path: Path) -> dict[str, tuple[LineId, ClaimText]]:
    claims: dict[str, tuple[LineId, ClaimText]] = {}
    problems = []
    for number, line in numbered_lines(path):
        try:
            row = object_of(line)
            line_id = id_of(row)
            # The number 7 and the text "7" are two ids.
            key = json.dumps(line_id)
            if key in claims:
                raise BadLineError(f"the id {line_id!r} was given before")
            claims[key] = (line_id, ClaimText(key, _claim_fields(row)))
        except BadLineError as error:
            problems.append(f"{path}:{number}: {error}")
    if problems:
        more = f"\n... and {len(problems) - MAX_NAMED_PROBLEMS} more" if len(problems) > MAX_NAMED_PROBLEMS else ""
        raise ConfigError("\n".join(problems[:MAX_NAMED_PROBLEMS]) + more)
    if not claims:
        raise ConfigError(f"{path}: no claim in it")
    return claims


def _claim_fields(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    claim = text_of(row, "claim")
    if not claim.strip():
        raise BadLineError("claim is missing or empty")
    fields = [("claim", claim)]
    for name in ("variants", "paraphrases"):
        listed = row.get(name) or []
        if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
            raise BadLineError(f"{name} must be a list of texts")
        fields += [("variant", text) for text in listed if text.strip()]
    fields += [(name, text) for name in ("title", "subtitle", "correction") if (text := text_of(row, name)).strip()]
    return tuple(fields)
