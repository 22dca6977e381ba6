"""Logistic regressions by Newton's method: deterministic, weighted, with an L2 penalty on all but the intercept."""

import numpy as np
from numpy.typing import NDArray

from models.metrics import softmax

Floats = NDArray[np.float64]
STEPS, ENOUGH = 100, 1e-9


def fit_logistic(inputs: Floats, labels: Floats, weights: Floats, penalty: float) -> tuple[Floats, float]:
    """Weights (features,) and intercept for labels in [0, 1]; rows count by `weights`."""
    wide = np.column_stack([inputs, np.ones(len(inputs))])
    ridge = np.diag([penalty] * inputs.shape[1] + [1e-6])
    beta = np.zeros(wide.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(wide @ beta, -30, 30)))
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
