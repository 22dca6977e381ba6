"""How well posts are sorted into narratives: F1 over pairs of posts, on the labelled sets of the project."""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.encoder import Encoder, load_encoder
from models.metrics import bootstrap_interval
from models.training.corpus import FOLDER, Split
from pipeline.config import POLICY, Policy
from pipeline.errors import ConfigError
from pipeline.evaluation.measures import Figure
from pipeline.post import content_hash
from pipeline.screening.likeness import prepare_wordings
from pipeline.screening.narratives import Known, find_narratives

SETS: dict[Split, str] = {"development": "practice_development", "test": "practice"}


@dataclass(frozen=True, slots=True)
class ToldPost:
    """A labelled post: when and where it was written, and the narrative it is in ("" for none)."""

    post_id: str
    at: datetime
    platform: str
    narrative: str
    text: str = field(repr=False)
    parent_id: str | None = None


def told_posts(split: Split) -> list[ToldPost]:
    """The labelled posts of a split. Raises ConfigError where there is no such set."""
    if split not in SETS:
        raise ConfigError(f"no set is called {split}; there are {' and '.join(SETS)}")
    lines = (FOLDER / SETS[split] / "narratives" / "posts.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    return [
        ToldPost(
            post_id=row["id"],
            at=datetime.fromisoformat(row["at"]),
            platform=row["platform"],
            narrative=row["narrative"],
            text=row["text"],
            parent_id=row.get("parent"),
        )
        for row in rows
    ]


def sorted_narratives(told: Sequence[ToldPost], encoder: Encoder, policy: Policy = POLICY) -> list[str]:
    """The narrative of each post ("" for none), as the product sorts them when all are stored at once.

    The sets name no authors: each post is taken for a voice of its own, and platforms are combined.
    """
    vectors = encoder.encode([post.text for post in told])
    keys = [content_hash(None, post.text) for post in told]
    rows = [
        {
            "post_id": number,
            "platform": post.platform,
            "platform_id": post.post_id,
            "apart": "",
            "content_hash": key,
            "at": post.at,
            "ingested_at": post.at,
            "author_hash": post.post_id,
            "parent_id": post.parent_id,
            "words": len(post.text.split()),
        }
        for number, (post, key) in enumerate(zip(told, keys, strict=True))
    ]
    texts = dict(zip(keys, [post.text for post in told], strict=True))
    found = find_narratives(pd.DataFrame(rows), texts, dict(zip(keys, vectors, strict=True)), Known(), policy)
    return [found.narrative_of.get(number, "") for number in range(len(told))]


def fit_likeness(told: Sequence[ToldPost], encoder: Encoder) -> tuple[list[float], float]:
    """The weights and the constant of pipeline.screening.likeness, by logistic regression on all pairs of posts."""
    # Imported here: only this needs it, and it takes a second.
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    hours = np.array([post.at.timestamp() / 3600 for post in told])
    wordings = prepare_wordings(
        encoder.encode([post.text for post in told]), [post.text for post in told], hours, hours
    )
    names = np.array([post.narrative or f" {number}" for number, post in enumerate(told)])
    above = np.triu_indices(len(told), 1)
    same = (names[:, None] == names[None, :])[above]
    model = LogisticRegression(C=1.0, max_iter=1000).fit(wordings.features(slice(None))[above], same)
    return [float(weight) for weight in model.coef_[0]], float(model.intercept_[0])


def pair_figures(gold: Sequence[str], found: Sequence[str]) -> list[Figure]:
    """F1, precision and recall over pairs of posts in one narrative, each with a 95 % interval over narratives.

    "" is no narrative: such a post makes no pair. A pair that is found and wrong counts half for each of its posts.
    """
    pairs = _pairs(gold, found)

    def measure(name: str, value: Sequence[int]) -> Figure:
        def of(rows: NDArray[np.int64]) -> float:
            total = pairs[rows].sum(axis=0)
            above, below = 2 * total[0], total[1 if 1 in value else 2] + total[value[-1]]
            return float(above / below) if below else float("nan")

        low, high = bootstrap_interval(of, range(len(pairs)))
        return Figure(name, of(np.arange(len(pairs))), low, high, len(gold))

    return [measure("pairwise F1", (1, 2)), measure("pairwise precision", (1, 1)), measure("pairwise recall", (2, 2))]


def narrative_report(encoder: Encoder, splits: Sequence[Split]) -> str:
    """The figures of some splits as Markdown."""
    parts = []
    for split in splits:
        told = told_posts(split)
        gold, found = [post.narrative for post in told], sorted_narratives(told, encoder)
        stories, ours = len(set(gold) - {""}), len(set(found) - {""})
        parts += [f"## Narratives, {split} ({len(told)} posts, {stories} stories, {ours} found)", ""]
        parts += ["| measure | Auscult | 95 % interval | posts |", "|---|---|---|---|"]
        parts += [
            f"| {one.name} | {one.value:.3f} | {one.low:.3f} to {one.high:.3f} | {one.rows} |"
            for one in pair_figures(gold, found)
        ]
        parts.append("")
    return "\n".join(parts) + "\n"


def _pairs(gold: Sequence[str], found: Sequence[str]) -> NDArray[np.float64]:
    # One row per narrative of `gold` (and per post in none): right pairs, pairs found, pairs there are.
    both = Counter((real, guessed) for real, guessed in zip(gold, found, strict=True) if real and guessed)
    sizes, real_sizes = Counter(filter(None, found)), Counter(filter(None, gold))
    groups = {real: np.array([0.0, 0.0, _count(size)]) for real, size in real_sizes.items()}
    for (real, _), size in both.items():
        groups[real][0] += _count(size)
    alone = []
    for real, guessed in zip(gold, found, strict=True):
        share = (sizes[guessed] - 1) / 2 if guessed else 0.0
        if real:
            groups[real][1] += share
        else:
            alone.append(np.array([0.0, share, 0.0]))
    return np.stack([*groups.values(), *alone])


def _count(size: int) -> float:
    return size * (size - 1) / 2


if __name__ == "__main__":
    if sys.argv[1:] == ["fit"]:
        weights, constant = fit_likeness(told_posts("development"), load_encoder())
        sys.stdout.write(f"{', '.join(f'{weight:.2f}' for weight in weights)}; {constant:.2f}\n")
    else:
        sys.stdout.write(narrative_report(load_encoder(), [name for name in SETS if name in sys.argv[1:]]))
