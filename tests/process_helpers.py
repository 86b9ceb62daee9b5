"""Processes that are killed, and records of processes that ended or run elsewhere."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from orthrus.process_identity import Process, read_process, this_process


def ended(folder: Path, **changes: object) -> Process:
    """Return a process of this machine that has ended, or the same with some changes."""
    path = folder / "ended.json"
    code = (
        "import sys; from pathlib import Path; from orthrus.process_identity import this_process;"
        "this_process().write(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, path], check=True)
    process = read_process(path)
    path.unlink()
    assert process is not None
    return replace(process, **changes)


def elsewhere(**changes: object) -> Process:
    """Return a process like this one, on another machine or with other changes."""
    return replace(this_process(), **(changes or {"host": "n042"}))


WRITER = """
import sys, time
from pathlib import Path
from orthrus import cli, files
from orthrus.__main__ import main
from orthrus.stop_signals import stoppable

@cli.app.command("hold")
def hold(kind: str, path: Path) -> None:
    with getattr(files, kind)(path) as scratch:
        (scratch / "part" if scratch.is_dir() else scratch).write_text("half")
        Path("ready").touch()
        time.sleep(60)

sys.argv = ["orthrus", "hold", *sys.argv[1:]]
main()
"""


def heed_signals() -> None:
    """Undo, in a new process, that background jobs and nohup ignore signals."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def interrupted(folder: Path, number: signal.Signals, *words: str) -> tuple[int, str]:
    """Send a signal to a command that holds an output open; return its status and what it said."""
    command = [sys.executable, "-c", WRITER, *words]
    with subprocess.Popen(
        command, cwd=folder, stderr=subprocess.PIPE, text=True, preexec_fn=heed_signals
    ) as process:
        while not (folder / "ready").exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(number)
        _, told = process.communicate()
    (folder / "ready").unlink()
    return process.returncode, told
