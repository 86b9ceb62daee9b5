"""Runs of Snakemake in one folder: whose locks there are, and whether they are stale.

Snakemake cannot tell a running instance from a killed one: it refuses to start where there are
locks. Every instance that plans this workflow therefore writes down, in a file of its own, on
which machine it runs, as which process, and since when. It also holds an operating-system lock,
which on some file systems is known to one machine only.
"""

from __future__ import annotations

import atexit
import shutil
from pathlib import Path
from typing import IO

from orthrus.locks import NoLocksError, acquire
from orthrus.log import say
from orthrus.process_identity import Process, read_process, this_process

LOCK, RUNS, LOCKS = "orthrus.lock", "orthrus.runs", "locks"


def clear_stale_locks(folder: Path = Path(".snakemake"), main: bool = True) -> IO[str] | None:
    """Remove Snakemake's locks when the process that wrote them is certainly gone.

    Where that is in doubt, as when it ran on another machine, they stay and one line says so.

    Parameters
    ----------
    folder
        Where Snakemake keeps its state.
    main
        Whether this is the process that a person started; a job removes nothing.

    Returns
    -------
    file or None
        The held lock, to be kept open; None when another instance holds it, or cannot be held.
    """
    if not main:
        return None
    (folder / RUNS).mkdir(parents=True, exist_ok=True)
    handle = (folder / LOCK).open("a")
    try:
        if acquire(handle, folder / LOCK):
            _clear(folder)
            return handle
    except NoLocksError as error:
        if _locked(folder):
            say(f"{error}; locks of a killed run are not removed: see `snakemake --unlock`")
    handle.close()
    return None


def _clear(folder: Path) -> None:
    """Write down this run, and remove the locks of those that have ended."""
    own = _register(folder)
    others = {path: read_process(path) for path in (folder / RUNS).iterdir() if path != own}
    ended = [path for path, run in others.items() if run is not None and run.is_over]
    doubtful = {path: run for path, run in others.items() if path not in ended}
    if _locked(folder) and (doubtful or not ended):
        say(_doubt(folder, doubtful))
        return
    shutil.rmtree(folder / LOCKS, ignore_errors=True)
    for path in ended:
        path.unlink(missing_ok=True)


def _register(folder: Path) -> Path:
    """Write down that this process runs here, for as long as it does."""
    run = this_process()
    path = folder / RUNS / f"{run.host}.{run.pid}.json"
    run.write(path)
    atexit.register(path.unlink, missing_ok=True)
    return path


def _locked(folder: Path) -> bool:
    return any((folder / LOCKS).glob("*"))


def _doubt(folder: Path, runs: dict[Path, Process | None]) -> str:
    """Return one line on locks that may be in use."""
    path, run = next(iter(runs.items()), (None, None))
    whose = str(run) if run else "a run that is not known"
    unlist = f"remove {path} and " if path else ""
    return (
        f"{folder / LOCKS}: may be of {whose}, so it is not removed; if that run has ended,"
        f" {unlist}run `snakemake --unlock`"
    )
