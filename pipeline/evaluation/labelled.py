"""Labelled posts: the project's own, the research sets', and a user's file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.stance import STANCES
from models.training.corpus import (
    Split,
    WrittenPost,
    ordinary_posts,
    real_posts,
    spanish_posts,
    written_posts,
)
from pipeline.errors import ConfigError

MAX_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class LabelledPost:
    """A post and its stance to the claims it is about. `whole`: every other claim is known to be unrelated."""

    key: str
    labels: Mapping[str, str]
    whole: bool = True
    shown: frozenset[str] = frozenset()
    kind: str = ""
    text: str = field(repr=False, default="")

    def label(self, claim_id: str) -> str:
        """The stance to a claim, "unrelated", or "" where nobody looked."""
        if claim_id in self.labels:
            return self.labels[claim_id]
        return "unrelated" if self.whole or claim_id in self.shown else ""


def written(split: Split) -> list[LabelledPost]:
    """The project's written posts."""
    return [_of_written(post) for post in written_posts(split)]


def spanish() -> list[LabelledPost]:
    """The project's written Spanish posts."""
    return [_of_written(post) for post in spanish_posts()]


def real(folder: Path, split: Split) -> list[LabelledPost]:
    """The real posts that were labelled; a claim that was not shown with a post is not known."""
    return [
        LabelledPost(
            f"{post.source}:{post.key}", post.labels, False, frozenset(post.candidates), post.source, post.text
        )
        for post in real_posts(folder, split)
    ]


def ordinary(folder: Path, name: str, split: Split) -> list[LabelledPost]:
    """Ordinary health posts; the few that were found to be about a claim have their labels."""
    posts = ordinary_posts(folder, name, split)
    return [LabelledPost(key, labels, kind=name, text=text) for key, text, labels in posts]


def read_labelled(path: Path) -> list[LabelledPost]:
    """A user's file: JSONL of `{id, text, labels: {claim_id: stance}}`; a claim without a label is unrelated.

    Raises ConfigError naming the bad lines.
    """
    found, problems = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found.append(_of_line(json.loads(line)))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            problems.append(f"{path}:{number}: {_reason(error)}")
    if problems or not found:
        raise ConfigError("\n".join(problems[:MAX_PROBLEMS]) or f"{path}: no post in it")
    return found


def _of_line(row: Mapping[str, object]) -> LabelledPost:
    labels = row["labels"]
    if not isinstance(labels, dict) or not set(labels.values()) <= {*STANCES, "unrelated"}:
        raise ValueError(f"labels must be a mapping of claim ids to {', '.join(STANCES)} or unrelated")
    if not isinstance(row["text"], str):
        raise ValueError("text is not a text")
    kept = {str(claim): stance for claim, stance in labels.items() if stance != "unrelated"}
    return LabelledPost(str(row["id"]), kept, text=row["text"])


def _reason(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error) or "not readable"


def _of_written(post: WrittenPost) -> LabelledPost:
    return LabelledPost(post.post_id, {post.claim_id: post.stance}, kind=post.plan.get("kind", ""), text=post.text)
