"""Do reviews teach what is true? Half years of alerts, recalibrated every night, with a drift in the middle.

`python -m pipeline.evaluation.reviews [REPLAYS]` prints the tables of docs/reviews.md.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.metrics import logistic
from models.promise import Promise, load_promise
from models.training.corpus import Split
from pipeline.config import POLICY, Policy
from pipeline.screening.recalibration import recalibrate, weigh, within_bounds
from pipeline.screening.thresholds import UNCALIBRATED, Calibration, threshold_of

# Of each of the two streams that the promise is measured on, and of each other.
REPLAYS, SIDE_REPLAYS = 200, 50
DAYS, DRIFT_DAY = 182, 91
# Matches a day that a person might see. The invented claims and sources are of unlike size.
MATCHES_A_DAY = 30
CLAIMS, SOURCES = 8, (0.6, 0.3, 0.1)
# Of invented posts P(right | score) is a logistic up to HIGHEST, of which a drift leaves so much.
MIDDLE, WIDTH, HIGHEST, LEFT = 0.40, 0.05, 0.98, 0.82
# Of the development labels, promoting posts become so many times as many.
PROMOTING_LEFT = 0.5
NOTHING_PROMISED = Promise("", {})

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Random = np.random.Generator
# A stream: one row a promoting match, by `day`, with source, claim_id, score and right (0 or 1).
Draw = Callable[[Random], pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Reviewing:
    """What people look at: the clearest post of this share of alerts, and so many others a day, drawn at random.

    After `most` reviews they stop. The thresholds are fitted anew every so many `nights`.
    """

    alert_share: float = 0.5
    checks_a_day: int = 5
    most: int = 1_000_000
    nights: int = 1


@dataclass(frozen=True, slots=True)
class Counted:
    """Alerts and how many were right: all, those above a proven threshold, and both after the drift.

    `promoting` posts there were, `after_promoting` of them after the drift. `first_day` and `last_day` had the first
    and the last proven alert (-1: none). `moves` counts thresholds that were applied.
    """

    labels: int
    moves: int
    promoting: int
    after_promoting: int
    alerts: int
    right: int
    after_alerts: int
    after_right: int
    proven: int
    proven_right: int
    after_proven: int
    after_proven_right: int
    first_day: int
    last_day: int

    def kept(self, target: float) -> bool:
        """Whether at least this share of the proven alerts was right; nothing was promised where there were none."""
        return self.proven_right >= target * self.proven


def replay_many(
    draw: Draw, reviewing: Reviewing | None, replays: int, policy: Policy = POLICY, seed: int = 0
) -> list[Counted]:
    """Replays of so many streams; the same seed draws the same streams, whoever reviews them."""
    streams = ((np.random.default_rng([seed, number, 0]), number) for number in range(replays))
    return [
        replay_reviews(draw(random), np.random.default_rng([seed, number, 1]), reviewing, policy)
        for random, number in streams
    ]


def replay_reviews(
    stream: pd.DataFrame, random: Random, reviewing: Reviewing | None, policy: Policy = POLICY
) -> Counted:
    """Live through a stream day by day: alerts, reviews, and every night what was fitted and is inside the bounds.

    Without `reviewing` nobody looks, and the thresholds stay as the policy has them.
    """
    stream = stream.reset_index(drop=True).astype({"source": "category", "claim_id": "category"})
    starts = np.searchsorted(stream["day"], np.arange(DAYS + 1))
    alarmed, proven = np.zeros(len(stream), dtype=bool), np.zeros(len(stream), dtype=bool)
    calibration, moves = UNCALIBRATED, 0
    labelled: list[int] = []
    for day in range(DAYS):
        today = slice(int(starts[day]), int(starts[day + 1]))
        alarmed[today], proven[today] = _decide(stream.iloc[today], calibration, policy)
        if reviewing is None:
            continue
        labelled += _reviewed(stream.iloc[today], alarmed[today], reviewing, random)[: reviewing.most - len(labelled)]
        if day % reviewing.nights:
            continue
        first = int(starts[max(0, day + 1 - int(policy["rematch_days"]))])
        labels = stream.iloc[labelled].rename(columns={"day": "reviewed_at"})
        labels = labels[labels["reviewed_at"] > day - policy["calibration_days"]]
        labels = weigh(labels, stream.iloc[first : today.stop])
        found = within_bounds(calibration, recalibrate(labels, calibration, policy), policy)
        moves += sum(found[pool] != calibration.thresholds.get(pool) for pool in found)
        calibration = Calibration(None, found)
    return _count(stream, alarmed, proven, len(labelled), moves)


def invented_stream(
    random: Random, *, matches: float = MATCHES_A_DAY, highest: float = HIGHEST, left: float = LEFT
) -> pd.DataFrame:
    """A stream of known rates: most alerts are right, until the drift leaves a share `left` of that."""
    day = np.repeat(np.arange(DAYS), random.poisson(matches, DAYS))
    claims = 1 / np.arange(1, CLAIMS + 1)
    scores = 0.3 + 0.7 * random.beta(1.2, 2.0, len(day))
    chances = highest * logistic((scores - MIDDLE) / WIDTH) * np.where(day < DRIFT_DAY, 1.0, left)
    return pd.DataFrame(
        {
            "day": day,
            "source": np.array(["x", "reddit", "bluesky"])[random.choice(len(SOURCES), len(day), p=SOURCES)],
            "claim_id": np.array([f"claim-{n}" for n in range(CLAIMS)])[
                random.choice(CLAIMS, len(day), p=claims / claims.sum())
            ],
            "score": scores.round(4),
            "right": (random.random(len(day)) < chances).astype(int),
        }
    )


def development_stream(random: Random, promise: Promise) -> pd.DataFrame:
    """Labelled development scores drawn with replacement: all of them, then only real ones with fewer that promote.

    Which claim a score was of did not ship: those that nothing is known of are dealt out to invented ones.
    """
    before, real = promise.pools[""], promise.pools["x"]
    known = set(zip(real.scores, real.promotes, strict=True))
    mixed = np.array(["x" if row in known else "elsewhere" for row in zip(before.scores, before.promotes, strict=True)])
    parts = []
    for days, labels, weights, sources in (
        (np.arange(DRIFT_DAY), before, before.weights, mixed),
        (np.arange(DRIFT_DAY, DAYS), real, _fewer(real.weights, real.promotes), np.full(len(real.scores), "x")),
    ):
        day = np.repeat(days, random.poisson(MATCHES_A_DAY, len(days)))
        drawn = random.choice(len(weights), len(day), p=weights / weights.sum())
        # A score keeps its claim, so that claims differ.
        claims = np.array([f"claim-{round(score * 10_000) % CLAIMS}" for score in labels.scores])
        columns = {"source": sources, "claim_id": claims, "score": labels.scores, "right": labels.promotes.astype(int)}
        parts.append(pd.DataFrame({"day": day, **{name: values[drawn] for name, values in columns.items()}}))
    return pd.concat(parts, ignore_index=True)


def reviews_report(splits: Sequence[Split], replays: int = REPLAYS, nights: int = 1) -> str:
    """The tables as Markdown. They rest on development labels and invented posts, whatever `splits` are asked for.

    Takes a quarter of an hour; the thresholds are fitted anew every so many `nights`.
    """
    target, shipped = POLICY["promise_target"], load_promise()
    main: dict[str, Draw] = {
        "invented": invented_stream,
        "development": lambda random: development_stream(random, shipped),
    }
    side: dict[str, Draw] = {
        "invented, a quarter of the posts": lambda random: invented_stream(random, matches=MATCHES_A_DAY / 4),
        "invented, no drift": lambda random: invented_stream(random, left=1.0),
    }
    nightly, fewer = Reviewing(nights=nights), min(replays, SIDE_REPLAYS)
    few = replace(nightly, most=int(POLICY["calibration_labels"]) - 1)
    counted = {name: replay_many(draw, nightly, replays) for name, draw in main.items()}
    alone = {name: replay_many(draw, None, replays) for name, draw in main.items()}
    others = {name: replay_many(draw, nightly, fewer) for name, draw in side.items()}
    others[f"invented, {few.most} reviews"] = replay_many(invented_stream, few, fewer)
    parts = [f"## Replayed reviews, {', '.join(splits)}: half years with a drift in the middle", ""]
    parts += ["| stream | replays | kept the promise | made one | proven alerts | right | after the drift | right |"]
    parts += ["|---|---|---|---|---|---|---|---|"]
    parts += [f"| {name} | {_promised(own, target)} |" for name, own in {**counted, **others}.items()]
    parts += ["", "| stream | reviewed | alerts | right | found | after the drift: alerts | right | found |"]
    parts += ["|---|---|---|---|---|---|---|---|"]
    for name in main:
        parts += [f"| {name} | no | {_alarmed(alone[name])} |", f"| {name} | yes | {_alarmed(counted[name])} |"]
    return "\n".join([*parts, ""]) + "\n"


def _promised(counted: Sequence[Counted], target: float) -> str:
    kept = np.mean([one.kept(target) for one in counted])
    some = np.mean([one.proven > 0 for one in counted])
    proven, after = sum(one.proven for one in counted), sum(one.after_proven for one in counted)
    right, after_right = sum(one.proven_right for one in counted), sum(one.after_proven_right for one in counted)
    return (
        f"{len(counted)} | {kept:.3f} | {some:.3f} | {proven / len(counted):.0f} | {_shown(right, proven)} "
        f"| {after / len(counted):.0f} | {_shown(after_right, after)}"
    )


def _alarmed(counted: Sequence[Counted]) -> str:
    def sums(*names: str) -> list[int]:
        return [sum(getattr(one, name) for one in counted) for name in names]

    parts = []
    for alerts, right, posts in (
        sums("alerts", "right", "promoting"),
        sums("after_alerts", "after_right", "after_promoting"),
    ):
        parts.append(f"{alerts / len(counted):.0f} | {_shown(right, alerts)} | {_shown(right, posts)}")
    return " | ".join(parts)


def _shown(count: int, total: int) -> str:
    return f"{count / total:.3f}" if total else "none"


def _fewer(weights: Floats, promotes: Floats) -> Floats:
    return np.where(promotes > 0, weights * PROMOTING_LEFT, weights)


def _decide(today: pd.DataFrame, calibration: Calibration, policy: Policy) -> tuple[Flags, Flags]:
    """Whether each match alarms, and whether by a proven threshold."""
    found = [
        threshold_of(calibration, NOTHING_PROMISED, policy, source, claim_id)
        for source, claim_id in zip(today["source"], today["claim_id"], strict=True)
    ]
    alarmed = today["score"].to_numpy() >= np.array([one.score for one in found], dtype=float)
    return alarmed, alarmed & np.array([one.proven for one in found], dtype=bool)


def _reviewed(today: pd.DataFrame, alarmed: Flags, reviewing: Reviewing, random: Random) -> list[int]:
    """The rows that people judge: an alert is all that alarms with one claim on one day."""
    scores, claims, rows = today["score"].to_numpy(), today["claim_id"].to_numpy(), today.index.to_numpy()
    clearest: dict[str, int] = {}
    for place in np.flatnonzero(alarmed)[np.argsort(scores[alarmed], kind="stable")]:
        clearest[claims[place]] = int(place)
    seen = [place for place in clearest.values() if random.random() < reviewing.alert_share]
    others = np.setdiff1d(np.arange(len(rows)), seen)
    checks = random.permutation(others)[: reviewing.checks_a_day]
    return [int(row) for row in rows[[*seen, *checks.tolist()]]]


def _count(stream: pd.DataFrame, alarmed: Flags, proven: Flags, labels: int, moves: int) -> Counted:
    day, right = stream["day"].to_numpy(), stream["right"].to_numpy() > 0
    after = day >= DRIFT_DAY
    told = day[proven]
    return Counted(
        labels=labels,
        moves=moves,
        promoting=int(right.sum()),
        after_promoting=int((right & after).sum()),
        alerts=int(alarmed.sum()),
        right=int((alarmed & right).sum()),
        after_alerts=int((alarmed & after).sum()),
        after_right=int((alarmed & right & after).sum()),
        proven=int(proven.sum()),
        proven_right=int((proven & right).sum()),
        after_proven=int((proven & after).sum()),
        after_proven_right=int((proven & right & after).sum()),
        first_day=int(told.min()) if len(told) else -1,
        last_day=int(told.max()) if len(told) else -1,
    )


if __name__ == "__main__":
    sys.stdout.write(reviews_report(["development"], *(int(text) for text in sys.argv[1:2])))
