"""Logistic regressions: deterministic, weighted, with an L2 penalty on all but the intercept."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]

from models.metrics import logistic, softmax

Floats = NDArray[np.float64]
STEPS, ENOUGH = 100, 1e-9


def fit_logistic(inputs: Floats, labels: Floats, weights: Floats, penalty: float) -> tuple[Floats, float]:
    """Weights (features,) and intercept for labels in [0, 1], by Newton's method; rows count by `weights`."""
    wide = np.column_stack([inputs, np.ones(len(inputs))])
    ridge = np.diag([penalty] * inputs.shape[1] + [1e-6])
    beta = np.zeros(wide.shape[1])
    for _ in range(STEPS):
        chance = logistic(wide @ beta)
        gradient = wide.T @ (weights * (chance - labels)) + ridge @ beta
        curvature = (wide.T * (weights * np.maximum(chance * (1 - chance), 1e-6))) @ wide + ridge
        step = np.linalg.solve(curvature, gradient)
        beta -= step
        if np.abs(step).max() < ENOUGH:
            break
    return beta[:-1], float(beta[-1])


def fit_multinomial(
    inputs: Floats, labels: NDArray[np.int64], weights: Floats, penalty: float
) -> tuple[Floats, Floats]:
    """Weights (classes, features) and intercepts (classes,) by gradient steps of full batch, bounded by the curvature.

    The bound is Boehning's (1992): one matrix serves all steps, and the loss falls at each of them.
    """
    classes, wide = int(labels.max()) + 1, np.column_stack([inputs, np.ones(len(inputs))])
    truth = np.eye(classes)[labels]
    ridge = np.diag([penalty] * inputs.shape[1] + [1e-6])
    bound = np.linalg.inv((wide.T * weights) @ wide / 2 + ridge)
    beta = np.zeros((classes, wide.shape[1]))
    for _ in range(4000):
        step = ((weights[:, None] * (softmax(wide @ beta.T) - truth)).T @ wide + beta @ ridge) @ bound
        beta -= step
        if np.abs(step).max() < 1e-6:
            break
    return beta[:, :-1], beta[:, -1]


def fit_ranking(groups: Sequence[tuple[Floats, NDArray[np.bool_], float]], penalty: float) -> Floats:
    """Weights (features,) of a conditional logit (McFadden, 1974): which of a post's candidates is the right one.

    Each of `groups` is one set: features (posts, top, features), which candidates are right (posts, top), and what the
    set weighs in all. Posts without a right candidate, or without a wrong one, say nothing. Features are penalised on
    the scale of their standard deviation.
    """
    told = [(features, right, say, right.any(1) & ~right.all(1)) for features, right, say in groups]
    weights = np.concatenate([np.full(rows.sum(), say / max(1, rows.sum())) for *_, say, rows in told])
    inputs = np.concatenate([features[rows] for features, _, _, rows in told])
    truth = np.concatenate([right[rows] for _, right, _, rows in told]).astype(np.float64)
    truth /= truth.sum(axis=1, keepdims=True)
    spread = inputs.reshape(-1, inputs.shape[-1]).std(axis=0) + 1e-9
    scaled = inputs / spread

    def loss(beta: Floats) -> tuple[float, Floats]:
        shares = softmax(scaled @ beta)
        gradient = np.einsum("p,pc,pcf->f", weights, shares - truth, scaled) + penalty * beta
        value = -(weights[:, None] * truth * np.log(shares + 1e-12)).sum() + penalty / 2 * (beta @ beta)
        return float(value), gradient

    found: Floats = minimize(loss, np.zeros(len(spread)), jac=True, method="L-BFGS-B").x / spread
    return found
