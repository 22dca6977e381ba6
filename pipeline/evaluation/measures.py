"""From judged posts to figures: each with a 95 % interval over resampled posts."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
import pandas as pd

from models.metrics import (
    average_precision,
    bootstrap_interval,
    calibration_error,
    chance_calibration_error,
    macro_f1,
    precision_at_recall,
    share_interval,
)
from models.stance import STANCES
from pipeline.evaluation.labelled import LabelledPost
from pipeline.screening.candidates import Judged, judge_candidates
from pipeline.screening.judges import Judge

CHUNK = 512
COLUMNS = ("post", "kind", "claim_id", "rank", "p_match", "score", *STANCES, "stance", "decision", "reason", "label")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number with its interval and what it counts."""

    name: str
    value: float
    low: float
    high: float
    rows: int


def judged_rows(posts: Sequence[LabelledPost], judge: Judge, floor: float = 0.0) -> pd.DataFrame:
    """One row per post and candidate: post, claim_id, rank, p_match, the stances, stance, score, decision and label.

    Candidates below `floor` are left out: 0 keeps all that were found. A labelled claim that was not found is a row
    with score 0, or recall would flatter itself.
    """
    rows = []
    for start in range(0, len(posts), CHUNK):
        chunk = posts[start : start + CHUNK]
        texts = [post.text for post in chunk]
        judged = judge_candidates(texts, judge.models.encoder.encode(texts), judge, floor=floor)
        for number, (post, candidates) in enumerate(zip(chunk, judged, strict=True), start=start):
            for one in candidates:
                rows.append({"post": number, "kind": post.kind, "label": post.label(one.claim_id), **_scores(one)})
            for claim_id in post.labels.keys() - {one.claim_id for one in candidates}:
                rows.append(_missed(number, post, claim_id))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def figures(rows: pd.DataFrame) -> list[Figure]:
    """Everything that labelled posts can say; `rows` as `judged_rows` makes them."""
    known = rows[rows["label"] != ""]
    related = known[known["label"] != "unrelated"]
    found = [*_retrieval(rows)] if len(related) else []
    if (known["label"] == "promotes").any():
        found += _ranking(known)
    if len(related):
        told = (related[column].to_numpy(str) for column in ("stance", "label"))
        found.append(_interval("stance macro-F1", related, partial(macro_f1, classes=STANCES), *told))
    # The peers' recipe gives no such probability.
    if len(related) and "promotes" in related:
        found += _calibration("p(promotes)", related, related["label"] == "promotes", "promotes")
    found += _calibration("p_match", known, known["label"] != "unrelated", "p_match")
    found += _decisions(rows)
    return found


def alarms(rows: pd.DataFrame, posts: int) -> list[Figure]:
    """Alerts and reviews among `posts` ordinary posts, as shares of posts, and how many of the alerts are right."""
    found = [
        _share(f"{verdict} share", int(rows[rows["decision"] == verdict]["post"].nunique()), posts)
        for verdict in ("alert", "review")
    ]
    return [*found, *_right(rows)]


def mean_figure(name: str, values: Sequence[float]) -> Figure:
    """The mean of one value a post."""
    kept = np.array(values, dtype=float)
    low, high = bootstrap_interval(lambda taken: float(kept[taken].mean()), range(len(kept)))
    return Figure(name, float(kept.mean()), low, high, len(kept))


def _retrieval(rows: pd.DataFrame) -> list[Figure]:
    told = rows[~rows["label"].isin(["", "unrelated"])]
    best = told.groupby("post")["rank"].min()
    return [_share(f"right claim in {depth}", int((best <= depth).sum()), len(best)) for depth in (1, 5)]


def _ranking(known: pd.DataFrame) -> list[Figure]:
    found = [_interval("promotes AP", known, average_precision, *_scored(known))]
    for recall in (0.5, 0.7, 0.8):
        name = f"promotes precision at recall {recall}"
        found.append(_interval(name, known, partial(precision_at_recall, recall=recall), *_scored(known)))
    related = known[known["label"] != "unrelated"]
    half = partial(precision_at_recall, recall=0.5)
    posts = _best_of_posts(known)
    for name, part in (("best claim of each post", posts), ("labelled claim of each post", related)):
        found.append(_interval(f"promotes AP, {name}", part, average_precision, *_scored(part)))
        found.append(_interval(f"promotes precision at recall 0.5, {name}", part, half, *_scored(part)))
    return found


def _best_of_posts(known: pd.DataFrame) -> pd.DataFrame:
    """The candidate of each post that scores highest; a post that promotes another claim is also a row that was missed.

    It is what an officer sees of a post: one claim, right or wrong.
    """
    best = known.sort_values("score", ascending=False, kind="stable").drop_duplicates("post")
    spreads = known[known["label"] == "promotes"].drop_duplicates("post")
    lost = spreads[spreads["post"].isin(best.loc[best["label"] != "promotes", "post"])].assign(score=-1.0)
    return pd.concat([best, lost], ignore_index=True)


def _decisions(rows: pd.DataFrame) -> list[Figure]:
    found = []
    for stance in STANCES:
        posts = rows[rows["label"] == stance].groupby("post")
        if not len(posts):
            continue
        # A post alarms by the claim it was labelled with: an alert about another claim is the other's error.
        alerted = int(posts["decision"].agg(lambda own: "alert" in set(own)).sum())
        seen = int(posts["decision"].agg(lambda own: bool({"alert", "review"} & set(own))).sum())
        found.append(_share(f"{stance}: alerts", alerted, len(posts)))
        found.append(_share(f"{stance}: alerts or reviews", seen, len(posts)))
    return [*found, *_right(rows[rows["label"] != ""])]


def _right(rows: pd.DataFrame) -> list[Figure]:
    alerts = rows[rows["decision"] == "alert"]
    right = int((alerts["label"] == "promotes").sum())
    return [_share("alerts that are right", right, len(alerts))] if len(alerts) else []


def _scored(part: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return part["score"].to_numpy(float), (part["label"] == "promotes").to_numpy()


def _calibration(name: str, rows: pd.DataFrame, happened: pd.Series, column: str) -> list[Figure]:
    chances = rows[column].to_numpy(float)
    error = _interval(f"{name} calibration error", rows, calibration_error, chances, happened.to_numpy())
    least = chance_calibration_error(chances)
    return [error, Figure(f"{name} calibration error, if it were right", least, least, least, len(rows))]


def _interval(name: str, rows: pd.DataFrame, measure: Callable[..., float], *columns: np.ndarray) -> Figure:
    low, high = bootstrap_interval(lambda taken: measure(*(kept[taken] for kept in columns)), rows["post"].tolist())
    return Figure(name, measure(*columns), low, high, len(rows))


def _share(name: str, count: int, total: int) -> Figure:
    low, high = share_interval(count, total)
    return Figure(name, count / total if total else float("nan"), low, high, total)


def _scores(one: Judged) -> dict[str, object]:
    stances = {name: getattr(one.stance, name) for name in STANCES}
    told = {"score": one.score, "stance": one.stance.stance, **asdict(one.decision)}
    return {"claim_id": one.claim_id, "rank": one.rank, "p_match": one.p_match, **stances, **told}


def _missed(number: int, post: LabelledPost, claim_id: str) -> dict[str, object]:
    nothing = dict.fromkeys(("p_match", "score", "promotes", "debunks", "questions"), 0.0)
    told = {"stance": "neutral", "decision": "none", "reason": "", "label": post.labels[claim_id]}
    return {"post": number, "kind": post.kind, "claim_id": claim_id, "rank": 10**6, **nothing, "neutral": 1.0, **told}
