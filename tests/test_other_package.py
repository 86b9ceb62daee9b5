"""An encoder of another package works in every stage, with nothing of this package changed."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from evaluate_helpers import random_codes, splits_table, task_table, write_task
from pretrain_helpers import TINY, made_world
from typer.testing import CliRunner

from orthrus import schemas
from orthrus.cli import app
from orthrus.config import settings
from orthrus.config.models import EncoderSettings, encoder_sizes
from orthrus.config.pretrain import PretrainSettings
from orthrus.config.settings_model import flags
from orthrus.errors import OrthrusError
from orthrus.models import checkpoint, registry

MODULE = '''
import torch
from pydantic import Field

from orthrus.config.settings_model import SettingsModel
from orthrus.models.base import Encoder


class Options(SettingsModel):
    """What the toy takes."""

    channels: int = Field(8, ge=1)


class Toy(Encoder):
    """One linear layer of each nucleotide's tracks."""

    Options = Options
    has_state_per_nucleotide = True

    def __init__(self, settings):
        super().__init__(settings)
        self.width = self.options.channels
        self.linear = torch.nn.Linear(settings.n_tracks, self.width)

    def forward(self, tracks, lengths=None):
        return torch.tanh(self.linear(tracks))

    def positions(self, lengths):
        return lengths


class NoEncoder:
    Options = Options
'''
METADATA = "Metadata-Version: 2.1\nName: toys\nVersion: 1.0\n"
POINTS = """
[orthrus.encoders]
toy = toy_encoders:Toy
broken = toy_encoders:Absent
odd = toy_encoders:NoEncoder
"""
N = 60


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a package that brings encoders."""
    site = tmp_path / "site"
    (site / "toys-1.0.dist-info").mkdir(parents=True)
    (site / "toy_encoders.py").write_text(MODULE)
    (site / "toys-1.0.dist-info/METADATA").write_text(METADATA)
    (site / "toys-1.0.dist-info/entry_points.txt").write_text(POINTS)
    monkeypatch.syspath_prepend(site)
    monkeypatch.chdir(tmp_path)


def run(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.exception
    return done.stdout


def test_it_is_pretrained_shown_embedded_probed_and_fine_tuned(tmp_path: Path) -> None:
    stores, relations = made_world(tmp_path)
    tiny = [word for one in TINY if "encoder" not in one for word in ("--set", one)]
    toy = ("--set", "encoder.kind=toy", "--set", "encoder.options.channels=16")
    masked = ("--set", "objective.mlm_weight=0.5")
    run("pretrain", "train", *stores, "--relations", relations, "-o", "model", "--state", "state",
        *tiny, *toy, *masked)  # fmt: skip
    encoder = checkpoint.load_model("model")
    assert (type(encoder).__name__, encoder.width) == ("Toy", 16)
    assert json.loads(Path("model/config.json").read_text())["model_type"] == "orthrus_toy"
    assert "channels=16" in run("models", "show", "model")

    codes = random_codes(N)
    table = task_table(codes, [[code.count(0) / len(code)] for code in codes])
    write_task(tmp_path / "t.parquet", table, "go-mf", "regression")
    schemas.write_table(splits_table(N, (0, 1)), tmp_path / "s.parquet", schemas.SPLITS)
    names = ("--model", "toy", "--split", "s")
    small = ("--set", "seeds=[0, 1]", "--set", "min_test=3")
    run("embed", "t.parquet", "--model", "model", "-o", "e.parquet")
    run(
        "evaluate",
        "probe",
        "t.parquet",
        "e.parquet",
        "s.parquet",
        "-o",
        "p.parquet",
        *names,
        *small,
    )
    assert schemas.read_table("p.parquet", schemas.PROBE)["value"].is_finite().all()
    for how in (toy, ("--weights", "model")):
        run("evaluate", "finetune", "t.parquet", "s.parquet", "-o", "f.parquet", *names, *small,
            *how, "--set", "steps=4", "--set", "warmup=1", "--set", "labels=[20]")  # fmt: skip
        assert (
            schemas.read_table("f.parquet", schemas.FINETUNE).filter(pl.col("n_train") == 20).height
        )


def test_its_settings_pass_through_a_build() -> None:
    chosen = settings(PretrainSettings, ["encoder={kind: toy, options: {channels: 3}}"])
    assert flags(chosen).count("--set") == 2
    assert (
        settings(PretrainSettings, ["encoder.kind=toy", "encoder.options={channels: 3}"]) == chosen
    )
    assert encoder_sizes(chosen.encoder.model_dump()) == ["channels=3"]
    assert "options" not in EncoderSettings().model_dump()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("kind: tyo", "encoder.kind: no encoder is called 'tyo'; did you mean 'toy'"),
        ("kind: other", "known are mamba, dilated_cnn, saluki, broken, odd, toy"),
        ("{kind: toy, options: {channel: 3}}", "unknown key 'channel'; did you mean 'channels'"),
        ("{kind: toy, options: {channels: 0}}", "channels"),
        ("{options: {channels: 3}}", "'mamba' takes none; leave out 'channels'"),
        ("kind: broken", "toy_encoders:Absent: cannot be imported"),
    ],
)
def test_what_it_does_not_take_is_one_line(given: str, message: str) -> None:
    with pytest.raises(OrthrusError, match=message) as error:
        settings(PretrainSettings, [f"encoder={given if given[0] == '{' else f'{{{given}}}'}"])
    assert "\n" not in str(error.value)


def test_what_is_no_encoder_is_refused() -> None:
    with pytest.raises(OrthrusError, match=r"encoder odd: toy_encoders:NoEncoder is no subclass"):
        registry.find("odd")
    with pytest.raises(OrthrusError, match="no encoder is called 'nothing'"):
        registry.find("nothing")
