from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from orthrus.evaluate import logistic

Array = npt.NDArray[np.float64]


def gradient(x: Array, labels: Array, weights: Array, intercept: float) -> float:
    """Return the norm of one label's gradient, summed row by row."""
    slope, lean = weights.copy(), 0.0
    for row, label in zip(x, labels, strict=True):
        error = 1 / (1 + np.exp(-(row @ weights + intercept))) - label
        slope += error * row
        lean += error
    return float(np.sqrt(slope @ slope + lean * lean))


def made(seed: int, n: int, width: int, strength: float) -> tuple[Array, Array]:
    """Return features and three labels of unequal frequency, each with both values."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, width)) @ rng.normal(size=(width, width))
    signal = x @ rng.normal(size=(width, 3)) * strength + rng.logistic(size=(n, 3))
    labels = (signal > np.quantile(signal, [0.1, 0.5, 0.9], axis=0).diagonal()).astype(float)
    return x, labels


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 999),
    n=st.integers(12, 60),
    width=st.integers(1, 25),
    strength=st.sampled_from([0.0, 0.3, 30.0]),
)
def test_the_gradient_vanishes(seed: int, n: int, width: int, strength: float) -> None:
    x, labels = made(seed, n, width, strength)
    fit = logistic.fit(x, labels, 500)
    assert fit.converged.all()
    for label in range(3):
        assert gradient(x, labels[:, label], fit.weights[:, label], fit.intercepts[label]) < 1e-8


def test_the_optimum_is_that_of_an_exact_solver() -> None:
    x, labels = made(1, 400, 10, 0.5)
    fit = logistic.fit(x, labels, 500)
    for label in range(3):
        model = LogisticRegression(solver="newton-cholesky", tol=1e-12).fit(x, labels[:, label])
        np.testing.assert_allclose(fit.weights[:, label], model.coef_[0], atol=1e-9)
        assert fit.intercepts[label] == pytest.approx(model.intercept_[0], abs=1e-9)


def test_a_label_alone_has_the_same_optimum() -> None:
    x, labels = made(2, 100, 8, 1.0)
    together = logistic.fit(x, labels, 500)
    alone = logistic.fit(x, labels[:, :1], 500)
    np.testing.assert_allclose(together.weights[:, :1], alone.weights, atol=1e-8)


def test_too_few_steps_are_told() -> None:
    x, labels = made(3, 100, 8, 1.0)
    assert not logistic.fit(x, labels, 1).converged.any()


def test_collinear_embeddings_of_realistic_size_equal_an_exact_solver() -> None:
    rng = np.random.default_rng(6)
    x = rng.normal(size=(2_000, 48)) / np.arange(1, 49) @ rng.normal(size=(48, 64))  # of rank 48
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    signal = x @ rng.normal(size=(64, 4)) + rng.logistic(size=(2_000, 4))
    labels = (signal > np.quantile(signal, [0.5, 0.8, 0.95, 0.99], axis=0).diagonal()).astype(float)
    fit = logistic.fit(x, labels, 5_000)
    assert fit.converged.all()
    odds = x @ fit.weights + fit.intercepts
    for label in range(4):
        model = LogisticRegression(solver="newton-cholesky", tol=1e-12).fit(x, labels[:, label])
        np.testing.assert_allclose(odds[:, label], model.decision_function(x), atol=1e-8)
