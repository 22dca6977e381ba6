"""The resolve contract: a practice file and a file of posts in, a file of decisions with their evidence out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.listening import Practice
from pipeline.screening.lines import Progress, TextLine, answer_file
from pipeline.screening.resolver import Resolver


def resolve_file(
    practice: Practice, posts_path: Path, out_path: Path, progress: Progress = lambda _: None
) -> dict[str, Any]:
    """Decide on every post of a file and write one line a post, in order; returns the counts.

    Posts: `{id, text, channel?}`. Written: `{id, decision, probability, entity, evidence: [{kind, term, start, end}]}`,
    offsets into the text (null for what the channel said). Raises ConfigError where a file cannot be read or written.
    """
    resolver = Resolver(practice)
    decided = {"mention": 0, "ambiguous": 0, "not": 0}

    def answer(lines: Sequence[TextLine]) -> Iterator[Mapping[str, Any]]:
        for line in lines:
            found = resolver.resolve(line.text, line.get("channel"))
            decided[found.decision] += 1
            yield {
                "id": line.line_id,
                "decision": found.decision,
                "probability": found.probability,
                "entity": found.entity,
                "evidence": [asdict(one) for one in found.evidence],
            }

    counts = answer_file(posts_path, out_path, answer, progress, optional=("channel",))
    return {"lines": counts["lines"], **decided, "bad_lines": counts["bad_lines"], "problems": counts["problems"]}
