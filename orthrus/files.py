"""Reading and publishing files: whole or not at all, and always by content, not by name."""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import io
import json
import lzma
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any, cast

from isal import igzip
from isal.igzip_lib import IsalError

from orthrus import embedded_digests
from orthrus.atomic_writes import atomic_file as atomic_file
from orthrus.atomic_writes import atomic_files as atomic_files
from orthrus.atomic_writes import atomic_folder as atomic_folder
from orthrus.atomic_writes import refuse_loss as refuse_loss
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

    The byte order mark with which some editors begin UTF-8 text is not part of it.

    Raises
    ------
    OrthrusError
        The file cannot be read, or its gzip stream is truncated or corrupt.
    """
    _refuse_cut_bgzf(path)
    try:
        opened: Any = igzip.open(path, "rb") if is_gzip(path) else open_existing(path)
        with opened as handle:
            if handle.peek(len(codecs.BOM_UTF8)).startswith(codecs.BOM_UTF8):
                handle.read(len(codecs.BOM_UTF8))
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
    """Write `value` as sorted, indented JSON with its seal, whole or not at all."""
    text = json.dumps(value, indent=2, sort_keys=True) + "\n"
    with atomic_file(path) as scratch:
        scratch.write_bytes(embedded_digests.seal_json(text.encode()))


def read_json(path: str | Path) -> Any:
    """Read a JSON file; OrthrusError when it is missing, damaged or malformed."""
    with open_existing(path) as handle:
        content = handle.read()
    embedded_digests.check_json(content, path)
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise OrthrusError(f"{path}: is not JSON: {error}") from None
