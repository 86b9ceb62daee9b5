"""Vectors of an embedding that is under way, kept beside its output until that is written."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np

from orthrus import disk_errors, locks
from orthrus.array_types import Floats32, Ints
from orthrus.errors import OrthrusError
from orthrus.files import read_json, write_json
from orthrus.log import say

EVERY = 10.0
"""Seconds of work that a killed process loses at most."""

VECTORS, STATE, LOCK = "vectors.npy", "state.json", "lock"
FAULTS = (OrthrusError, AttributeError, EOFError, LookupError, OSError, TypeError, ValueError)
"""What reading damaged files of an earlier process leads to."""

Identity = Mapping[str, Any]


class PartialEmbedding:
    """The vectors (n, width) float32 of the batches done so far, in a file mapped to memory.

    Attributes
    ----------
    vectors
        The vectors; those of batches to come mean nothing.
    done
        How many batches are in the file.
    """

    def __init__(self, folder: Path, identity: Identity, width: int, plan: Sequence[Ints]) -> None:
        self._folder, self._identity, self._plan = folder, dict(identity), plan
        self._shape = sum(map(len, plan)), width
        self._digest = hashlib.sha256()  # of the vectors of the batches done, in their order
        left = self._left()
        self.vectors = _map(folder / VECTORS, "w+", self._shape) if left is None else left
        with open(folder / VECTORS, "r+b") as handle:
            # On a full disk, writing to mapped memory that has no place yet kills the process.
            os.posix_fallocate(handle.fileno(), 0, os.fstat(handle.fileno()).st_size)
        self._kept = time.monotonic()

    def advance(self) -> None:
        """Count a further batch as done; every now and then, make sure that it is kept."""
        self._digest.update(self.vectors[self._plan[self.done]].data)
        self.done += 1
        if time.monotonic() - self._kept >= EVERY:
            self.keep()

    def keep(self) -> None:
        """Bring vectors to the disk, then the number of batches."""
        self.vectors.flush()  # type: ignore[attr-defined]
        facts = {"identity": self._identity, "done": self.done, "digest": self._digest.hexdigest()}
        write_json(facts, self._folder / STATE)
        self._kept = time.monotonic()

    def _left(self) -> Floats32 | None:
        """Return the vectors that another process left, if they are of use, and count them."""
        self.done = 0
        if not (self._folder / STATE).exists():
            return None
        try:
            state = read_json(self._folder / STATE)
            before, done, digest = state["identity"], int(state["done"]), state["digest"]
            if changed := sorted(k for k, v in self._identity.items() if v != before.get(k)):
                say(f"{self._folder}: {', '.join(changed)} changed; embedding starts afresh")
                return None
            vectors = _map(self._folder / VECTORS, "r+", self._shape)
            found = hashlib.sha256()
            for rows in self._plan[:done]:
                found.update(vectors[rows].data)
            if found.hexdigest() != digest:
                raise ValueError
        except FAULTS:
            say(f"{self._folder}: is damaged; embedding starts afresh")
            return None
        say(f"{self._folder}: continuing after {done} batches")
        self.done, self._digest = done, found
        return vectors


def _map(path: Path, mode: Literal["r+", "w+"], shape: tuple[int, int]) -> Floats32:
    """Map the file of the vectors to memory; ValueError where it holds others."""
    vectors: Floats32 = np.lib.format.open_memmap(path, mode, np.float32, shape)
    if (vectors.shape, vectors.dtype) != (shape, np.float32):
        raise ValueError
    return vectors


@contextlib.contextmanager
def claim(
    output: Path, identity: Identity, width: int, plan: Sequence[Ints]
) -> Iterator[PartialEmbedding]:
    """Hold the vectors for `output`: those that a process which was killed left, or fresh ones.

    They are removed when the block ends; whatever else stops it leaves them for the next call.

    Parameters
    ----------
    output
        The file that will hold them.
    identity
        All that decides on the vectors and their order; others start afresh.
    width
        Of a vector.
    plan
        The rows of each batch, in the order in which batches are done.
    """
    folder = output.absolute().parent / f".{output.name}.partial"
    with disk_errors.writing(output), _hold(folder):
        partial = None
        try:
            partial = PartialEmbedding(folder, identity, width, plan)
            yield partial
        except BaseException:
            if partial is not None and partial.done:
                partial.keep()
                say(f"{folder}: keeps {partial.done} batches; the same command goes on from them")
            elif partial is not None or not (folder / STATE).exists():
                shutil.rmtree(folder)
            raise
        shutil.rmtree(folder)


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
