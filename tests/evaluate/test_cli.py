from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from evaluate_helpers import (
    probe_table,
    random_codes,
    splits_table,
    task_table,
    write_task,
    write_test_store,
)
from typer.testing import CliRunner

from orthrus import schemas
from orthrus.config.models import EncoderSettings
from orthrus.errors import OrthrusError
from orthrus.evaluate import embeddings_io
from orthrus.evaluate import umap as maps
from orthrus.evaluate.cli import app
from orthrus.evaluate.probe_io import Linear, Probe
from orthrus.files import read_json, write_json
from orthrus.models import checkpoint
from orthrus.models.encoder import Orthrus

N = 100


def run(*arguments: str | Path) -> None:
    result = CliRunner().invoke(
        app, [str(argument) for argument in arguments], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output


def test_from_task_to_zscores(tmp_path: Path) -> None:
    torch.manual_seed(0)
    checkpoint.save(Orthrus(EncoderSettings(width=16, layers=1)), tmp_path / "model")
    codes = random_codes(N)
    labels = [[float(len(code) > 30), float(code.count(b"\0") > 8)] for code in codes]
    task = write_task(tmp_path / "go-mf.parquet", task_table(codes, labels), "go-mf", "multilabel")
    schemas.write_table(splits_table(N), tmp_path / "splits.parquet", schemas.SPLITS)
    run("embed", task, "--model", tmp_path / "model", "-o", tmp_path / "e.parquet")
    for model in ("one", "two"):
        run(
            "probe", task, tmp_path / "e.parquet", tmp_path / "splits.parquet",
            "-o", tmp_path / f"{model}.parquet", "--model", model, "--split", "homology",
            "--save", tmp_path / "p.safetensors", "--set", "seeds=[11, 12, 13]",
        )  # fmt: skip
    probe = schemas.read_table(tmp_path / "one.parquet", schemas.PROBE)
    metrics = {"auprc_micro", "auprc_macro", "auroc_micro", "auroc_macro"}
    assert set(probe["metric"]) == metrics
    assert probe.height == 3 * 4
    run(
        "predict", task, "--model", tmp_path / "model", "--probe", tmp_path / "p.safetensors",
        "-o", tmp_path / "predicted.tsv", "--max-memory", "2G",
    )  # fmt: skip
    torch.manual_seed(1)
    checkpoint.save(Orthrus(EncoderSettings(width=16, layers=1)), tmp_path / "other")
    refused = CliRunner().invoke(
        app,
        [
            "predict", str(task), "--model", str(tmp_path / "other"),
            "--probe", str(tmp_path / "p.safetensors"), "-o", str(tmp_path / "none.tsv"),
        ],
    )  # fmt: skip
    with pytest.raises(OrthrusError, match=r"p.safetensors: the probe was fitted to other weights"):
        raise refused.exception or AssertionError
    assert not (tmp_path / "none.tsv").exists()
    predicted = pl.read_csv(tmp_path / "predicted.tsv", separator="\t")
    assert (
        predicted["transcript_id"].to_list()
        == schemas.read_table(task, schemas.TASK)["transcript_id"].to_list()
    )
    assert predicted["a"].is_between(0, 1).all()
    run(
        "zscore", tmp_path / "one.parquet", tmp_path / "two.parquet", "-o", tmp_path / "z.parquet",
        "--summary", tmp_path / "z.json", "--set", "reference=two", "--set", "test=paired",
    )  # fmt: skip
    assert schemas.read_table(tmp_path / "z.parquet", schemas.ZSCORES).height == 6
    facts = read_json(tmp_path / "z.json")
    assert (facts["reference"], facts["test"], facts["split"]) == ("two", "paired", "homology")
    assert sorted(facts["boxes"]["go-mf"]) == ["one", "two"]


def test_predicting_within_a_limit_of_memory(tmp_path: Path) -> None:
    torch.manual_seed(0)
    encoder = Orthrus(EncoderSettings(width=16, layers=1))
    checkpoint.save(encoder, tmp_path / "model")
    each = Linear(np.zeros(16), np.ones(16), np.ones((16, 1)), np.zeros(1), probabilities=False)
    facts = {"task": "t", "model": "m", "kind": "regression", "labels": ["value"], "seeds": [1]}
    Probe(facts | {"digest": checkpoint.digest(encoder)}, [each]).write(tmp_path / "p")
    (tmp_path / "m.fa").write_text(">t\nACGT\n")
    words = ("predict", "m.fa", "--model", "model", "--probe", "p", "-o", "o.tsv")
    result = CliRunner().invoke(
        app,
        [*(str(tmp_path / word) if (tmp_path / word).exists() else word for word in words),
         "--max-memory", "1M"],
    )  # fmt: skip
    with pytest.raises(OrthrusError, match=r"--max-memory: transcript t of 4 nt needs"):
        raise result.exception or AssertionError


def test_fine_tuning_writes_its_table(tmp_path: Path) -> None:
    codes = random_codes(N)
    table = task_table(codes, [[float(len(code))] for code in codes])
    task = write_task(tmp_path / "t.parquet", table, "t", "regression")
    schemas.write_table(splits_table(N), tmp_path / "splits.parquet", schemas.SPLITS)
    short = ("labels=[full]", "seeds=[11]", "steps=2", "warmup=1", "encoder.width=16")
    run(
        "finetune", task, tmp_path / "splits.parquet", "-o", tmp_path / "o.parquet",
        "--model", "mamba", "--split", "homology", *(w for key in short for w in ("--set", key)),
    )  # fmt: skip
    found = schemas.read_table(tmp_path / "o.parquet", schemas.FINETUNE)
    assert found.select("task", "model", "split", "labels", "seed", "steps").unique().rows() == [
        ("t", "mamba", "homology", "full", 11, 2)
    ]


def test_the_same_probes_give_the_same_bytes(tmp_path: Path) -> None:
    for model in ("a", "b"):
        schemas.write_table(
            probe_table("hl", model, [0.1, 0.2]), tmp_path / f"{model}.parquet", schemas.PROBE
        )
    for name in ("1", "2"):
        run(
            "zscore", tmp_path / "a.parquet", tmp_path / "b.parquet",
            "-o", tmp_path / f"{name}.parquet", "--summary", tmp_path / f"{name}.json",
        )  # fmt: skip
    for suffix in ("parquet", "json"):
        assert (tmp_path / f"1.{suffix}").read_bytes() == (tmp_path / f"2.{suffix}").read_bytes()


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("umap s.zarr e.parquet -o map.png", r"\.parquet"),
        ("features t.parquet -o kmers.csv", r"\.parquet"),
        ("predict t.parquet --model m --probe p -o o.xlsx", r"\.parquet, \.tsv or \.csv"),
    ],
)
def test_outputs_of_no_known_format_are_refused_first(words: str, names: str) -> None:
    with pytest.raises(
        OrthrusError, match=rf"its suffix is none of those known here; name it {names}$"
    ):
        CliRunner().invoke(app, words.split(), catch_exceptions=False)


def test_map_of_a_store(tmp_path: Path) -> None:
    from orthrus.evaluate import embeddings_io

    store = write_test_store(tmp_path / "s.zarr", random_codes(30))
    names = [f"T{row}" for row in range(30)]
    matrix = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    embeddings_io.write_embeddings(tmp_path / "e.parquet", names, matrix)
    output = tmp_path / "map.parquet"
    run(
        "umap", store, tmp_path / "e.parquet", "-o", output,
        "--set", "neighbors=5", "--set", "max_points=20",
    )  # fmt: skip
    found = schemas.read_table(output, maps.MAP)
    assert found.height == 20
    assert found["x"].is_finite().all()


def test_baseline_and_external_model_stand_in_for_a_model(tmp_path: Path) -> None:
    task = write_task(
        tmp_path / "t.parquet", task_table(random_codes(9), [[0.0]] * 9), "t", "regression"
    )
    run("features", task, "-o", tmp_path / "kmers.parquet", "--set", "k=2", "--set", "tracks=4")
    names, kmers = embeddings_io.read_embeddings(tmp_path / "kmers.parquet")
    assert kmers.shape == (9, 4 + 16 + 1)
    np.save(tmp_path / "other.npy", kmers)
    run("external", task, tmp_path / "other.npy", "-o", tmp_path / "external.parquet")
    taken, external = embeddings_io.read_embeddings(tmp_path / "external.parquet")
    assert taken.equals(names)
    np.testing.assert_array_equal(external, kmers)


def test_an_external_model_may_have_a_row_for_each_of_the_release(tmp_path: Path) -> None:
    numbered = task_table(random_codes(2), [[0.0]] * 2).with_columns(
        transcript_id=pl.Series(["t:2", "t:4"])
    )
    task = write_task(tmp_path / "t.parquet", numbered, "t", "regression")
    write_json(read_json(tmp_path / "t.json") | {"released": 4}, tmp_path / "t.json")
    released = np.arange(8, dtype=np.float32).reshape(4, 2)
    np.savez(tmp_path / "t_evo2.npz", embedding=released)
    run("external", task, tmp_path / "t_evo2.npz", "-o", tmp_path / "external.parquet")
    np.testing.assert_array_equal(
        embeddings_io.read_embeddings(tmp_path / "external.parquet")[1], released[[1, 3]]
    )


@pytest.mark.parametrize("name", ["../../x", "..", "m\x1b[31m", "r\n", "<b>", "a/b", ""])
@pytest.mark.parametrize("option", ["--model", "--split"])
def test_names_of_models_and_splits_are_plain(tmp_path: Path, option: str, name: str) -> None:
    names = {"--model": "m", "--split": "s"} | {option: name}
    words = ["probe", "t.parquet", "e.parquet", "s.parquet", "-o", str(tmp_path / "o.parquet")]
    words += [word for pair in names.items() for word in pair]
    with pytest.raises(OrthrusError, match="is not a valid name"):
        CliRunner().invoke(app, words, catch_exceptions=False)


def test_a_second_output_is_looked_at_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "z.json").symlink_to("nowhere")
    words = ["zscore", "none.parquet", "-o", str(tmp_path / "z.parquet")]
    with pytest.raises(OrthrusError, match=r"z\.json: is a symbolic link"):
        CliRunner().invoke(
            app, [*words, "--summary", str(tmp_path / "z.json")], catch_exceptions=False
        )
    assert [path.name for path in tmp_path.iterdir()] == ["z.json"]
