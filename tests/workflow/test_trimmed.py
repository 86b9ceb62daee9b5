"""The documented command that takes real genes of many species up to a short pretraining."""

from __future__ import annotations

import csv
import json

import pytest
import yaml
from readme_helpers import blocks
from workflow_helpers import ROOT, clone, run

from orthrus.transcripts.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("trimmed")]

BUILDS = ROOT / "workflow/builds"


def annotation_sets() -> set[str]:
    """Return the names of the build's annotation sets, as its files list them."""
    references = yaml.safe_load((BUILDS / "trimmed.yaml").read_text())["references"]
    with (BUILDS / "trimmed.toga.tsv").open() as handle:
        queries = {row["annotation_set"] for row in csv.DictReader(handle, delimiter="\t")}
    return queries | set(references)


def documented() -> str:
    """Return the README's command for the trimmed build."""
    (command,) = [b.code for b in blocks((ROOT / "README.md").read_text()) if "trimmed" in b.code]
    return command


def test_the_trimmed_build_runs(real_data, tmp_path):
    folder = clone(tmp_path / "clone")
    run(folder, "bash", "-c", documented(), ORTHRUS_REAL_DATA=str(real_data))
    results = folder / "results/trimmed"
    stores = {path.stem: len(Store.open(path)) for path in results.glob("transcripts/*.zarr")}
    assert set(stores) == annotation_sets()
    assert all(stores.values())
    assert json.loads((results / "relations/counts.json").read_text())["groups"] > 0
    assert (results / "pretrain/contrastive/model.safetensors").is_file()
    assert "<svg" in (results / "report/index.html").read_text()
