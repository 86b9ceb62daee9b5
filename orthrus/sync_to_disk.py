"""Bringing files and folders to the disk before they are renamed into place.

Without that, a file system may keep the new name after a power failure and lose the content.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

_NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES}
"""What some network file systems answer when a folder is to be synced."""


def sync(path: Path) -> None:
    """Bring a file, or a folder with all that it holds, to the disk."""
    if not path.is_dir():
        _sync(path)
        return
    for folder, _, names in os.walk(path):
        for name in names:
            _sync(Path(folder, name))
        _sync_folder(Path(folder))


def rename(source: Path, target: Path) -> None:
    """Bring a file or folder to the disk, then give it its name, and bring that to the disk."""
    sync(source)
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
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
