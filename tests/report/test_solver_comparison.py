from __future__ import annotations

from dataclasses import replace

import polars as pl
from evaluate_helpers import probe_table
from report_helpers import empty_results

from orthrus.report import solver_comparison


def test_differences_of_solvers_by_task_and_metric() -> None:
    exact = [
        probe_table("go-mf", model, [0.5, 0.7], "auprc_micro").with_columns(
            sklearn=pl.col("value") + gap
        )
        for model, gap in (("a", 0.001), ("b", -0.003))
    ]
    alone = probe_table("rnahl-human", "a", [0.5])
    results = replace(empty_results(), probes=pl.concat([*exact, alone]))
    (table,) = solver_comparison.compare(results, "homology")
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["go-mf", "auPRC, micro", "4", "0.600000", "0.599000", "2.0e-03", "3.0e-03"]
    ]
    assert len(table.columns) == 7
    assert table.folded
    assert solver_comparison.compare(results, "random") == []
    assert solver_comparison.compare(replace(results, probes=alone), "homology") == []
