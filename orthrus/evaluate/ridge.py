"""Ridge regression for many penalties at once, from one eigendecomposition.

With X and y centred and XᵀX = V Λ Vᵀ, the fit for penalty α is X V (Λ + α)⁻¹ Vᵀ Xᵀy, and its hat
matrix has the diagonal h = 1/n + Σⱼ (XV)²ⱼ / (λⱼ + α), so that the leave-one-out residuals
(y - ŷ) / (1 - h) of all penalties follow without another fit (Golub, Heath and Wahba 1979).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orthrus.array_types import Floats


@dataclass(frozen=True)
class Path:
    """The fits of one training set for every penalty.

    Attributes
    ----------
    alphas
        (penalties,) the penalties.
    weights, intercepts
        (width, penalties) and (penalties,): `x @ weights + intercepts` predicts (n, penalties).
    left_out
        (penalties,) mean squared leave-one-out error.
    """

    alphas: Floats
    weights: Floats
    intercepts: Floats
    left_out: Floats


def fit(features: Floats, target: Floats, alphas: Sequence[float]) -> Path:
    """Minimise |y - Xw - b|² + α |w|² for every α.

    Parameters
    ----------
    features, target
        (n, width) and (n,); n > 1.
    alphas
        Positive penalties.
    """
    penalties = np.asarray(alphas, dtype=np.float64)
    mean, level = features.mean(axis=0), target.mean()
    centred, residual = features - mean, target - level
    values, vectors = np.linalg.eigh(centred.T @ centred)
    shrink = 1 / (np.maximum(values, 0)[:, None] + penalties)
    rotated = centred @ vectors
    in_basis = shrink * (rotated.T @ residual)[:, None]
    leverage = 1 / len(target) + np.square(rotated) @ shrink
    errors = (residual[:, None] - rotated @ in_basis) / (1 - leverage)
    weights = vectors @ in_basis
    return Path(penalties, weights, level - mean @ weights, np.square(errors).mean(axis=0))
