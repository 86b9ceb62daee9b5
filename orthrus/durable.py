"""Renaming files and folders into place so that they are whole even after a power failure."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def rename(source: Path, target: Path) -> None:
    """Bring a file, or a folder with all that it holds, to the disk; then give it its name.

    Without that, a file system may keep the new name and lose the content.
    """
    if source.is_dir():
        for folder, _, names in os.walk(source):
            for name in names:
                _sync(Path(folder, name))
            _sync_folder(Path(folder))
    else:
        _sync(source)
    source.replace(target)
    _sync_folder(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(path: Path) -> None:
    try:
        _sync(path)
    except OSError as error:  # some network file systems cannot sync folders
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES):
            raise
