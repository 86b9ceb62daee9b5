"""p-values and intervals, by hand and by SciPy."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from scipy.stats import t as student
from scipy.stats import ttest_ind

from orthrus.evaluate.statistics import (
    half_interval,
    half_interval_t,
    p_value_less,
    p_value_two_sided,
)

LOW, HIGH = [0.50, 0.52, 0.55, 0.51], [0.61, 0.58, 0.60, 0.66]


def test_welch_by_hand() -> None:
    a, b = np.array([1.0, 2.0, 4.0]), np.array([3.0, 3.5, 5.0, 5.5])
    va, vb = a.var(ddof=1) / 3, b.var(ddof=1) / 4
    degrees = (va + vb) ** 2 / (va**2 / 2 + vb**2 / 3)
    expected = student.cdf((a.mean() - b.mean()) / math.sqrt(va + vb), degrees)
    assert p_value_less(a, b, "welch") == pytest.approx(expected)


def test_paired_by_hand() -> None:
    a, b = np.array([1.0, 2.0, 4.0]), np.array([3.0, 3.5, 5.0])
    difference = a - b
    statistic = difference.mean() / math.sqrt(difference.var(ddof=1) / 3)
    assert p_value_less(a, b, "paired") == pytest.approx(student.cdf(statistic, 2))


def test_pairing_finds_what_welch_cannot() -> None:
    reference = np.arange(10.0)
    shifted = reference - 0.1 - 0.001 * (reference % 2)
    assert p_value_less(shifted, reference, "paired") < 0.001
    assert p_value_less(shifted, reference, "welch") > 0.4


@pytest.mark.parametrize("test", ["welch", "paired"])
def test_scores_that_do_not_vary(test: str) -> None:
    assert p_value_less(np.full(3, 0.5), np.full(3, 0.6), test) == 0
    assert p_value_less(np.full(3, 0.6), np.full(3, 0.6), test) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [(LOW, HIGH), (HIGH, LOW), (HIGH, LOW[:3]), ([0.5, 0.6], [0.5, 0.6])],
)
def test_two_sided_is_scipys(first: list[float], second: list[float]) -> None:
    found = p_value_two_sided(np.array(first), np.array(second))
    assert found == pytest.approx(ttest_ind(first, second, equal_var=False).pvalue, rel=1e-9)


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [([0.5, 0.5], [0.5, 0.5], 1.0), ([0.5, 0.5], [0.6, 0.6], 0.0), ([0.5], [0.6, 0.7], None)],
)
def test_what_does_not_vary_is_not_tested(
    first: list[float], second: list[float], p: float | None
) -> None:
    assert p_value_two_sided(np.array(first), np.array(second)) == p


def test_intervals_by_hand() -> None:
    frame = pl.DataFrame({"value": LOW})
    half = 1.96 * np.std(LOW, ddof=1) / 2
    assert frame.select(half_interval("value")).item() == pytest.approx(half)
    assert math.isnan(frame[:1].select(half_interval("value")).item())
    found = half_interval_t(pl.DataFrame({"error": [0.1, None], "runs": [3, 1]}), "error", "runs")
    assert found[0] == pytest.approx(0.1 * student.ppf(0.975, 2))
    assert math.isnan(found[1])
