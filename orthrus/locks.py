"""Operating-system locks on open files: they die with their process, however it dies."""

from __future__ import annotations

import errno
import fcntl
from pathlib import Path
from typing import IO

from orthrus.errors import OrthrusError


class NoLocksError(OrthrusError):
    """A file system has no locks."""


def acquire(
    handle: int | IO[bytes] | IO[str], path: Path, kind: int = fcntl.LOCK_EX | fcntl.LOCK_NB
) -> bool:
    """Lock an open file; tell whether that was possible, or another open file holds the lock.

    Parameters
    ----------
    handle
        The open file or its descriptor; the lock goes when it is closed.
    path
        What to call it in messages.
    kind
        What `fcntl.flock` takes: by default an exclusive lock, without waiting for it.

    Raises
    ------
    NoLocksError
        The file system has no locks, or no more of them.
    """
    try:
        fcntl.flock(handle, kind)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno == errno.ESTALE:  # the file was removed on another machine
            raise
        raise NoLocksError(
            f"{path}: cannot be locked ({error.strerror or error}), as on file systems without"
            " file locks; use a folder on another one, or mount this one with locks"
        ) from None
    return True
