from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from evaluate_helpers import probe_table
from report_helpers import empty_results

from orthrus.report import scores
from orthrus.report.load_results import Results
from orthrus.report.tables import Cell

HUMAN = {"title": "RNA half-life, human", "n": 1300, "species": "Homo sapiens"}


def results(*probes: pl.DataFrame, **tasks: dict[str, Any]) -> Results:
    named = {name.replace("_", "-"): facts for name, facts in tasks.items()}
    return replace(empty_results(), probes=pl.concat(probes), tasks=named)


def texts(row: list[Cell]) -> list[str]:
    return [f"{cell.text} {cell.note}".strip() for cell in row]


def test_probe_cells_are_mean_and_interval_with_the_best_marked() -> None:
    found = results(probe_table("hl", "a", [0.2, 0.4, 0.6]), probe_table("hl", "b", [0.5] * 3))
    table = scores.probes(found, "homology", ["a", "b"])
    half = 1.96 * 0.2 / math.sqrt(3)
    assert table.columns == ["Model", "hl (R)"]
    assert [texts(row) for row in table.rows] == [
        ["a", f"0.400 ± {half:.3f}"],
        ["b", "0.500 ± 0.000"],
    ]
    assert [row[1].best for row in table.rows] == [False, True]
    assert texts(table.total) == ["Test rows", "15"]


def test_a_single_run_has_no_interval_and_a_single_model_is_not_best() -> None:
    table = scores.probes(results(probe_table("hl", "a", [0.5])), "homology", ["a"])
    assert table.rows[0][1] == Cell("0.500", number=True, best=False)


def test_a_model_without_score_is_a_dash_and_tasks_come_in_the_order_of_the_paper() -> None:
    found = results(
        probe_table("go-mf", "b", [0.5], "auprc_micro"), probe_table("rnahl-human", "a", [0.5])
    )
    table = scores.probes(found, "homology", ["a", "b"])
    assert table.columns == ["Model", "rnahl-human (R)", "go-mf (auPRC)"]
    assert [texts(row) for row in table.rows] == [["a", "0.500", "–"], ["b", "–", "0.500"]]


def test_all_metrics_shows_the_others_and_rows_without_a_fold() -> None:
    names = ("pearson_r", "spearman_r")
    found = results(*(probe_table("hl", "a", [0.5], name) for name in names), hl=HUMAN)
    assert len(scores.probes(found, "homology", ["a"]).columns) == 2
    rows = scores.all_metrics(found, "homology", ["a"]).rows
    assert [row[1].text for row in rows] == ["Pearson R", "Spearman R"]
    assert texts(rows[0])[2:5] == ["100 of 1,300", "15", "1"]


def test_the_fewest_labels_of_all_runs_are_told() -> None:
    scored = [
        probe_table("go-mf", "a", [0.5], metric).with_columns(n_labels=pl.lit(n, pl.Int64))
        for metric, n in (("auprc_micro", 20), ("auprc_macro", 18))
    ]
    facts = {"title": "GO", "n": 700, "labels": list("abcdefghijklmnopqrst")}
    rows = scores.all_metrics(results(*scored, go_mf=facts), "homology", ["a"]).rows
    assert [row[4].text for row in rows] == ["18 of 20"] * 2


def test_scores_stand_beside_those_of_the_paper() -> None:
    found = results(
        probe_table("rnahl-human", "mine", [0.5]),
        probe_table("eclip", "mine", [0.25], "auprc_micro"),
        probe_table("own", "mine", [0.9]),
        rnahl_human=HUMAN,
    )
    table, everyone = scores.beside_paper(found, ["mine"])
    assert table.columns == ["Model", "RNA half-life, human (R)", "eclip (auPRC)"]
    assert [texts(row) for row in table.rows[:4]] == [
        ["mine", "0.500", "0.250"],
        ["Orthrus-Small paper, probed", "0.69 ± 0.0072", "0.46 ± 0.0066"],
        ["Orthrus paper, probed", "0.71 ± 0.010", "0.47 ± 0.0061"],
        ["Orthrus MLM paper, probed", "0.71 ± 0.011", "0.47 ± 0.0064"],
    ]
    assert texts(table.rows[-1]) == [
        "Saluki paper, trained whole",
        "0.713 ± 0.019",
        "0.415 ± 0.005",
    ]
    assert texts(everyone.rows[0]) == ["DNABERT2", "0.46 ± 0.010", "0.37 ± 0.0033"]
    assert everyone.folded == "All 29 models of the paper's Table A1"


@pytest.mark.parametrize(
    "probe",
    [
        probe_table("own", "mine", [0.5]),
        probe_table("rnahl-human", "mine", [0.5], "auprc_micro"),
        probe_table("rnahl-human", "mine", [0.5], split="random"),
    ],
    ids=["task", "metric", "split"],
)
def test_what_the_paper_has_not_measured_stands_beside_nothing(probe: pl.DataFrame) -> None:
    assert scores.beside_paper(results(probe), ["mine"]) == []


def test_words_name_species_that_are_not_the_papers() -> None:
    probe = probe_table("rnahl-human", "mine", [0.5])
    words = scores.beside_words(results(probe, rnahl_human=HUMAN))
    assert "may differ" in words
    assert "species" not in words
    made = HUMAN | {"species": "Homo simulatus"}
    words = scores.beside_words(results(probe, rnahl_human=made, own=made))
    assert "Labels of this build are of Homo simulatus, not of the paper's species" in words
