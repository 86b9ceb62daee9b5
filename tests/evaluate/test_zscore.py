from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import polars as pl
import pytest
from evaluate_helpers import probe_table

from orthrus import schemas
from orthrus.config.evaluate import ZscoreSettings
from orthrus.errors import OrthrusError
from orthrus.evaluate.zscore import summarise, zscores
from orthrus.report import published

VALUES = {
    ("hl", "good"): [0.5, 0.7],
    ("hl", "bad"): [0.1, 0.3],
    ("go", "good"): [0.6, 0.6],
    ("go", "bad"): [0.2, 0.4],
}


def probes(values: dict[tuple[str, str], Any] = VALUES) -> pl.DataFrame:
    metric = {"hl": "pearson_r", "go": "auprc_micro"}
    return pl.concat(
        probe_table(task, model, runs, metric[task]) for (task, model), runs in values.items()
    )


def test_zscores_by_hand() -> None:
    scores = zscores(probes())
    schemas.check(scores, schemas.ZSCORES)
    found = {tuple(row[:3]): row[5] for row in scores.iter_rows()}
    # auPRC: μ = (.6 + .6 + .2 + .4) / 4 = .45, σ² = (.15² + .15² + .25² + .05²) / 4 = .0275.
    assert found["go", "good", 0] == pytest.approx(0.15 / math.sqrt(0.0275))
    assert found["go", "bad", 0] == pytest.approx(-0.25 / math.sqrt(0.0275))
    assert found["go", "bad", 1] == pytest.approx(-0.05 / math.sqrt(0.0275))
    # R: arctanh of .5 .7 .1 .3 = .549306 .867301 .100335 .309520; μ = .456615.
    x = [0.5 * math.log((1 + r) / (1 - r)) for r in (0.5, 0.7, 0.1, 0.3)]
    mean = sum(x) / 4
    sigma = math.sqrt(sum((value - mean) ** 2 for value in x) / 4)
    assert mean == pytest.approx(0.456615, abs=1e-6)
    assert found["hl", "good", 1] == pytest.approx((x[1] - mean) / sigma)
    assert found["hl", "bad", 0] == pytest.approx((x[2] - mean) / sigma)


def test_only_the_main_metric_counts() -> None:
    other = probe_table("go", "good", [0.0, 0.0], "auroc_micro")
    assert zscores(pl.concat([probes(), other])).equals(zscores(probes()))


def test_aggregate_is_the_mean_over_tasks_and_orders_models() -> None:
    scores = zscores(probes())
    facts = summarise(scores, "homology", ZscoreSettings())
    assert facts["models"] == ["good", "bad"]
    assert facts["reference"] == "good"
    z = scores.filter(pl.col("model") == "bad")
    by_task = [z.filter(pl.col("task") == task)["z"].mean() for task in ("hl", "go")]
    assert facts["aggregate"]["bad"] == pytest.approx(np.mean(by_task))
    assert facts["mean"]["hl"]["good"] == pytest.approx(0.6)
    assert facts["p"]["hl"]["good"] is None


def test_the_order_of_the_papers_table() -> None:
    """The paper's Table A1, every mean taken as one run, against a loop over its rows."""
    table = published.read_published("table_a1")
    runs = {(task, model): float(value) for model, task, _, value, _ in table.iter_rows()}
    metrics = dict(table.select("task", "metric").iter_rows())
    totals: dict[str, float] = dict.fromkeys(table["model"], 0.0)
    for task, metric in metrics.items():
        cells = {model: runs[task, model] for model in totals}
        if metric == "pearson_r":
            cells = {model: math.atanh(value) for model, value in cells.items()}
        mean = sum(cells.values()) / len(cells)
        sigma = math.sqrt(sum((value - mean) ** 2 for value in cells.values()) / len(cells))
        for model, value in cells.items():
            totals[model] += (value - mean) / sigma / len(metrics)
    single = [
        probe_table(task, model, [value], metrics[task]) for (task, model), value in runs.items()
    ]
    facts = summarise(zscores(pl.concat(single)), "homology", ZscoreSettings(reference="Orthrus"))
    assert facts["models"] == sorted(totals, key=totals.__getitem__, reverse=True)
    assert facts["aggregate"] == pytest.approx(totals)
    assert facts["models"][0] == "Orthrus MLM"


@pytest.mark.parametrize("test", ["welch", "paired"])
def test_the_pool_moves_the_scale_alone(test: Literal["welch", "paired"]) -> None:
    """A further contestant changes Z-scores, but no test and no order within a task."""
    rng = np.random.default_rng(1)
    levels = {"ref": 0.6, "near": 0.59, "far": 0.5, "kmers": 0.1}
    runs = {("hl", name): level + 0.02 * rng.normal(size=10) for name, level in levels.items()}
    few = {key: values for key, values in runs.items() if key[1] != "kmers"}
    settings = ZscoreSettings(reference="ref", test=test)
    alone, pooled = (summarise(zscores(probes(all_)), "random", settings) for all_ in (few, runs))
    assert pooled["models"] == [*alone["models"], "kmers"]
    assert alone["mean_z"]["hl"]["far"] < 0 < pooled["mean_z"]["hl"]["far"]
    for name in ("near", "far"):
        assert pooled["p"]["hl"][name] == pytest.approx(alone["p"]["hl"][name])


def test_boxes_hold_the_reference_and_what_is_not_worse() -> None:
    rng = np.random.default_rng(0)
    base = 0.5 + 0.02 * rng.normal(size=10)
    runs = {("hl", "ref"): base, ("hl", "same"): base[::-1], ("hl", "worse"): base - 0.2}
    facts = summarise(zscores(probes(runs)), "homology", ZscoreSettings(reference="ref"))
    assert facts["boxes"] == {"hl": ["ref", "same"]} or facts["boxes"] == {"hl": ["same", "ref"]}


def test_a_task_on_which_all_are_equal_gives_zero() -> None:
    runs = {("hl", "a"): [0.5, 0.5], ("hl", "b"): [0.5, 0.5]}
    assert zscores(probes(runs))["z"].to_list() == [0.0] * 4


def test_unknown_reference() -> None:
    with pytest.raises(OrthrusError, match="no model 'x'; the models are good, bad"):
        summarise(zscores(probes()), "homology", ZscoreSettings(reference="x"))


def test_a_model_without_a_task() -> None:
    values = {key: runs for key, runs in VALUES.items() if key != ("go", "bad")}
    with pytest.raises(OrthrusError, match="model bad has no score of task go, seed 0"):
        zscores(probes(values))


def test_two_splits() -> None:
    other = probes().with_columns(split=pl.lit("random"))
    with pytest.raises(OrthrusError, match=r"of several splits \(homology, random\)"):
        zscores(pl.concat([probes(), other]))


def test_a_perfect_correlation() -> None:
    with pytest.raises(OrthrusError, match="has no Fisher transform"):
        zscores(probes(VALUES | {("hl", "good"): [1.0, 0.5]}))
