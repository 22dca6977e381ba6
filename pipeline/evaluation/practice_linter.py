"""How often the reply linter refuses what may not be published, and what may, on the labelled drafts of the project."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from claims_db import load_claims
from models.metrics import share_interval
from models.training.corpus import FOLDER, Split
from models.training.reply_examples import Row, labelled_rows
from pipeline.errors import ConfigError
from pipeline.evaluation.measures import Figure
from pipeline.screening.replies import RULES, Linted, Linter, lint_reply, load_linter

SETS: dict[Split, str] = {"development": "practice_development", "test": "practice"}
_HEADER = ["| measure | Auscult | 95 % interval | drafts |", "|---|---|---|---|"]


def shipped_claims() -> list[dict[str, Any]]:
    """The claims of the claims database as `load_linter` takes them."""
    return [{**asdict(claim), "claim_id": claim.id} for claim in load_claims()]


def linter_rows(split: Split) -> list[Row]:
    """The labelled drafts of a split. Raises ConfigError where there is no such set."""
    if split not in SETS:
        raise ConfigError(f"no set is called {split}; there are {' and '.join(SETS)}")
    files = sorted((FOLDER / SETS[split] / "linter").glob("*.jsonl"))
    return [row for path in files for row in labelled_rows(path)]


def lint_rows(rows: Sequence[Row], linter: Linter) -> list[Linted]:
    """What the linter says of labelled drafts, in order."""
    return [lint_reply(row["text"], row.get("in_reply_to") or "", linter=linter) for row in rows]


def linter_figures(rows: Sequence[Row], found: Sequence[Linted]) -> list[Figure]:
    """Shares refused: of drafts that break a rule, of those that break each, and of safe drafts.

    Of refused drafts also how often a finding names a rule that the draft breaks.
    """
    refused = [one.verdict == "refused" for one in found]
    pairs = list(zip(rows, found, refused, strict=True))
    figures = [_share("violating drafts refused", [hit for row, _, hit in pairs if row["rules"]])]
    for rule in RULES:
        figures.append(_share(f"refused, {rule}", [hit for row, _, hit in pairs if rule in row["rules"]]))
    right = [_names_a_rule(row, one) for row, one, hit in pairs if hit and row["rules"]]
    figures.append(_share("a finding names a rule that is broken, violating drafts refused", right))
    figures.append(_share("safe drafts refused", [hit for row, _, hit in pairs if not row["rules"]]))
    return [one for one in figures if one.rows]


def linter_report(splits: Sequence[Split], linter: Linter | None = None) -> str:
    """The figures of some splits as Markdown.

    The model that ships has read the drafts of the development split: its figures there say nothing of new drafts.
    """
    linter = linter or load_linter(shipped_claims())
    parts = []
    for split in splits:
        rows = linter_rows(split)
        figures = linter_figures(rows, lint_rows(rows, linter))
        lines = [f"| {one.name} | {one.value:.3f} | {one.low:.3f} to {one.high:.3f} | {one.rows} |" for one in figures]
        parts += [f"## Reply linter, {split} ({len(rows)} drafts)", "", *_HEADER, *lines, ""]
    return "\n".join(parts) + "\n"


def _names_a_rule(row: Mapping[str, Sequence[str]], found: Linted) -> bool:
    return any(finding.rule in row["rules"] for finding in found.findings)


def _share(name: str, hits: Sequence[bool]) -> Figure:
    low, high = share_interval(sum(hits), len(hits))
    return Figure(name, sum(hits) / len(hits) if hits else float("nan"), low, high, len(hits))


if __name__ == "__main__":
    asked: list[Split] = [name for name in SETS if name in sys.argv[1:]]
    sys.stdout.write(linter_report(asked))
