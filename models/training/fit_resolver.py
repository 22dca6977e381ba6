"""Fit the resolver: a logistic regression that starts from written weights and leaves them as far as posts say."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from models.metrics import logistic
from models.resolver import FEATURES, GROUPS, SIGNS, STRENGTHS, ResolverFit

PRIOR = Path(__file__).parent / "resolver_prior.yaml"
# How firmly a weight stays at its prior.
PENALTY = 2.0
# What an ambiguous post counts as: a careful reader could not tell.
AMBIGUOUS = 0.15
# From which chance on a post is a mention (the best F1 held out), and from which on a person looks at it.
CUTS = (0.5, 0.03)
STEPS, ENOUGH = 100, 1e-9

Floats = NDArray[np.float64]


def prior_weights() -> tuple[Floats, float]:
    """The weights before any post was seen, in the order of FEATURES, and the intercept."""
    stored: dict[str, Any] = yaml.safe_load(PRIOR.read_text(encoding="utf-8"))
    by_name = {name: stored["strengths"][name] for name in STRENGTHS}
    for sign in SIGNS:
        by_name |= {f"{group}:{sign}": weight for group, weight in zip(GROUPS, stored["signs"][sign], strict=True)}
    return np.array([by_name[name] for name in FEATURES], dtype=np.float64), float(stored["intercept"])


def fit_resolver(
    posts: Sequence[Collection[str]], labels: Sequence[str], penalty: float = PENALTY, cuts: tuple[float, float] = CUTS
) -> ResolverFit:
    """The fit on posts given by their features and labelled mention, ambiguous or not, by Newton's method."""
    inputs, means = _matrix(posts), prior_weights()
    wanted = np.array([{"mention": 1.0, "ambiguous": AMBIGUOUS, "not": 0.0}[label] for label in labels])
    wide = np.column_stack([inputs, np.ones(len(inputs))])
    start = np.append(means[0], means[1])
    ridge = np.diag(np.append(np.full(len(FEATURES), penalty), 0.5))
    beta = start.copy()
    for _ in range(STEPS if len(posts) else 0):
        chance = logistic(wide @ beta)
        gradient = wide.T @ (chance - wanted) + ridge @ (beta - start)
        curvature = (wide.T * np.maximum(chance * (1 - chance), 1e-6)) @ wide + ridge
        step = np.linalg.solve(curvature, gradient)
        beta -= step
        if np.abs(step).max() < ENOUGH:
            break
    weights = dict(zip(FEATURES, (float(weight) for weight in beta[:-1]), strict=True))
    return ResolverFit("", weights, float(beta[-1]), *cuts)


def _matrix(posts: Sequence[Collection[str]]) -> Floats:
    place = {name: at for at, name in enumerate(FEATURES)}
    found = np.zeros((len(posts), len(FEATURES)))
    for row, features in enumerate(posts):
        found[row, [place[name] for name in features if name in place]] = 1.0
    return found
