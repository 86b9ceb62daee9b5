"""What a file of some name has to look like: a server may answer 200 with an error page."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from orthrus.errors import OrthrusError
from orthrus.files import CHUNK, PARQUET_MAGIC, open_bytes
from orthrus.sources import zip_members
from orthrus.sources.catalogue import Entry
from orthrus.sources.http_errors import BrokenTransferError
from orthrus.sources.part_files import PartFile

_ZIP = (b"PK\x03\x04",)
_TWOBIT = (b"\x43\x27\x41\x1a", b"\x1a\x41\x27\x43")
_STARTS = {
    ".gz": (b"\x1f\x8b",),
    ".zip": _ZIP,
    ".npz": _ZIP,
    ".xlsx": _ZIP,
    ".parquet": (PARQUET_MAGIC,),
    ".2bit": _TWOBIT,
}
"""How files of these suffixes start; a 2bit file in either order of bytes, little first."""
_PAGE = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html)\b", re.IGNORECASE)
_HEAD = 512


def check(entry: Entry) -> Callable[[PartFile], None]:
    """Return what makes sure that the bytes of an entry are what its name says.

    A gzip file without a published digest is read to its end, where its own checksum stands. Of
    other formats it is made sure that their end is there, as not all servers announce sizes. What
    is wrong is forgotten and raised as `BrokenTransferError`: such pages often mean "later".
    """

    def look(part: PartFile) -> None:
        if fault := _fault(part.path, entry):
            part.restart()
            raise BrokenTransferError(f"{entry.path}: {fault}")

    return look


def _fault(path: Path, entry: Entry) -> str:
    suffix = PurePosixPath(entry.path).suffix.lower()
    with open(path, "rb") as handle:
        head = handle.read(_HEAD)
    if not head:
        return "what came is empty"
    if suffix not in (".html", ".htm") and _PAGE.match(head):
        return f"what came is a web page: {_words(head)!r}"
    if not head.startswith(_STARTS.get(suffix, (b"",))):
        return f"what came is no {suffix} file; it starts with {head[:8]!r}"
    if suffix == ".gz" and entry.checksum_kind == "unpinned":
        return _gzip_fault(path)
    if suffix in _ENDS and not _ENDS[suffix](path):
        return f"what came is no whole {suffix} file"
    return ""


def _words(page: bytes) -> str:
    """Return the first words of a page, without its tags."""
    text = re.sub(r"<[^>]*>", " ", page.decode("utf-8-sig", errors="replace"))
    return " ".join(text.split())[:80]


def _gzip_fault(path: Path) -> str:
    try:
        with open_bytes(path) as stream:
            while stream.read(CHUNK):
                pass
    except OrthrusError:
        return "what came is a truncated or corrupt gzip file"
    return ""


def _parquet_ends(path: Path) -> bool:
    with open(path, "rb") as handle:
        handle.seek(-len(PARQUET_MAGIC), os.SEEK_END)
        return handle.tell() > len(PARQUET_MAGIC) and handle.read() == PARQUET_MAGIC


def _twobit_ends(path: Path) -> bool:
    """Tell whether a 2bit file's index and the last of its sequences lie inside the file."""
    size = path.stat().st_size
    with open(path, "rb") as handle:
        order = "<" if handle.read(4) == _TWOBIT[0] else ">"

        def numbers(kind: str) -> tuple[int, ...]:
            return struct.unpack(order + kind, handle.read(struct.calcsize(order + kind)))

        try:
            version, count, _ = numbers("3I")
            last = 0
            for _ in range(count):
                handle.seek(numbers("B")[0], os.SEEK_CUR)
                last = max(last, numbers("Q" if version else "I")[0])
            if last >= size or not count:
                return not count
            handle.seek(last)
            (bases,) = numbers("I")
            for _ in "unknown", "masked":
                handle.seek(8 * numbers("I")[0], os.SEEK_CUR)
            numbers("I")
        except struct.error:
            return False
        return handle.tell() + -(-bases // 4) <= size


_ENDS: dict[str, Callable[[Path], bool]] = {
    **dict.fromkeys((".zip", ".npz", ".xlsx"), zip_members.is_whole),
    ".parquet": _parquet_ends,
    ".2bit": _twobit_ends,
}
"""What tells, of files of these suffixes, whether their end is there."""
