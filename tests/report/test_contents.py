from __future__ import annotations

import math
from dataclasses import replace

import polars as pl
import pytest
from evaluate_helpers import probe_table

from orthrus.report import contents
from orthrus.report.collect import AnnotationSet, Results
from orthrus.tables import PROBE


def results(probes: pl.DataFrame = PROBE.empty()) -> Results:  # noqa: B008
    return Results([], [], [], [], {}, probes, [], {})


def texts(row: list[contents.Cell]) -> list[str]:
    return [cell.text for cell in row]


def test_probe_cells_are_mean_and_interval_with_the_best_marked() -> None:
    runs = [0.2, 0.4, 0.6]
    probes = pl.concat([probe_table("hl", "a", runs), probe_table("hl", "b", [0.5] * 3)])
    table = contents.probes(results(probes), "homology", ["a", "b"])
    half = 1.96 * 0.2 / math.sqrt(3)
    assert texts(table.rows[0]) == [
        "hl", "Pearson R", "100", "15", f"0.400 ± {half:.3f}", "0.500 ± 0.000",
    ]  # fmt: skip
    assert [cell.best for cell in table.rows[0]] == [False, False, False, False, False, True]


def test_a_single_run_has_no_interval_and_a_single_model_is_not_best() -> None:
    table = contents.probes(results(probe_table("hl", "a", [0.5])), "homology", ["a"])
    assert table.rows[0][4] == contents.Cell("0.500", number=True, best=False)


def test_a_model_without_score_is_a_dash() -> None:
    probes = pl.concat(
        [probe_table("hl", "a", [0.5]), probe_table("go", "b", [0.5], "auprc_micro")]
    )
    table = contents.probes(results(probes), "homology", ["a", "b"])
    assert [texts(row)[4:] for row in table.rows] == [["–", "0.500"], ["0.500", "–"]]


def test_rows_without_a_fold_show_in_the_table() -> None:
    built = replace(results(probe_table("hl", "a", [0.5])), tasks={"hl": {"title": "T", "n": 1300}})
    assert texts(contents.probes(built, "homology", ["a"]).rows[0])[2:4] == ["100 of 1,300", "15"]


@pytest.mark.parametrize(
    ("value", "shown"), [(0.126, "+0.13"), (-1.0, "−1.00"), (-0.004, "0.00"), (0.0, "0.00")]
)
def test_signed_numbers(value: float, shown: str) -> None:
    assert contents.signed(value) == shown


def test_only_all_metrics_shows_the_others() -> None:
    probes = pl.concat(
        [probe_table("hl", "a", [0.5], name) for name in ("pearson_r", "spearman_r")]
    )
    assert len(contents.probes(results(probes), "homology", ["a"]).rows) == 1
    shown = contents.all_metrics(results(probes), "homology", ["a"]).rows
    assert [row[1].text for row in shown] == ["Pearson R", "Spearman R"]


@pytest.mark.parametrize(("sets", "folded"), [(2, ""), (41, "41 annotation sets")])
def test_annotation_sets_are_summed_and_long_lists_folded(sets: int, folded: str) -> None:
    entry = AnnotationSet("a.b", "S", "toga", 1200, 1, 0, 1200, 1000, 10**6, None)
    table = contents.annotation_sets([entry] * sets)
    assert table.folded == folded
    assert texts(table.rows[0]) == [
        "a.b",
        "S",
        "1,200",
        "1",
        "0",
        "–",
        "1,200",
        "1,000",
        "1,000,000",
    ]
    assert table.total[2].text == f"{1200 * sets:,}"
