from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from evaluate_helpers import probe_table
from report_helpers import (
    MODELS,
    NAMES,
    finetune_table,
    held_out_table,
    write_models,
    write_read_model,
)

from orthrus import schemas
from orthrus.benchmark_tasks import TASKS
from orthrus.config.report import ReportRun, ReportSettings
from orthrus.errors import OrthrusError
from orthrus.report.load_results import collect
from orthrus.report.page import page


def test_annotation_sets(folder: Path) -> None:
    first, second, third = collect(folder).sets
    assert [first.name, second.name] == ["simHum1.gencode_v1", "simX1.toga_simHum1"]
    assert (first.kept, first.excluded, first.rejected) == (40, 3, 0)
    assert (first.species, first.transcripts, first.not_encoded) == ("Simulatus", 40, 0)
    assert first.sequence_names == NAMES
    assert not second.sequence_names
    assert first.nucleotides is not None
    assert first.nucleotides > 40
    assert (third.rejected, third.transcripts, third.species) == (2, None, None)


def test_a_store_knows_names_where_annotation_does_not(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "build"
    shutil.copytree(folder, copy)
    store = copy / "transcripts" / f"{collect(copy).sets[1].name}.zarr" / "zarr.json"
    facts = json.loads(store.read_text())
    facts["attributes"]["sequence_names"] = NAMES
    store.write_text(json.dumps(facts))
    assert collect(copy).sets[1].sequence_names == NAMES


def test_what_follows_from_relations(folder: Path) -> None:
    results = collect(folder)
    assert results.most_pairs == 1234
    assert results.quality["kind"].to_list() == ["splice", "naive"]
    report = results.leakage[0]
    assert (report.split, report.name) == ("homology", "simHum1")


def test_models_and_their_metrics(folder: Path) -> None:
    models = collect(folder).models
    assert tuple(model.name for model in models) == MODELS
    assert [model.metrics.height for model in models] == [201, 201, 0]
    assert models[0].metrics["val_loss"].count() == 11
    assert models[0].metrics["loss"][0] is None


def test_metrics_have_the_columns_that_training_writes(folder: Path) -> None:
    from orthrus.pretrain.callbacks import METRICS

    assert tuple(collect(folder).models[0].metrics.columns) == METRICS


def test_evaluation(folder: Path) -> None:
    results = collect(folder)
    assert list(results.tasks)[:2] == ["rnahl-human", "rnahl-mouse"]
    assert results.probes.height == 8 * 3 * 2 * 10
    assert results.structural.height == 2 * 3 * 2
    assert [made.model for made in results.structures] == sorted(MODELS)
    assert results.finetuned["model"].unique().sort().to_list() == ["contrastive", "mamba"]
    assert {report.name for report in results.task_leakage} == set(TASKS)
    assert [comparison.split for comparison in results.comparisons] == ["homology"]
    assert set(results.maps) == set(MODELS)


def test_what_an_earlier_configuration_left_is_not_shown(folder: Path, tmp_path: Path) -> None:
    left = shutil.copytree(folder, tmp_path / "results")
    shutil.copytree(left / "pretrain/untrained", left / "pretrain/old")
    shutil.copy(left / "evaluate/umap/untrained.parquet", left / "evaluate/umap/old.parquet")
    shutil.copy(left / "tasks/eclip.json", left / "tasks/old.json")
    leakage = left / "evaluate/leakage/homology"
    shutil.copy(leakage / "eclip.json", leakage / "old.json")
    shutil.copy(leakage / "eclip.json", leakage / "gone.json")
    (left / "evaluate/finetune/homology/old").mkdir()
    runs = finetune_table("old", "contrastive", [0.5])
    path = left / "evaluate/finetune/homology/old/contrastive.parquet"
    schemas.write_table(runs, path, schemas.FINETUNE)
    ten = held_out_table(np.eye(10), np.eye(10))
    schemas.write_table(
        ten, left / "evaluate/held_out/homology/biotype/old.parquet", schemas.HELD_OUT
    )
    for path in ("old/untrained", "eclip/old"):
        target = left / f"evaluate/probe/homology/{path}.parquet"
        target.parent.mkdir(exist_ok=True)
        task, model = path.split("/")
        schemas.write_table(probe_table(task, model, [0.5]), target, schemas.PROBE)
    assert page(collect(left), ReportSettings()) == page(collect(folder), ReportSettings())


def test_only_what_the_build_has_now_is_shown(folder: Path) -> None:
    names = {"tasks": ("go-mf", "biotype"), "models": MODELS[:2], "finetuned": ("mamba",)}
    results = collect(folder, ReportRun.model_validate(names))
    assert list(results.tasks) == ["go-mf", "biotype"]
    assert [model.name for model in results.models] == list(MODELS[:2])
    assert set(results.probes.select("task", "model").rows()) == {
        ("go-mf", model) for model in MODELS[:2]
    }
    assert set(results.structural.select("task", "model").rows()) == {
        ("biotype", model) for model in MODELS[:2]
    }
    assert [(made.model, set(made.confusion)) for made in results.structures] == [
        (model, {"biotype"}) for model in MODELS[:2]
    ]
    assert not any(made.points for made in results.structures)
    assert [report.name for report in results.task_leakage] == ["go-mf"]
    assert set(results.finetuned.select("task", "model").rows()) == {("go-mf", "mamba")}
    assert set(results.maps) == set(MODELS[:2])


def test_a_build_without_fine_tuning_shows_none_that_was_left(folder: Path) -> None:
    assert collect(folder, ReportRun(finetuned=())).finetuned.is_empty()


def test_structure_is_fine_tuned_as_well(folder: Path, tmp_path: Path) -> None:
    own = shutil.copytree(folder, tmp_path / "results")
    runs = finetune_table("cds-length", "contrastive", [0.5, 0.6])
    path = own / "evaluate/finetune/homology/cds-length/contrastive.parquet"
    schemas.write_table(runs, path, schemas.FINETUNE)
    assert collect(own).finetuned.filter(task="cds-length").equals(runs)


def test_no_results(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match="holds no results; give the folder of one build"):
        collect(tmp_path)
    with pytest.raises(OrthrusError, match="is not a folder"):
        collect(tmp_path / "nowhere")


def test_metrics_of_an_earlier_training_are_not_those_of_weights_that_were_read(
    tmp_path: Path,
) -> None:
    write_models(tmp_path)
    write_read_model(tmp_path, "contrastive")
    models = {model.name: model for model in collect(tmp_path).models}
    assert (models["contrastive"].steps, models["contrastive"].metrics.height) == (None, 0)
    assert [models[name].steps for name in ("mask_only", "untrained")] == [200, 0]


def test_damaged_metrics(tmp_path: Path) -> None:
    write_models(tmp_path)
    (tmp_path / "pretrain/contrastive/metrics.csv").write_text("step,loss\n1,abc\n")
    with pytest.raises(OrthrusError, match=r"contrastive/metrics.csv: is no table of metrics"):
        collect(tmp_path)
