"""Vectors of an embedding that is under way, kept beside its output until that is written."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from orthrus.errors import OrthrusError
from orthrus.files import disk, locks, read_json, write_json
from orthrus.log import say

EVERY = 10.0
"""Seconds of work that a killed process loses at most."""

VECTORS, STATE, LOCK = "vectors.npy", "state.json", "lock"

Identity = Mapping[str, Any]


class Partial:
    """The vectors (n, width) float32 of the batches done so far, in a file mapped to memory.

    Attributes
    ----------
    vectors
        The vectors; those of batches to come mean nothing.
    done
        How many batches are in the file.
    """

    def __init__(self, folder: Path, identity: Identity, shape: tuple[int, int]) -> None:
        self._folder, self._identity = folder, dict(identity)
        self.done = _done(folder, self._identity)
        self.vectors: npt.NDArray[np.float32] = np.lib.format.open_memmap(
            folder / VECTORS, "r+" if self.done else "w+", np.float32, shape
        )
        with open(folder / VECTORS, "r+b") as handle:
            # On a full disk, writing to mapped memory that has no place yet kills the process.
            os.posix_fallocate(handle.fileno(), 0, os.fstat(handle.fileno()).st_size)
        self._kept = time.monotonic()

    def advance(self) -> None:
        """Count a further batch as done; every now and then, make sure that it is kept."""
        self.done += 1
        if time.monotonic() - self._kept >= EVERY:
            self.keep()

    def keep(self) -> None:
        """Bring vectors to the disk, then the number of batches."""
        self.vectors.flush()  # type: ignore[attr-defined]
        write_json({"identity": self._identity, "done": self.done}, self._folder / STATE)
        self._kept = time.monotonic()


@contextlib.contextmanager
def claim(output: Path, identity: Identity, shape: tuple[int, int]) -> Iterator[Partial]:
    """Hold the vectors for `output`: those that a process which was killed left, or fresh ones.

    They are removed when the block ends; whatever else stops it leaves them for the next call.

    Parameters
    ----------
    output
        The file that will hold them.
    identity
        All that decides on the vectors and their order; others start afresh.
    shape
        (n, width).
    """
    folder = output.absolute().parent / f".{output.name}.partial"
    with disk.writing(output), _hold(folder):
        partial = None
        try:
            partial = Partial(folder, identity, shape)
            yield partial
        except BaseException:
            if partial is not None and partial.done:
                partial.keep()
            elif partial is not None or not (folder / STATE).exists():
                shutil.rmtree(folder)
            raise
        shutil.rmtree(folder)


def _done(folder: Path, identity: dict[str, Any]) -> int:
    if not (folder / STATE).exists():
        return 0
    state = read_json(folder / STATE)
    before = state["identity"]
    if changed := sorted(key for key in identity if identity[key] != before.get(key)):
        say(f"{folder}: {', '.join(changed)} changed; embedding starts afresh")
        return 0
    done = int(state["done"])
    say(f"{folder}: continuing after {done} batches")
    return done


@contextlib.contextmanager
def _hold(folder: Path) -> Iterator[None]:
    """Make the folder and hold it alone, waiting while another live process does."""
    while True:
        with _open(folder) as handle:
            if not locks.acquire(handle, folder):
                say(f"{folder}: another process writes this embedding; waiting for it to end")
                locks.acquire(handle, folder, fcntl.LOCK_EX)
            if not (folder / LOCK).exists():  # it ended well and took the folder away
                continue
            yield
            return


def _open(folder: Path) -> IO[str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return open(folder / LOCK, "w")
    except OSError as error:
        raise OrthrusError(f"{folder}: cannot be written: {error.strerror}") from None
