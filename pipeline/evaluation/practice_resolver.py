"""How well the resolver knows the practice: its figures with intervals on labelled posts, and the fit itself."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.metrics import bootstrap_interval, calibration_error
from models.resolver import FEATURES, WEIGHTS, ResolverFit
from models.training.corpus import FOLDER, Split
from models.training.fit_resolver import fit_resolver
from pipeline.errors import ConfigError
from pipeline.evaluation.measures import Figure
from pipeline.listening import read_practice
from pipeline.screening.resolver import UNNAMED, Naming, Resolver

SETS: dict[Split, str] = {"development": "practice_development", "test": "practice"}
FIT_ID = "resolver-2"


@dataclass(frozen=True, slots=True)
class MeantPost:
    """A labelled post: of which practice file, where it stood, what it is and who is meant ("" for nobody)."""

    post_id: str
    practice: str
    channel: str
    label: str
    entity: str
    homonym: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """A labelled post with the answer to it."""

    post: MeantPost
    decision: str
    probability: float
    entity: str
    features: frozenset[str]


def meant_posts(split: Split) -> list[MeantPost]:
    """The labelled posts of a split, all files of it. Raises ConfigError where there is no such set."""
    if split not in SETS:
        raise ConfigError(f"no set is called {split}; there are {' and '.join(SETS)}")
    files = sorted((FOLDER / SETS[split] / "resolver").glob("posts*.jsonl"))
    rows = [
        json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines() if line.strip()
    ]
    return [
        MeantPost(
            post_id=row["id"],
            practice=row["practice"],
            channel=row.get("channel") or "",
            label=row["label"],
            entity=row.get("entity") or "",
            homonym=row.get("homonym") or "",
            text=row["text"],
        )
        for row in rows
    ]


def answered_posts(split: Split, posts: Sequence[MeantPost], fit: ResolverFit | None = None) -> list[Answered]:
    """The resolver's answer to each post, by practice."""
    return [answer for _, answers in _by_practice(split, posts, fit) for answer in answers]


def held_out_answers(posts: Sequence[MeantPost], split: Split = "development") -> list[Answered]:
    """Answers to each practice's posts by a fit on the posts of all others."""
    answers = answered_posts(split, posts)
    found: list[Answered] = []
    for practice in dict.fromkeys(post.practice for post in posts):
        others = [answer for answer in answers if answer.post.practice != practice]
        own = [post for post in posts if post.practice == practice]
        found += answered_posts(split, own, fit_answers(others))
    return found


def fit_answers(answers: Sequence[Answered]) -> ResolverFit:
    """A fit on the features of answered posts; a post without a name and off our page says nothing."""
    named = [answer for answer in answers if answer.features]
    return fit_resolver([answer.features for answer in named], [answer.post.label for answer in named])


def resolver_figures(answers: Sequence[Answered]) -> list[Figure]:
    """F1, precision and recall of mention against the rest, what became of ambiguous posts, entity, calibration."""
    real = np.array([answer.post.label == "mention" for answer in answers])
    said = np.array([answer.decision == "mention" for answer in answers])
    doubtful = np.array([answer.post.label == "ambiguous" for answer in answers])
    binned = np.array([answer.decision == "not" for answer in answers])
    right_entity = np.array([answer.entity == answer.post.entity for answer in answers])
    chances = np.array([answer.probability for answer in answers])

    def share(name: str, above: NDArray[np.bool_], below: NDArray[np.bool_]) -> Figure:
        def of(rows: NDArray[np.int64]) -> float:
            total = below[rows].sum()
            return float(above[rows].sum() / total) if total else float("nan")

        return _figure(name, of, len(answers))

    def f1(rows: NDArray[np.int64]) -> float:
        total = real[rows].sum() + said[rows].sum()
        return float(2 * (real & said)[rows].sum() / total) if total else float("nan")

    return [
        _figure("F1 of mention", f1, len(answers)),
        share("precision of mention", real & said, said),
        share("recall of mention", real & said, real),
        share("mentions sent to the bin", real & binned, real),
        share("ambiguous posts sent to the bin", doubtful & binned, doubtful),
        share("ambiguous posts taken for mentions", doubtful & said, doubtful),
        share("posts sent to review", ~said & ~binned, np.ones(len(answers), dtype=bool)),
        share("entity right, of mentions found", real & said & right_entity, real & said),
        _figure("calibration error", lambda rows: calibration_error(chances[rows], real[rows]), len(answers)),
    ]


def resolver_report(splits: Sequence[Split]) -> str:
    """The figures of some splits as Markdown; of development the fit is held out practice by practice."""
    parts = []
    for split in splits:
        posts = meant_posts(split)
        answers = held_out_answers(posts) if split == "development" else answered_posts(split, posts)
        held = ", each practice by a fit on the others" if split == "development" else ""
        parts += [f"## Practice resolver, {split} ({len(posts)} posts{held})", ""]
        parts += ["| measure | Auscult | 95 % interval | posts |", "|---|---|---|---|"]
        parts += [
            f"| {one.name} | {one.value:.3f} | {one.low:.3f} to {one.high:.3f} | {one.rows} |"
            for one in resolver_figures(answers)
        ]
        parts += [
            f"| F1, {practice} | {figure.value:.3f} | {figure.low:.3f} to {figure.high:.3f} | {figure.rows} |"
            for practice, figure in _f1_by_practice(answers)
        ]
        parts.append("")
    return "\n".join(parts) + "\n"


def write_fit(path: Path = WEIGHTS) -> ResolverFit:
    """Fit on the whole development split and write the weights. Deterministic."""
    fit = fit_answers(answered_posts("development", meant_posts("development"), fit_resolver([], [])))
    stored = {
        "fit_id": FIT_ID,
        "features": list(FEATURES),
        "weights": [round(fit.weights[name], 4) for name in FEATURES],
        "intercept": round(fit.intercept, 4),
        "mention_from": fit.mention_from,
        "review_from": fit.review_from,
    }
    path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    return fit


def _by_practice(
    split: Split, posts: Sequence[MeantPost], fit: ResolverFit | None
) -> Iterator[tuple[str, list[Answered]]]:
    for name, own in groupby(sorted(posts, key=lambda post: post.practice), key=lambda post: post.practice):
        resolver = Resolver(read_practice(FOLDER / SETS[split] / "resolver" / f"{name}.yaml"), fit)
        yield name, [_answer(resolver, post) for post in own]


def _answer(resolver: Resolver, post: MeantPost) -> Answered:
    found = resolver.resolve(post.text, post.channel)
    named = resolver.namings(post.text, post.channel)
    best: Naming | None = max(named, key=lambda naming: naming.probability, default=None)
    chance = best.probability if best else UNNAMED
    return Answered(post, found.decision, chance, found.entity or "", best.features if best else frozenset())


def _f1_by_practice(answers: Sequence[Answered]) -> Iterator[tuple[str, Figure]]:
    for practice in dict.fromkeys(answer.post.practice for answer in answers):
        yield practice, resolver_figures([one for one in answers if one.post.practice == practice])[0]


def _figure(name: str, of: Callable[[NDArray[np.int64]], float], rows: int) -> Figure:
    low, high = bootstrap_interval(of, range(rows))
    return Figure(name, of(np.arange(rows)), low, high, rows)


if __name__ == "__main__":
    if sys.argv[1:] == ["fit"]:
        write_fit()
    else:
        sys.stdout.write(resolver_report([name for name in SETS if name in sys.argv[1:]]))
