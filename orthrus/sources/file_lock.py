"""Operating-system locks on files that are there only while somebody holds or tries them."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from orthrus import locks
from orthrus.errors import OrthrusError


def take(path: Path) -> int | None:
    """Return an open descriptor that holds the lock of a file, made if need be.

    The lock dies with its process.

    Returns
    -------
    int or None
        To be given to `release`; None when another descriptor holds the lock.

    Raises
    ------
    OrthrusError
        The file system has no locks.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        # Whoever held the lock before may have removed the file that we opened.
        if locks.acquire(descriptor, path) and os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
    except (OSError, OrthrusError) as error:
        if getattr(error, "errno", None) not in (errno.ENOENT, errno.ESTALE):
            os.close(descriptor)
            raise
    os.close(descriptor)
    return None


def release(path: Path, descriptor: int) -> None:
    """Remove the file, then let go of its lock, so that no other file of its name is held too."""
    path.unlink(missing_ok=True)
    os.close(descriptor)
