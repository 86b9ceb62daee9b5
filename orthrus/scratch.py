"""Scratch folders beside an output: they go with the block that uses them.

What a killed process left is removed by the next one that writes the same output: every scratch
folder tells whose it is.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from orthrus.disk_errors import FULL, DiskError
from orthrus.errors import OrthrusError
from orthrus.locks import acquire
from orthrus.process_identity import read_process, this_process

OWNER = ".owner.json"


@contextlib.contextmanager
def scratch_folder(path: Path) -> Iterator[Path]:
    """Make a folder on the file system of `path`, and remove it in the end.

    Raises
    ------
    OrthrusError
        The folder of `path` cannot be written.
    """
    beside = path.absolute()  # `.` has no name and is its own parent
    folder = beside.with_name(f".{beside.name}.{secrets.token_hex(4)}")
    try:
        try:
            beside.parent.mkdir(parents=True, exist_ok=True)
            with _alone(beside.parent) as alone:
                if alone:
                    _sweep(beside)
                folder.mkdir(mode=0o700)
                this_process().write(folder / OWNER)
        except OSError as error:
            if error.errno in FULL:
                raise DiskError(error, path) from None
            raise OrthrusError(f"{path}: cannot be written: {error.strerror}") from None
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Keep others from making scratch folders in a folder; tell where that is not possible."""
    with contextlib.ExitStack() as stack:
        alone = False
        with contextlib.suppress(OrthrusError, OSError):  # no locks there, or not to be listed
            descriptor = os.open(folder, os.O_RDONLY)
            stack.callback(os.close, descriptor)
            alone = acquire(descriptor, folder)
        yield alone


def _sweep(path: Path) -> None:
    """Remove the scratch folders of an output whose processes have ended."""
    name = re.compile(rf"\.{re.escape(path.name)}\.[a-z0-9_]{{8}}")
    for folder in path.parent.iterdir():
        if not name.fullmatch(folder.name) or folder.is_symlink() or not folder.is_dir():
            continue
        owner = read_process(folder / OWNER)
        if owner is not None and owner.is_over:
            _restore(folder / "old", path)
            shutil.rmtree(folder, ignore_errors=True)


def _restore(old: Path, path: Path) -> None:
    """Give back what a killed process had moved away to make room and not replaced yet."""
    if old.is_dir() and not os.path.lexists(path):
        old.rename(path)
