from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from damage_helpers import flip
from pretrain_helpers import TINY, made_world
from typer.testing import CliRunner

from orthrus.cli import app
from orthrus.config import settings
from orthrus.config.pretrain import PretrainSettings
from orthrus.errors import OrthrusError
from orthrus.models import checkpoint
from orthrus.pretrain.callbacks import ProgressLogger
from orthrus.pretrain.lightning_module import Pretraining
from orthrus.pretrain.saved_states import SealedIO
from orthrus.pretrain.train import train

SAME = ("model.safetensors", "config.json", "metrics.csv", "summary.json")


class World:
    """Stores, relations, and a model trained on them without interruption."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.stores, self.relations = made_world(folder)
        self.model = folder / "model"
        self.train(self.model, folder / "state")

    def train(self, output: Path, state: Path, *assignments: str) -> None:
        wanted = settings(PretrainSettings, [*TINY, *assignments])
        train(self.stores, self.relations, output, state, wanted)

    def assert_same(self, output: Path) -> None:
        for name in SAME:
            assert (output / name).read_bytes() == (self.model / name).read_bytes(), name


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


def metrics(folder: Path) -> list[dict[str, str]]:
    with open(folder / "metrics.csv") as handle:
        return list(csv.DictReader(handle))


def test_outputs(world: World) -> None:
    assert {path.name for path in world.model.iterdir()} == {*SAME, "throughput.csv"}
    rows = metrics(world.model)
    assert [int(row["step"]) for row in rows] == list(range(13))
    assert [int(row["step"]) for row in rows if row["val_loss"]] == [0, 5, 10, 12]
    assert not rows[0]["loss"]
    assert all(row["loss"] and row["lr"] for row in rows[1:])
    rates = [float(row["lr"]) for row in rows[1:]]
    assert rates[0] == pytest.approx(1e-4)
    assert max(rates) == rates[3] == pytest.approx(1e-3)
    summary = json.loads((world.model / "summary.json").read_text())
    assert summary["training_transcripts"] + summary["validation_transcripts"] == 45
    assert checkpoint.load_model(world.model).width == 16
    with open(world.model / "throughput.csv") as handle:
        (speed,) = csv.DictReader(handle)
    assert float(speed["nucleotides_per_second"]) > 0
    assert 0 <= float(speed["padding"]) < 0.2
    assert 0 <= float(speed["waiting"]) <= 1
    assert not speed["utilisation"], "nobody said what the device can do"


def test_tensorboard_receives_the_metrics(world: World) -> None:
    (events,) = (world.folder / "state").glob("*/tensorboard/events*")
    content = events.read_bytes()
    for name in (b"loss", b"val_positive", b"nucleotides_per_second"):
        assert name in content


def test_it_learns(world: World, tmp_path: Path) -> None:
    world.train(tmp_path / "long", tmp_path / "state", "train.steps=50", "train.lr=0.003")
    rows = [row for row in metrics(tmp_path / "long") if row["val_loss"]]
    gaps = [float(row["val_positive"]) - float(row["val_negative"]) for row in rows]
    assert float(rows[-1]["val_loss"]) < float(rows[0]["val_loss"]) - 1
    assert gaps[-1] > gaps[0] + 0.2


def test_threads_are_as_many_as_asked_for() -> None:
    used_before = (
        "import torch\n"
        "torch.randn(500, 500) @ torch.randn(500, 500)\n"
        "from orthrus.pretrain.train import _set_threads\n"
        "_set_threads(1)\n"
        "print(torch.get_num_threads())"
    )
    done = subprocess.run([sys.executable, "-c", used_before], capture_output=True, check=True)
    assert done.stdout == b"1\n"


def test_the_scan_is_chosen_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORTHRUS_SCAN", "fastest")
    with pytest.raises(OrthrusError, match="ORTHRUS_SCAN=fastest: no such scan"):
        train(
            [tmp_path], tmp_path, tmp_path / "m", tmp_path / "s", settings(PretrainSettings, TINY)
        )


class StopError(Exception):
    """Stands for whatever ends a process between two steps."""


@pytest.mark.parametrize("step", [1, 4, 7, 8])
def test_resumed_equals_uninterrupted(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    def stop(self, trainer, *_) -> None:
        if trainer.global_step == step:
            raise StopError

    with monkeypatch.context() as patched:
        patched.setattr(ProgressLogger, "on_train_batch_end", stop)
        with pytest.raises(StopError):
            world.train(tmp_path / "model", tmp_path / "state")
    assert not (tmp_path / "model").exists()
    torch.manual_seed(step)
    world.train(tmp_path / "model", tmp_path / "state")
    world.assert_same(tmp_path / "model")


def test_killed_and_typed_again(world: World, tmp_path: Path) -> None:
    kill = (
        "import os, signal, sys\n"
        "from orthrus.__main__ import main\n"
        "from orthrus.pretrain.callbacks import Checkpointer\n"
        "save = Checkpointer.on_train_batch_end\n"
        "def save_or_die(self, trainer, *rest):\n"
        "    save(self, trainer, *rest)\n"
        "    trainer.global_step == 6 and os.kill(os.getpid(), signal.SIGKILL)\n"
        "Checkpointer.on_train_batch_end = save_or_die\n"
        "main()"
    )
    command = ["pretrain", "train", *map(str, world.stores), "--relations", str(world.relations)]
    command += ["-o", str(tmp_path / "model"), "--state", str(tmp_path / "state")]
    command += [word for assignment in TINY for word in ("--set", assignment)]
    killed = subprocess.run([sys.executable, "-c", kill, *command], capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not (tmp_path / "model").exists()
    again = subprocess.run(
        [sys.executable, "-c", "from orthrus.__main__ import main; main()", *command],
        capture_output=True,
        text=True,
    )
    assert again.returncode == 0, again.stderr
    assert "continuing after step 4 of 12" in again.stderr
    assert not again.stdout
    assert "lightning" not in again.stderr.lower()
    assert "Warning" not in again.stderr
    world.assert_same(tmp_path / "model")


@pytest.mark.parametrize("select", ["validation", "last"])
def test_selection(world: World, tmp_path: Path, select: str) -> None:
    """The rate is so high that the last weights are not the best."""
    harmful = ["train.lr=0.3", "train.warmup=0", f"train.select={select}"]
    world.train(tmp_path / "model", tmp_path / "state", *harmful)
    rows = metrics(tmp_path / "model")
    at = {int(row["step"]): float(row["val_loss"]) for row in rows[1:] if row["val_loss"]}
    summary = json.loads((tmp_path / "model/summary.json").read_text())
    assert summary["selected_step"] == (12 if select == "last" else min(at, key=at.get))
    module = Pretraining(settings(PretrainSettings, [*TINY, *harmful]))
    (saved,) = (tmp_path / "state").glob("*/last.ckpt")
    state = torch.load(saved, weights_only=True)
    last = {
        k.removeprefix("encoder."): v for k, v in state["state_dict"].items() if k[:8] == "encoder."
    }
    loaded = checkpoint.load_model(tmp_path / "model").state_dict()
    same = all(torch.equal(loaded[name], values) for name, values in last.items())
    assert same == (summary["selected_step"] == 12)
    assert loaded.keys() == module.encoder.state_dict().keys()


def test_superseded_states_go(world: World, tmp_path: Path) -> None:
    for rate in ("0.001", "0.002"):
        world.train(tmp_path / "model", tmp_path / "state", f"train.lr={rate}", "train.steps=2")
    assert len(list((tmp_path / "state").iterdir())) == 1


def test_where_it_runs_is_no_part_of_what_it_is(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    world.train(tmp_path / "again", world.folder / "state", "train.peak_tflops=1")
    assert "already trained; using its result" in capsys.readouterr().err
    world.assert_same(tmp_path / "again")


@pytest.mark.skipif(find_spec("wandb") is not None, reason="wandb is installed")
def test_wandb_that_is_not_installed(world: World, tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match=r"train\.wandb: wandb is not installed; run `pip"):
        world.train(tmp_path / "model", tmp_path / "state", "train.wandb=orthrus")


def test_finished_training_is_used_again(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    world.train(tmp_path / "again", world.folder / "state")
    assert "already trained; using its result" in capsys.readouterr().err
    world.assert_same(tmp_path / "again")


def test_changed_setting_starts_afresh(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    shutil.copytree(world.folder / "state", tmp_path / "state")
    world.train(tmp_path / "model", tmp_path / "state", "train.lr=0.002")
    told = capsys.readouterr().err
    assert "settings.train.lr changed from 0.001 to 0.002; training starts afresh" in told
    assert metrics(tmp_path / "model") != metrics(world.model)


def test_untrained(world: World, tmp_path: Path) -> None:
    world.train(tmp_path / "model", tmp_path / "state", "train.steps=0")
    assert metrics(tmp_path / "model") == []
    assert not (tmp_path / "state").exists()
    assert checkpoint.load_model(tmp_path / "model").width == 16


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there(world: World, tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match=r"train\.device: cuda asked for"):
        world.train(tmp_path / "model", tmp_path / "state", "train.device=cuda")


@pytest.mark.parametrize(
    "choices",
    [
        ("objective.dcl=published_code", "objective.negatives=all", "validation.by=transcript"),
        ("batch.strategy=paper", "batch.sizes=[4, 6, 5]", "objective.projector_norm=per_rank"),
        ("objective.mlm_weight=0.95", "train.precision=bf16-mixed", "encoder.n_tracks=4"),
        ("objective.mlm_weight=1", "objective.mlm_hides=nucleotide", "train.precision=64"),
    ],
)
def test_published_choices(world: World, tmp_path: Path, choices: tuple[str, ...]) -> None:
    world.train(tmp_path / "model", tmp_path / "state", "train.steps=3", *choices)
    assert metrics(tmp_path / "model")[-1]["val_loss"]


def test_nothing_to_train_on(world: World, tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match="leaves 0 transcripts to train on"):
        world.train(
            tmp_path / "model", tmp_path / "state", "batch.max_length=1", "validation.fraction=0"
        )
    assert not list(tmp_path.iterdir())


def test_mistyped_key(world: World, tmp_path: Path) -> None:
    command = ["pretrain", "train", str(world.stores[0]), "--relations", "r", "-o", "o"]
    command += ["--state", "s", "--set", "train.step=1"]
    with pytest.raises(OrthrusError, match=r"unknown key 'train\.step'; did you mean 'steps'"):
        CliRunner().invoke(app, command, catch_exceptions=False)


def interrupted(
    world: World, folder: Path, monkeypatch: pytest.MonkeyPatch, step: int, *assignments: str
) -> Path:
    """Train until a step, and return the folder of the saved states."""

    def stop(self, trainer, *_) -> None:
        if trainer.global_step == step:
            raise StopError

    with monkeypatch.context() as patched:
        patched.setattr(ProgressLogger, "on_train_batch_end", stop)
        with pytest.raises(StopError):
            world.train(folder / "model", folder / "state", *assignments)
    (saved,) = (folder / "state").glob("*/last.ckpt")
    return saved.parent


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def cut_off_seal(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-93])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def of_another_run(path: Path) -> None:
    """Put a sound state of another run in the place of a state."""
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / path.parent.name[::-1] / path.name
        other.parent.mkdir()
        SealedIO().save_checkpoint({"state_dict": {}}, other)
        path.write_bytes(other.read_bytes())


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "file").touch()


@pytest.mark.parametrize(
    "damage", [flip, truncate, cut_off_seal, empty, of_another_run, folder_instead]
)
def test_a_damaged_state_gives_way_to_the_one_before(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
    damage: Callable[[Path], None],
) -> None:
    folder = interrupted(world, tmp_path, monkeypatch, 10)
    assert {path.name for path in folder.glob("*.ckpt")} == {"last.ckpt", "previous.ckpt"}
    damage(folder / "last.ckpt")
    capsys.readouterr()
    world.train(tmp_path / "model", tmp_path / "state")
    told = capsys.readouterr().err
    assert f"{folder}/last.ckpt: is damaged, truncated or of another training; using" in told
    assert "continuing after step 4 of 12" in told
    world.assert_same(tmp_path / "model")


def test_two_damaged_states_start_afresh(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    folder = interrupted(world, tmp_path, monkeypatch, 8)
    for path in folder.glob("*.ckpt"):
        flip(path)
    capsys.readouterr()
    world.train(tmp_path / "model", tmp_path / "state")
    told = capsys.readouterr().err
    assert (
        "last.ckpt: is damaged, truncated or of another training; training starts afresh\n" in told
    )
    assert "continuing" not in told
    world.assert_same(tmp_path / "model")


def test_states_do_not_pass_through_the_folder_for_temporary_files(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    world.train(tmp_path / "model", tmp_path / "state", "train.steps=2")
    assert (tmp_path / "model/model.safetensors").exists()


def test_a_damaged_identity_of_another_run_is_no_obstacle(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    other = tmp_path / "state/other/identity.json"
    other.parent.mkdir(parents=True)
    other.write_text("{")
    world.train(tmp_path / "model", tmp_path / "state", "train.steps=1")
    assert "identity.json: is not JSON" in capsys.readouterr().err


@pytest.mark.parametrize("step", [1, 12])
def test_a_diverged_training_publishes_nothing(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Before step 1 the loss shows it, after step 12 only the weights do."""
    after = step == 12
    hook = "on_train_batch_end" if after else "on_train_batch_start"
    original = getattr(Pretraining, hook)

    def spoil(self, *given, **named) -> None:
        original(self, *given, **named)
        if self.global_step == (12 if after else 0):
            with torch.no_grad():
                self.encoder.norm_f.bias.fill_(torch.nan)

    monkeypatch.setattr(Pretraining, hook, spoil)
    message = "the weights of encoder.norm_f.bias are" if after else "the loss of step 1 is"
    with pytest.raises(OrthrusError, match=f"{message} not finite; lower train.lr"):
        world.train(tmp_path / "model", tmp_path / "state", "validation.fraction=0.0")
    assert not (tmp_path / "model").exists()
