"""Models compared over tasks of different metrics, by Z-scores (paper, Methods, ablation study)."""

from __future__ import annotations

from typing import Any

import polars as pl

from orthrus.benchmark_tasks import METRICS, ordered
from orthrus.config.evaluate import ZscoreSettings
from orthrus.errors import OrthrusError
from orthrus.evaluate.statistics import p_value_less
from orthrus.schemas import ZSCORES


def zscores(probes: pl.DataFrame) -> pl.DataFrame:
    """Turn the main metric of every run into a Z-score, Z = (x - μ) / σ.

    Parameters
    ----------
    probes
        PROBE rows of one split, every task probed with the same models and seeds.

    Returns
    -------
    polars.DataFrame
        ZSCORES, ordered by task, model and seed. μ and σ (population, ddof 0) are those of all
        runs of all that is given for the task, baselines and external models included; Pearson's R
        is Fisher-transformed first (arctanh).

    Raises
    ------
    OrthrusError
        There is more than one split, a model lacks a task or a seed that another has, or an R
        is ±1.
    """
    main = probes.filter(pl.col("metric").is_in(list(METRICS.values())))
    _check(probes, main)
    fisher = pl.when(pl.col("metric") == "pearson_r").then(pl.col("value").arctanh())
    x = fisher.otherwise(pl.col("value"))
    scale = pl.col("x").std(ddof=0).over("task")
    z = (pl.col("x") - pl.col("x").mean().over("task")) / scale
    scored = main.with_columns(x.alias("x")).with_columns(
        pl.when(scale > 0).then(z).otherwise(0.0).alias("z")
    )
    return scored.select(*ZSCORES.columns).sort(*ZSCORES.key)


def summarise(scores: pl.DataFrame, split: str, settings: ZscoreSettings) -> dict[str, Any]:
    """Aggregate Z-scores per model and test every model against the reference.

    Returns
    -------
    dict
        `models` by falling aggregate, `tasks`, `metrics` per task, `reference`, `test`, `split`,
        `significance`; `aggregate` (the mean of a model's mean Z over tasks), and per task and
        model `mean_z`, `mean` (of the metric itself), `p` (one-sided: the model is worse than the
        reference; null for the reference) and `boxes`, the models not significantly worse.

    Raises
    ------
    OrthrusError
        The reference is not among the models.
    """
    means = scores.group_by("task", "model", maintain_order=True).agg(pl.col("value", "z").mean())
    total = (
        means.group_by("model", maintain_order=True)
        .agg(pl.col("z").mean())
        .sort("z", "model", descending=[True, False])
    )
    models = total["model"].to_list()
    reference = settings.reference or models[0]
    if reference not in models:
        raise OrthrusError(f"reference: no model {reference!r}; the models are {', '.join(models)}")
    p = _p_values(scores, reference, settings.test)
    return {
        "split": split,
        "tasks": ordered(scores["task"].unique()),
        "metrics": dict(scores.select("task", "metric").unique().sort("task").iter_rows()),
        "models": models,
        "reference": reference,
        "test": settings.test,
        "significance": settings.significance,
        "aggregate": dict(total.iter_rows()),
        "mean_z": _nested(means.select("task", "model", "z")),
        "mean": _nested(means.select("task", "model", "value")),
        "p": p,
        "boxes": {
            task: [m for m in models if m == reference or _box(row[m], settings)]
            for task, row in p.items()
        },
    }


def _box(p: float | None, settings: ZscoreSettings) -> bool:
    return p is not None and p > settings.significance


def _p_values(
    scores: pl.DataFrame, reference: str, test: str
) -> dict[str, dict[str, float | None]]:
    """Return the p-value per task and model; seeds are in the same order in every model."""
    runs = {
        (str(task), str(model)): rows.sort("seed")["z"].to_numpy()
        for (task, model), rows in scores.group_by("task", "model")
    }
    p: dict[str, dict[str, float | None]] = {}
    for task, model in sorted(runs):
        own, other = runs[task, model], runs[task, reference]
        value = None if model == reference else p_value_less(own, other, test)
        p.setdefault(task, {})[model] = value
    return p


def _nested(frame: pl.DataFrame) -> dict[str, dict[str, float]]:
    nested: dict[str, dict[str, float]] = {}
    for task, model, value in frame.sort("task", "model").iter_rows():
        nested.setdefault(task, {})[model] = value
    return nested


def _check(probes: pl.DataFrame, main: pl.DataFrame) -> None:
    if probes["split"].n_unique() != 1:
        found = ", ".join(probes["split"].unique().sort())
        raise OrthrusError(f"probes: of several splits ({found}); give those of one split")
    cells = (
        probes.select("model").unique().join(probes.select("task", "seed").unique(), how="cross")
    )
    lacking = cells.join(main, on=["model", "task", "seed"], how="anti")
    if lacking.height:
        row = lacking.sort("model", "task", "seed").row(0, named=True)
        raise OrthrusError(
            f"probes: model {row['model']} has no score of task {row['task']}, seed {row['seed']}; "
            "give the probes of every model on every task"
        )
    perfect = main.filter((pl.col("metric") == "pearson_r") & (pl.col("value").abs() >= 1))
    if perfect.height:
        row = perfect.row(0, named=True)
        raise OrthrusError(
            f"probes: model {row['model']} has R = {row['value']} on {row['task']}, "
            "which has no Fisher transform"
        )
