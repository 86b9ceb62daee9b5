"""What the workflow does of a model whose weights exist."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from models_helpers import small
from workflow_helpers import clone, planned, snakemake

from orthrus.models import checkpoint

TUNED = "finetune={tasks: [go-mf], models: [published]}"
SEEDS = "relations={splits: {seeds: [2541, 413, 0, 1, 2]}}"


def models(weights: Path | str) -> str:
    return f"models={{published: {{weights: {weights}}}}}"


def test_weights_take_the_place_of_a_training(tmp_path: Path) -> None:
    checkpoint.save(small(), tmp_path / "own")
    folder = clone(tmp_path / "clone")
    own = ("--config", models(tmp_path / "own"), TUNED, SEEDS)
    jobs = planned(snakemake(folder, "-n", "all", *own))
    assert (jobs["pretrain"], jobs["pretrain_convert"]) == (3, 1)
    assert jobs["evaluate_embed"] == (2 + 1) * 4
    assert jobs["evaluate_finetune"] == 1
    assert jobs["evaluate_umap"] == 4
    alone = snakemake(folder, "-n", "results/demo/pretrain/published/model.safetensors", *own)
    assert planned(alone) == {"pretrain_convert": 1, "total": 1}


def test_published_weights_are_fetched_first(tmp_path: Path) -> None:
    folder = clone(tmp_path / "clone")
    target = "results/demo/pretrain/published/model.safetensors"
    own = ("--config", models("weights.orthrus-small-6-track.weights"))
    jobs = planned(snakemake(folder, "-n", target, *own))
    assert (jobs["sources_fetch"], jobs["pretrain_convert"]) == (2, 1)


@pytest.mark.slow
def test_weights_become_a_model_of_the_build(tmp_path: Path) -> None:
    encoder = small(width=16, layers=1)
    checkpoint.save(encoder, tmp_path / "my own")
    folder = clone(tmp_path / "clone")
    target = "results/demo/pretrain/published/model.safetensors"
    own = ("--config", models(tmp_path / "my own"))
    snakemake(folder, target, *own)
    made = folder / target
    assert checkpoint.digest(checkpoint.load_model(made.parent)) == checkpoint.digest(encoder)
    summary = json.loads((made.parent / "summary.json").read_text())
    assert summary["settings"]["encoder"]["width"] == 16
    assert planned(snakemake(folder, "-n", target, *own)) == {}


def test_weights_that_are_nowhere_are_told_before_anything_runs(tmp_path: Path) -> None:
    folder = clone(tmp_path / "clone")
    output = snakemake(folder, "-n", "all", "--config", models("gone"), expect=1)
    assert "models.published.weights: workflow/builds/gone does not exist; give a" in output
    assert "Traceback" not in output
    assert not (folder / "results").exists()
