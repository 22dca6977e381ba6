"""The whole evaluation as one Markdown report: every set through the product's path, the peers' recipe beside it."""

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pandas as pd

from models.training.corpus import ORDINARY, Split
from pipeline.evaluation import labelled
from pipeline.evaluation.evasion import DISGUISES, FOLDED, disguised
from pipeline.evaluation.labelled import LabelledPost
from pipeline.evaluation.measures import Figure, alarms, figures, judged_rows
from pipeline.evaluation.peer import peer_rows
from pipeline.evaluation.replay import post_alerts, replay_streams
from pipeline.evaluation.retrieval import clef_judge, clef_ranking, cosine_ranking
from pipeline.screening.judges import Judge

# A stream keeps its promise where at least this share of its alerts is right.
TARGET = 0.9
SHARES = (0.01, 0.05, 0.20)
CLEF_SPLITS: dict[Split, str] = {"development": "dev", "test": "devtest"}
# Enough to tell a share of .95 from one of .85.
EVASION_POSTS = 150

Progress = Callable[[int], None]
# Rows of judged posts, and how many posts they are of.
Judged = tuple[pd.DataFrame, int]


def evaluate(
    judges: dict[str, Judge],
    folder: Path | None,
    splits: Sequence[Split],
    progress: Progress,
    plots: Path | None = None,
) -> str:
    """The report. `judges` are "rich" (claims with all their wordings) and "bare" (their sentences alone).

    Reliability plots go to the folder `plots`, reliability_<split>.png, where one is given. Without the research sets
    (`folder` None) only the project's own posts are measured, and the report says so.
    """
    parts = ["# Evaluation", ""]
    if folder is None:
        parts += ["The research sets are absent: real posts, CLEF and ordinary health posts were **skipped**.", ""]
    for split in splits:
        written, lines = _labelled(judges, "Written", labelled.written(split), split, progress)
        parts += lines
        if split == "test":
            parts += _labelled({"rich": judges["rich"]}, "Spanish", labelled.spanish(), split, progress)[1]
        if folder is not None:
            real, lines = _labelled(judges, "Real", labelled.real(folder, split), split, progress)
            parts += [*lines, *_research(judges, folder, split, real, written, progress)]
        if plots:
            # Imported here: drawing takes a second to load, which every other command would pay.
            from pipeline.evaluation.plots import reliability_plot

            sets = {"written posts": written, **({"real posts": real} if folder else {})}
            reliability_plot({name: rows for name, (rows, _) in sets.items()}, plots / f"reliability_{split}.png")
    parts += _evasion(judges["rich"], progress)
    return "\n".join(parts) + "\n"


def evaluate_file(judge: Judge, posts: Sequence[LabelledPost], progress: Progress) -> str:
    """The report on a user's own labelled posts."""
    ours, peers = judged_rows(posts, judge), peer_rows(posts, judge)
    progress(len(posts))
    return "\n".join(["# Evaluation", "", *_beside(figures(ours), figures(peers))]) + "\n"


def _labelled(
    judges: dict[str, Judge], title: str, posts: Sequence[LabelledPost], split: Split, progress: Progress
) -> tuple[Judged, list[str]]:
    # The rows of the rich claims, and the sections of all judges.
    parts, judged = [], {}
    for name, judge in judges.items():
        judged[name] = judged_rows(posts, judge)
        progress(len(posts))
        parts += [f"## {title} posts, {split}, {name} claims ({len(posts)} posts)", ""]
        parts += _beside(figures(judged[name]), figures(peer_rows(posts, judge)))
    return (judged["rich"], len(posts)), parts


def _research(
    judges: dict[str, Judge], folder: Path, split: Split, real: Judged, written: Judged, progress: Progress
) -> list[str]:
    parts: list[str] = []
    kept = [real, written]
    for name in ORDINARY:
        posts = labelled.ordinary(folder, name, split)
        rows = judged_rows(posts, judges["rich"], judges["rich"].policy["match_floor"])
        progress(len(posts))
        kept.append((rows, len(posts)))
        parts += [f"## Ordinary posts, {name}, {split} ({len(posts)} posts)", ""]
        parts += _beside(alarms(rows, len(posts)), alarms(peer_rows(posts, judges["rich"]), len(posts)))
    parts += _promise(kept, split, TARGET)
    judge = clef_judge(judges["rich"].models, folder)
    for stripped in (False, True):
        ours = clef_ranking(judge, folder, CLEF_SPLITS[split], stripped=stripped)
        peers = cosine_ranking(judge, folder, CLEF_SPLITS[split], stripped=stripped)
        progress(len(ours.gold))
        kind = "signature stripped" if stripped else "as given"
        parts += [f"## CLEF-2022 2A English, {CLEF_SPLITS[split]}, {kind} ({len(ours.gold)} posts)", ""]
        parts += _beside(ours.figures(), peers.figures())
    return parts


def _promise(kept: Sequence[Judged], split: str, target: float) -> list[str]:
    real, written, *plain = kept
    parts = [f"## The promise of {target:.0%}, {split}", ""]
    parts += ["| alerts | promoting posts from | share | streams that kept it | precision | recall |"]
    parts += ["|---|---|---|---|---|---|"]
    for kind, proven in (("proven ones", True), ("all, unproven ones too", False)):
        # A set of ordinary posts has a few that are about a claim; they would be counted twice.
        ordinary = pd.concat([_unrelated(rows, count, proven) for rows, count in plain], ignore_index=True)
        for name, judged in (("real posts", real), ("written posts", written)):
            parts += [f"| {kind} | {name} | {line}" for line in _replays(judged, ordinary, proven, target)]
    return [*parts, ""]


def _replays(judged: Judged, ordinary: pd.DataFrame, proven: bool, target: float) -> list[str]:
    # The last columns of a row of the table for each of SHARES.
    rows, count = judged
    stances = rows[~rows["label"].isin(["", "unrelated"])].groupby("post")["label"].agg(set)
    spreads = stances.index[stances.map(lambda own: "promotes" in own)]
    alerts = post_alerts(rows, count, proven=proven)
    promoting, related = alerts.loc[alerts.index.isin(spreads)], alerts.loc[~alerts.index.isin(spreads)]
    lines = []
    for share in SHARES:
        one = replay_streams(promoting, related, ordinary, share, target)
        precision = "no alert" if math.isnan(one.precision) else f"{one.precision:.3f}"
        lines.append(f"{share:.0%} | {one.kept:.3f} | {precision} | {one.recall:.3f} |")
    return lines


def _unrelated(rows: pd.DataFrame, count: int, proven: bool) -> pd.DataFrame:
    about = rows.loc[~rows["label"].isin(["", "unrelated"]), "post"]
    alerts = post_alerts(rows, count, proven=proven)
    return alerts[~alerts.index.isin(about)]


def _evasion(judge: Judge, progress: Progress) -> list[str]:
    posts = [post for post in labelled.written("development") if "promotes" in post.labels.values()][:EVASION_POSTS]
    parts = [f"## Disguised posts, development ({len(posts)} promoting posts in each disguise)", ""]
    parts += ["| disguise | undone by folding | found (p_match of the right claim at the floor) | of plain |"]
    parts += ["|---|---|---|---|"]
    plain = 0
    for name in DISGUISES:
        texts = disguised([post.text for post in posts], name)
        dressed = [LabelledPost(p.key, p.labels, text=text) for p, text in zip(posts, texts, strict=True)]
        rows = judged_rows(dressed, judge)
        progress(len(posts))
        own = rows[rows["label"] == "promotes"]
        found = int((own["p_match"] >= judge.policy["match_floor"]).sum())
        plain = plain or found
        parts.append(f"| {name} | {'yes' if name in FOLDED else ''} | {found} | {found / max(1, plain):.3f} |")
    return [*parts, ""]


def _beside(ours: Iterable[Figure], peers: Iterable[Figure]) -> list[str]:
    other = {figure.name: figure for figure in peers}
    lines = ["| measure | Auscult | 95 % interval | peers' recipe | rows |", "|---|---|---|---|---|"]
    for figure in ours:
        peer = other.get(figure.name)
        interval = f"{figure.low:.3f} to {figure.high:.3f}"
        shown = f"{peer.value:.3f}" if peer else ""
        lines.append(f"| {figure.name} | {figure.value:.3f} | {interval} | {shown} | {figure.rows} |")
    return [*lines, ""]
