"""Reading and publishing files: whole or not at all, and always by content, not by name."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from isal import igzip
from isal.igzip_lib import IsalError

from orthrus.errors import OrthrusError

GZIP_MAGIC = b"\x1f\x8b"
CHUNK = 1 << 20

# The stubs of isal declare its exceptions as values, hence the cast.
GZIP_FAULTS = cast(
    "tuple[type[Exception], ...]", (EOFError, igzip.BadGzipFile, IsalError, zlib.error)
)


def _scratch(path: Path) -> tuple[Path, Path]:
    """Return (path, a fresh scratch folder on the same file system)."""
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path, Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise OrthrusError(f"{path}: cannot be written: {error.strerror}") from None


@contextlib.contextmanager
def atomic_file(path: str | Path) -> Iterator[Path]:
    """Yield a scratch path; on success it is renamed to `path`, on failure nothing is left."""
    path, scratch = _scratch(Path(path))
    try:
        yield scratch / path.name
        (scratch / path.name).replace(path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextlib.contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Yield a new scratch folder; on success it replaces the folder `path`, else it vanishes."""
    path, scratch = _scratch(Path(path))
    fresh, old = scratch / "new", scratch / "old"
    fresh.mkdir()
    try:
        yield fresh
        if path.exists():
            path.rename(old)
        fresh.rename(path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def sha256(path: str | Path) -> str:
    """Return the hexadecimal SHA-256 of a file's bytes."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def is_gzip(path: str | Path) -> bool:
    """Tell whether a file starts with gzip's magic number (plain gzip and bgzip alike)."""
    with open_existing(path) as handle:
        return handle.read(2) == GZIP_MAGIC


def open_existing(path: str | Path) -> IO[bytes]:
    """Open a file for reading, or say in one line why that cannot be done."""
    try:
        return open(path, "rb")
    except OSError as error:
        raise OrthrusError(f"{path}: cannot be read: {error.strerror}") from None


@contextlib.contextmanager
def open_bytes(path: str | Path) -> Iterator[IO[bytes]]:
    """Open a file for reading, decompressing it when its content is gzip.

    Raises
    ------
    OrthrusError
        The file cannot be read, or its gzip stream is truncated or corrupt.
    """
    try:
        opened: IO[bytes] = igzip.open(path, "rb") if is_gzip(path) else open_existing(path)
        with opened as handle:
            yield handle
    except GZIP_FAULTS as error:
        raise OrthrusError(
            f"{path}: the gzip stream is truncated or corrupt ({error}); fetch the file again"
        ) from None


@contextlib.contextmanager
def open_text(path: str | Path) -> Iterator[IO[str]]:
    """Open a text file (UTF-8, any line ending, gzip or not) for reading; see `open_bytes`."""
    with open_bytes(path) as handle:
        try:
            yield io.TextIOWrapper(handle, encoding="utf-8")
        except UnicodeDecodeError as error:
            raise OrthrusError(f"{path}: is not UTF-8 text (byte {error.start})") from None


def write_json(value: Any, path: str | Path) -> None:
    """Write `value` as sorted, indented JSON, whole or not at all."""
    with atomic_file(path) as scratch:
        scratch.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")


def read_json(path: str | Path) -> Any:
    """Read a JSON file; OrthrusError when it is missing or malformed."""
    with open_existing(path) as handle:
        try:
            return json.load(handle)
        except ValueError as error:
            raise OrthrusError(f"{path}: is not JSON: {error}") from None
