"""What the report asks of the stages before it, in a dry run."""

from __future__ import annotations

from pathlib import Path

from workflow_helpers import clone, planned, snakemake

TUNED = "finetune={tasks: [go-mf], models: [contrastive], scratch: {cnn: {kind: dilated_cnn}}}"
SEEDS = "relations={splits: {seeds: [2541, 413, 0, 1, 2]}}"
PROBED = "tasks={biotype: {store: simHum1.gencode_v1, assembly: simHum1}}"


def test_a_report_without_fine_tuning_or_structure(tmp_path: Path) -> None:
    jobs = planned(snakemake(clone(tmp_path / "clone"), "-n", "all"))
    assert jobs["report"] == 1
    assert jobs["evaluate_leakage"] == jobs["tasks"] == 2
    assert not {"evaluate_finetune", "evaluate_held_out"} & set(jobs)


def test_all_that_the_report_shows_is_made_for_it(tmp_path: Path) -> None:
    folder = clone(tmp_path / "clone")
    output = snakemake(folder, "-n", "all", "--config", TUNED, SEEDS, PROBED)
    jobs = planned(output)
    assert jobs["evaluate_finetune"] == 2
    assert jobs["tasks"] == 3
    assert jobs["evaluate_leakage"] == 2  # structure is no benchmark
    assert jobs["evaluate_held_out"] == 3  # models
    assert jobs["evaluate_probe"] == 2 * 4 + 3  # baselines are not probed for structure
    assert jobs["evaluate_embed"] == (2 + 1) * 3  # of two tasks and the store
    (report,) = [line for line in output.splitlines() if "Writing the report" in line]
    needed = output[output.index(report) :].partition("\n[")[0]
    evaluated = "results/demo/evaluate"
    for path in (
        "finetune/homology/go-mf/cnn.parquet",
        "leakage/homology/go-mf.json",
        "held_out/homology/biotype/untrained.parquet",
    ):
        assert f"{evaluated}/{path}" in needed
