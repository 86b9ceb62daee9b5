"""The workflow on a real Slurm: `snakemake --profile slurm all`, as typed in a clone.

ORTHRUS_TEST_SLURM names a folder with `slurm-up.sh DIR` and `slurm-down.sh DIR`, which start and
stop a Slurm of one host with the partitions `cpu` and `gpu`; `DIR/env.sh` leads commands to it.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from workflow_helpers import ROOT, clone, environment, run

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("slurm")]

EMBEDDINGS = "results/demo/evaluate/embeddings/rnahl-human/contrastive.parquet"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[dict[str, str]]:
    """The variables that lead to a running Slurm."""
    recipe = os.environ.get("ORTHRUS_TEST_SLURM")
    if not recipe:
        pytest.skip("needs a way to start Slurm: set ORTHRUS_TEST_SLURM to its folder")
    if not shutil.which("slurmctld"):
        pytest.skip("needs Slurm: apt-get install slurm-wlm munge")
    folder = tmp_path_factory.mktemp("slurm")
    run(folder, f"{recipe}/slurm-up.sh", str(folder), SLURM_INSTALL="0")
    try:
        show = '. ./env.sh && printf "%s\\n" "$SLURM_CONF" "$PATH"'
        conf, path = run(folder, "bash", "-c", show, **environment()).splitlines()
        yield {"SLURM_CONF": conf, "PATH": path}
    finally:
        run(folder, f"{recipe}/slurm-down.sh", str(folder))


@pytest.fixture(scope="module")
def finished(cluster, tmp_path_factory) -> Path:
    """A clone in which the smallest demo has run on the cluster."""
    folder = clone(tmp_path_factory.mktemp("clone"))
    (folder / "config.yaml").unlink()
    shutil.copy(ROOT / "tests/workflow/slurm.yaml", folder / "config.yaml")
    run(folder, "snakemake", "--profile", "slurm", "all", **cluster)
    return folder


def jobs(folder: Path, cluster: dict[str, str]) -> dict[str, str]:
    """Return what Slurm tells of each job, by the rule and wildcards that are its comment."""
    told = run(folder, "scontrol", "show", "job", "--oneliner", **cluster)
    return dict(re.findall(r"^(?=.* Comment=(\S+))(.*)$", told, re.MULTILINE))


def test_the_demo_runs_to_its_report(finished):
    assert "<svg" in (finished / "results/demo/report/index.html").read_text()


def test_jobs_run_on_the_cpu_partition_and_light_rules_where_snakemake_runs(finished, cluster):
    found = jobs(finished, cluster)
    assert {re.sub("^rule_|_wildcards.*", "", comment) for comment in found} == {
        "annotation", "transcripts", "relations", "relations_homology", "relations_qc", "pretrain",
        "tasks", "evaluate_embed", "evaluate_features", "evaluate_leakage", "evaluate_probe",
    }  # fmt: skip
    for told in found.values():
        assert " JobState=COMPLETED " in told
        assert " Partition=cpu " in told
        assert "gres" not in told


def test_a_gpu_is_asked_for_when_the_build_says_so(finished, cluster):
    (finished / EMBEDDINGS).unlink()
    asked = ("snakemake", "--profile", "slurm", EMBEDDINGS, "--config", "gpus=1")
    run(finished, *asked, **cluster)
    told = jobs(finished, cluster)["rule_evaluate_embed_wildcards_rnahl-human_contrastive"]
    assert " JobState=COMPLETED " in told
    assert " Partition=gpu " in told
    assert " TresPerJob=gres:gpu:1" in told
    assert (finished / EMBEDDINGS).is_file()
