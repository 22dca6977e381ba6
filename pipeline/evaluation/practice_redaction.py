"""How well the redacted copy hides: planted identifiers hidden whole, and what is hidden without need."""

import json
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from models.metrics import bootstrap_interval, share_interval
from models.training.corpus import FOLDER, Split
from pipeline.errors import ConfigError
from pipeline.evaluation.measures import Figure
from pipeline.privacy.redaction import Identifier, find_identifiers

SETS: dict[Split, str] = {"development": "practice_development", "test": "practice"}
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Planted:
    """A post with its planted identifiers, and the look-alikes that must stay, as (start, end, kind)."""

    post_id: str
    text: str = field(repr=False)
    spans: tuple[tuple[int, int, str], ...]
    public: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Hidden:
    """Of one post: how many planted identifiers, look-alikes and unmarked words there are, and how many were hidden."""

    kinds: Counter[str]
    found: Counter[str]
    public: int
    public_hidden: int
    words: int
    words_hidden: int


def planted_posts(split: Split) -> list[Planted]:
    """The labelled posts of a split. Raises ConfigError where there is no such set."""
    if split not in SETS:
        raise ConfigError(f"no set is called {split}; there are {' and '.join(SETS)}")
    files = sorted((FOLDER / SETS[split] / "redaction").glob("*.jsonl"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [_planted(json.loads(line)) for line in lines]


def hidden_in(post: Planted, found: Sequence[Identifier]) -> Hidden:
    """What `found` hides of a post. A planted identifier counts when all its characters are hidden."""
    covered, marked = bytearray(len(post.text)), bytearray(len(post.text))
    for one in found:
        covered[one.start : one.end] = b"\1" * (one.end - one.start)
    for start, end in (*((start, end) for start, end, _ in post.spans), *post.public):
        marked[start:end] = b"\1" * (end - start)
    whole = Counter(kind for start, end, kind in post.spans if all(covered[start:end]))
    free = [word.span() for word in _WORD.finditer(post.text) if not any(marked[slice(*word.span())])]
    return Hidden(
        kinds=Counter(kind for _, _, kind in post.spans),
        found=whole,
        public=len(post.public),
        public_hidden=sum(any(covered[start:end]) for start, end in post.public),
        words=len(free),
        words_hidden=sum(any(covered[start:end]) for start, end in free),
    )


def hiding_figures(hidden: Sequence[Hidden]) -> list[Figure]:
    """Recall, hidden look-alikes and hidden words per 1,000, each with a 95 % interval over posts (bootstrap)."""
    counts = np.array(
        [
            (one.found.total(), one.kinds.total(), one.public_hidden, one.public, one.words_hidden, one.words)
            for one in hidden
        ],
        dtype=float,
    )
    names = (("recall", 0, 1.0), ("look-alikes hidden", 2, 1.0), ("unmarked words hidden per 1,000", 4, 1000.0))
    return [_share(name, counts, column, scale) for name, column, scale in names]


def redaction_report(splits: Sequence[Split]) -> str:
    """The figures of some splits as Markdown."""
    parts = []
    for split in splits:
        posts = planted_posts(split)
        hidden = [hidden_in(post, find_identifiers(post.text)) for post in posts]
        kinds = sum((one.kinds for one in hidden), Counter[str]())
        found = sum((one.found for one in hidden), Counter[str]())
        parts += [f"## Redaction, {split} ({len(posts)} posts, {kinds.total()} identifiers)", ""]
        parts += ["| measure | Auscult | 95 % interval | of |", "|---|---|---|---|"]
        parts += [f"| {_row(one)} |" for one in hiding_figures(hidden)]
        for kind, total in kinds.most_common():
            low, high = share_interval(found[kind], total)
            parts.append(f"| {_row(Figure(f'recall of {kind}', found[kind] / total, low, high, total))} |")
        parts.append("")
    return "\n".join(parts) + "\n"


def _share(name: str, counts: NDArray[np.float64], column: int, scale: float) -> Figure:
    value = partial(_ratio, counts=counts, column=column, scale=scale)
    low, high = bootstrap_interval(value, range(len(counts)))
    return Figure(name, value(np.arange(len(counts))), low, high, int(counts[:, column + 1].sum()))


def _ratio(rows: NDArray[np.int64], counts: NDArray[np.float64], column: int, scale: float) -> float:
    above, below = counts[rows, column].sum(), counts[rows, column + 1].sum()
    return float(scale * above / below) if below else float("nan")


def _row(one: Figure) -> str:
    return f"{one.name} | {one.value:.3f} | {one.low:.3f} to {one.high:.3f} | {one.rows}"


def _planted(row: dict[str, object]) -> Planted:
    def marks(name: str) -> list[dict[str, object]]:
        listed = row.get(name) or []
        return list(listed) if isinstance(listed, list) else []

    return Planted(
        post_id=str(row["id"]),
        text=str(row["text"]),
        spans=tuple((int(str(m["start"])), int(str(m["end"])), str(m["kind"])) for m in marks("spans")),
        public=tuple((int(str(m["start"])), int(str(m["end"]))) for m in marks("public")),
    )


if __name__ == "__main__":
    sys.stdout.write(redaction_report([name for name in SETS if name in sys.argv[1:]]))
