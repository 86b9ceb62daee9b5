"""Reading and publishing files: whole or not at all, and always by content, not by name."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import lzma
import os
import re
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any, cast

from isal import igzip
from isal.igzip_lib import IsalError

from orthrus import durable
from orthrus.errors import OrthrusError

GZIP_MAGIC, PARQUET_MAGIC = b"\x1f\x8b", b"PAR1"
BGZF_START = re.compile(rb"\x1f\x8b\x08\x04.{8}BC\x02\x00", re.DOTALL)
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block with which bgzip ends a file."""
CHUNK = 1 << 20
MAX_TEXT = 1 << 30
"""Bytes of a text file, decompressed: a limit against which gzip bombs run."""

# The stubs of isal declare its exceptions as values, hence the cast.
GZIP_FAULTS = cast(
    "tuple[type[Exception], ...]", (EOFError, igzip.BadGzipFile, IsalError, zlib.error)
)

ZIP_FAULTS = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, TokenError, SyntaxError),
    *(EOFError, KeyError, MemoryError, OSError, OverflowError, RuntimeError, ValueError),
)
"""What reading a damaged zip archive, or an array with a damaged header, raises."""


def _scratch(path: Path) -> Path:
    """Return a fresh scratch folder on the file system of `path`."""
    beside = path.absolute()  # `.` has no name and is its own parent
    try:
        beside.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{beside.name}.", dir=beside.parent))
    except OSError as error:
        raise OrthrusError(f"{path}: cannot be written: {error.strerror}") from None


@contextlib.contextmanager
def atomic_file(path: str | Path) -> Iterator[Path]:
    """Yield a scratch path; on success it is synced to disk and renamed to `path`, else removed.

    Raises
    ------
    OrthrusError
        `path` is a folder, or its parent cannot be written.
    """
    path = Path(path)
    if path.is_dir():
        raise OrthrusError(f"{path}: is a folder; name a file")
    scratch = _scratch(path)
    try:
        yield scratch / path.name
        durable.rename(scratch / path.name, path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextlib.contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Yield a new scratch folder; on success it replaces the folder `path`, else it vanishes.

    Raises
    ------
    OrthrusError
        `path` is a file, or holds something that the new folder does not and that would be lost;
        or its parent cannot be written.
    """
    path = Path(path)
    _refuse_file(path)
    scratch = _scratch(path)
    fresh, old = scratch / "new", scratch / "old"
    fresh.mkdir()
    try:
        yield fresh
        refuse_loss(path, {child.name for child in fresh.iterdir()})
        if path.exists():
            path.rename(old)
        durable.rename(fresh, path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _refuse_file(path: Path) -> None:
    if path.is_file():
        raise OrthrusError(f"{path}: is a file; name a folder")


def refuse_loss(path: Path, names: Collection[str]) -> None:
    """Raise an OrthrusError if `path` is a file, or a folder with more than these names in it."""
    _refuse_file(path)
    # Snakemake leaves a time stamp in the folders that it tracks.
    ours = {*names, ".snakemake_timestamp"}
    if others := sorted({child.name for child in path.glob("*")} - ours):
        raise OrthrusError(
            f"{path}: exists and holds {others[0]}, which would be lost; name another folder"
        )


def sha256(path: str | Path) -> str:
    """Return the hexadecimal SHA-256 of a file's bytes."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def is_gzip(path: str | Path) -> bool:
    """Tell whether a file starts with gzip's magic number (plain gzip and bgzip alike)."""
    with open_existing(path) as handle:
        return handle.read(2) == GZIP_MAGIC


def is_bgzf(path: str | Path) -> bool:
    """Tell whether a gzip file is one of bgzip, whose blocks name their sizes."""
    with open_existing(path) as handle:
        return BGZF_START.match(handle.read(16)) is not None


def open_existing(path: str | Path) -> IO[bytes]:
    """Open a file for reading, or say in one line why that cannot be done.

    A pipe can be read once only, and most files are opened several times: it is refused.
    """
    try:
        if stat.S_ISFIFO(Path(path).stat().st_mode):
            raise OrthrusError(f"{path}: is a pipe; give a file")
        return open(path, "rb")
    except OSError as error:
        raise OrthrusError(f"{path}: cannot be read: {error.strerror}") from None


def _refuse_cut_bgzf(path: str | Path) -> None:
    """Raise an OrthrusError if a file of bgzip lacks its end, as where it was cut between blocks.

    Such a file is whole to gzip, which takes each block for a stream of its own.
    """
    if not is_bgzf(path):
        return
    with open_existing(path) as handle:
        handle.seek(max(0, handle.seek(0, os.SEEK_END) - len(BGZF_END)))
        if handle.read() != BGZF_END:
            raise OrthrusError(
                f"{path}: is truncated (bgzip's end marker is missing); fetch or write it again"
            )


@contextlib.contextmanager
def open_bytes(path: str | Path) -> Iterator[IO[bytes]]:
    """Open a file for reading, decompressing it when its content is gzip.

    Raises
    ------
    OrthrusError
        The file cannot be read, or its gzip stream is truncated or corrupt.
    """
    _refuse_cut_bgzf(path)
    try:
        opened: IO[bytes] = igzip.open(path, "rb") if is_gzip(path) else open_existing(path)
        with opened as handle:
            yield handle
    except GZIP_FAULTS as error:
        raise OrthrusError(
            f"{path}: the gzip stream is truncated or corrupt ({error}); fetch the file again"
        ) from None


class _Limited(io.RawIOBase):
    """Another stream, of which at most `MAX_TEXT` bytes can be read."""

    def __init__(self, handle: IO[bytes], path: str | Path) -> None:
        self._handle, self._path, self._left = handle, path, MAX_TEXT

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._handle.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise OrthrusError(f"{self._path}: has more than {MAX_TEXT:,} bytes when decompressed")
        buffer[: len(data)] = data
        return len(data)


@contextlib.contextmanager
def open_text(path: str | Path) -> Iterator[IO[str]]:
    """Open a text file (UTF-8, any line ending, gzip or not) for reading; see `open_bytes`.

    Raises
    ------
    OrthrusError
        It is not UTF-8, or has more than `MAX_TEXT` bytes.
    """
    with open_bytes(path) as handle:
        try:
            yield io.TextIOWrapper(io.BufferedReader(_Limited(handle, path)), encoding="utf-8")
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
        except (ValueError, RecursionError) as error:
            raise OrthrusError(f"{path}: is not JSON: {error}") from None
