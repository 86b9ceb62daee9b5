"""The codes of many stores in one file, mapped to memory, which processes share.

Who maps a file holds a lock on it for as long, so that files of earlier stores, as large as these,
can be told from those in use and removed.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np

from orthrus import locks
from orthrus.errors import OrthrusError
from orthrus.files import atomic_file, open_existing
from orthrus.log import say
from orthrus.transcripts.codes import Codes
from orthrus.transcripts.store import Store

NAME = "corpus-{}.codes"


def mapped_codes(stores: Sequence[Store], cache: Path) -> Codes:
    """Return all codes of stores, (nt,) uint8, as a read-only view of a file in folder `cache`.

    The file is written unless it is there. One that is new replaces those of other stores in the
    folder that no process uses.

    Raises
    ------
    OrthrusError
        A store is damaged, or the file cannot be written or read.
    """
    nt = sum(int(store.offsets[-1]) for store in stores)
    key = hashlib.sha256("\n".join(store.digest for store in stores).encode()).hexdigest()
    path = cache / NAME.format(key[:16])
    if not (path.is_file() and path.stat().st_size == nt):
        say(f"{path}: writing {nt / 1e9:.2f} GB of codes")
        with atomic_file(path) as scratch, scratch.open("wb") as handle:
            for store in stores:
                for block in store.blocks():
                    handle.write(block.data)
        _remove_unused(path)
    with open_existing(path) as handle:
        _lock(handle, path, fcntl.LOCK_SH)  # the mapping keeps it: it holds the same open file
        # As a plain array: slicing a np.memmap takes several times as long.
        return np.asarray(np.memmap(handle, dtype=np.uint8, mode="r"))


def _remove_unused(path: Path) -> None:
    """Remove the files beside `path` that no process has mapped."""
    for other in path.parent.glob(NAME.format("*")):
        if other == path:
            continue
        try:
            with other.open("r+b") as handle:
                unused = _lock(handle, other, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if unused:
                    other.unlink()
        except OSError:  # it is another's, or gone already
            continue
        if unused:
            say(f"{other}: removed; it was of other stores, and no process uses it")


def _lock(handle: IO[bytes], path: Path, kind: int) -> bool:
    """Lock a file, unless another process prevents it or the file system has no locks."""
    try:
        return locks.acquire(handle, path, kind)
    except OrthrusError:
        return False
