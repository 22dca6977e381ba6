"""How often surges are false and how small one may be and still be found, on simulated streams.

`python -m pipeline.evaluation.surges [SUBJECTS [WEEKS]]` prints both tables of docs/narratives.md in some minutes.
"""

import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.alerting.baselines import DAY, LOUDEST, PRIOR_POSTS, Judged, Streams, judge_window
from pipeline.config import POLICY, Policy

KINDS = ("plain", "restless", "drifting", "chatty")
# Posts a day.
RATES = (2 / 7, 1.0, 4.0, 15.0, 60.0)
SIZES = (5, 6, 7, 8, 9, 10, 12, 14, 16, 20, 25, 30, 40, 50, 60, 80, 100, 130, 160, 200, 250, 300)
QUIET = 1.0
# Of a source's posts, and of the other's the rest.
FIRST_SOURCE = 0.7
# Posts that one post of a chatty stream brings, itself among them, and the chance that an answer comes within an hour.
THREAD, PROMPT = 1.6, 0.3
FOUND = 0.95

Counts = NDArray[np.float64]
Hours = NDArray[np.int64]


def simulate(kind: str, posts_a_day: float, subjects: int, hours: int, seed: int) -> Counts:
    """Hourly counts on two sources, shape (subjects, 2, hours), with the rhythm of day and week.

    plain: Poisson. restless: each day's level is gamma with half its mean as deviation. drifting: its logarithm wanders
    (autoregressive, .9 a day). chatty: a post brings answers, geometric in number and in time.
    """
    chance = np.random.default_rng(seed)
    clock = np.arange(hours)
    rhythm = (1 + 0.8 * np.sin((clock % DAY - 9) / DAY * 2 * np.pi)) * np.where(clock // DAY % 7 >= 5, 0.6, 1.16)
    rate = np.tile(posts_a_day / DAY * rhythm / rhythm.mean(), (subjects, 1))
    days = -(-hours // DAY)
    if kind == "restless":
        rate *= np.repeat(chance.gamma(4, 1 / 4, (subjects, days)), DAY, axis=1)[:, :hours]
    elif kind == "drifting":
        level = np.zeros((subjects, days))
        for day in range(1, days):
            level[:, day] = 0.9 * level[:, day - 1] + chance.normal(0, 0.15, subjects)
        rate *= np.repeat(np.exp(level), DAY, axis=1)[:, :hours]
    counts = chance.poisson(rate / THREAD if kind == "chatty" else rate)
    if kind == "chatty":
        _answer(counts, chance)
    first = chance.binomial(counts, FIRST_SOURCE)
    return np.stack([first, counts - first], axis=1).astype(np.float64)


def false_surges(counts: Counts, policy: Policy = POLICY) -> NDArray[np.int64]:
    """Surges of each subject (n,), every hour looked at once there is a baseline; those a day apart are two.

    Every post is taken for a voice of its own.
    """
    span = _span(policy)
    sums = np.zeros(len(counts), dtype=np.int64)
    last = np.full(len(counts), -2 * DAY)
    for end in range(span - 1, counts.shape[2]):
        surges = _surges(judge_hour(counts, end, policy), policy)
        sums += surges & (end - last > DAY)
        last = np.where(surges, end, last)
    return sums


def judge_hour(counts: Counts, end: int, policy: Policy = POLICY) -> Judged:
    """What is said of all subjects at one hour, with everything heard."""
    span = _span(policy)
    part = counts[:, :, end + 1 - span : end + 1]
    everything = np.ones(part.shape[1:], dtype=bool)
    return judge_window(
        Streams(
            counts=part,
            heard=everything,
            whole=everything,
            hours=np.arange(end + 1 - span, end + 1),
            begins=np.zeros(len(part), dtype=np.int64),
            prior_posts=np.full(len(part), PRIOR_POSTS),
            pooled=np.minimum(part, LOUDEST).sum(axis=0),
        ),
        span - 1,
        policy,
    )


def smallest_found(kind: str, posts_a_day: float, tries: int, policy: Policy = POLICY) -> int | None:
    """The fewest posts within a day, beside the usual ones, that surge in FOUND of the tries; None: more than SIZES."""
    span = _span(policy)
    usual = simulate(kind, posts_a_day, tries, span, seed=int(posts_a_day * 100) + 7)
    chance = np.random.default_rng(3)
    for size in SIZES:
        counts = usual.copy()
        for own in counts:
            hours = chance.integers(span - DAY, span, size)
            np.add.at(own, (chance.integers(0, 2, size), hours), 1)
        if _surges(judge_hour(counts, span - 1, policy), policy).mean() >= FOUND:
            return size
    return None


def surge_report(subjects: int, weeks: int, kinds: Sequence[str] = KINDS) -> str:
    """Both tables as Markdown."""
    hours = _span(POLICY) + weeks * 7 * DAY
    cells = [(kind, rate) for kind in kinds for rate in RATES]
    # Together, because the rhythm of a source is learnt from all its subjects.
    streams = [simulate(kind, rate, subjects, hours, seed) for seed, (kind, rate) in enumerate(cells)]
    found = false_surges(np.concatenate(streams)).reshape(len(cells), subjects)
    parts = ["| false surges | a week for 200 subjects | a year for one |", "|---|---|---|"]
    groups = {"quiet subjects, all kinds": [place for place, (_, rate) in enumerate(cells) if rate <= QUIET]}
    groups |= {kind: [place for place, (own, _) in enumerate(cells) if own == kind] for kind in kinds}
    groups["all"] = list(range(len(cells)))
    for name, places in groups.items():
        week = found[places].mean() / weeks
        parts.append(f"| {name} | {week * 200:.1f} | {week * 52:.2f} |")
    parts += ["", f"| usual posts a day | {' | '.join(kinds)} |", "|---" * (len(kinds) + 1) + "|"]
    for rate in (0.0, *RATES):
        sizes = [str(smallest_found(kind, rate, 2 * subjects)) for kind in kinds]
        parts.append(f"| {rate:.2g} | {' | '.join(sizes)} |")
    return "\n".join(parts) + "\n"


def _answer(counts: NDArray[np.int64], chance: np.random.Generator) -> None:
    starts = np.argwhere(counts > 0)
    answers = chance.negative_binomial(counts[tuple(starts.T)], 1 / THREAD)
    for (subject, hour), amount in zip(starts, answers, strict=True):
        at = hour + chance.geometric(PROMPT, amount) - 1
        np.add.at(counts[subject], at[at < counts.shape[1]], 1)


def _surges(judged: Judged, policy: Policy) -> NDArray[np.bool_]:
    return (judged.many < policy["surge_chance"]) & (judged.observed >= policy["surge_posts"])


def _span(policy: Policy) -> int:
    return int(policy["surge_hours"] + policy["surge_days"] * DAY)


if __name__ == "__main__":
    asked = [int(number) for number in sys.argv[1:3]]
    subjects_asked, weeks_asked = (*asked, *(60, 8)[len(asked) :])
    sys.stdout.write(surge_report(subjects_asked, weeks_asked))
