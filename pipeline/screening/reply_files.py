"""The contract of the reply linter: a file of drafts in, a file of verdicts and findings out. No database."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.screening.lines import Progress, TextLine, answer_file
from pipeline.screening.replies import Linter, lint_reply


def lint_file(drafts_path: Path, out_path: Path, linter: Linter, progress: Progress = lambda _: None) -> dict[str, Any]:
    """Lint every draft of a file and write one line a draft, in order; returns the counts, verdicts among them.

    Drafts: `{id, text, in_reply_to?}`. Written: `{id, verdict, findings: [{rule, phrase, source}]}`. Bad lines and the
    rest as in `answer_file`.
    """
    verdicts: Counter[str] = Counter(ok=0, refused=0)

    def answer(drafts: Sequence[TextLine]) -> Iterator[dict[str, Any]]:
        for draft in drafts:
            linted = lint_reply(draft.text, draft.get("in_reply_to"), linter=linter)
            verdicts[linted.verdict] += 1
            findings = [asdict(finding) for finding in linted.findings]
            yield {"id": draft.line_id, "verdict": linted.verdict, "findings": findings}

    told = answer_file(drafts_path, out_path, answer, progress, optional=("in_reply_to",))
    return {"drafts": told["lines"], **verdicts, "bad_lines": told["bad_lines"], "problems": told["problems"]}
