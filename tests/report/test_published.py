"""The paper's tables, held against what the paper prints."""

from __future__ import annotations

import polars as pl
import pytest

from orthrus.benchmark_tasks import TASKS
from orthrus.report import published

A1_ORDER = (
    "eclip", "go-mf", "mrl-sugimoto", "prot-loc",
    "rna-loc-fazal", "rna-loc-ietswaart", "rnahl-human", "rnahl-mouse",
)  # fmt: skip
A1 = {
    "Evo1-v1-8K": "0.26 ± 0.0048|0.25 ± 0.0100|0.20 ± 0.028|0.30 ± 0.0058|0.63 ± 0.012|"
    "0.71 ± 0.0071|0.32 ± 0.017|0.34 ± 0.018",
    "Evo2-7B": "0.48 ± 0.0074|0.51 ± 0.010|0.45 ± 0.012|0.40 ± 0.014|0.76 ± 0.011|"
    "0.80 ± 0.0059|0.66 ± 0.0097|0.66 ± 0.016",
    "Orthrus MLM": "0.47 ± 0.0064|0.46 ± 0.011|0.47 ± 0.022|0.41 ± 0.0093|0.80 ± 0.0077|"
    "0.82 ± 0.0063|0.71 ± 0.011|0.68 ± 0.0065",
}
A2 = {
    "eclip": "0.516 ± 0.007|0.430 ± 0.001|0.452 ± 0.005|0.415 ± 0.005",
    "mrl-sugimoto": "0.474 ± 0.033|0.366 ± 0.043|0.431 ± 0.064|0.471 ± 0.040",
    "rnahl-mouse": "0.693 ± 0.025|0.634 ± 0.012|0.608 ± 0.029|0.657 ± 0.030",
}


def printed(table: pl.DataFrame) -> list[str]:
    return [f"{value} ± {ci}" for value, ci in table.select("value", "ci").iter_rows()]


@pytest.mark.parametrize("model", A1)
def test_rows_of_table_a1(model: str) -> None:
    rows = published.read_published("table_a1").filter(pl.col("model") == model)
    assert tuple(rows["task"]) == A1_ORDER
    assert printed(rows) == A1[model].split("|")


@pytest.mark.parametrize("task", A2)
def test_rows_of_table_a2(task: str) -> None:
    rows = published.read_published("table_a2").filter(pl.col("task") == task)
    assert rows["model"].to_list() == ["Orthrus Small", "Dilated CNN", "Mamba Small", "Saluki"]
    assert printed(rows) == A2[task].split("|")
    assert set(rows["labels"]) == {"all"}


@pytest.mark.parametrize(("name", "models"), [("table_a1", 29), ("table_a2", 4)])
def test_every_model_has_every_task_by_the_metric_that_is_ours(name: str, models: int) -> None:
    table = published.read_published(name)
    assert table["model"].n_unique() == models
    assert table.select("model", "task").n_unique() == table.height == models * len(TASKS)
    pairs = set(table.select("task", "metric").iter_rows())
    assert pairs == {(task, known.metric) for task, known in TASKS.items()}
    assert table.select(pl.col("value", "ci").cast(pl.Float64).is_between(0, 1).all()).row(0) == (
        True,
        True,
    )
