"""Flipped bytes in what a stage reads are noticed before it writes, full disks where it writes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from damage_helpers import flip, full_disk
from evaluate_helpers import random_codes, splits_table, task_table, write_task, write_test_store
from pretrain_helpers import TINY, made_world
from report_helpers import write_data, write_evaluation, write_models
from typer.testing import CliRunner

from orthrus import schemas
from orthrus.cli import app
from orthrus.config.models import EncoderSettings
from orthrus.disk_errors import DiskError
from orthrus.errors import OrthrusError
from orthrus.evaluate import embeddings_io
from orthrus.evaluate.probe_io import Linear, Probe
from orthrus.models import checkpoint
from orthrus.models.encoder import Orthrus

N = 40
SETS = ("simHum1.gencode_v1", "simMus1.gencode_vM1", "macSim1.toga_simHum1")
STORES = tuple(f"{name}.zarr" for name in SETS)
EMBED = ("--model", "model", "-o", "out.parquet")
PROBE = (
    *("evaluate", "probe", "task.parquet", "e.parquet", "splits.parquet", "-o", "out.parquet"),
    *("--save", "out.safetensors", "--model", "m", "--split", "s"),
    *("--set", "seeds=[11]", "--set", "min_test=3"),
)
FINETUNE = (
    *("evaluate", "finetune", "task.parquet", "splits.parquet", "-o", "out.parquet"),
    *("--weights", "model", "--model", "m", "--split", "s", "--set", "seeds=[11]"),
    *("--set", "min_test=3", "--set", "steps=2", "--set", "warmup=1"),
)
HELD_OUT = (
    *("evaluate", "held-out", "task.parquet", "e.parquet", "splits.parquet", "p.safetensors"),
    *("-o", "out.parquet"),
)
PREDICT = ("predict", "task.parquet", "--model", "model", "--probe", "p.safetensors")
RELATIONS = tuple(f"relations/{name}.parquet" for name in ("sets", "corpus", "groups", "members"))
ARRAYS = tuple(
    f"a.zarr/{name}/{part}" for name in ("codes", "offsets") for part in ("zarr.json", "c/0")
)
READERS = {
    ("embed", "task.parquet", *EMBED): ("task.parquet",),
    ("embed", "a.zarr", *EMBED): ("a.zarr/table.parquet", "a.zarr/zarr.json", *ARRAYS),
    PROBE: ("task.json", "splits.parquet", "e.parquet"),
    (*PREDICT, "-o", "out.tsv"): ("p.safetensors",),
    ("models", "convert", "model", "-o", "out"): ("model/model.safetensors", "model/config.json"),
    FINETUNE: ("task.parquet", "splits.parquet", "model/model.safetensors"),
    HELD_OUT: ("task.parquet", "e.parquet", "splits.parquet", "p.safetensors"),
    ("relations", "qc", "relations", *STORES, "-o", "out.parquet"): RELATIONS,
    ("relations", "build", *STORES, "-o", "out"): (
        f"{STORES[0]}/table.parquet",
        f"{STORES[0]}/zarr.json",
    ),
    ("relations", "export", "relations", "-o", "out.parquet"): ("relations/corpus.parquet",),
    ("relations", "count", "relations"): ("relations/counts.json",),
}
"""Files that a command reads, by the command."""
TRAIN = (
    *(
        "pretrain",
        "train",
        *STORES,
        "--relations",
        "relations",
        "-o",
        "out",
        "--state",
        "out-state",
    ),
    *(word for assignment in TINY for word in ("--set", assignment)),
)
REPORT = ("report", "build", "results", "-o", "out.html")
WRITERS = [command for command in (*READERS, REPORT) if "-o" in command]
KINDS = (
    *("annotation/*/summary.json", "transcripts/*/table.parquet", "transcripts/*/rejected.parquet"),
    *("transcripts/*/zarr.json", "relations/counts.json", "relations/quality.parquet"),
    *("relations/splits/*/*.json", "pretrain/*/summary.json", "tasks/*.json"),
    *("evaluate/probe/*/*/*.parquet", "evaluate/zscores/*.parquet", "evaluate/zscores/*.json"),
    "evaluate/umap/*.parquet",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file of every kind."""
    folder = tmp_path_factory.mktemp("made")
    torch.manual_seed(0)
    checkpoint.save(Orthrus(EncoderSettings(width=16, layers=1)), folder / "model")
    digest = checkpoint.digest(checkpoint.load_model(folder / "model"))
    codes = random_codes(N)
    task = task_table(codes, [[float(len(code))] for code in codes])
    write_task(folder / "task.parquet", task, "task", "regression")
    schemas.write_table(splits_table(N), folder / "splits.parquet", schemas.SPLITS)
    matrix = np.random.default_rng(0).normal(size=(N, 16)).astype(np.float32)
    embeddings_io.write_embeddings(folder / "e.parquet", task["transcript_id"], matrix, digest)
    facts = {"task": "task", "model": "m", "digest": digest, "kind": "regression", "labels": ["a"]}
    fit = Linear(np.zeros(16), np.ones(16), np.ones((16, 1)), np.zeros(1), probabilities=False)
    Probe(facts | {"seeds": [11]}, [fit]).write(folder / "p.safetensors")
    write_test_store(folder / "a.zarr", codes)
    made_world(folder)
    for write in (write_data, write_models, write_evaluation):
        write(folder / "results")
    return folder


def refused(folder: Path, file: Path, command: tuple[str, ...], monkeypatch) -> None:
    """Flip a byte at several places of a file: each time the command writes nothing."""
    monkeypatch.chdir(folder)
    sound = file.read_bytes()
    before = sorted(folder.rglob("*"))
    for at in sorted({0, 9, len(sound) // 3, len(sound) // 2, len(sound) - 40, len(sound) - 2}):
        file.write_bytes(sound)
        flip(file, at)
        told = CliRunner().invoke(app, command)
        assert isinstance(told.exception, OrthrusError), (file, at, told.exception)
        assert "\n" not in str(told.exception)
        assert file.relative_to(folder).parts[0] in str(told.exception)
        assert sorted(folder.rglob("*")) == before
    file.write_bytes(sound)


@pytest.mark.parametrize(
    ("name", "command"), [(name, command) for command in READERS for name in READERS[command]]
)
def test_flipped_bytes_of_inputs(
    made: Path, tmp_path: Path, monkeypatch, name: str, command: tuple[str, ...]
) -> None:
    shutil.copytree(made, tmp_path / "made")
    refused(tmp_path / "made", tmp_path / "made" / name, command, monkeypatch)


@pytest.mark.parametrize("kind", KINDS)
def test_flipped_bytes_of_results(made: Path, tmp_path: Path, monkeypatch, kind: str) -> None:
    shutil.copytree(made, tmp_path / "made")
    file = sorted((tmp_path / "made/results").glob(kind))[0]
    refused(tmp_path / "made", file, REPORT, monkeypatch)


@pytest.mark.parametrize("command", [*READERS, REPORT], ids=" ".join)
def test_without_damage_the_commands_work(
    made: Path, tmp_path: Path, monkeypatch, command: tuple[str, ...]
) -> None:
    shutil.copytree(made, tmp_path / "made")
    monkeypatch.chdir(tmp_path / "made")
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 0, told.exception


@pytest.mark.parametrize("pages", [0, 4])
@pytest.mark.parametrize("command", WRITERS, ids=" ".join)
def test_a_full_disk_is_one_line_and_leaves_nothing(
    made: Path, tmp_path: Path, monkeypatch, command: tuple[str, ...], pages: int
) -> None:
    monkeypatch.chdir(made)
    with full_disk(tmp_path / "disk", pages) as disk:
        words = [str(disk / word) if word.startswith("out") else word for word in command]
        told = CliRunner().invoke(app, words)
        if pages and not told.exception:
            return  # what it writes is small
        assert isinstance(told.exception, DiskError), told.exception
        assert str(disk) in str(told.exception)
        assert "\n" not in str(told.exception)
        assert [path.name for path in disk.iterdir()] == ["filler"]


@pytest.mark.parametrize("part", ["out", "state"])
def test_training_on_a_full_disk(made: Path, tmp_path: Path, part: str) -> None:
    with full_disk(tmp_path / "disk", 0) as disk:
        places = {name: tmp_path / name for name in ("out", "state")} | {part: disk / part}
        words = ("-o", places["out"], "--state", places["state"])
        command = [sys.executable, "-m", "orthrus", *TRAIN, *words]
        told = subprocess.run(command, cwd=made, capture_output=True, text=True)
        error = told.stderr.splitlines()[-1]
        assert (told.returncode, "Traceback" in told.stderr) == (2, False)
        assert error.startswith(f"error: {disk}")
        assert "No space left on device; free some space" in error
        assert not (disk / "out").exists()
        assert not list(disk.glob(".*"))
