"""The real workflow on a reduced demo, once; then what a user does with it afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from damage_helpers import digests
from workflow_helpers import clone, planned, snakemake

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("workflow")]

PROBE = "results/demo/evaluate/probe/homology/go-mf/contrastive.parquet"
STORE = "results/demo/transcripts/simHum1.gencode_v1.zarr"
DATA = ("annotation", "transcripts", "relations", "tasks")


def data_digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of the data stages."""
    return {
        name: digest
        for name, digest in digests(folder / "results/demo").items()
        if name.split("/")[0] in DATA and ".snakemake" not in Path(name).name
    }


def test_every_stage_leaves_its_results(finished):
    results = finished / "results/demo"
    report = (results / "report/index.html").read_text()
    assert "<svg" in report
    assert {path.name for path in results.iterdir()} >= {*DATA, "sources", "pretrain", "evaluate"}


def test_a_second_run_has_nothing_to_do(finished):
    assert "Nothing to be done" in snakemake(finished, "all")


def test_editing_a_probe_setting_reruns_probes_only(finished):
    jobs = planned(snakemake(finished, "-n", "all", "--config", "evaluate={probe: {min_test: 4}}"))
    assert set(jobs) == {"all", "evaluate_probe", "evaluate_zscore", "report", "total"}
    assert jobs["evaluate_probe"] == 2 * 4  # tasks; models and the baseline


def test_editing_the_learning_rate_reruns_that_model_only(finished):
    change = "models={contrastive: {train: {lr: 0.01}}}"
    jobs = planned(snakemake(finished, "-n", "all", "--config", change))
    assert jobs["pretrain"] == 1
    assert jobs["evaluate_embed"] == jobs["evaluate_probe"] + 1
    assert not set(jobs) & {"annotation", "transcripts", "relations", "tasks", "sources_fetch"}


def test_asking_for_one_deleted_probe_reruns_only_it(finished):
    (finished / PROBE).unlink()
    jobs = planned(snakemake(finished, "-n", PROBE))
    assert jobs == {"evaluate_probe": 1, "total": 1}
    snakemake(finished, PROBE)
    assert (finished / PROBE).is_file()


def test_another_folder_and_one_core_give_the_same_bytes(finished, tmp_path):
    other = clone(tmp_path / "a folder with another name")
    snakemake(other, "--cores", "1", "data")
    assert data_digests(other) == data_digests(finished)
