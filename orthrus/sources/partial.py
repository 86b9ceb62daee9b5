"""Files on their way: `<name>.part` until they are whole and verified.

A partial file outlives a broken transfer so that the next one can go on from its end. Beside it
lies `<name>.part.tag`, the server's mark of the version that the bytes belong to.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from orthrus.errors import OrthrusError


class Partial:
    """The unfinished file of one transfer."""

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self._tag = target.with_name(f"{target.name}.part.tag")

    @property
    def size(self) -> int:
        """Bytes that are there."""
        return self.path.stat().st_size

    @property
    def tag(self) -> str:
        """The version of the bytes that are there; empty when they cannot be continued."""
        return self._tag.read_text() if self._tag.exists() else ""

    def restart(self, tag: str = "") -> None:
        """Forget the bytes that are there; those to come belong to version `tag`."""
        os.truncate(self.path, 0)
        self.disown()
        if tag:
            self._tag.write_text(tag)

    def disown(self) -> None:
        """Say that the bytes that are there are no longer those of the server."""
        self._tag.unlink(missing_ok=True)

    def publish(self, target: Path) -> None:
        """Give the file its name."""
        self.path.replace(target)

    def tidy(self) -> None:
        """Remove what no later transfer can use."""
        if not self.path.exists() or not self.size:
            self.path.unlink(missing_ok=True)
            self.disown()


@contextlib.contextmanager
def partial(target: Path) -> Iterator[Partial]:
    """Open the partial file of `target`, which no other process may write meanwhile.

    Afterwards an empty partial file and folders made for it are removed.

    Raises
    ------
    OrthrusError
        Another process holds it, or the folder cannot be written (the disk is full).
    """
    part = Partial(target)
    missing = [folder for folder in target.parents if not folder.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone(target.with_name(f"{target.name}.part.lock")):
            part.path.touch()
            try:
                yield part
            finally:
                part.tidy()
    except OSError as error:
        raise OrthrusError(f"{target}: cannot be written: {error.strerror}") from None
    finally:
        _remove_empty(missing)


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold an operating-system lock, which dies with its process, and remove its file afterwards.

    The partial file itself cannot be locked, since what unpacks it replaces it.
    """
    with open(lock, "ab") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever held the lock before may have removed the file that we opened.
            ours = os.path.samestat(os.fstat(handle.fileno()), lock.stat())
        except (BlockingIOError, FileNotFoundError):
            ours = False
        if not ours:
            raise OrthrusError(f"{lock}: another process is fetching this file; wait for it")
        try:
            yield
        finally:
            lock.unlink()


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return
