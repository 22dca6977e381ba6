"""What a subject's own past says of the last day: expected posts, and the chance of so many or so few. Pure arrays.

The baseline is as in Farrington et al. (1996) with the weights of Noufal et al. (2013): days that stood out themselves
count less. Small counts are judged by a Gamma-Poisson (negative binomial) tail, not by a normal one.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammainc  # type: ignore[import-untyped]

from pipeline.config import Policy

DAY, WEEK_DAYS = 24, 7
# Noufal et al. 2013, section 3.3: a day of the past weighs less from this standardised residual on.
OUTLIER = 2.58
# Of the spread a day tells no more than this residual, and the mean of what is so cut is by as much too small.
SPREAD_LIMIT, SPREAD_LOST = 2.0, 1.15
ROUNDS = 4
# The rhythm of the week is learnt from all subjects together, each with this many posts an hour at most.
LOUDEST = 3.0
# Posts that stand for "as all subjects": for a weekday of one subject, and for the hours and weekdays of all.
OWN_PRIOR, POOL_PRIOR = 10.0, 50.0
# Days that stand for "as spread as other subjects" when the spread of one is reckoned.
SPREAD_DAYS = 5.0
# Posts of a subject that was never heard: half a one in a day.
PRIOR_POSTS, PRIOR_DAYS = 0.5, 1.0
# Of the past, when nobody knows yet which days stood out: the loudest quarter is left out at first.
QUIET_SHARE = 0.75

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Streams:
    """Hourly counts of n subjects on s sources over h hours.

    `counts` has shape (n, s, h); `heard` (s, h) says which hours may be compared, `whole` (s, h) which are known to be
    complete; `hours` (h,) counts hours since 1970. `begins` (n,) is the first hour
    (a place in `hours`) that is part of a subject's past; `prior_posts` (n,) are the posts a day of one without past.
    `pooled` (s, h) are the counts of all subjects, from which the rhythm of the week is learnt.
    """

    counts: Floats
    heard: Flags
    whole: Flags
    hours: Places
    begins: Places
    prior_posts: Floats
    pooled: Floats

    def of(self, subjects: Places) -> "Streams":
        """Those of some subjects, beside the rhythm of all."""
        chosen = {name: getattr(self, name)[subjects] for name in ("counts", "begins", "prior_posts")}
        return replace(self, **chosen)


@dataclass(frozen=True)
class Judged:
    """Of each subject (n,): posts in the window, posts expected, the chance of so many or more, of so few or fewer.

    `known` says whether any source was heard for long enough to expect anything. The chance of few is 1 where the
    window was not wholly heard on every source that the subject is expected on.
    """

    observed: Floats
    expected: Floats
    many: Floats
    few: Floats
    known: Flags


def judge_window(streams: Streams, end: int, policy: Policy) -> Judged:
    """Judge the `surge_hours` up to and with the hour at place `end` by the `surge_days` before them.

    Sources that were heard for less than `surge_heard_days` of those are left out of both. What the window holds of
    hours that are not heard yet counts, and the whole window is expected: a gap hides a surge, and makes none. Raises
    ValueError where the hours do not reach back so far.
    """
    length, days = int(policy["surge_hours"]), int(policy["surge_days"])
    first = end + 1 - length - days * DAY
    if first < 0:
        raise ValueError("the counts do not reach back over the whole baseline")
    past, window = slice(first, first + days * DAY), slice(end + 1 - length, end + 1)
    usable = streams.heard[:, past].sum(axis=1) >= policy["surge_heard_days"] * DAY
    counts = streams.counts[:, usable]
    rhythm = _rhythm(streams, past, usable)
    weekday = (streams.hours // DAY) % WEEK_DAYS
    old = np.arange(len(streams.hours))[past] >= streams.begins[:, None]
    exposed = streams.heard[usable][None, :, past] & old[:, None, :]
    fit = _fit(
        _days(counts[:, :, past] * exposed, days),
        _days(exposed * rhythm[None, :, past], days),
        weekday[past].reshape(days, DAY),
        streams.prior_posts,
        policy["surge_spread"],
    )
    share = np.stack([(rhythm[:, window] * (weekday[window] == day)).sum(axis=1) for day in range(WEEK_DAYS)], axis=1)
    expected, variance = fit.predict(share)
    observed = counts[:, :, window].sum(axis=(1, 2))
    many, few = _tails(observed, expected, variance)
    complete = streams.whole[usable][:, window].all(axis=1)
    matters = fit.level > 0.05 * np.maximum(fit.level.sum(axis=1, keepdims=True), 1e-9)
    all_heard = (complete[None, :] | ~matters).all(axis=1)
    known = np.full(len(counts), bool(usable.any()))
    return Judged(observed, expected, np.where(known, many, 1.0), np.where(all_heard & known, few, 1.0), known)


@dataclass(frozen=True)
class _Fit:
    level: Floats
    level_posts: Floats
    level_days: Floats
    factor: Floats
    factor_variance: Floats
    spread: Floats

    def predict(self, share: Floats) -> tuple[Floats, Floats]:
        # `share` (s, 7): how much of an ordinary day of each source the window holds, by weekday.
        by_day = np.einsum("ns,sd->nd", self.level, share) * self.factor
        expected = by_day.sum(axis=1)
        doubt = self.spread[:, None] * self.level_posts / self.level_days**2
        unsure = np.einsum("ns,nsd->n", doubt, (share[None] * self.factor[:, None]) ** 2)
        unsure += (by_day**2 * self.factor_variance).sum(axis=1)
        return expected, self.spread * expected + unsure


def _fit(posts: Floats, exposure: Floats, weekday: Places, prior_posts: Floats, usual_spread: float) -> _Fit:
    """Level, weekdays and spread of each subject; `posts` and `exposure` are (n, s, days, 24), the latter in days."""
    subjects, sources, days, _ = posts.shape
    on = np.stack([weekday == day for day in range(WEEK_DAYS)]).astype(float)
    posts_on = np.einsum("nsdh,wdh->nsdw", posts, on)
    days_on = np.einsum("nsdh,wdh->nsdw", exposure, on)
    prior = prior_posts[:, None] / max(sources, 1)
    weight, factor = _quiet_days(posts_on, days_on), np.ones((subjects, WEEK_DAYS))
    spread = np.full(subjects, usual_spread)
    for _ in range(ROUNDS):
        weighed_days = np.einsum("nd,nsdw,nw->ns", weight, days_on, factor)
        weighed_posts = prior + np.einsum("nd,nsdw->ns", weight, posts_on)
        level = weighed_posts / (PRIOR_DAYS + weighed_days)
        plain = np.einsum("ns,nsdw->ndw", level, days_on)
        told, meant = (np.einsum("nd,ndw->nw", weight, part) for part in (posts_on.sum(axis=1), plain))
        # The more a subject's days differ anyhow, the less one weekday says.
        prior_on = OWN_PRIOR * spread[:, None]
        factor = (told + prior_on) / (meant + prior_on)
        mean = np.einsum("ndw,nw->nd", plain, factor)
        seen = posts_on.sum(axis=(1, 3))
        fitted = 1 + (meant / (meant + prior_on)).mean(axis=1) * (WEEK_DAYS - 1)
        spread = _spread(seen, mean, weight, spread, usual_spread, days / (days - fitted))
        weight = _weights(seen, mean, spread)
    variance = spread[:, None] * told / (meant + OWN_PRIOR * spread[:, None]) ** 2
    return _Fit(level, weighed_posts, PRIOR_DAYS + weighed_days, factor, variance, spread)


def _quiet_days(posts_on: Floats, days_on: Floats) -> Floats:
    seen, exposed = posts_on.sum(axis=(1, 3)), days_on.sum(axis=(1, 3))
    rate = seen / np.maximum(exposed, 1e-3)
    quiet: Floats = (rate <= np.quantile(rate, QUIET_SHARE, axis=1, keepdims=True)).astype(float)
    return quiet


def _spread(seen: Floats, mean: Floats, weight: Floats, before: Floats, usual: float, per_freedom: Floats) -> Floats:
    # Days on which hardly anything is expected say little of the spread; a day that stood out says what it may at most,
    # for left out altogether it would make a restless subject look calm.
    says = weight * np.minimum(mean, 1.0)
    mean = np.maximum(mean, 1e-9)
    squares = np.minimum((seen - mean) ** 2 / mean, SPREAD_LIMIT**2 * before[:, None])
    told = SPREAD_LOST * (says * squares).sum(axis=1) * per_freedom
    found: Floats = (SPREAD_DAYS * usual + told) / (SPREAD_DAYS + says.sum(axis=1))
    found = np.maximum(found, 1.0)
    return found


def _weights(seen: Floats, mean: Floats, spread: Floats) -> Floats:
    # Anscombe residuals of a Poisson count, as in both papers.
    mean = np.maximum(mean, 1e-6)
    residual = 1.5 * (seen ** (2 / 3) * mean ** (-1 / 6) - np.sqrt(mean)) / np.sqrt(spread[:, None])
    found: Floats = np.where(residual > OUTLIER, (OUTLIER / np.maximum(residual, OUTLIER)) ** 2, 1.0)
    return found


def _rhythm(streams: Streams, past: slice, usable: Flags) -> Floats:
    """How much of a day each hour of each usable source is, (s, hours): weekday times hour of the day."""
    posts = streams.pooled[usable][:, past] * streams.heard[usable][:, past]
    heard = streams.heard[usable][:, past].astype(float)
    rate = posts.sum(axis=1, keepdims=True) / np.maximum(heard.sum(axis=1, keepdims=True), 1.0)
    rhythm = np.full((int(usable.sum()), len(streams.hours)), 1.0 / DAY)
    for length, place in ((WEEK_DAYS, streams.hours // DAY % WEEK_DAYS), (DAY, streams.hours % DAY)):
        on = (place[past][:, None] == np.arange(length)).astype(float)
        factor = (posts @ on + POOL_PRIOR / length) / (heard @ on * rate + POOL_PRIOR / length)
        rhythm *= (factor / factor.mean(axis=1, keepdims=True))[:, place]
    return rhythm


def _days(hourly: Floats, days: int) -> Floats:
    return hourly.reshape(*hourly.shape[:2], days, DAY)


def _tails(observed: Floats, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """P(X >= observed) and P(X <= observed) of a negative binomial with this mean and variance."""
    mean = np.maximum(mean, 1e-9)
    extra = variance - mean
    size = mean**2 / np.maximum(extra, 1e-12)
    poisson = extra < 1e-6 * mean
    spread_share = mean / (size + mean)
    above = np.where(
        poisson, gammainc(np.maximum(observed, 1e-9), mean), betainc(observed.clip(1e-9), size, spread_share)
    )
    many = np.where(observed > 0, above, 1.0)
    more = np.where(poisson, gammainc(observed + 1, mean), betainc(observed + 1, size, spread_share))
    return many, 1.0 - more
