from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge, RidgeCV

from orthrus.config.evaluate import ProbeSettings
from orthrus.evaluate import ridge

ALPHAS = (1e-3, 0.1, 10.0, 1000.0)
RNG = np.random.default_rng(5)


@pytest.mark.parametrize(("n", "width"), [(80, 7), (9, 30)])
def test_every_penalty_equals_a_fit_of_its_own(n: int, width: int) -> None:
    x, y = RNG.normal(size=(n, width)) + 3, RNG.normal(size=n) - 2
    path = ridge.fit(x, y, ALPHAS)
    for column, alpha in enumerate(ALPHAS):
        model = Ridge(alpha, solver="svd").fit(x, y)
        np.testing.assert_allclose(path.weights[:, column], model.coef_, atol=1e-9)
        assert path.intercepts[column] == pytest.approx(model.intercept_, abs=1e-9)


@pytest.mark.parametrize(("n", "width"), [(40, 5), (8, 12)])
def test_leave_one_out_error_equals_leaving_one_out(n: int, width: int) -> None:
    x, y = RNG.normal(size=(n, width)), RNG.normal(size=n)
    kept = [np.delete(np.arange(n), row) for row in range(n)]
    for alpha, found in zip(ALPHAS, ridge.fit(x, y, ALPHAS).left_out, strict=True):
        fits = [Ridge(alpha, solver="svd").fit(x[rows], y[rows]) for rows in kept]
        errors = [(fits[row].predict(x[[row]])[0] - y[row]) ** 2 for row in range(n)]
        assert found == pytest.approx(np.mean(errors), rel=1e-7)


def test_the_penalty_is_that_of_ridge_cv() -> None:
    x = RNG.normal(size=(200, 20)) @ RNG.normal(size=(20, 20))
    for noise in (0.1, 5.0, 100.0):
        y = x[:, 0] + noise * RNG.normal(size=200)
        path = ridge.fit(x, y, ALPHAS)
        model = RidgeCV(alphas=ALPHAS).fit(x, y)
        best = int(np.argmin(path.left_out))
        assert path.alphas[best] == model.alpha_
        predicted = x @ path.weights[:, best] + path.intercepts[best]
        np.testing.assert_allclose(predicted, model.predict(x), atol=1e-8)


def test_collinear_embeddings_of_realistic_size_equal_ridge_cv() -> None:
    rng = np.random.default_rng(6)
    hidden = rng.normal(size=(2_000, 90)) / np.arange(1, 91)
    x = hidden @ rng.normal(size=(90, 128))  # of rank 90
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    y = hidden[:, :20].sum(axis=1) + rng.normal(size=2_000)
    alphas = ProbeSettings().alphas
    path, model = ridge.fit(x, y, alphas), RidgeCV(alphas=alphas).fit(x, y)
    best = int(np.argmin(path.left_out))
    assert path.alphas[best] == model.alpha_
    predicted = x @ path.weights[:, best] + path.intercepts[best]
    np.testing.assert_allclose(predicted, model.predict(x), atol=1e-8)
