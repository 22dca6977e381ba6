"""The own-post guard: what points to a person, what the judge hears and what the model reads, put together."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from models.guard import GuardModel, sentences_of
from models.passages import split_passages
from pipeline.listening import Practice
from pipeline.privacy.public_terms import public_terms
from pipeline.privacy.redaction import find_identifiers
from pipeline.screening.candidates import Judged, judge_candidates
from pipeline.screening.guard import Guarded, Heard, Pointer, guard_post
from pipeline.screening.judges import Judge
from pipeline.screening.lines import Progress, TextLine, answer_file

# How many claims are looked at for each sentence, and from which chance on they are heard at all.
CANDIDATES, HEARD_FROM = 8, 0.001


def guard_posts(texts: Sequence[str], practice: Practice, judge: Judge, model: GuardModel) -> list[Guarded]:
    """The verdict on each of the practice's own posts, in order; it depends on the post's text alone."""
    public = public_names(practice)
    said = model.read(texts)
    heard = hear_claims(texts, judge)
    return [
        guard_post(text, point_out(text, public), own, read, model.fit)
        for text, own, read in zip(texts, heard, said, strict=True)
    ]


def guard_file(
    practice: Practice,
    posts_path: Path,
    out_path: Path,
    judge: Judge,
    model: GuardModel,
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """Write the verdict on every post of a file, one line a post, in order; returns the counts, verdicts among them.

    Posts: `{id, text}`. Written: `{id, verdict, findings: [{rule, phrase, why}]}`. Bad lines and the rest as in
    `answer_file`.
    """
    verdicts: Counter[str] = Counter()

    def answer(posts: Sequence[TextLine]) -> Iterator[dict[str, Any]]:
        found = guard_posts([post.text for post in posts], practice, judge, model)
        for post, guarded in zip(posts, found, strict=True):
            verdicts[guarded.verdict] += 1
            findings = [{"rule": one.rule, "phrase": one.phrase, "why": one.why} for one in guarded.findings]
            yield {"id": post.line_id, "verdict": guarded.verdict, "findings": findings}

    told = answer_file(posts_path, out_path, answer, progress)
    return {"posts": told["lines"], **verdicts, "bad_lines": told["bad_lines"], "problems": told["problems"]}


def point_out(text: str, public: Sequence[str]) -> list[Pointer]:
    """What in a post points to a person; `public` are the names that may stand there."""
    return [Pointer(one.kind, one.start, one.end) for one in find_identifiers(text, public)]


def hear_claims(texts: Sequence[str], judge: Judge) -> list[list[Heard]]:
    """What the judge says of each post: the claims near the whole and near each of its sentences.

    Of a long post, which the judge itself reads in passages, sentences are not judged once more.
    """
    units = [(number, unit) for number, text in enumerate(texts) for unit in _judged_units(text)]
    vectors = judge.models.encoder.encode([unit for _, unit in units])
    judged = judge_candidates([unit for _, unit in units], vectors, judge, top=CANDIDATES, floor=HEARD_FROM)
    heard: list[list[Heard]] = [[] for _ in texts]
    for (number, _), candidates in zip(units, judged, strict=True):
        heard[number] += [_heard(one, judge) for one in candidates]
    return heard


def public_names(practice: Practice) -> tuple[str, ...]:
    """What a practice's own posts may name: what it says of itself in public, and its clinicians by first name."""
    first = [clinician.name.split()[0] for clinician in practice.clinicians]
    return tuple(dict.fromkeys((*public_terms(practice), *(name for name in first if len(name) > 1))))


def _judged_units(text: str) -> list[str]:
    if len(split_passages(text)) > 1:
        return [text]
    return list(dict.fromkeys([text, *(text[one.start : one.end] for one in sentences_of(text))]))


def _heard(one: Judged, judge: Judge) -> Heard:
    claim = judge.words[one.claim_id].claim
    return Heard(one.claim_id, claim, one.p_match, one.stance.promotes)
