from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from pretrain_helpers import TINY, made_world

from orthrus.config import settings
from orthrus.config.pretrain import PretrainSettings, TrainSettings
from orthrus.errors import OrthrusError
from orthrus.pretrain import launch
from orthrus.pretrain.data import PairDataset
from orthrus.pretrain.train import train
from orthrus.relations.index import Relations
from orthrus.transcripts.corpus import Corpus

EXACT = [*TINY, "train.steps=20", "train.precision=64", "objective.mlm_weight=0.3", "seed=3"]


def losses(folder: Path) -> list[tuple[float, ...]]:
    with open(folder / "metrics.csv") as handle:
        rows = list(csv.DictReader(handle))
    return [tuple(float(row[name] or 0) for name in ("loss", "mlm", "val_loss")) for row in rows]


def test_two_processes_train_like_one(tmp_path: Path) -> None:
    stores, relations = made_world(tmp_path)
    wanted = settings(PretrainSettings, EXACT)
    examples = PairDataset(Corpus.open(stores), Relations.open(relations), wanted)
    plan = examples.epoch(examples.bases(), 0).plan
    assert (np.diff(plan.bounds) % 2).any(), "some steps are to give two ranks unequal batches"
    train(stores, relations, tmp_path / "one", tmp_path / "s", wanted)
    command = [sys.executable, "-m", "orthrus", "pretrain", "train", *map(str, stores)]
    command += ["--relations", str(relations), "-o", str(tmp_path / "two")]
    command += ["--state", str(tmp_path / "state"), "--set", "train.devices=2"]
    command += [word for assignment in EXACT for word in ("--set", assignment)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("step 20 of 20") == 1
    assert (tmp_path / "two/model.safetensors").exists()
    one, two = losses(tmp_path / "one"), losses(tmp_path / "two")
    assert len(one) == 21
    for expected, found in zip(one, two, strict=True):
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_relaunch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = made_world(tmp_path)
    calls: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda path, words: calls.append(words))
    monkeypatch.setattr(sys, "argv", ["orthrus", "pretrain", "train"])
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    launch.relaunch(TrainSettings(), *inputs)
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "some")
    launch.relaunch(TrainSettings(devices=2), *inputs)
    assert not calls
    monkeypatch.delenv("TORCHELASTIC_RUN_ID")
    launch.relaunch(TrainSettings(devices=2, threads=3), *inputs)
    (words,) = calls
    assert words[1:3] == ["-m", "torch.distributed.run"]
    assert "--nproc-per-node=2" in words
    assert words[-4:] == ["-m", "orthrus", "pretrain", "train"]
    assert os.environ["OMP_NUM_THREADS"] == "3"


def test_more_processes_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch.device, "choose", lambda *_: torch.device("cuda"))
    monkeypatch.setattr(launch.torch.cuda, "device_count", lambda: 1)
    message = "train.devices: 4 GPUs are asked for, and this machine has 1; set train.devices=1"
    with pytest.raises(OrthrusError, match=message):
        launch.relaunch(TrainSettings(devices=4), [], Path("relations"))


def test_inputs_are_looked_at_before(tmp_path: Path) -> None:
    stores, relations = made_world(tmp_path)
    with pytest.raises(OrthrusError, match="was built from other stores, or in another order"):
        launch.relaunch(TrainSettings(devices=2), stores[::-1], relations)
