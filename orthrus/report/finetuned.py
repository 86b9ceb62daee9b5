"""Scores of fine-tuned models by their number of labels, and the paper's beside them."""

from __future__ import annotations

import polars as pl

from orthrus.benchmark_tasks import METRICS, ordered
from orthrus.evaluate.statistics import half_interval_t
from orthrus.report import published
from orthrus.report.load_results import Results
from orthrus.report.scores import (
    PUBLISHED_SPLIT,
    Score,
    beside_words,
    heading,
    marked,
    printed_rows,
)
from orthrus.report.tables import Cell, Table, number, text

ALL = "full"
"""All labels of the training rows: what the paper's Table A2 has."""


def levels(results: Results, split: str) -> pl.DataFrame:
    """Average the main metric over seeds, for every task, model and number of labels.

    Returns
    -------
    polars.DataFrame
        `task`, `metric`, `model`, `labels` (as asked for), `mean`, `half` (of the 95 % interval by
        Student's t; NaN for a single seed), means over seeds of `n_train` and `n_test`, and `n`
        (all rows): tasks in the order of the paper's Table 2, pretrained models before others, few
        labels first.
    """
    main = results.finetuned.filter(
        pl.col("split") == split, pl.col("metric").is_in(list(METRICS.values()))
    )
    found = main.group_by("task", "metric", "model", "labels").agg(
        pl.col("value").mean().alias("mean"),
        (pl.col("value").std() / pl.len().sqrt()).alias("error"),
        pl.len().alias("runs"),
        pl.col("n_train", "n_test").mean(),
        pl.sum_horizontal("n_train", "n_val", "n_test").max().alias("n"),
    )
    ranks = {task: rank for rank, task in enumerate(ordered(found["task"].unique()))}
    pretrained = [model.name for model in results.models]
    return (
        found.with_columns(half=half_interval_t(found, "error", "runs"))
        .sort(
            pl.col("task").replace_strict(ranks, return_dtype=pl.Int64),
            ~pl.col("model").is_in(pretrained),
            "model",
            "n_train",
            "labels",
        )
        .select("task", "metric", "model", "labels", "mean", "half", "n_train", "n_test", "n")
    )


def tables(results: Results, split: str, found: pl.DataFrame) -> list[Table]:
    """Compare scores with all labels to the paper's Table A2, then list scores with fewer labels.

    `found` is what `levels` returns of the split.
    """
    full = found.filter(pl.col("labels") == ALL)
    first = [_all_labels(results, full, split)] if full.height else []
    return [*first, _all_levels(results, found)]


def _all_labels(results: Results, found: pl.DataFrame, split: str) -> Table:
    tasks = found["task"].unique(maintain_order=True).to_list()
    sizes = dict(found.group_by("task").agg(pl.col("n_train").mean()).iter_rows())
    caption = (
        "Whole models, encoder and head, trained on all labels: mean over seeds ± half of the 95 % "
        "interval by Student's t, the best mean of a task in bold. Training rows: on average."
    )
    theirs = _published(found) if split == PUBLISHED_SPLIT else []
    if theirs:
        caption += (
            " Below them those of the paper's Table A2 as printed, means over 3 seeds; the paper "
            f"does not say what ± is. {beside_words(results)}"
        )
    return Table(
        caption=caption,
        columns=["Model", *_headings(results, found)],
        rows=[*_rows(found, tasks), *theirs],
        total=[text("Training rows"), *(number(round(sizes[task])) for task in tasks)],
    )


def _all_levels(results: Results, found: pl.DataFrame) -> Table:
    tasks = found["task"].unique(maintain_order=True).to_list()
    sizes = found.group_by("labels").agg(pl.col("n_train").mean()).sort("n_train", "labels")
    return Table(
        caption="Scores for every number of labels; test rows do not depend on it. The best mean "
        "of a task among models with as many labels in bold.",
        columns=["Labels", "Model", *_headings(results, found)],
        rows=[
            [text(labels), *row]
            for labels in sizes["labels"]
            for row in _rows(found.filter(pl.col("labels") == labels), tasks)
        ],
        folded="All numbers of labels",
    )


def _rows(found: pl.DataFrame, tasks: list[str]) -> list[list[Cell]]:
    """Return a row per model of `levels` with one number of labels: its name, and its scores."""
    kept = found.select("task", "model", "mean", "half", "n_test", "n")
    scores: dict[tuple[str, ...], Score] = {row[:2]: row[2:] for row in kept.iter_rows()}
    models = found["model"].unique(maintain_order=True)
    columns = [marked([scores.get((task, model)) for model in models]) for task in tasks]
    return [[text(model), *row] for model, *row in zip(models, *columns, strict=True)]


def _published(found: pl.DataFrame) -> list[list[Cell]]:
    """Return the paper's models on the tasks of `levels`, if it measured them so."""
    same = published.read_published("table_a2").join(found, on=["task", "metric"], how="semi")
    tasks = found["task"].unique(maintain_order=True).to_list()
    return [[Cell(row[0].text, note="paper"), *row[1:]] for row in printed_rows(same, tasks)]


def _headings(results: Results, found: pl.DataFrame) -> list[str]:
    each = found.select("task", "metric").unique("task", maintain_order=True)
    return [heading(results, task, metric) for task, metric in each.iter_rows()]
