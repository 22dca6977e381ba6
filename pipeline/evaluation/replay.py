"""Is the promise kept? Streams drawn from labelled posts at a given share of promoting ones."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

STREAM_POSTS, REPLAYS = 2000, 400
# Of the posts that promote nothing: the share that is about a claim all the same (debunks, questions, reports).
RELATED_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of the streams at one share of promoting posts: how many kept the promise, and what was found."""

    promoting_share: float
    kept: float
    precision: float
    recall: float


def replay_streams(
    promoting: pd.DataFrame, related: pd.DataFrame, ordinary: pd.DataFrame, share: float, target: float, seed: int = 0
) -> Replay:
    """Draw REPLAYS streams with replacement from posts; frames have one row a post: `alert` and `right` (0 or 1).

    A stream without an alert has kept its promise; its recall is counted all the same. `precision` is over all alerts
    of all streams (NaN without one), `recall` the mean share of promoting posts that alarmed rightly.
    """
    random = np.random.default_rng(seed)
    counts = {"promoting": round(STREAM_POSTS * share)}
    counts["related"] = round((STREAM_POSTS - counts["promoting"]) * RELATED_SHARE)
    counts["ordinary"] = STREAM_POSTS - sum(counts.values())
    kept, alerts, rights, found = 0, 0, 0, 0.0
    pools = {"promoting": promoting, "related": related, "ordinary": ordinary}
    for _ in range(REPLAYS):
        drawn = {name: pools[name].iloc[random.integers(len(pools[name]), size=counts[name])] for name in pools}
        alert = sum(int(part["alert"].sum()) for part in drawn.values())
        right = sum(int((part["alert"] * part["right"]).sum()) for part in drawn.values())
        kept += not alert or right / alert >= target
        alerts, rights = alerts + alert, rights + right
        found += float((drawn["promoting"]["alert"] * drawn["promoting"]["right"]).mean())
    precision = rights / alerts if alerts else float("nan")
    return Replay(share, kept / REPLAYS, precision, found / REPLAYS)


def post_alerts(rows: pd.DataFrame, posts: int, *, proven: bool = False) -> pd.DataFrame:
    """One row for each of `posts`: whether it alarmed (`alert`), and whether by a claim that it spreads (`right`).

    With `proven` only alerts above a proven threshold count: those that the promise is made of.
    """
    alarmed = rows[(rows["decision"] == "alert") & ((rows["reason"] == "promotes_claim") | (not proven))]
    right = alarmed[alarmed["label"] == "promotes"]
    # A post without a candidate has no row in `rows`, and is a quiet one all the same.
    every = pd.RangeIndex(posts)
    return pd.DataFrame({"alert": every.isin(alarmed["post"]), "right": every.isin(right["post"])}, index=every).astype(
        int
    )
