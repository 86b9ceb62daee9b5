"""Tests and intervals of scores over seeds."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.special import stdtrit
from scipy.stats import ttest_ind_from_stats, ttest_rel

from orthrus.array_types import Floats

NORMAL = 1.96
"""Half a 95 % confidence interval, in standard errors (paper, Table A1: 1.96 · std / √10)."""


def p_value_less(scores: Floats, reference: Floats, test: str) -> float:
    """Return the p-value of `scores` (n,) being worse than those of the reference (n,).

    Where nothing varies, there is nothing to test: 0 when worse, 1 when not.
    """
    spread = np.ptp(scores - reference) if test == "paired" else np.ptp(scores) + np.ptp(reference)
    if spread < 1e-12:
        return float(scores.mean() >= reference.mean())
    if test == "paired":
        return float(ttest_rel(scores, reference, alternative="less").pvalue)
    moments = [(runs.mean(), runs.std(ddof=1), len(runs)) for runs in (scores, reference)]
    welch = ttest_ind_from_stats(*moments[0], *moments[1], equal_var=False, alternative="less")
    return float(welch.pvalue)


def p_value_two_sided(first: Floats, second: Floats) -> float | None:
    """Return the two-sided p-value of Welch's t-test of scores (n,) and (m,); None of single ones.

    Where nothing varies there is nothing to test: 1 if they are equal, else 0.
    """
    if min(len(first), len(second)) < 2:
        return None
    one_sided = min(p_value_less(first, second, "welch"), p_value_less(second, first, "welch"))
    return min(1.0, 2 * one_sided)


def half_interval(column: str) -> pl.Expr:
    """Return half the 95 % interval of a mean as the paper has it: 1.96 · std / √n; NaN of one."""
    error = pl.col(column).std() / pl.len().sqrt()
    return (NORMAL * error).fill_null(float("nan"))


def half_interval_t(frame: pl.DataFrame, error: str, runs: str) -> pl.Series:
    """Return half the 95 % interval by Student's t, given standard errors and numbers of runs.

    1.96 standard errors, as of ten seeds, would be an interval of 81 % with three. NaN of one run.
    """
    quantile = pl.Series(stdtrit(frame[runs].to_numpy() - 1.0, 0.975))
    return (frame[error] * quantile).fill_null(float("nan"))
