"""The triage contract: a file of posts in, a file of what each needs out. No database."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from models.triage import TriageModel
from pipeline.screening.lines import Progress, TextLine, answer_file
from pipeline.screening.triage import triage_posts


def triage_file(
    posts_path: Path, out_path: Path, model: TriageModel, progress: Progress = lambda _: None
) -> dict[str, Any]:
    """Write what every post needs, one line a post, in order; returns the counts, urgencies among them.

    Posts: `{id, text}`. Written: `{id, category, theme, tone, urgency, urgency_cue, crisis, probability}`. Bad lines
    and the rest as in `answer_file`.
    """
    urgencies: Counter[str] = Counter()

    def answer(posts: Sequence[TextLine]) -> Iterator[dict[str, Any]]:
        for post, found in zip(posts, triage_posts([post.text for post in posts], model), strict=True):
            urgencies[found.urgency] += 1
            yield {
                "id": post.line_id,
                "category": found.category,
                "theme": found.theme,
                "tone": found.tone,
                "urgency": found.urgency,
                "urgency_cue": found.urgency_cue,
                "crisis": found.crisis,
                "probability": dict(found.probability),
            }

    told = answer_file(posts_path, out_path, answer, progress)
    return {"posts": told["lines"], **urgencies, "bad_lines": told["bad_lines"], "problems": told["problems"]}
