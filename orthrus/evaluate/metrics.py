"""How predictions of a probe are scored, one number per metric."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score, roc_auc_score

Array = npt.NDArray[np.float64]


def pearson(truth: Array, prediction: Array) -> float:
    """Return Pearson's R of two vectors (n,); 0 when either is constant."""
    x, y = truth - truth.mean(), prediction - prediction.mean()
    scale = np.sqrt((x @ x) * (y @ y))
    constant = np.ptp(truth) == 0 or np.ptp(prediction) == 0
    return 0.0 if constant or scale == 0 else float(np.clip(x @ y / scale, -1, 1))


def regression(truth: Array, prediction: Array) -> dict[str, float]:
    """Score predictions (n,) of one value."""
    return {
        "pearson_r": pearson(truth, prediction),
        "spearman_r": pearson(rankdata(truth), rankdata(prediction)),
    }


def multilabel(truth: Array, probability: Array) -> dict[str, float]:
    """Score probabilities (n, labels) of yes-or-no labels, each of which has both values.

    Areas under the precision-recall curve (average precision) and the ROC curve; micro over all
    pairs of transcript and label at once (P2's auPRC), macro the mean over labels.
    """
    scores = {"auprc": average_precision_score, "auroc": roc_auc_score}
    return {
        f"{name}_{average}": float(score(truth, probability, average=average))
        for name, score in scores.items()
        for average in ("micro", "macro")
    }
