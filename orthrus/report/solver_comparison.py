"""Scores of probes by our solvers beside those by scikit-learn's own."""

from __future__ import annotations

import polars as pl

from orthrus.benchmark_tasks import ordered
from orthrus.report.load_results import Results
from orthrus.report.scores import METRIC_NAMES
from orthrus.report.tables import Table, number, text


def compare(results: Results, split: str) -> list[Table]:
    """Show how far the solvers' scores differ; no table where nobody asked for both."""
    both = results.probes.filter(pl.col("split") == split).drop_nulls("sklearn")
    if both.is_empty():
        return []
    gap = (pl.col("value") - pl.col("sklearn")).abs()
    found = both.group_by("task", "metric", maintain_order=True).agg(
        pl.len(),
        pl.col("value").mean(),
        pl.col("sklearn").mean(),
        gap.mean().alias("gap"),
        gap.max().alias("largest"),
    )
    ranks = {task: rank for rank, task in enumerate(ordered(found["task"].unique()))}
    rows = [
        [
            text(results.titles.get(task, task)), text(METRIC_NAMES.get(metric, metric)),
            number(runs), number(ours, ".6f"), number(theirs, ".6f"),
            number(gap, ".1e"), number(largest, ".1e"),
        ]
        for task, metric, runs, ours, theirs, gap, largest in sorted(
            found.iter_rows(), key=lambda row: ranks[row[0]]
        )
    ]  # fmt: skip
    return [
        Table(
            caption="The same probes fitted by scikit-learn's RidgeCV and LogisticRegression, as "
            "the published suite calls them: mean scores over models and seeds, and the mean and "
            "the largest difference of a run. LogisticRegression stops before its optimum.",
            columns=[
                "Task", "Metric", "Runs", "Ours", "scikit-learn", "Mean difference",
                "Largest difference",
            ],
            rows=rows,
            folded="Solvers compared",
        )
    ]  # fmt: skip
