"""A byte that flips in any file that a stage reads is noticed by that stage before it writes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from evaluate_helpers import random_codes, splits_table, task_table, write_task, write_test_store
from pretrain_helpers import made_world
from report_helpers import write_data, write_evaluation, write_models
from typer.testing import CliRunner

from orthrus import schemas
from orthrus.cli import app
from orthrus.config.models import EncoderSettings
from orthrus.errors import OrthrusError
from orthrus.evaluate import embeddings_io
from orthrus.evaluate.probe_io import Linear, Probe
from orthrus.models import checkpoint
from orthrus.models.encoder import Orthrus

N = 40
SETS = ("simHum1.gencode_v1", "simMus1.gencode_vM1", "macSim1.toga_simHum1")
STORES = tuple(f"{name}.zarr" for name in SETS)
EMBED = ("embed", "{0}", "--model", "model", "-o", "out.parquet")
PROBE = (
    *("evaluate", "probe", "task.parquet", "e.parquet", "splits.parquet", "-o", "out.parquet"),
    *("--save", "out.safetensors", "--model", "m", "--split", "s", "--set", "seeds=[11]"),
)
READERS = {
    "task.parquet": EMBED,
    "task.json": PROBE,
    "splits.parquet": PROBE,
    "e.parquet": PROBE,
    "p.safetensors": (
        *("predict", "task.parquet", "--model", "model", "--probe", "{0}", "-o", "out.tsv"),
    ),
    "model/model.safetensors": ("models", "convert", "model", "-o", "out"),
    "model/config.json": ("models", "convert", "model", "-o", "out"),
    "a.zarr/table.parquet": ("embed", "a.zarr", *EMBED[2:]),
    "a.zarr/zarr.json": ("embed", "a.zarr", *EMBED[2:]),
    "a.zarr/codes/zarr.json": ("embed", "a.zarr", *EMBED[2:]),
    "a.zarr/codes/c/0": ("embed", "a.zarr", *EMBED[2:]),
    "a.zarr/offsets/zarr.json": ("embed", "a.zarr", *EMBED[2:]),
    "a.zarr/offsets/c/0": ("embed", "a.zarr", *EMBED[2:]),
}
QC = ("relations", "qc", "relations", *STORES, "-o", "out.parquet")
READERS |= {f"relations/{name}.parquet": QC for name in ("sets", "corpus", "groups", "members")}
BUILD = ("relations", "build", *STORES, "-o", "out")
READERS |= {f"{STORES[0]}/{name}": BUILD for name in ("table.parquet", "zarr.json")}
FINETUNE = (
    *("evaluate", "finetune", "task.parquet", "splits.parquet", "-o", "out.parquet"),
    *("--weights", "model", "--model", "m", "--split", "s"),
)
HELD_OUT = (
    *("evaluate", "held-out", "task.parquet", "e.parquet", "splits.parquet", "p.safetensors"),
    *("-o", "out.parquet"),
)
FURTHER = (
    *((name, FINETUNE) for name in ("task.parquet", "splits.parquet", "model/model.safetensors")),
    *((name, HELD_OUT) for name in ("task.parquet", "e.parquet", "splits.parquet")),
    ("p.safetensors", HELD_OUT),
    ("relations/corpus.parquet", ("relations", "export", "relations", "-o", "out.parquet")),
    ("relations/counts.json", ("relations", "count", "relations")),
)
"""Further commands that read such files."""
REPORT = ("report", "build", "results", "-o", "out.html")
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
    codes = random_codes(N)
    task = task_table(codes, [[float(len(code))] for code in codes])
    write_task(folder / "task.parquet", task, "task", "regression")
    schemas.write_table(splits_table(N), folder / "splits.parquet", schemas.SPLITS)
    matrix = np.random.default_rng(0).normal(size=(N, 16)).astype(np.float32)
    embeddings_io.write_embeddings(folder / "e.parquet", task["transcript_id"], matrix, "d" * 64)
    digest = checkpoint.digest(checkpoint.load(folder / "model"))
    facts = {"task": "t", "model": "m", "digest": digest, "kind": "regression", "labels": ["a"]}
    fit = Linear(np.zeros(16), np.ones(16), np.ones((16, 1)), np.zeros(1), probabilities=False)
    Probe(facts | {"seeds": [1]}, [fit]).write(folder / "p.safetensors")
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
        file.write_bytes(sound[:at] + bytes([sound[at] ^ 0x29]) + sound[at + 1 :])
        told = CliRunner().invoke(app, command)
        assert isinstance(told.exception, OrthrusError), (file, at, told.exception)
        assert "\n" not in str(told.exception)
        assert file.relative_to(folder).parts[0] in str(told.exception)
        assert sorted(folder.rglob("*")) == before
    file.write_bytes(sound)


@pytest.mark.parametrize(("name", "command"), [*READERS.items(), *FURTHER])
def test_flipped_bytes_of_inputs(
    made: Path, tmp_path: Path, monkeypatch, name: str, command: tuple[str, ...]
) -> None:
    shutil.copytree(made, tmp_path / "made")
    command = tuple(word.format(name) for word in command)
    refused(tmp_path / "made", tmp_path / "made" / name, command, monkeypatch)


@pytest.mark.parametrize("kind", KINDS)
def test_flipped_bytes_of_results(made: Path, tmp_path: Path, monkeypatch, kind: str) -> None:
    shutil.copytree(made, tmp_path / "made")
    file = sorted((tmp_path / "made/results").glob(kind))[0]
    refused(tmp_path / "made", file, REPORT, monkeypatch)
