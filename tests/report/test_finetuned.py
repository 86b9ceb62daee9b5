from __future__ import annotations

import math
from dataclasses import replace

import polars as pl
import pytest
from report_helpers import empty_results, finetune_table

from orthrus.report import finetuned
from orthrus.report.figures import learning_curves
from orthrus.report.load_results import Model, Results
from orthrus.report.tables import Cell, Table

STUDENT = 4.302653
"""The 97.5 % quantile of Student's distribution with two degrees of freedom."""


def results(*runs: pl.DataFrame, pretrained: str = "small") -> Results:
    model = Model(pretrained, {}, pl.DataFrame())
    return replace(empty_results(), finetuned=pl.concat(runs), models=[model])


def tables(made: Results, split: str = "homology") -> list[Table]:
    return finetuned.tables(made, split, finetuned.levels(made, split))


def texts(row: list[Cell]) -> list[str]:
    return [f"{cell.text} {cell.note}".strip() for cell in row]


def test_a_point_is_mean_and_interval_of_the_main_metric_over_seeds() -> None:
    found = finetuned.levels(
        results(
            finetune_table("rnahl-human", "small", [0.3, 0.5, 0.7], "100", n_train=100),
            finetune_table("rnahl-human", "small", [0.9] * 3, "100", "spearman_r", 100),
            finetune_table("rnahl-human", "small", [0.8] * 3, "100", split="random"),
        ),
        "homology",
    )
    (row,) = found.iter_rows(named=True)
    half = STUDENT * 0.2 / math.sqrt(3)
    assert row == {
        "task": "rnahl-human", "metric": "pearson_r", "model": "small", "labels": "100",
        "mean": pytest.approx(0.5), "half": pytest.approx(half, rel=1e-6), "n_train": 100.0,
        "n_test": 80.0, "n": 240,
    }  # fmt: skip


def test_a_single_seed_has_no_interval() -> None:
    found = finetuned.levels(results(finetune_table("rnahl-human", "small", [0.3])), "homology")
    assert found["half"].is_nan().all()


def test_points_come_in_the_order_of_tasks_of_models_and_of_labels() -> None:
    runs = [
        finetune_table(task, model, [0.5, 0.6], labels, metric, n_train)
        for task, metric in (("go-mf", "auprc_micro"), ("rnahl-human", "pearson_r"))
        for model in ("cnn", "small")
        for labels, n_train in (("full", 400), ("30", 30), ("100", 100))
    ]
    found = finetuned.levels(results(*runs), "homology")
    assert found.select("task", "model", "labels").rows() == [
        (task, model, labels)
        for task in ("rnahl-human", "go-mf")
        for model in ("small", "cnn")
        for labels in ("30", "100", "full")
    ]


def test_lines_tell_models_apart_where_colours_repeat() -> None:
    runs = [finetune_table("go-mf", f"m{at}", [0.5], metric="auprc_micro") for at in range(9)]
    found = finetuned.levels(results(*runs), "homology")
    few = found.filter(pl.col("model") != "m8")
    dashed = ["stroke-dasharray" in learning_curves("homology", rows, {}) for rows in (few, found)]
    assert dashed == [False, True]


def test_all_labels_stand_beside_table_a2() -> None:
    made = results(
        finetune_table("rnahl-human", "small", [0.3, 0.5, 0.7]),
        finetune_table("rnahl-human", "cnn", [0.4] * 3, n_train=410),
        finetune_table("eclip", "small", [0.25] * 3, metric="auprc_micro"),
        finetune_table("own", "small", [0.1] * 3),
        finetune_table("own", "small", [0.05] * 3, "30", n_train=30),
    )
    beside, every = tables(made)
    assert "Data and splits may differ" in beside.caption
    assert beside.columns == ["Model", "rnahl-human (R)", "eclip (auPRC)", "own (R)"]
    assert [texts(row) for row in beside.rows] == [
        ["small", "0.500 ± 0.497", "0.250 ± 0.000", "0.100 ± 0.000"],
        ["cnn", "0.400 ± 0.000", "–", "–"],
        ["Orthrus Small paper", "0.742 ± 0.012", "0.516 ± 0.007", "–"],
        ["Dilated CNN paper", "0.661 ± 0.014", "0.430 ± 0.001", "–"],
        ["Mamba Small paper", "0.674 ± 0.024", "0.452 ± 0.005", "–"],
        ["Saluki paper", "0.713 ± 0.019", "0.415 ± 0.005", "–"],
    ]
    assert [cell.best for cell in beside.rows[0]] == [False, True, False, False]
    assert texts(beside.total) == ["Training rows", "405", "400", "400"]
    assert [texts(row) for row in every.rows] == [
        ["30", "small", "–", "–", "0.050 ± 0.000"],
        ["full", *texts(beside.rows[0])],
        ["full", *texts(beside.rows[1])],
    ]


@pytest.mark.parametrize(
    "runs",
    [
        finetune_table("own", "small", [0.5] * 3),
        finetune_table("rnahl-human", "small", [0.5] * 3, metric="auprc_micro"),
        finetune_table("rnahl-human", "small", [0.5] * 3, split="random"),
    ],
    ids=["task", "metric", "split"],
)
def test_what_the_paper_has_not_measured_stands_alone(runs: pl.DataFrame) -> None:
    beside, _ = tables(results(runs), runs["split"][0])
    assert [row[0].text for row in beside.rows] == ["small"]
    assert "paper" not in beside.caption


def test_few_labels_alone_are_beside_nothing() -> None:
    runs = finetune_table("rnahl-human", "small", [0.5] * 3, "30", n_train=30)
    (every,) = tables(results(runs))
    assert every.folded == "All numbers of labels"
