"""Linear probes on frozen embeddings (paper, A.4): ridge regression and logistic regression.

Only training rows are ever fitted, so that every way of choosing the penalty is scored on the same
model; validation rows serve to choose it, where the settings say so.
"""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import expit
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from orthrus.array_types import Floats
from orthrus.config.evaluate import ProbeSettings
from orthrus.errors import OrthrusError
from orthrus.evaluate import logistic, metrics, ridge
from orthrus.evaluate.probe_io import Linear

Parts = dict[str, tuple[Floats, Floats]]


@dataclass
class Outcome:
    """The scores of one seed, the probe that reached them, and what is worth telling about it.

    `sklearn` holds the scores of scikit-learn's own solvers, where they were asked for.
    """

    scores: dict[str, float]
    probe: Linear
    alpha: float | None = None
    n_labels: int = 1
    skipped: list[int] = field(default_factory=list)
    unconverged: int = 0
    sklearn: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Data:
    """Features (n, width), targets (n, labels), and the fold of every row for one seed."""

    features: Floats
    targets: Floats
    folds: pl.Series

    def part(self, fold: str) -> tuple[Floats, Floats]:
        """Return the features and targets of one fold."""
        rows = (self.folds == fold).fill_null(value=False).to_numpy()
        return self.features[rows], self.targets[rows]


def run(data: Data, kind: str, settings: ProbeSettings) -> tuple[Outcome, dict[str, int]]:
    """Fit and score the probe of one seed.

    Returns
    -------
    tuple
        The outcome, and the number of rows per fold.

    Raises
    ------
    OrthrusError
        There are fewer than `min_test` test rows, too few others to fit, no label that has both
        values in the training and in the test rows, or a value that is the same in all of either.
    """
    parts = {fold: data.part(fold) for fold in ("train", "val", "test")}
    counts = {fold: len(features) for fold, (features, _) in parts.items()}
    if counts["test"] < settings.min_test:
        raise OrthrusError(
            f"too small: {counts['test']} test rows, fewer than min_test={settings.min_test}"
        )
    if counts["train"] < 3 or (settings.select == "validation" and not counts["val"]):
        raise OrthrusError(
            f"too small: {counts['train']} training, {counts['val']} validation rows"
        )
    scaler = StandardScaler().fit(parts["train"][0])
    scaled = {fold: (scaler.transform(x), y) for fold, (x, y) in parts.items() if len(x)}
    # What overflows makes a prediction or a score that is not finite, which `metrics` refuses.
    with threadpool_limits(1), np.errstate(over="ignore", invalid="ignore"):
        fit = _regression if kind == "regression" else _multilabel
        outcome = fit(scaled, scaler, settings)
        if settings.compare_solvers:
            published = settings.model_copy(update={"solver": "sklearn"})
            outcome.sklearn = fit(scaled, scaler, published).scores
    return outcome, counts


def rows(
    outcomes: dict[int, tuple[Outcome, dict[str, int]]], names: dict[str, str]
) -> list[dict[str, Any]]:
    """Return the rows of a PROBE table: one per seed and metric."""
    return [
        {
            **names,
            "seed": seed,
            "metric": metric,
            "value": value,
            **{f"n_{fold}": count for fold, count in counts.items()},
            "n_labels": outcome.n_labels,
            "alpha": outcome.alpha,
            "sklearn": outcome.sklearn.get(metric),
        }
        for seed, (outcome, counts) in outcomes.items()
        for metric, value in outcome.scores.items()
    ]


def remarks(outcomes: list[Outcome], labels: list[str]) -> list[str]:
    """Say which labels were skipped and how many fits ran out of iterations."""
    skipped = Counter(label for outcome in outcomes for label in outcome.skipped)
    lines = [
        f"label {labels[label]!r} skipped in {count} of {len(outcomes)} seeds: "
        "only one value in the training or the test rows"
        for label, count in sorted(skipped.items())
    ]
    if unconverged := sum(outcome.unconverged for outcome in outcomes):
        lines.append(f"{unconverged} logistic fits used up max_iter; raise it")
    return lines


def refuse_constant(targets: dict[str, Floats]) -> None:
    """Raise an OrthrusError where a fold's targets (n, 1) are all the same: nothing correlates."""
    for fold, values in targets.items():
        if np.ptp(values) == 0:
            raise OrthrusError(
                f"all {fold} rows have the target {values[0, 0]:g}, with which nothing correlates; "
                "leave out the seed or the task"
            )


def usable(targets: dict[str, Floats]) -> npt.NDArray[np.bool_]:
    """Return which labels (labels,) have both values in every fold; OrthrusError where none has."""
    both = np.all([np.ptp(values, axis=0) > 0 for values in targets.values()], axis=0)
    if not both.any():
        raise OrthrusError(
            f"no label has both values in the {' and in the '.join(targets)} rows; leave out the "
            "seed or the task"
        )
    return np.asarray(both)


def _regression(parts: Parts, scaler: StandardScaler, settings: ProbeSettings) -> Outcome:
    """Fit ridge regression; the penalty with the least squared error wins."""
    (train, targets), (test, truth) = parts["train"], parts["test"]
    refuse_constant({"training": targets, "test": truth})
    if settings.solver == "sklearn" and settings.select == "loo":
        model = RidgeCV(alphas=settings.alphas).fit(train, targets[:, 0])
        alpha, weights, intercept = float(model.alpha_), model.coef_, model.intercept_
    else:
        path = ridge.fit(train, targets[:, 0], settings.alphas)
        errors = path.left_out
        if settings.select == "validation":
            x, y = parts["val"]
            errors = np.square(x @ path.weights + path.intercepts - y[:, :1]).mean(axis=0)
        best = int(np.argmin(errors))
        alpha, weights, intercept = (
            settings.alphas[best],
            path.weights[:, best],
            path.intercepts[best],
        )
    scores = metrics.regression(truth[:, 0], test @ weights + intercept)
    probe = Linear(
        scaler.mean_, scaler.scale_, weights[:, None], np.array([intercept]), probabilities=False
    )
    return Outcome(scores, probe, alpha)


def _multilabel(parts: Parts, scaler: StandardScaler, settings: ProbeSettings) -> Outcome:
    """Fit one logistic regression per label, scikit-learn's objective with its default C = 1."""
    (train, targets), (test, truth) = parts["train"], parts["test"]
    both = usable({"training": targets, "test": truth})
    solve = _published_logistic if settings.solver == "sklearn" else logistic.fit
    fitted = solve(train, targets[:, both], settings.max_iter)
    weights = np.full((train.shape[1], len(both)), np.nan)
    intercepts = np.full(len(both), np.nan)
    weights[:, both], intercepts[both] = fitted.weights, fitted.intercepts
    return Outcome(
        metrics.multilabel(truth[:, both], expit(test @ fitted.weights + fitted.intercepts)),
        Linear(scaler.mean_, scaler.scale_, weights, intercepts, probabilities=True),
        n_labels=int(both.sum()),
        skipped=np.flatnonzero(~both).tolist(),
        unconverged=int((~fitted.converged).sum()),
    )


def _published_logistic(features: Floats, labels: Floats, max_iter: int) -> logistic.Fit:
    """Fit as the published suite does, with a solver that stops before the optimum."""
    with warnings.catch_warnings():
        # Told once, in `remarks`, for all fits.
        warnings.simplefilter("ignore", ConvergenceWarning)
        models = [LogisticRegression(max_iter=max_iter).fit(features, y) for y in labels.T]
    return logistic.Fit(
        np.stack([model.coef_[0] for model in models], axis=1),
        np.array([model.intercept_[0] for model in models]),
        np.array([model.n_iter_[0] < max_iter for model in models]),
    )
