from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from sources_helpers import QUERY, UCSC, small_build

from orthrus.config import settings
from orthrus.config.report import ReportRun
from orthrus.errors import OrthrusError
from orthrus.sources.toga_queries import COLUMNS as QUERY_COLUMNS
from orthrus.workflow import BuildPlan, clear_stale_locks


def plan(folder: Path, header: tuple[str, ...] = QUERY_COLUMNS, **values: object) -> BuildPlan:
    """Return the plan of a build with one reference and one query."""
    return BuildPlan({"build": str(small_build(folder, header)), **values})


def test_sets_are_references_and_queries(tmp_path: Path) -> None:
    made = plan(tmp_path)
    reference, query = made.sets.values()
    assert (reference.name, reference.assembly, reference.projected) == (
        *("ce11.ncbirefseq", "ce11"),
        False,
    )
    assert (query.name, query.taxon_id, query.projected) == ("canFam3.toga_hg38", 9615, True)
    assert made.paired == ["ce11.ncbirefseq", "canFam3.toga_hg38"]
    assert made.reference_stores("ce11") == made.stores(["ce11.ncbirefseq"])
    assert made.reference_stores("canFam3") == []


def test_options_survive_the_shell(tmp_path: Path) -> None:
    made = plan(tmp_path, resources="my files", mirror="my mirror")
    words = shlex.split(made.annotation_options("ce11.ncbirefseq"))
    assert words == [
        *("--annotation-set", "ce11.ncbirefseq", "--species", "X d'y"),
        *("--chrom-sizes", f"my files/{UCSC}/ce11/bigZips/ce11.chrom.sizes"),
    ]
    assert shlex.split(made.mirror_flag) == ["--mirror", "my mirror"]


def test_fine_tuning_starts_from_weights_or_from_none(tmp_path: Path) -> None:
    own = {"models": ["plain"], "scratch": {"cnn": {"kind": "dilated_cnn"}}}
    made = plan(tmp_path, results="my results", finetune=own, evaluate={"finetune": {"lr": 0.5}})
    folder = "my results/mine/pretrain/plain"
    assert made.finetune_weights("plain") == [f"{folder}/model.safetensors"]
    assert shlex.split(made.finetune_options("plain")) == ["--weights", folder, "--set", "lr=0.5"]
    assert made.finetune_weights("cnn") == []
    assert shlex.split(made.finetune_options("cnn")) == [
        *("--set", "lr=0.5"),
        *("--set", "encoder.kind=dilated_cnn"),
    ]


@pytest.mark.parametrize(
    ("name", "place", "beside"),
    [
        ("orthrus-6-track.weights", "orthrus-6-track/resolve/main/model.safetensors", ["config"]),
        (
            "orthrus-6-track.weights_bin",
            "orthrus-6-track/resolve/main/pytorch_model.bin",
            ["config"],
        ),
        (
            "lightning.large_6_track.checkpoint",
            "orthrus/resolve/main/models/orthrus_large_6_track/epoch=22-step=20000.ckpt",
            ["model_config", "data_config"],
        ),
    ],
)
def test_published_weights_are_fetched_with_their_configuration(
    tmp_path: Path, name: str, place: str, beside: list[str]
) -> None:
    models = {"published": {"weights": f"weights.{name}"}}
    made = plan(tmp_path, resources="fetched", models=models)
    wanted = Path("fetched/huggingface.co/antichronology", place)
    files = [str(wanted), *(str(wanted.with_name(f"{file}.json")) for file in beside)]
    assert made.read == {"published": (files[0], files)}
    assert set(files) <= {f"fetched/{path}" for path in made.sources()}
    assert not any("huggingface" in path for path in plan(tmp_path).sources())


@pytest.mark.parametrize("place", ["own", "own/model.safetensors"])
def test_weights_of_ones_own_lie_beside_the_build(tmp_path: Path, place: str) -> None:
    folder = tmp_path / "own"
    (folder / "inside").mkdir(parents=True)
    for name in ("config.json", "model.safetensors"):
        (folder / name).touch()
    made = plan(tmp_path, models={"published": {"weights": place}})
    files = [f"{folder}/config.json", f"{folder}/model.safetensors"]
    assert made.read == {"published": (str(tmp_path / place), files)}


def test_weights_that_are_nowhere_are_one_line(tmp_path: Path) -> None:
    made = plan(tmp_path, models={"published": {"weights": "weights.orthrus-7-track"}})
    message = r"models\.published\.weights: .*/weights\.orthrus-7-track does not exist; give a"
    with pytest.raises(OrthrusError, match=message):
        _ = made.read


def test_the_structure_of_a_store_is_embedded_once_and_compares_no_models(tmp_path: Path) -> None:
    store = "ce11.ncbirefseq"
    tasks = {
        "biotype": {"store": store},
        "go-mf": {"sources": ["go.ontology", "go.human"], "store": store},
    }
    made = plan(tmp_path, tasks=tasks, baselines={"kmers": {}})
    assert (made.structural, made.compared) == (["biotype"], ["go-mf"])
    folder = "results/mine/evaluate/embeddings"
    assert made.embeddings("biotype", "plain") == f"{folder}/{store}/plain.parquet"
    assert made.embeddings("biotype", "kmers") == f"{folder}/biotype/kmers.parquet"
    assert made.embeddings("go-mf", "plain") == f"{folder}/go-mf/plain.parquet"


def test_the_report_is_told_what_the_build_has(tmp_path: Path) -> None:
    own = {"tasks": {"biotype": {"store": "ce11.ncbirefseq"}}, "baselines": {"kmers": {}}}
    scratch = {"mamba_from_scratch": {}, "cnn": {"kind": "dilated_cnn"}}
    own |= {"finetune": {"scratch": scratch}}
    made = plan(tmp_path, report={"title": "A 'b'"}, **own)
    options = shlex.split(made.report_options)
    assert settings(ReportRun, options[1::2]) == ReportRun(
        title="A 'b'",
        tasks=("biotype",),
        models=tuple(made.build.compared_models),
        finetuned=("mamba_from_scratch", "cnn"),
        supervised=("cnn",),
    )


def test_names_of_sequences_go_with_the_table_and_the_genome(tmp_path: Path) -> None:
    (name, other), header = ("ce11.ncbirefseq", QUERY[0]), (*QUERY_COLUMNS, "aliases")
    override = {"references": {name: {"aliases": f"https://{UCSC}/ce11/bigZips/a b.txt"}}}
    made = plan(tmp_path, header, **override)
    path = f"resources/{UCSC}/ce11/bigZips/a b.txt"
    assert made.annotation_inputs(name)["aliases"] == path
    assert made.transcripts_inputs(name)["aliases"] == path
    assert shlex.split(made.transcripts_options(name)) == ["--aliases", path]
    assert made.transcripts_options(other) == "--aliases resources/a.org/names"
    assert plan(tmp_path).transcripts_options(other) == ""


def test_stale_locks_go_when_no_other_instance_runs(tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    held = clear_stale_locks(tmp_path)
    assert held is not None
    assert not (tmp_path / "locks").exists()
    (tmp_path / "locks").mkdir()
    assert clear_stale_locks(tmp_path) is None
    assert (tmp_path / "locks").exists()
    held.close()
