"""The builds for real data: each is planned whole, and run on what the trimmed real files have."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from sources_toga_helpers import OLDER, Listed, listed, write_mirror
from workflow_helpers import ROOT, clone, planned, run

from orthrus.transcripts.store import Store

BUILDS = ROOT / "workflow/builds"
REFERENCES = ("human_hg38_reference", "mouse_mm10_reference")
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("builds")]


def snakemake(folder: Path, build: str, *arguments: str) -> str:
    """Run a build of the package with two cores."""
    return run(folder, "snakemake", "--cores", "2", *arguments, "--config", f"build={build}")


def test_a_worm_and_a_fly_become_a_trained_encoder(real_data: Path, tmp_path: Path) -> None:
    folder = clone(tmp_path / "clone")
    assert planned(snakemake(folder, "worm", "-n"))["transcripts"] == 2
    short = "pretrain={train: {steps: 4, warmup: 1, validate_every: 2}, batch: {tokens: 8192}}"
    command = ("snakemake", "--cores", "2", "all", "--config", "build=worm", short)
    run(folder, *command, f"mirror={real_data}/mirror")
    results = folder / "results/worm"
    assert len(Store.open(results / "transcripts/ce11.ncbirefseq.zarr")) == 295
    assert "<svg" in (results / "report/index.html").read_text()


@pytest.mark.parametrize(
    ("build", "cut", "sets"), [("mammals-mini", "mini.yaml", 6), ("orthrus", "whole.yaml", 13)]
)
def test_mammals_reach_their_relations(
    real_data: Path, tmp_path: Path, build: str, cut: str, sets: int
) -> None:
    folder, mirror, queries = clone(tmp_path / "clone"), f"{real_data}/mirror", tmp_path / "q.tsv"
    run(folder, "orthrus", "sources", "resolve", "--mirror", mirror, "-o", str(queries))
    files = ("--configfile", "config.yaml", f"tests/workflow/{cut}")
    own = (f"build={build}", f"mirror={mirror}", f"toga={{queries: {queries}}}")
    run(folder, "snakemake", "--cores", "2", "data", *files, "--config", *own)
    results = folder / f"results/{build}"
    stores = list(results.glob("transcripts/*.zarr"))
    assert len(stores) == sets
    assert all(len(Store.open(store)) for store in stores)
    assert not list(folder.glob("resources/scratch/*/goldenPath/*/bigZips/*.fa.gz"))


def plan(tmp_path: Path, build: str, rows: dict[str, list[Listed]]) -> tuple[int, dict[str, int]]:
    """Plan a build as it is shipped; return the number of listed queries, and of each rule's jobs.

    `rows` are TOGA's, by the folder of their reference.
    """
    mirror, queries = tmp_path / "mirror", tmp_path / "q.tsv"
    for reference, listing in rows.items():
        write_mirror(mirror, reference, listing)
    folder = clone(tmp_path / "clone")
    run(folder, "orthrus", "sources", "resolve", "--mirror", str(mirror), "-o", str(queries))
    own = ("--config", f"build={build}", f"toga={{queries: {queries}}}")
    jobs = planned(run(folder, "snakemake", "-n", "all", *own))
    return len(queries.read_text().splitlines()) - 1, jobs


def test_ten_mammals_are_planned_whole(tmp_path: Path) -> None:
    species = yaml.safe_load((BUILDS / "mammals-mini.yaml").read_text())["toga"]["species"]
    rows = {}
    for reference in REFERENCES:
        some = [row for row in listed(reference, 30) if row.eutherian and row.bed and row.genome]
        classed = [row for row in some if row.bed.endswith(OLDER[0])]  # with loss classes
        named = [replace(row, species=name) for row, name in zip(classed, species, strict=False)]
        rows[reference] = named + some[-3:]
    n_queries, jobs = plan(tmp_path, "mammals-mini", rows)
    assert (len(species), n_queries) == (10, 2 * 13)
    assert jobs["annotation"] == jobs["transcripts"] == 2 * 10 + 2
    assert jobs["sources_fetch_query_genome"] == 10
    assert jobs["relations"] == jobs["report"] == 1
    # Seven benchmarks, seven models, two baselines, and a map of one store.
    assert jobs["pretrain"] == jobs["tasks"] == jobs["evaluate_leakage"] == 7
    assert jobs["evaluate_probe"] == 7 * (7 + 2)
    assert jobs["evaluate_embed"] == (7 + 1) * 7


def test_the_paper_is_planned_whole(tmp_path: Path) -> None:
    sizes = dict(zip(REFERENCES, (528, 527), strict=True))
    rows = {reference: listed(reference, size) for reference, size in sizes.items()}
    n_queries, jobs = plan(tmp_path, "orthrus", rows)
    assert n_queries > 960
    assert jobs["annotation"] == jobs["transcripts"] == n_queries + 10
    assert jobs["sources_fetch_query_genome"] > 480
    assert jobs["relations"] == jobs["report"] == 1
    # Eight benchmarks and five structural probes; thirteen models, two baselines.
    assert jobs["tasks"] == 8 + 5
    assert jobs["evaluate_leakage"] == 8
    assert jobs["evaluate_probe"] == 8 * (13 + 2) + 5 * 13
    assert jobs["evaluate_held_out"] == 5 * 13
    assert jobs["evaluate_embed"] == (8 + 1) * 13
    # Figure 2C: Orthrus Small, and three from fresh weights.
    assert jobs["evaluate_finetune"] == 8 * 4


def test_published_weights_are_measured_without_training(tmp_path: Path) -> None:
    folder = clone(tmp_path / "clone")
    jobs = planned(snakemake(folder, "published", "-n", "all"))
    assert "pretrain" not in jobs
    assert jobs["pretrain_convert"] == jobs["evaluate_umap"] == 4
    assert jobs["evaluate_embed"] == (8 + 1) * 4
    assert jobs["evaluate_probe"] == 8 * (4 + 2) + 5 * 4
    assert jobs["evaluate_finetune"] == 8 * 4
    assert jobs["evaluate_zscore"] == jobs["report"] == 1
