from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.multioutput import MultiOutputClassifier

from orthrus.config.evaluate import ProbeSettings
from orthrus.errors import OrthrusError
from orthrus.evaluate import metrics, probe

RNG = np.random.default_rng(3)
N, WIDTH = 150, 6
FEATURES = RNG.normal(size=(N, WIDTH)) * [1, 2, 3, 4, 5, 0] + 7
WEIGHTS = RNG.normal(size=(WIDTH, 3))
SIGNAL = (FEATURES - 7) @ WEIGHTS
VALUE = (SIGNAL + 2 * RNG.normal(size=SIGNAL.shape))[:, :1]
LABELS = (SIGNAL + 4 * RNG.normal(size=SIGNAL.shape) > 2).astype(float)
FOLDS = pl.Series(["train"] * 100 + ["val"] * 20 + ["test"] * 30)
TRAIN, VAL, TEST = slice(0, 100), slice(100, 120), slice(120, 150)


def run(targets: npt.NDArray[np.float64], kind: str, **settings: Any) -> probe.Outcome:
    return probe.run(probe.Data(FEATURES, targets, FOLDS), kind, ProbeSettings(**settings))[0]


def standardised() -> npt.NDArray[np.float64]:
    spread = FEATURES[TRAIN].std(axis=0)
    return (FEATURES - FEATURES[TRAIN].mean(axis=0)) / np.where(spread > 0, spread, 1)


def ridge(alpha: float, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Predict all rows from a ridge regression on `rows`, by its normal equations."""
    x, y = standardised(), VALUE[:, 0]
    mean = x[rows].mean(axis=0)
    centred = x[rows] - mean
    gram = centred.T @ centred + alpha * np.eye(WIDTH)
    weights = np.linalg.solve(gram, centred.T @ (y[rows] - y[rows].mean()))
    return (x - mean) @ weights + y[rows].mean()


def test_ridge_equals_the_normal_equations_and_leave_one_out() -> None:
    alphas = ProbeSettings().alphas
    rows = np.arange(100)

    def left_out(alpha: float) -> float:
        kept = [np.delete(rows, row) for row in rows]
        return sum(
            (ridge(alpha, k)[row] - VALUE[row, 0]) ** 2 for row, k in zip(rows, kept, strict=True)
        )

    best = min(alphas, key=left_out)
    outcome = run(VALUE, "regression")
    assert outcome.alpha == best
    expected = metrics.regression(VALUE[TEST, 0], ridge(best, rows)[TEST])
    assert outcome.scores == pytest.approx(expected, rel=1e-9)


def test_ridge_by_validation_rows() -> None:
    rows = np.arange(100)
    alphas = (1e-3, 10.0, 1000.0)
    best = min(alphas, key=lambda alpha: np.square(ridge(alpha, rows)[VAL] - VALUE[VAL, 0]).sum())
    outcome = run(VALUE, "regression", alphas=alphas, select="validation")
    assert outcome.alpha == best
    expected = metrics.regression(VALUE[TEST, 0], ridge(best, rows)[TEST])
    assert outcome.scores == pytest.approx(expected, rel=1e-9)


def test_validation_rows_are_never_fitted() -> None:
    changed = VALUE.copy()
    changed[VAL] = 1e6
    assert run(changed, "regression").scores == run(VALUE, "regression").scores


def logistic(label: int) -> npt.NDArray[np.float64]:
    """Predict test rows at the minimum of |w|²/2 + Σ log(1 + exp(-s (w·x + b)))."""
    x, sign = standardised(), 2 * LABELS[:, label] - 1

    def loss(w: npt.NDArray[np.float64]) -> float:
        margin = sign[TRAIN] * (x[TRAIN] @ w[1:] + w[0])
        return float(w[1:] @ w[1:] / 2 + np.logaddexp(0, -margin).sum())

    w = minimize(loss, np.zeros(1 + WIDTH), method="BFGS", options={"gtol": 1e-5}).x
    return 1 / (1 + np.exp(-(x[TEST] @ w[1:] + w[0])))


def test_logistic_equals_the_optimum() -> None:
    outcome = run(LABELS, "multilabel")
    probability = np.stack([logistic(label) for label in range(3)], axis=1)
    assert outcome.scores == pytest.approx(metrics.multilabel(LABELS[TEST], probability), abs=1e-6)
    assert outcome.alpha is None
    assert not outcome.skipped


def test_label_with_one_value_is_skipped_and_told() -> None:
    labels = LABELS.copy()
    labels[TEST, 1] = 0
    outcome = run(labels, "multilabel")
    assert outcome.skipped == [1]
    assert outcome.scores == run(LABELS[:, [0, 2]], "multilabel").scores
    told = probe.remarks([outcome, outcome], ["a", "b", "c"])
    assert told == [
        "label 'b' skipped in 2 of 2 seeds: only one value in the training or the test rows"
    ]


def test_running_out_of_iterations_is_told_not_warned() -> None:
    outcome = run(LABELS, "multilabel", max_iter=1)
    assert probe.remarks([outcome], ["a", "b", "c"]) == [
        "3 logistic fits used up max_iter; raise it"
    ]


def test_no_label_left() -> None:
    message = "no label has both values in the training and in the test rows; leave out the seed or"
    with pytest.raises(OrthrusError, match=message):
        run(np.zeros_like(LABELS), "multilabel")


@pytest.mark.parametrize(("rows", "fold"), [(TRAIN, "training"), (TEST, "test")])
def test_a_value_that_never_varies(rows: slice, fold: str) -> None:
    constant = VALUE.copy()
    constant[rows] = 2
    with pytest.raises(
        OrthrusError, match=f"all {fold} rows have the target 2, with which nothing"
    ):
        run(constant, "regression")


def test_sklearn_is_ridge_cv_itself() -> None:
    x, y = standardised(), VALUE[:, 0]
    model = RidgeCV(alphas=ProbeSettings().alphas).fit(x[TRAIN], y[TRAIN])
    outcome = run(VALUE, "regression", solver="sklearn")
    assert outcome.alpha == model.alpha_
    expected = metrics.regression(y[TEST], model.predict(x[TEST]))
    assert outcome.scores == pytest.approx(expected, abs=1e-12)
    assert run(VALUE, "regression", compare_solvers=True).sklearn == outcome.scores


def test_sklearn_is_logistic_regression_itself() -> None:
    x = standardised()
    models = MultiOutputClassifier(LogisticRegression(max_iter=5000)).fit(x[TRAIN], LABELS[TRAIN])
    probability = np.stack([p[:, 1] for p in models.predict_proba(x[TEST])], axis=1)
    outcome = run(LABELS, "multilabel", solver="sklearn")
    expected = metrics.multilabel(LABELS[TEST], probability)
    assert outcome.scores == pytest.approx(expected, abs=1e-12)
    both = run(LABELS, "multilabel", compare_solvers=True)
    assert (both.sklearn, both.scores) == (outcome.scores, run(LABELS, "multilabel").scores)


def test_too_few_test_rows() -> None:
    with pytest.raises(OrthrusError, match="too small: 30 test rows, fewer than min_test=31"):
        run(VALUE, "regression", min_test=31)


def test_no_training_rows() -> None:
    data = probe.Data(FEATURES, VALUE, pl.Series(["test"] * N))
    with pytest.raises(OrthrusError, match="too small: 0 training, 0 validation rows"):
        probe.run(data, "regression", ProbeSettings())
