"""Faults of a disk while something is written: full, over a quota, read-only or broken."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from orthrus.errors import OrthrusError

_ADVICE = {
    errno.ENOSPC: "free some space, or write elsewhere",
    errno.EDQUOT: "free some of your quota, or write elsewhere",
    errno.EROFS: "write elsewhere",
    errno.EFBIG: "write elsewhere, or raise the limit on the size of files",
    errno.EIO: "check the disk or its connection",
    errno.EACCES: "check its permissions",
    errno.EPERM: "check its permissions",
}
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}
_WORDS = {os.strerror(code): code for code in _ADVICE} | {"StorageFull": errno.ENOSPC}
"""What libraries that raise errors of their own leave of an error of the operating system."""
_NUMBER = re.compile(r"(?:os error|errno|code:) (\d+)", re.IGNORECASE)
_PROBE = 1 << 20


class DiskError(OrthrusError):
    """A fault of a disk.

    Parameters
    ----------
    found
        The error of the operating system.
    path
        What was written; the error may name another file.
    """

    def __init__(self, found: OSError, path: str | Path) -> None:
        self.found = found
        self.path = _blamed(found, path)
        number = found.errno or 0
        failed = "written" if number in FULL else "read or written"
        super().__init__(
            f"{self.path}: cannot be {failed}: {os.strerror(number)}; {_ADVICE[number]}"
        )


def fault(error: BaseException) -> OSError | None:
    """Return the fault of a disk that is the reason of an error, if there is one."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in _ADVICE:
            return seen
        if code := _code(str(seen)):
            return OSError(code, os.strerror(code))
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return None


@contextlib.contextmanager
def writing(path: str | Path) -> Iterator[None]:
    """Say of a fault of the disk that it was met while `path` was written.

    Raises
    ------
    DiskError
        Such a fault came up, in whatever form a library passes it on.
    """
    try:
        yield
    except DiskError as error:
        if _is_scratch(error.path, path):
            raise DiskError(error.found, path) from None
        raise
    except OrthrusError:
        raise
    except Exception as error:
        if found := fault(error) or _probe(Path(path).absolute().parent):
            raise DiskError(found, path) from None
        raise


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder where TMPDIR says, and remove it in the end; tell when its disk is full."""
    with tempfile.TemporaryDirectory() as folder, writing(folder):
        yield Path(folder)


def _code(text: str) -> int | None:
    numbers = {int(number) for number in _NUMBER.findall(text)} & _ADVICE.keys()
    return next(iter(numbers), next((code for word, code in _WORDS.items() if word in text), None))


def _probe(folder: Path) -> OSError | None:
    """Return what keeps a folder from being written: some libraries do not tell the reason."""
    try:
        with tempfile.TemporaryFile(dir=folder) as handle:
            handle.write(bytes(_PROBE))
    except OSError as error:
        return fault(error)
    return None


def _blamed(found: OSError, path: str | Path) -> str:
    """Return the file that an error names, unless it is scratch of `path`, or none."""
    name = os.fsdecode(found.filename) if isinstance(found.filename, str | bytes) else ""
    return name if name and not _is_scratch(name, path) else str(path)


def _is_scratch(name: str, path: str | Path) -> bool:
    """Tell whether a file lies in a scratch folder of `path`."""
    beside = Path(path).absolute()
    return str(Path(name).absolute()).startswith(str(beside.with_name(f".{beside.name}.")))
