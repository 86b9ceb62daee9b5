from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from orthrus.evaluate import metrics


def test_correlations_equal_scipy() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=50).round(1)
    prediction = truth + rng.normal(size=50).round(1)
    scores = metrics.regression(truth, prediction)
    assert scores["pearson_r"] == pytest.approx(pearsonr(truth, prediction).statistic)
    assert scores["spearman_r"] == pytest.approx(spearmanr(truth, prediction).statistic)


def test_constant_prediction_has_no_correlation() -> None:
    truth = np.arange(5.0)
    assert metrics.regression(truth, np.full(5, 0.1)) == {"pearson_r": 0.0, "spearman_r": 0.0}


def test_areas_by_hand() -> None:
    truth = np.array([[1.0, 0.0], [0.0, 1.0]])
    probability = np.array([[0.9, 0.6], [0.2, 0.4]])
    scores = metrics.multilabel(truth, probability)
    # Label 1 is ranked right, label 2 wrong: average precisions 1 and 1/2, areas 1 and 0.
    assert scores["auprc_macro"] == pytest.approx(0.75)
    assert scores["auroc_macro"] == pytest.approx(0.5)
    # Pooled: .9 yes, .6 no, .4 yes, .2 no.
    assert scores["auprc_micro"] == pytest.approx(1 / 2 + (2 / 3) / 2)
    assert scores["auroc_micro"] == pytest.approx(3 / 4)
