"""What is killed goes on where it was, when the same command is typed again."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from workflow_helpers import TINY, environment, run

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("workflow")]

MODEL = "results/demo/pretrain/contrastive"
LOG = "results/demo/logs/pretrain/contrastive.log"
LONGER = "models={contrastive: {train: {steps: 300}}}"
TARGET = f"{MODEL}/model.safetensors"
COMMAND = ("snakemake", "--cores", "2", TARGET, "--config", LONGER, *TINY)


@pytest.fixture
def started(finished, tmp_path) -> Path:
    """A copy of the finished clone, in which a longer training is asked for."""
    folder = tmp_path / "clone"
    shutil.copytree(finished, folder, symlinks=True)
    return folder


@contextmanager
def running(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the workflow in the background; leave nothing of it behind when the test fails."""
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(COMMAND, cwd=folder, env=environment(), **silent) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            for training in trainings(folder):
                training.kill()
            raise


def wait_for(condition: Callable[[], object], seconds: float = 120) -> None:
    """Return once `condition` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def trainings(folder: Path) -> list[psutil.Process]:
    """Return the pretraining processes that run in `folder`."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cmdline()[2:4] == ["pretrain", "train"] and process.cwd() == str(folder):
                found.append(process)
        except psutil.Error:
            continue
    return found


def saved(folder: Path) -> list[Path]:
    """Return the saved states of the longer training."""
    states = (folder / "results/demo/pretrain/.state/contrastive").glob("*/identity.json")
    longer = [path.parent for path in states if '"steps": 300' in path.read_text()]
    return [path / "last.ckpt" for path in longer if (path / "last.ckpt").exists()]


def told(folder: Path) -> str:
    """Return what the training's log says: nothing while Snakemake makes the file anew."""
    path = folder / LOG
    return path.read_text() if path.exists() else ""


def test_killed_training_and_killed_snakemake_continue(started):
    with running(started) as first:
        wait_for(lambda: saved(started))
        for process in trainings(started):
            process.kill()
        assert first.wait(timeout=60) == 1
    assert not (started / TARGET).exists()

    with running(started) as second:
        wait_for(lambda: "continuing after step" in told(started))
        step = re.search(r"continuing after step (\d+) of 300", told(started))
        assert step is not None
        assert 0 < int(step[1]) < 300
        second.kill()
    orphans = trainings(started)

    run(started, *COMMAND)
    last = told(started)
    assert len(orphans) == 1
    assert "continuing after step" in last or "already trained" in last
    assert (started / TARGET).is_file()
    assert not trainings(started)


def test_two_runs_in_one_folder_do_not_mix(started):
    with running(started) as first:
        wait_for(lambda: trainings(started))
        output = run(started, *COMMAND, expect=1)
        assert "cannot be locked" in output
        first.terminate()
        first.wait(timeout=120)


def test_a_run_on_another_machine_keeps_its_locks(started):
    """As where a file system's locks are known to one machine only: another one gets them too."""
    if subprocess.run(["unshare", "--uts", "true"], capture_output=True).returncode:
        pytest.skip("needs to take another host name")
    elsewhere = ("unshare", "--uts", "sh", "-c", 'hostname n042 && exec "$@"', "sh")
    with running(started) as first:
        wait_for(lambda: trainings(started))
        locks = sorted((started / ".snakemake/locks").iterdir())
        (started / ".snakemake/orthrus.lock").unlink()
        output = run(started, *elsewhere, *COMMAND, expect=1)
        assert ".snakemake/locks: may be of process" in output
        assert "cannot be locked" in output
        assert sorted((started / ".snakemake/locks").iterdir()) == locks
        first.terminate()
        first.wait(timeout=120)
