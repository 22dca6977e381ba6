"""A reply that somebody means to post: what the linter says of it. It is read and kept nowhere."""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from pipeline.bench import shipped_models
from pipeline.claims_entries import claim_entries
from pipeline.screening.replies import Finding, Linter, lint_reply, load_linter
from pipeline.workplace import Workplace

# A form of more bytes is refused anyhow, and a public reply is shorter.
DRAFT_CHARACTERS = 2_000


@dataclass(frozen=True)
class Checked:
    """A draft as it was sent, cut to DRAFT_CHARACTERS, and what was found in it; none where it is ok."""

    draft: str = field(repr=False)
    findings: tuple[Finding, ...]


def check_draft(workplace: Workplace, draft: str) -> Checked:
    """Lint a draft. The first one of a process waits some seconds for the models."""
    draft = draft.replace("\r\n", "\n")[:DRAFT_CHARACTERS]
    return Checked(draft, lint_reply(draft, linter=_linter(workplace.settings.claims_folder)).findings)


@lru_cache(maxsize=1)
def _linter(claims_folder: Path) -> Linter:
    return load_linter(claim_entries(claims_folder), models=shipped_models())
