"""Publishing files and folders: whole or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path

from orthrus import disk_errors, sync_to_disk
from orthrus.errors import OrthrusError
from orthrus.output_formats import plain
from orthrus.scratch import scratch_folder


@contextlib.contextmanager
def atomic_file(path: str | Path) -> Iterator[Path]:
    """Yield a scratch path; on success it is synced to disk and renamed to `path`, else removed.

    Raises
    ------
    OrthrusError
        `path` is neither a file nor free, its parent cannot be written, or the disk is full.
    """
    path = plain(Path(path))
    if path.is_dir():
        raise OrthrusError(f"{path}: is a folder; name a file")
    with scratch_folder(path) as scratch, disk_errors.writing(path):
        yield scratch / path.name
        sync_to_disk.rename(scratch / path.name, path)


@contextlib.contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Yield a new scratch folder; on success it replaces the folder `path`, else it vanishes.

    Raises
    ------
    OrthrusError
        `path` is no folder and not free, or holds something that the new folder does not and that
        would be lost; its parent cannot be written, or the disk is full.
    """
    path = plain(Path(path))
    _refuse_file(path)
    _refuse_special(path)
    with scratch_folder(path) as scratch, disk_errors.writing(path):
        fresh = scratch / "new"
        fresh.mkdir()
        yield fresh
        refuse_loss(path, {child.name for child in fresh.iterdir()})
        sync_to_disk.sync(fresh)
        _exchange(fresh, path, scratch / "old")


@contextlib.contextmanager
def atomic_files(folder: str | Path) -> Iterator[Path]:
    """Yield a new scratch folder; on success its files go into `folder`, else it vanishes.

    Other files in `folder` stay. The files go there in the order of their names, each at once.

    Raises
    ------
    OrthrusError
        `folder` is a file, its parent cannot be written, or the disk is full.
    """
    folder = plain(Path(folder))
    _refuse_file(folder)
    _refuse_special(folder)
    with scratch_folder(folder) as scratch, disk_errors.writing(folder):
        fresh = scratch / "new"
        fresh.mkdir()
        yield fresh
        folder.mkdir(exist_ok=True)
        for path in sorted(fresh.iterdir()):
            sync_to_disk.rename(path, folder / path.name)


def _exchange(fresh: Path, path: Path, old: Path) -> None:
    """Rename `fresh` to `path`; where that fails, what was there stays."""
    try:
        if path.exists():
            path.rename(old)
        sync_to_disk.rename(fresh, path)
    finally:
        if old.exists() and not path.exists():
            old.rename(path)


def _refuse_file(path: Path) -> None:
    if path.is_file():
        raise OrthrusError(f"{path}: is a file; name a folder")


def _refuse_special(folder: Path) -> None:
    """Raise an OrthrusError where a folder holds links or devices, which would be replaced."""
    for path in sorted(folder.glob("*")):
        plain(path)


def refuse_loss(path: Path, names: Collection[str]) -> None:
    """Raise an OrthrusError if `path` is a file, or a folder with more than these names in it."""
    _refuse_file(path)
    # Snakemake leaves a time stamp in the folders that it tracks.
    ours = {*names, ".snakemake_timestamp"}
    if others := sorted({child.name for child in path.glob("*")} - ours):
        raise OrthrusError(
            f"{path}: exists and holds {others[0]}, which would be lost; name another folder"
        )
