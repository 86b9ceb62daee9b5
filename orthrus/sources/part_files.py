"""Files on their way: `<name>.part` until they are whole and verified.

A partial file outlives a broken transfer so that the next one can go on from its end. Beside it
lies `<name>.part.tag`, the server's mark of the version that the bytes belong to,
and how many bytes that version has, where the server told.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from orthrus import output_formats, sync_to_disk
from orthrus.errors import OrthrusError
from orthrus.sources.file_lock import release, take


class PartFile:
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
        return self._mark()[0]

    @property
    def total(self) -> int | None:
        """Bytes of the whole file in that version, where they are known."""
        total = self._mark()[1]
        return int(total) if total else None

    def restart(self, tag: str = "", total: int | None = None) -> None:
        """Forget the bytes that are there; those to come belong to version `tag`."""
        os.truncate(self.path, 0)
        self.disown()
        if tag:
            self.mark(tag, total)

    def mark(self, tag: str, total: int | None) -> None:
        """Note the version that the bytes belong to, and how many bytes the whole of it has."""
        self._tag.write_text(tag if total is None else f"{tag}\n{total}")

    def _mark(self) -> tuple[str, str]:
        tag, _, total = self._tag.read_text().partition("\n") if self._tag.exists() else ("",) * 3
        return tag, total

    def disown(self) -> None:
        """Say that the bytes that are there are no longer those of the server."""
        self._tag.unlink(missing_ok=True)

    def publish(self, target: Path) -> None:
        """Give the file its name, once it is on disk."""
        sync_to_disk.rename(self.path, target)

    def tidy(self) -> None:
        """Remove what no later transfer can use."""
        if not self.path.exists() or not self.size:
            self.path.unlink(missing_ok=True)
            self.disown()


@contextlib.contextmanager
def partial(target: Path) -> Iterator[PartFile]:
    """Open the partial file of `target`, which no other process may write meanwhile.

    Afterwards an empty partial file and folders made for it are removed.

    Raises
    ------
    OrthrusError
        Another process holds it, the folder cannot be written (the disk is full), or `target` is
        a link or a device, which would be replaced.
    """
    part = PartFile(output_formats.plain(target))
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
        remove_empty(missing)


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold a lock beside the partial file, which what unpacks it replaces."""
    descriptor = take(lock)
    if descriptor is None:
        raise OrthrusError(f"{lock}: another process is fetching this file; wait for it")
    try:
        yield
    finally:
        release(lock, descriptor)


def remove_empty(folders: list[Path]) -> None:
    """Remove folders, innermost first, up to one that is not empty."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return
