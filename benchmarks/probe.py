"""Linear probes on made-up embeddings beside scikit-learn's, on one core.

Embeddings are correlated as an encoder's are: the j-th of their principal components has a standard
deviation of 1/j. The suite takes the tasks of the paper's Table 2 with their sizes; one seed of
each is timed, as ten cost ten times as much on both sides: most of an hour with scikit-learn.
"""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
import polars as pl
from _harness import Row, main, seconds, use_one_core
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.multioutput import MultiOutputClassifier

from orthrus.config.evaluate import ProbeSettings
from orthrus.evaluate import logistic, probe, ridge

Array = npt.NDArray[np.float64]

SUITE = {
    "rnahl-human": (12_968, 0),
    "rnahl-mouse": (13_738, 0),
    "mrl-sugimoto": (11_693, 0),
    "prot-loc": (9_769, 12),
    "go-mf": (5_737, 20),
    "eclip": (21_559, 40),
    "rna-loc-fazal": (3_297, 8),
    "rna-loc-ietswaart": (10_043, 3),
}
"""Transcripts and labels of each task; none stands for regression."""


def made(n: int, width: int, labels: int) -> tuple[Array, Array]:
    """Return standardised embeddings (n, width) and targets (n, labels or 1)."""
    rng = np.random.default_rng(n)
    x = rng.normal(size=(n, width)) / np.arange(1, width + 1) @ rng.normal(size=(width, width))
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    signal = x @ rng.normal(size=(width, max(labels, 1)))
    signal = 1.2 * signal / signal.std(axis=0) + rng.logistic(size=signal.shape)
    if not labels:
        return x, signal
    return x, (signal > rng.uniform(0, 3, size=labels)).astype(np.float64)


def fits(n: int, width: int, labels: int, goals: tuple[float | None, float | None]) -> list[Row]:
    """Time the fits alone."""
    alphas = ProbeSettings().alphas
    x, y = made(n, width, 0)
    value = y[:, 0]
    rows = [
        Row(
            f"ridge, {n:,} x {width}: fits/s",
            1 / seconds(lambda: ridge.fit(x, value, alphas)),
            1 / seconds(lambda: RidgeCV(alphas=alphas).fit(x, value)),
            goals[0],
        )
    ]
    x, y = made(n, width, labels)
    assert logistic.fit(x, y, 5000).converged.all()
    published = MultiOutputClassifier(LogisticRegression(max_iter=5000))
    rows.append(
        Row(
            f"logistic, {labels} labels, {n:,} x {width}: fits/s",
            1 / seconds(lambda: logistic.fit(x, y, 5000)),
            1 / seconds(lambda: published.fit(x, y), repeats=1),
            goals[1],
        )
    )
    return rows


def suite(width: int, share: float, goal: float | None) -> list[Row]:
    """Time and score one seed of every task with either solver."""
    elapsed = {"exact": 0.0, "sklearn": 0.0}
    scored = []
    for name, (size, labels) in SUITE.items():
        n = int(size * share)
        held_out = n * 15 // 100
        folds = np.repeat(["train", "val", "test"], [n - 2 * held_out, held_out, held_out])
        shuffled = pl.Series(np.random.default_rng(0).permutation(folds))
        data = probe.Data(*made(n, width, labels), shuffled)
        kind = "multilabel" if labels else "regression"
        scores = {}
        for solver in elapsed:
            start = time.perf_counter()
            outcome, _ = probe.run(data, kind, ProbeSettings(solver=solver))
            elapsed[solver] += time.perf_counter() - start
            assert solver == "sklearn" or not outcome.unconverged
            scores[solver] = outcome.scores
        for metric, ours in scores["exact"].items():
            theirs = scores["sklearn"][metric]
            scored.append(
                Row(f"{name}: {metric}, differs by {abs(ours - theirs):.1e}", ours, theirs)
            )
    whole = (1 / spent for spent in elapsed.values())
    what = "suite of 8 tasks, 1 seed (10 cost either side 10 times as much): suites/s"
    return [Row(what, *whole, goal), *scored]


def measure(quick: bool) -> list[Row]:
    use_one_core()
    if quick:
        return [*fits(2_000, 128, 5, (None, None)), *suite(64, 0.1, None)]
    return [*fits(10_000, 512, 20, (2, 20)), *suite(512, 1.0, 10)]


if __name__ == "__main__":
    main("probe", measure)
