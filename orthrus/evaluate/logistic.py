"""Logistic regressions of many labels at once, to the exact optimum of scikit-learn's objective.

For every label, minimise |w|²/2 + Σ log(1 + exp(-s (x·w + b))) over w and b, s being ±1. The
labels go side by side through limited-memory BFGS, whose first guess of the inverse Hessian is one
Cholesky factor for all of them: of an upper bound of every Hessian, XᵀX/4 plus the penalty
(Böhning and Lindsay 1988), and after a few steps of their mean. It needs some tens of steps where
BFGS alone needs hundreds.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from orthrus.array_types import Flags, Floats

Pair = tuple[Floats, Floats, Floats]

TOLERANCE = 5e-9
"""Largest norm of a label's gradient at its optimum."""
MEMORY = 10
REFRESH = 4
"""The step before which the mean Hessian of the labels is factored."""
HALVINGS = 30
ROUNDING = 1e-13
"""Relative error of an objective: within it, the gradient tells whether a step went up."""


@dataclass(frozen=True)
class Fit:
    """`x @ weights + intercepts` are the log-odds, (n, labels).

    Attributes
    ----------
    weights, intercepts
        (width, labels) and (labels,).
    converged
        (labels,) whether the norm of the gradient came down to `TOLERANCE`.
    """

    weights: Floats
    intercepts: Floats
    converged: Flags


@dataclass(frozen=True)
class _Point:
    """Coefficients (width + 1, labels), objectives (labels,), gradients and Hessian weights."""

    theta: Floats
    value: Floats
    gradient: Floats
    curvature: Floats

    @property
    def norm(self) -> Floats:
        return np.asarray(np.linalg.norm(self.gradient, axis=0))


class _Problem:
    """The objectives of all labels; the last coefficient is the intercept."""

    def __init__(self, features: Floats, labels: Floats) -> None:
        self.design = np.column_stack([features, np.ones(len(features))])
        self.signs = 2 * labels - 1

    def at(self, theta: Floats) -> _Point:
        margins = self.signs * (self.design @ theta)
        odds = np.exp(-np.abs(margins))
        losses = np.log1p(odds) + np.maximum(-margins, 0)
        wrong = np.where(margins > 0, odds, 1) / (1 + odds)
        gradient = -(self.design.T @ (self.signs * wrong))
        gradient[:-1] += theta[:-1]
        value = losses.sum(axis=0) + np.square(theta[:-1]).sum(axis=0) / 2
        return _Point(theta, value, gradient, wrong * (1 - wrong))

    def factor(self, curvature: Floats) -> tuple[Floats, bool]:
        """Factor the Hessian whose rows weigh `curvature`, (n,)."""
        hessian = (self.design * curvature[:, None]).T @ self.design
        penalised = np.arange(len(hessian) - 1)
        hessian[penalised, penalised] += 1
        factored: tuple[Floats, bool] = cho_factor(hessian, lower=True)
        return factored

    def search(self, start: _Point, step: Floats) -> _Point:
        """Go `step`, for each label halved until its objective does not go up."""
        for _ in range(HALVINGS):
            point = self.at(start.theta - step)
            up = _went_up(start, point)
            if not up.any():
                return point
            step[:, up] /= 2
        return point


def fit(features: Floats, labels: Floats, max_iter: int) -> Fit:
    """Fit one logistic regression per label, scikit-learn's with its default C = 1.

    Parameters
    ----------
    features, labels
        (n, width), and (n, labels) of zeros and ones; every label has both.
    max_iter
        Most steps; labels that have not converged by then say so.
    """
    problem = _Problem(features, labels)
    point = problem.at(np.zeros((features.shape[1] + 1, labels.shape[1])))
    factor = problem.factor(np.full(len(features), 0.25))
    memory: deque[Pair] = deque(maxlen=MEMORY)
    for step in range(max_iter):
        active = point.norm > TOLERANCE
        if not active.any():
            break
        if step == REFRESH:
            factor = problem.factor(point.curvature.mean(axis=1))
        new = problem.search(point, np.where(active, _direction(point, memory, factor), 0))
        memory.append(_pair(new.theta - point.theta, new.gradient - point.gradient))
        point = new
    return Fit(point.theta[:-1], point.theta[-1], point.norm <= TOLERANCE)


def _went_up(start: _Point, point: _Point) -> Flags:
    rounding = ROUNDING * np.abs(start.value)
    steeper = (point.value > start.value - rounding) & (point.norm > start.norm)
    up: Flags = (point.value > start.value + rounding) | steeper
    return up


def _pair(moved: Floats, turned: Floats) -> Pair:
    """Return a step, the change of gradient, and 1 / their product: 0 where there was no step."""
    product = (moved * turned).sum(axis=0)
    useful = product > np.finfo(np.float64).tiny
    return moved, turned, np.where(useful, 1 / np.where(useful, product, 1), 0)


def _direction(point: _Point, memory: deque[Pair], factor: tuple[Floats, bool]) -> Floats:
    """Return the inverse Hessian times the gradient, label by label (two-loop recursion)."""
    direction = point.gradient.copy()
    shares = []
    for moved, turned, inverse in reversed(memory):
        share = inverse * (moved * direction).sum(axis=0)
        direction -= share * turned
        shares.append(share)
    direction = cho_solve(factor, direction)
    for (moved, turned, inverse), share in zip(memory, reversed(shares), strict=True):
        direction += moved * (share - inverse * (turned * direction).sum(axis=0))
    return direction
