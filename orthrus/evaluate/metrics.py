"""How predictions of a probe are scored, one number per metric."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score, roc_auc_score

from orthrus.array_types import Floats
from orthrus.errors import OrthrusError


def pearson(truth: Floats, prediction: Floats) -> float:
    """Return Pearson's R of two vectors (n,); 0 when either is constant."""
    x, y = truth - truth.mean(), prediction - prediction.mean()
    scale = np.sqrt((x @ x) * (y @ y))
    constant = np.ptp(truth) == 0 or np.ptp(prediction) == 0
    return 0.0 if constant or scale == 0 else float(np.clip(x @ y / scale, -1, 1))


def regression(truth: Floats, prediction: Floats) -> dict[str, float]:
    """Score predictions (n,) of one value; OrthrusError where they or a score are not finite."""
    _refuse_infinite(prediction)
    return _finite(
        {
            "pearson_r": pearson(truth, prediction),
            "spearman_r": pearson(rankdata(truth), rankdata(prediction)),
        }
    )


def multilabel(truth: Floats, probability: Floats) -> dict[str, float]:
    """Score probabilities (n, labels) of yes-or-no labels, each of which has both values.

    Areas under the precision-recall curve (average precision) and the ROC curve; micro over all
    pairs of transcript and label at once (the paper's auPRC), macro the mean over labels.

    Raises
    ------
    OrthrusError
        A probability is not finite.
    """
    _refuse_infinite(probability)
    scores = {"auprc": average_precision_score, "auroc": roc_auc_score}
    return {
        f"{name}_{average}": float(score(truth, probability, average=average))
        for name, score in scores.items()
        for average in ("micro", "macro")
    }


def _refuse_infinite(predictions: Floats) -> None:
    """Raise an OrthrusError for predictions that the solvers of scores take for a fault of ours."""
    if not np.isfinite(predictions).all():
        raise OrthrusError(
            "a prediction is not finite; the features or the targets are too large to fit"
        )


def _finite(scores: dict[str, float]) -> dict[str, float]:
    """Return scores; OrthrusError where one is not finite, as of values whose squares overflow."""
    for name, score in scores.items():
        if not np.isfinite(score):
            raise OrthrusError(f"{name} is not finite; the targets are too large to score")
    return scores
