"""Commands that are told to stop, and those that are killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from process_helpers import WRITER, heed_signals, interrupted

from orthrus.files import atomic_file, atomic_folder

KINDS = ["atomic_file", "atomic_folder"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
def test_a_command_that_is_stopped_says_one_line_and_leaves_nothing(
    tmp_path: Path, kind: str, number: signal.Signals, status: int
) -> None:
    done = interrupted(tmp_path, number, kind, "out")
    assert done == (status, f"stopped by {number.name}; no incomplete output was left\n")
    assert list(tmp_path.iterdir()) == []


def test_a_command_may_be_stopped_while_it_loads(tmp_path: Path) -> None:
    """Loading the modules of all commands takes seconds."""
    (tmp_path / "typer.py").write_text("import time; print(flush=True); time.sleep(60)")
    command = [sys.executable, "-c", "from orthrus.__main__ import main; main()"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=tmp_path, preexec_fn=heed_signals, **pipes) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate()
    assert process.returncode == 130
    assert told == "stopped by SIGINT; no incomplete output was left\n"


def test_an_old_folder_survives_a_stop(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "part").write_text("old")
    interrupted(tmp_path, signal.SIGTERM, "atomic_folder", "out")
    assert (tmp_path / "out" / "part").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_nohup_is_respected(tmp_path: Path) -> None:
    hang_up = "import os, signal; os.kill(os.getpid(), signal.SIGHUP)"
    code = WRITER.replace("time.sleep(60)", hang_up)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        subprocess.run([sys.executable, "-c", code, "atomic_file", "out"], cwd=tmp_path, check=True)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert (tmp_path / "out").read_text() == "half"


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_killed_process_left_goes_with_the_next_one(tmp_path: Path, kind: str) -> None:
    assert interrupted(tmp_path, signal.SIGKILL, kind, "out") == (-9, "")
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".out.")
    with atomic_file(tmp_path / "other") as scratch:
        scratch.write_text("other")
    assert left.exists()
    with (atomic_file if kind == "atomic_file" else atomic_folder)(tmp_path / "out") as scratch:
        assert not left.exists()
        (scratch / "part" if scratch.is_dir() else scratch).write_text("whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "out"]
